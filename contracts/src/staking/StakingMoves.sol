// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { IStaking, Position } from "../interfaces/IStaking.sol";
import { TaskState } from "../interfaces/ITaskManager.sol";
import { Amounts, Holding } from "../libraries/Holding.sol";
import { LockMath } from "../libraries/LockMath.sol";
import { TokenTransfers } from "../libraries/TokenTransfers.sol";
import { TaskStake } from "./StakingStorage.sol";
import { StakingTerms } from "./StakingTerms.sol";

/// @title How gmFLOCK leaves a position for a task or a pool, comes back, or is slashed there
/// @dev gmFLOCK on a task or in a pool carries the FLOCK behind it and the era of the lock it came from. Nothing that
/// happens to the rest of the position changes its worth, and it cannot keep a multiplier beyond that lock's end.
abstract contract StakingMoves is StakingTerms {
    using Holding for Amounts;
    using TokenTransfers for IERC20;

    // --- The treasury ---

    /// @inheritdoc IStaking
    function payTreasury() external nonReentrant {
        uint256 amount = owedToTreasury;
        require(amount != 0, NothingToWithdraw());
        owedToTreasury = 0;
        emit TreasuryPaid(treasury, amount);
        token.send(treasury, amount);
    }

    // --- Stake on tasks ---

    /// @inheritdoc IStaking
    function stakedOn(uint256 taskId) external view returns (uint256) {
        return _taskStakes[taskId].gm;
    }

    /// @inheritdoc IStaking
    function stakedDaysOf(uint256 taskId) external view returns (uint256 first, uint256 last) {
        TaskStake storage stake = _taskStakes[taskId];
        return (stake.firstDay, stake.gm != 0 ? type(uint256).max : stake.lastDay);
    }

    function _addStake(uint256 taskId, uint256 gm) internal {
        TaskStake storage stake = _taskStakes[taskId];
        stake.gm += uint96(gm);
        if (stake.firstDay == 0) stake.firstDay = _today();
    }

    function _removeStake(uint256 taskId, uint256 gm) internal {
        if (gm == 0) return;
        TaskStake storage stake = _taskStakes[taskId];
        stake.gm -= uint96(gm);
        stake.lastDay = _today();
    }

    function _today() private view returns (uint32) {
        return uint32(block.timestamp / 1 days);
    }

    // --- Moves ---

    /// @dev Takes `gm` out of the free gmFLOCK of a live lock, to join gmFLOCK from the lock of `era`.
    /// @return flock The FLOCK that goes with it, in wei.
    function _depart(address account, uint256 gm, uint256 era) internal returns (uint256 flock) {
        Position storage position = _positions[account];
        require(gm != 0, AmountIsZero());
        _requireLiveLock(position);
        flock = _takeFree(position, gm);
        if (era == position.era) return flock;
        position.voteless += uint96(gm);
        _moveVotes(account, gm, 0);
    }

    /// @dev Brings `gm` of `era` back with its FLOCK. If its lock has ended or another has begun since, it is re-rated
    /// to the time left, downwards only: otherwise a multiplier could be parked beyond a lock's end.
    /// @return gmKept The gmFLOCK that arrived.
    function _arrive(address account, uint256 gm, uint256 flock, uint256 era)
        internal
        returns (uint256 gmKept)
    {
        Position storage position = _positions[account];
        bool votes = era == position.era;
        bool isLive = _isLive(position);
        gmKept = gm;
        if (!votes || !isLive) {
            uint256 timeLeft = isLive ? position.unlockAt - block.timestamp : 0;
            gmKept = Math.min(gm, LockMath.gmFor(flock, timeLeft));
        }
        if (!votes) position.voteless -= uint96(gm);
        Holding.at(position).put(gmKept, flock);
        _moveVotes(account, votes ? gm : 0, position.lockDays != 0 ? gmKept : 0);
    }

    /// @dev `gm` of `era` is lost on a task or in a pool, and its votes with it, if it had any.
    function _lose(address account, uint256 gm, uint256 era) internal {
        Position storage position = _positions[account];
        if (era == position.era) _moveVotes(account, gm, 0);
        else position.voteless -= uint96(gm);
    }

    /// @return flock The FLOCK behind `gm`, in wei; rounded down, so that what stays is backed no worse.
    function _takeFree(Position storage position, uint256 gm) internal returns (uint256 flock) {
        (uint256 free, uint256 flockBefore) = (position.gm, position.flock);
        require(gm <= free, NotEnoughAvailable(gm, free));
        flock = LockMath.flockDown(flockBefore, gm, free);
        Holding.at(position).take(gm, flock);
    }

    // --- Questions about locks and tasks ---

    function _isLive(Position storage position) internal view returns (bool) {
        return position.lockDays != 0 && block.timestamp < position.unlockAt;
    }

    /// @dev Seconds fit 32 bits until 2106.
    function _in(uint256 delay) internal view returns (uint32) {
        return uint32(block.timestamp + delay);
    }

    function _requireLiveLock(Position storage position) internal view {
        require(_isLive(position), LockHasExpired(position.unlockAt));
    }

    /// @return minimum The least gmFLOCK an account must have on the task.
    function _requireAlive(uint256 taskId) internal view returns (uint96 minimum) {
        TaskState state;
        (state, minimum) = _stakingOf(taskId);
        require(state == TaskState.Open || state == TaskState.Running, TaskIsNotAlive(taskId));
    }

    function _stakingOf(uint256 taskId) internal view returns (TaskState state, uint96 minimum) {
        return tasks.stakingOf(taskId);
    }

    function _boardOf(uint256 taskId) internal view returns (address) {
        return tasks.boardOf(taskId);
    }
}
