// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Allocation, IStaking, Position, Role } from "./interfaces/IStaking.sol";
import { LockMath } from "./libraries/LockMath.sol";

contract Staking is IStaking, AccessManaged, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    /// @dev The share of a slash that goes to whoever's call executed it: one in ten.
    uint256 private constant KEEPER_SHARE = 10;

    IERC20 public immutable token;
    address public treasury;

    mapping(address account => Position) private _positions;
    mapping(address account => mapping(uint256 taskId => mapping(Role => Allocation))) private _allocations;

    /// @inheritdoc IStaking
    mapping(address keeper => uint256) public keeperCreditOf;

    constructor(IERC20 token_, address treasury_, address authority) AccessManaged(authority) {
        token = token_;
        _setTreasury(treasury_);
    }

    // --- The owner's position ---

    /// @inheritdoc IStaking
    function lock(uint256 amount, uint256 lockDays) external nonReentrant {
        require(amount != 0, AmountIsZero());
        require(lockDays >= 1 && lockDays <= 365, LockDaysOutOfRange(lockDays));
        Position memory position = _positions[msg.sender];
        uint256 unlockAt = Math.max(position.unlockAt, block.timestamp + lockDays * 1 days);
        uint256 secondsLocked = unlockAt - block.timestamp;
        uint256 gm = LockMath.gmFor(amount, secondsLocked);
        uint256 gmAfter = _keptGm(position, secondsLocked) + gm;
        require(gmAfter >= position.allocated, LockTooShortForStake(position.allocated, gmAfter));
        position.gm = gmAfter.toUint96();
        position.flock = (position.flock + amount).toUint96();
        position.unlockAt = uint40(unlockAt);
        _positions[msg.sender] = position;
        emit Locked(msg.sender, amount, gm, unlockAt);
        _pull(amount);
    }

    /// @inheritdoc IStaking
    function redeem(uint256 gmAmount) external {
        Position memory position = _positions[msg.sender];
        require(gmAmount != 0, AmountIsZero());
        require(block.timestamp >= position.unlockAt, StillLocked(position.unlockAt));
        uint256 available = position.gm - position.allocated;
        require(gmAmount <= available, NotEnoughAvailable(gmAmount, available));
        uint256 flock = LockMath.flockDown(position.flock, gmAmount, position.gm);
        position.gm -= uint96(gmAmount);
        position.flock -= uint96(flock);
        _positions[msg.sender] = position;
        emit Redeemed(msg.sender, gmAmount, flock);
        _send(msg.sender, flock);
    }

    /// @inheritdoc IStaking
    function setOperator(address operator) external {
        _positions[msg.sender].operator = operator;
        emit OperatorSet(msg.sender, operator);
    }

    // --- Stake on tasks ---

    /// @inheritdoc IStaking
    function allocate(uint256 taskId, Role role, uint96 gm) external {
        Position storage position = _positions[msg.sender];
        require(gm != 0, AmountIsZero());
        require(block.timestamp < position.unlockAt, LockHasExpired(position.unlockAt));
        uint256 available = position.gm - position.allocated;
        require(gm <= available, NotEnoughAvailable(gm, available));
        position.allocated += gm;
        _allocations[msg.sender][taskId][role].amount += gm;
        emit Allocated(msg.sender, taskId, role, gm);
    }

    /// @inheritdoc IStaking
    function deallocate(uint256 taskId, Role role, uint96 gm) external {
        Allocation storage allocation = _allocations[msg.sender][taskId][role];
        require(gm != 0, AmountIsZero());
        require(!allocation.held, StakeIsHeld(taskId));
        require(gm <= allocation.amount, NotEnoughAllocated(gm, allocation.amount));
        allocation.amount -= gm;
        _positions[msg.sender].allocated -= gm;
        emit Deallocated(msg.sender, taskId, role, gm);
    }

    // --- For settlers ---

    /// @inheritdoc IStaking
    function hold(address account, uint256 taskId, Role role, uint96 minimum)
        external
        restricted
        returns (uint96 amount)
    {
        Allocation storage allocation = _allocations[account][taskId][role];
        amount = allocation.amount;
        require(!allocation.held, StakeIsHeld(taskId));
        require(amount >= minimum, StakeBelowMinimum(amount, minimum));
        allocation.held = true;
        emit Held(account, taskId, role, amount);
    }

    /// @inheritdoc IStaking
    function release(address account, uint256 taskId, Role role) external restricted {
        _allocations[account][taskId][role].held = false;
        emit Released(account, taskId, role);
    }

    /// @inheritdoc IStaking
    function slash(address account, uint256 taskId, Role role, uint256 gm, address keeper)
        external
        restricted
        returns (uint256 gmSlashed, uint256 flockSlashed, uint256 gmLeft)
    {
        Allocation storage allocation = _allocations[account][taskId][role];
        gmSlashed = Math.min(gm, allocation.amount);
        gmLeft = allocation.amount - gmSlashed;
        if (gmSlashed == 0) return (0, 0, gmLeft);
        allocation.amount = uint96(gmLeft);
        flockSlashed = _shrink(_positions[account], gmSlashed);
        uint256 keeperCut = flockSlashed / KEEPER_SHARE;
        keeperCreditOf[keeper] += keeperCut;
        emit Slashed(account, taskId, role, gmSlashed, flockSlashed, keeper, keeperCut);
        _send(treasury, flockSlashed - keeperCut);
    }

    /// @inheritdoc IStaking
    function withdrawKeeperCredit() external {
        uint256 credit = keeperCreditOf[msg.sender];
        require(credit != 0, NothingToWithdraw());
        keeperCreditOf[msg.sender] = 0;
        emit KeeperCreditWithdrawn(msg.sender, credit);
        token.safeTransfer(msg.sender, credit);
    }

    // --- For governance ---

    /// @inheritdoc IStaking
    function setTreasury(address treasury_) external restricted {
        _setTreasury(treasury_);
    }

    // --- Views ---

    /// @inheritdoc IStaking
    function positionOf(address account) external view returns (Position memory) {
        return _positions[account];
    }

    /// @inheritdoc IStaking
    function availableOf(address account) external view returns (uint256) {
        return _positions[account].gm - _positions[account].allocated;
    }

    /// @inheritdoc IStaking
    function allocationOf(address account, uint256 taskId, Role role) external view returns (Allocation memory) {
        return _allocations[account][taskId][role];
    }

    /// @inheritdoc IStaking
    function isOperatorOf(address owner, address who) public view returns (bool) {
        return who != address(0) && _positions[owner].operator == who;
    }

    /// @inheritdoc IStaking
    function actsFor(address owner, address who) external view returns (bool) {
        return who == owner || isOperatorOf(owner, who);
    }

    /// @inheritdoc IStaking
    function multiplierFor(uint256 lockDays) external pure returns (uint256) {
        require(lockDays >= 1 && lockDays <= 365, LockDaysOutOfRange(lockDays));
        return LockMath.gmFor(1e18, lockDays * 1 days);
    }

    // --- Inside ---

    /// @dev A lock that ran out has earned its multiplier; without this a dust lock of one day would revive it. The
    /// whole is re-rated, what stands on tasks as well: else one would park gmFLOCK on a task over the expiry.
    function _keptGm(Position memory position, uint256 secondsLocked) private view returns (uint256) {
        if (block.timestamp < position.unlockAt) return position.gm;
        return Math.min(position.gm, LockMath.gmFor(position.flock, secondsLocked));
    }

    /// @dev Takes `gm` of allocated gmFLOCK out of a position with its FLOCK; allocated ≤ gm makes this safe.
    function _shrink(Position storage position, uint256 gm) private returns (uint256 flock) {
        flock = LockMath.flockUp(position.flock, gm, position.gm);
        position.gm -= uint96(gm);
        position.allocated -= uint96(gm);
        position.flock -= uint96(flock);
    }

    /// @dev Some tokens refuse to move nothing; nothing needs no moving.
    function _send(address to, uint256 amount) private {
        if (amount != 0) token.safeTransfer(to, amount);
    }

    function _pull(uint256 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        require(received == amount, TokenTookAFee(amount, received));
    }

    function _setTreasury(address treasury_) private {
        require(treasury_ != address(0), TreasuryIsZero());
        treasury = treasury_;
        emit TreasurySet(treasury_);
    }
}
