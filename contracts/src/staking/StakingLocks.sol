// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { IStaking, Position } from "../interfaces/IStaking.sol";
import { LockMath } from "../libraries/LockMath.sol";
import { Operator } from "./StakingStorage.sol";
import { StakingTerms } from "./StakingTerms.sol";

/// @title The owner's position: lock, extend, poke, redeem, and the key that acts for it
abstract contract StakingLocks is StakingTerms {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    // --- Locks ---

    /// @inheritdoc IStaking
    function lock(uint256 amount, uint256 lockDays) external nonReentrant {
        _lock(amount, lockDays);
    }

    /// @inheritdoc IStaking
    function lockWithPermit(uint256 amount, uint256 lockDays, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        nonReentrant
    {
        IERC20Permit permits = IERC20Permit(address(token));
        try permits.permit(msg.sender, address(this), amount, deadline, v, r, s) { }
        catch (bytes memory reason) {
            // Whoever saw the permit may have used it first; then the allowance is there.
            if (token.allowance(msg.sender, address(this)) < amount) _rethrow(reason);
        }
        _lock(amount, lockDays);
    }

    /// @inheritdoc IStaking
    function extend(uint256 lockDays) external {
        Position storage position = _positions[msg.sender];
        _requireLiveLock(position);
        uint256 gmBefore = position.gm;
        uint256 unlockAt = _unlockAt(position.unlockAt, lockDays);
        uint256 gm = Math.max(gmBefore, LockMath.gmFor(position.flock, unlockAt - block.timestamp));
        position.gm = gm.toUint96();
        position.unlockAt = uint40(unlockAt);
        emit Extended(msg.sender, gm, unlockAt);
        _moveVotes(msg.sender, gmBefore, gm);
    }

    /// @inheritdoc IStaking
    function poke(address account) external {
        Position storage position = _positions[account];
        _requireExpiredLock(position);
        uint256 gmBefore = position.gm;
        uint256 gm = Math.max(position.allocated, Math.min(gmBefore, position.flock));
        require(gm < gmBefore, NothingToPoke());
        position.gm = uint96(gm);
        emit Poked(account, gm);
        _moveVotes(account, gmBefore, gm);
    }

    /// @inheritdoc IStaking
    function redeem(uint256 gm) external {
        Position storage position = _positions[msg.sender];
        require(gm != 0, AmountIsZero());
        _requireExpiredLock(position);
        _requireAvailable(position, gm);
        uint256 flock = LockMath.flockDown(position.flock, gm, position.gm);
        _takeOut(position, gm, flock);
        emit Redeemed(msg.sender, gm, flock);
        _moveVotes(msg.sender, gm, 0);
        _send(msg.sender, flock);
    }

    // --- The operator ---

    /// @inheritdoc IStaking
    function setOperator(address operator) external {
        Operator memory known = _operators[msg.sender];
        uint256 since = known.since;
        if (operator != known.key) {
            since = since == 0 ? block.timestamp : block.timestamp + operatorDelay;
            _operators[msg.sender] = Operator(operator, uint40(since));
        }
        emit OperatorSet(msg.sender, operator, since);
    }

    /// @inheritdoc IStaking
    function operatorOf(address owner) external view returns (address operator, uint40 since) {
        return (_operators[owner].key, _operators[owner].since);
    }

    /// @inheritdoc IStaking
    function isOperatorOf(address owner, address who) public view returns (bool) {
        Operator memory operator = _operators[owner];
        return who != address(0) && who == operator.key && block.timestamp >= operator.since;
    }

    /// @inheritdoc IStaking
    function actsFor(address owner, address who) external view returns (bool) {
        return who == owner || isOperatorOf(owner, who);
    }

    // --- Inside ---

    function _lock(uint256 amount, uint256 lockDays) private whenNotPaused {
        uint256 fee = Math.ceilDiv(amount * entryFeeBps, BPS);
        uint256 flock = amount - fee;
        require(flock != 0, AmountIsZero());
        Position storage position = _positions[msg.sender];
        uint256 unlockAt = _unlockAt(position.unlockAt, lockDays);
        uint256 gm = LockMath.gmFor(flock, unlockAt - block.timestamp);
        uint256 gmBefore = position.gm;
        uint256 gmAfter = _keptGm(position, unlockAt - block.timestamp) + gm;
        require(gmAfter >= position.allocated, LockTooShortForStake(position.allocated, gmAfter));
        if (block.timestamp >= position.unlockAt) ++position.era;
        position.gm = gmAfter.toUint96();
        position.flock = (position.flock + flock).toUint96();
        position.unlockAt = uint40(unlockAt);
        emit Locked(msg.sender, flock, gm, unlockAt, fee);
        _moveVotes(msg.sender, gmBefore, gmAfter);
        _pull(flock);
        if (fee != 0) token.safeTransferFrom(msg.sender, treasury, fee);
    }

    function _unlockAt(uint256 unlockAt, uint256 lockDays) private view returns (uint256) {
        require(lockDays >= 1 && lockDays <= 365, LockDaysOutOfRange(lockDays));
        return Math.max(unlockAt, block.timestamp + lockDays * 1 days);
    }

    function _requireExpiredLock(Position storage position) private view {
        require(block.timestamp >= position.unlockAt, StillLocked(position.unlockAt));
    }

    /// @dev A lock that ran out has earned its multiplier; without this a dust lock of one day would revive it.
    /// The whole is re-rated, what stands on tasks as well: else one would park gmFLOCK on a task over the expiry.
    /// What stands in pools learns by the era that it is to be re-rated when it comes back.
    function _keptGm(Position storage position, uint256 secondsLocked) private view returns (uint256) {
        if (block.timestamp < position.unlockAt) return position.gm;
        return Math.min(position.gm, LockMath.gmFor(position.flock, secondsLocked));
    }

    function _pull(uint256 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        require(received == amount, TokenTookAFee(amount, received));
    }

    function _rethrow(bytes memory reason) private pure {
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }
}
