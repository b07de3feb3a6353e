// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Allocation, IStaking } from "../interfaces/IStaking.sol";
import { Amounts, Holding } from "../libraries/Holding.sol";
import { LockMath } from "../libraries/LockMath.sol";
import { PoolMath } from "../libraries/PoolMath.sol";
import { StakingPools } from "./StakingPools.sol";

/// @title Stake on tasks: put there, held by a duty, slashed
abstract contract StakingStakes is StakingPools {
    using Holding for Amounts;

    /// @dev A board controls the stake on its own tasks and on no others.
    modifier onlyBoardOf(uint256 taskId) {
        _requireBoardOf(taskId);
        _;
    }

    // --- The owner ---

    /// @inheritdoc IStaking
    function allocate(uint256 taskId, uint96 gm) external whenNotPaused {
        uint96 minimum = _requireAlive(taskId);
        Allocation storage allocation = _allocations[msg.sender][taskId];
        uint96 before = allocation.gm;
        if (before == 0) allocation.era = _positions[msg.sender].era;
        uint256 flock = _depart(msg.sender, gm, allocation.era);
        _requireMinimum(before + gm, minimum);
        Holding.at(allocation).put(gm, flock);
        _positions[msg.sender].allocated += gm;
        _addStake(taskId, gm);
        emit Allocated(msg.sender, taskId, gm, flock);
    }

    /// @inheritdoc IStaking
    function deallocate(uint256 taskId, uint96 gm) external {
        Allocation storage allocation = _allocations[msg.sender][taskId];
        uint96 before = allocation.gm;
        require(gm != 0, AmountIsZero());
        require(!allocation.isHeld, StakeIsHeld(taskId));
        require(gm <= before, NotEnoughAllocated(gm, before));
        if (gm != before) {
            (, uint96 minimum) = _stakingOf(taskId);
            _requireMinimum(before - gm, minimum);
        }
        uint256 flock = LockMath.flockDown(allocation.flock, gm, before);
        _shrink(msg.sender, taskId, allocation, gm, flock);
        uint256 gmKept = _arrive(msg.sender, gm, flock, allocation.era);
        emit Deallocated(msg.sender, taskId, gm, flock, gmKept);
    }

    /// @inheritdoc IStaking
    function allocationOf(address account, uint256 taskId) external view returns (Allocation memory) {
        return _allocations[account][taskId];
    }

    // --- The task's board ---

    /// @inheritdoc IStaking
    function hold(address account, uint256 taskId)
        external
        whenNotPaused
        onlyBoardOf(taskId)
        returns (uint96 gm)
    {
        Allocation storage allocation = _allocations[account][taskId];
        gm = allocation.gm;
        (, uint96 minimum) = _stakingOf(taskId);
        _requireMinimum(gm, minimum);
        if (allocation.isHeld) return gm;
        allocation.isHeld = true;
        emit Held(account, taskId, gm);
    }

    /// @inheritdoc IStaking
    function release(address account, uint256 taskId) external onlyBoardOf(taskId) {
        Allocation storage allocation = _allocations[account][taskId];
        if (!allocation.isHeld) return;
        allocation.isHeld = false;
        emit Released(account, taskId);
    }

    /// @inheritdoc IStaking
    function slash(address account, uint256 taskId, uint256 stakeAtLeast, uint256 slashBps)
        external
        onlyBoardOf(taskId)
        returns (uint256 gm, uint256 flock, uint256 left)
    {
        Allocation storage allocation = _allocations[account][taskId];
        uint256 own = allocation.gm;
        uint256 fromPool;
        (gm, fromPool) =
            PoolMath.split(own, stakeAtLeast, _pools[account][taskId].gm, delegationRatio, slashBps);
        left = own - gm;
        if (gm != 0) {
            flock = LockMath.flockUp(allocation.flock, gm, own);
            _shrink(account, taskId, allocation, gm, flock);
            _lose(account, gm, allocation.era);
            emit Slashed(account, taskId, gm, flock);
        }
        uint256 poolFlock = fromPool == 0 ? 0 : _slashPool(account, taskId, fromPool);
        owedToTreasury += flock + poolFlock;
    }

    // --- Inside ---

    function _shrink(
        address account,
        uint256 taskId,
        Allocation storage allocation,
        uint256 gm,
        uint256 flock
    ) private {
        Holding.at(allocation).take(gm, flock);
        _positions[account].allocated -= uint96(gm);
        _removeStake(taskId, gm);
    }

    function _requireBoardOf(uint256 taskId) private view {
        address board = _boardOf(taskId);
        require(msg.sender == board, OnlyTheBoardOf(taskId, board, msg.sender));
    }

    function _requireMinimum(uint256 gm, uint256 minimum) private pure {
        require(gm >= minimum, StakeBelowMinimum(gm, minimum));
    }
}
