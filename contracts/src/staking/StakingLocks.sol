// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { IStaking, Position } from "../interfaces/IStaking.sol";
import { LockMath } from "../libraries/LockMath.sol";
import { TokenTransfers } from "../libraries/TokenTransfers.sol";
import { StakingMoves } from "./StakingMoves.sol";
import { Operator } from "./StakingStorage.sol";

/// @title The owner's position: lock, extend, poke, redeem, and the operator key
abstract contract StakingLocks is StakingMoves {
    using SafeERC20 for IERC20;
    using TokenTransfers for IERC20;
    using SafeCast for uint256;

    /// @inheritdoc IStaking
    uint256 public constant EXIT_DELAY = 7 days;
    uint256 private constant MOST_LOCK_DAYS = 365;

    // --- Locks ---

    /// @inheritdoc IStaking
    function lock(uint256 amount, uint256 lockDays) public nonReentrant whenNotPaused {
        _requireLockDays(lockDays);
        uint256 fee = Math.ceilDiv(amount * _entryFeeBps, BPS);
        uint256 flock = amount - fee;
        require(flock != 0, AmountIsZero());
        Position storage position = _positions[msg.sender];
        (uint256 votes, uint256 gmKept) =
            _isLive(position) ? _addTo(position, lockDays) : _beginAnew(position, lockDays);
        uint256 unlockAt = position.unlockAt;
        uint256 gm = LockMath.gmFor(flock, unlockAt - block.timestamp);
        position.gm = (gmKept + gm).toUint96();
        position.flock = (position.flock + flock).toUint96();
        emit Locked(msg.sender, flock, gm, unlockAt, position.lockDays, fee);
        _moveVotes(msg.sender, votes, gmKept + gm);
        token.pull(flock);
        if (fee != 0) token.safeTransferFrom(msg.sender, treasury, fee);
    }

    /// @inheritdoc IStaking
    function lockWithPermit(uint256 amount, uint256 lockDays, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
    {
        IERC20Permit permits = IERC20Permit(address(token));
        try permits.permit(msg.sender, address(this), amount, deadline, v, r, s) { }
        catch (bytes memory reason) {
            // Somebody who saw the permit may have submitted it first; then the allowance is there.
            if (token.allowance(msg.sender, address(this)) < amount) _rethrow(reason);
        }
        lock(amount, lockDays);
    }

    /// @inheritdoc IStaking
    function extend(uint256 lockDays) external {
        Position storage position = _positions[msg.sender];
        _requireLockDays(lockDays);
        _requireLiveLock(position);
        uint256 gmBefore = position.gm;
        uint256 gm = _lengthen(position, lockDays);
        position.gm = gm.toUint96();
        emit Extended(msg.sender, gm, position.unlockAt, lockDays);
        _moveVotes(msg.sender, gmBefore, gm);
    }

    /// @inheritdoc IStaking
    function poke(address account) external {
        Position storage position = _positions[account];
        uint256 unlockAt = position.unlockAt;
        require(position.lockDays != 0, NothingToPoke());
        require(block.timestamp >= unlockAt, StillLocked(unlockAt));
        uint256 votes = position.gm + _endEra(position);
        uint96 gm = uint96(Math.min(position.gm, position.flock));
        uint32 redeemableAt = _in(EXIT_DELAY);
        position.gm = gm;
        position.unlockAt = redeemableAt;
        position.lockDays = 0;
        emit Poked(account, gm, redeemableAt);
        _moveVotes(account, votes, 0);
    }

    /// @inheritdoc IStaking
    function redeem(uint256 gmAmount) external nonReentrant {
        Position storage position = _positions[msg.sender];
        uint256 unlockAt = position.unlockAt;
        require(gmAmount != 0, AmountIsZero());
        if (position.lockDays != 0) {
            require(block.timestamp >= unlockAt, StillLocked(unlockAt));
            revert PokeFirst(msg.sender);
        }
        require(block.timestamp >= unlockAt, NotRedeemableBefore(unlockAt));
        uint256 flock = _takeFree(position, gmAmount);
        emit Redeemed(msg.sender, gmAmount, flock);
        token.send(msg.sender, flock);
    }

    /// @inheritdoc IStaking
    function positionOf(address account) external view returns (Position memory) {
        return _positions[account];
    }

    /// @inheritdoc IStaking
    function multiplierFor(uint256 lockDays) external pure returns (uint256) {
        _requireLockDays(lockDays);
        return LockMath.gmFor(1e18, lockDays * 1 days);
    }

    // --- The operator ---

    /// @inheritdoc IStaking
    function setOperator(address operator) external {
        Operator storage known = _operators[msg.sender];
        uint256 since = known.since;
        if (operator != known.key) {
            since = block.timestamp + (since == 0 ? 0 : operatorDelay);
            (known.key, known.since) = (operator, uint40(since));
        }
        emit OperatorSet(msg.sender, operator, since);
    }

    /// @inheritdoc IStaking
    function operatorOf(address owner) external view returns (address operator, uint40 since) {
        return (_operators[owner].key, _operators[owner].since);
    }

    /// @inheritdoc IStaking
    function isOperatorOf(address owner, address who) public view returns (bool) {
        Operator storage operator = _operators[owner];
        return who != address(0) && who == operator.key && block.timestamp >= operator.since;
    }

    /// @inheritdoc IStaking
    function actsFor(address owner, address who) external view returns (bool) {
        return who == owner || isOperatorOf(owner, who);
    }

    // --- Inside ---

    /// @return votes The votes of the free gmFLOCK before.
    /// @return gmKept The free gmFLOCK now.
    function _addTo(Position storage position, uint256 lockDays)
        private
        returns (uint256 votes, uint256 gmKept)
    {
        votes = position.gm;
        bool isLater = block.timestamp + lockDays * 1 days > position.unlockAt;
        gmKept = isLater ? _lengthen(position, lockDays) : votes;
    }

    /// @dev An expired lock has earned its multiplier; without re-rating, a dust lock of one day would revive it.
    /// @return votes The votes until now: of free gmFLOCK, and of gmFLOCK on tasks and in pools.
    /// @return gmKept The free gmFLOCK now.
    function _beginAnew(Position storage position, uint256 lockDays)
        private
        returns (uint256 votes, uint256 gmKept)
    {
        if (position.lockDays != 0) votes = position.gm + _endEra(position);
        gmKept = Math.min(position.gm, LockMath.gmFor(position.flock, lockDays * 1 days));
        _setLock(position, lockDays);
    }

    /// @dev The new end is at least as many days away as was last asked for, so that gmFLOCK rated for a long lock
    /// stays in one.
    /// @return gm The free gmFLOCK now.
    function _lengthen(Position storage position, uint256 lockDays) private returns (uint256 gm) {
        uint256 least = position.lockDays;
        require(lockDays >= least, LockMayNotShorten(lockDays, least));
        _setLock(position, lockDays);
        gm = Math.max(position.gm, LockMath.gmFor(position.flock, lockDays * 1 days));
    }

    function _setLock(Position storage position, uint256 lockDays) private {
        position.unlockAt = _in(lockDays * 1 days);
        position.lockDays = uint16(lockDays);
    }

    /// @dev From now on, what is on tasks and in pools belongs to an earlier lock.
    /// @return votes The votes it had until now.
    function _endEra(Position storage position) private returns (uint256 votes) {
        uint256 standing = uint256(position.allocated) + position.delegated;
        votes = standing - position.voteless;
        position.voteless = standing.toUint96();
        ++position.era;
    }

    function _requireLockDays(uint256 lockDays) private pure {
        require(lockDays >= 1 && lockDays <= MOST_LOCK_DAYS, LockDaysOutOfRange(lockDays));
    }

    function _rethrow(bytes memory reason) private pure {
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }
}
