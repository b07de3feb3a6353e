// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { IBoard } from "../interfaces/IBoard.sol";
import { Delegation, IStaking, Pool } from "../interfaces/IStaking.sol";
import { TaskState } from "../interfaces/ITaskManager.sol";
import { Amounts, Holding } from "../libraries/Holding.sol";
import { LockMath } from "../libraries/LockMath.sol";
import { PoolMath } from "../libraries/PoolMath.sol";
import { StakingMoves } from "./StakingMoves.sol";

/// @title Delegated stake
/// @dev Delegated gm leaves the position with the FLOCK behind it and belongs to the pool. A record says what its
/// delegator put in and at which factor, so that a slash costs the same however many delegators there are
/// (docs/adr/0019).
abstract contract StakingPools is StakingMoves {
    using Holding for Amounts;

    /// @inheritdoc IStaking
    uint96 public constant MINIMUM_DELEGATION = 1e18;

    // --- The operator ---

    /// @inheritdoc IStaking
    function setPool(uint256 taskId, uint16 commissionBps, bool isOpen) external {
        _requireWithin("commissionBps", commissionBps, [uint256(0), BPS]);
        _requireAlive(taskId);
        Pool storage pool = _pools[msg.sender][taskId];
        uint256 commissionBefore = pool.commissionBps;
        if (pool.factor == 0) pool.factor = uint128(PoolMath.FULL);
        else if (commissionBps != commissionBefore) _requireNotFrozen(taskId);
        require(
            commissionBps <= commissionBefore || pool.gm == 0,
            SigmaMayNotRise(commissionBefore, commissionBps)
        );
        pool.commissionBps = commissionBps;
        pool.isOpen = isOpen;
        emit PoolSet(msg.sender, taskId, commissionBps, isOpen);
    }

    // --- The delegator ---

    /// @inheritdoc IStaking
    function delegateTo(address operator, uint256 taskId, uint96 gm, uint16 maxCommissionBps)
        external
        whenNotPaused
    {
        _delegateTo(msg.sender, operator, taskId, gm, maxCommissionBps);
    }

    /// @inheritdoc IStaking
    function undelegate(address operator, uint256 taskId, uint96 gm) external {
        require(gm != 0, AmountIsZero());
        (Delegation storage record,) = _sync(msg.sender, operator, taskId);
        uint256 staying = record.gm - record.leaving;
        require(gm <= staying, NotEnoughDelegated(gm, staying));
        uint32 leavesAt = _in(cooldown);
        record.leaving += gm;
        record.leavesAt = leavesAt;
        record.queuedBehind = 0;
        emit UndelegationBegun(msg.sender, operator, taskId, gm, leavesAt);
    }

    /// @inheritdoc IStaking
    function collect(address delegator, address operator, uint256 taskId) external {
        (Delegation storage record,) = _sync(delegator, operator, taskId);
        bool ended = _hasEnded(taskId);
        uint256 gm = ended ? record.gm : record.leaving;
        require(gm != 0, NothingIsLeaving());
        require(ended || block.timestamp >= record.leavesAt, StillCoolingDown(record.leavesAt));
        if (!ended && _queues(record, delegator, operator, taskId)) return;
        _withdraw(delegator, operator, taskId, gm);
    }

    /// @inheritdoc IStaking
    function redelegate(
        address fromOperator,
        uint256 fromTask,
        address toOperator,
        uint256 toTask,
        uint96 gm,
        uint16 maxCommissionBps
    ) external whenNotPaused {
        require(_hasEnded(fromTask), TaskHasNotEnded(fromTask));
        require(gm != 0, AmountIsZero());
        (Delegation storage record,) = _sync(msg.sender, fromOperator, fromTask);
        require(gm <= record.gm, NotEnoughDelegated(gm, record.gm));
        uint256 gmKept = _withdraw(msg.sender, fromOperator, fromTask, gm);
        _delegateTo(msg.sender, toOperator, toTask, gmKept, maxCommissionBps);
    }

    /// @inheritdoc IStaking
    function sync(address delegator, address operator, uint256 taskId) external {
        _sync(delegator, operator, taskId);
    }

    // --- Views ---

    /// @inheritdoc IStaking
    function poolOf(address operator, uint256 taskId) external view returns (Pool memory) {
        return _pools[operator][taskId];
    }

    /// @inheritdoc IStaking
    function delegationOf(address delegator, address operator, uint256 taskId)
        external
        view
        returns (Delegation memory)
    {
        return _current(_delegations[delegator][operator][taskId], _pools[operator][taskId]);
    }

    // --- Slashes ---

    /// @dev Takes `gm`, at most what is there, out of a pool with its FLOCK, rounded up. If that reduces the factor to
    /// 0, everything left goes with it and the records are worth nothing.
    /// @return flock The FLOCK that left the pool, in wei; it stays in this contract.
    function _slashPool(address operator, uint256 taskId, uint256 gm) internal returns (uint256 flock) {
        Pool storage pool = _pools[operator][taskId];
        (uint256 gmBefore, uint256 flockBefore) = (pool.gm, pool.flock);
        flock = LockMath.flockUp(flockBefore, gm, gmBefore);
        uint256 factor = PoolMath.factorAfter(pool.factor, gm, gmBefore);
        if (factor == 0) (gm, flock) = (gmBefore, flockBefore);
        Holding.at(pool).take(gm, flock);
        if (factor == 0) _renew(pool);
        else pool.factor = uint128(factor);
        _removeStake(taskId, gm);
        emit PoolSlashed(operator, taskId, gm, flock, pool.factor, pool.generation);
    }

    // --- Inside ---

    /// @dev An operator can raise its commission while its pool is empty, even just before somebody comes in.
    function _delegateTo(
        address delegator,
        address operator,
        uint256 taskId,
        uint256 gm,
        uint256 maxCommissionBps
    ) private {
        _requireAlive(taskId);
        require(operator != delegator, CannotDelegateToOneself());
        (Delegation storage record, Pool storage pool) = _sync(delegator, operator, taskId);
        _requireOpen(pool, operator, taskId, maxCommissionBps);
        if (record.gm == 0) _join(record, pool, delegator, gm);
        uint256 flock = _depart(delegator, gm, record.era);
        _positions[delegator].delegated += uint96(gm);
        Holding.at(record).put(gm, flock);
        Holding.at(pool).put(gm, flock);
        _requireCovered(pool.gm, operator, taskId);
        _addStake(taskId, gm);
        emit StakeDelegated(delegator, operator, taskId, gm, flock);
    }

    /// @dev In a worn pool the next slash, however small, would take a large part of a new deposit: the factor has too
    /// few digits left. The pool starts again once the last delegator has left.
    function _requireOpen(Pool storage pool, address operator, uint256 taskId, uint256 maxCommissionBps)
        private
        view
    {
        require(pool.isOpen, PoolIsClosed(operator, taskId));
        require(pool.commissionBps <= maxCommissionBps, SigmaIsAbove(pool.commissionBps, maxCommissionBps));
        require(pool.factor >= PoolMath.WORN, PoolIsWorn(operator, taskId));
    }

    function _join(Delegation storage record, Pool storage pool, address delegator, uint256 gm) private {
        require(gm >= MINIMUM_DELEGATION, DelegationBelowMinimum(gm, MINIMUM_DELEGATION));
        (record.generation, record.factor) = (pool.generation, pool.factor);
        record.era = _positions[delegator].era;
        (record.leavesAt, record.queuedBehind) = (0, 0);
        ++pool.delegators;
    }

    /// @dev Above this, delegated stake would neither earn nor be slashed: it would vote and count without a duty.
    function _requireCovered(uint256 delegated, address operator, uint256 taskId) private view {
        uint256 most = delegationRatio * _allocations[operator][taskId].gm;
        require(delegated <= most, DelegationAboveCap(delegated, most));
    }

    /// @dev A delegator that asked to leave during a duty does not wait for the duties that follow: otherwise an
    /// operator that always has one could keep its delegators forever.
    /// @return Whether what is leaving was only queued by this call.
    function _queues(Delegation storage record, address delegator, address operator, uint256 taskId)
        private
        returns (bool)
    {
        uint16 duty = IBoard(_boardOf(taskId)).dutyOf(taskId, operator);
        uint16 behind = record.queuedBehind;
        if (duty == 0 || (behind != 0 && behind != duty)) return false;
        require(behind == 0, OperatorHasADuty(operator, taskId, duty));
        record.queuedBehind = duty;
        emit CollectQueued(delegator, operator, taskId, duty);
        return true;
    }

    /// @dev Moves `gm` of a synced record back into its delegator's position.
    /// @return gmKept The gmFLOCK that arrived.
    function _withdraw(address delegator, address operator, uint256 taskId, uint256 gm)
        private
        returns (uint256 gmKept)
    {
        Pool storage pool = _pools[operator][taskId];
        Delegation storage record = _delegations[delegator][operator][taskId];
        // Every slash rounds in favour of the treasury, so the last to leave can find a few wei less.
        uint256 flock = Math.min(LockMath.flockDown(record.flock, gm, record.gm), pool.flock);
        _positions[delegator].delegated -= uint96(gm);
        gmKept = _arrive(delegator, gm, flock, record.era);
        Holding.at(pool).take(gm, flock);
        Holding.at(record).take(gm, flock);
        record.leaving -= uint96(Math.min(gm, record.leaving));
        record.queuedBehind = 0;
        _removeStake(taskId, gm);
        emit StakeUndelegated(delegator, operator, taskId, gm, flock, gmKept);
        if (record.gm == 0) {
            record.flock = 0;
            _forget(pool, taskId);
        }
    }

    /// @dev A delegator has nothing left in the pool; dust left by the last one goes to the treasury.
    function _forget(Pool storage pool, uint256 taskId) private {
        if (--pool.delegators != 0) return;
        _removeStake(taskId, pool.gm);
        _renew(pool);
    }

    /// @dev Empties a pool: records of the previous generation are worth nothing from now on, and FLOCK left by
    /// rounding goes to the treasury.
    function _renew(Pool storage pool) private {
        owedToTreasury += pool.flock;
        (pool.gm, pool.flock, pool.delegators) = (0, 0, 0);
        ++pool.generation;
        pool.factor = uint128(PoolMath.FULL);
    }

    /// @dev Writes the slashes of the pool into the record, the delegator's position and its votes.
    function _sync(address delegator, address operator, uint256 taskId)
        private
        returns (Delegation storage record, Pool storage pool)
    {
        record = _delegations[delegator][operator][taskId];
        pool = _pools[operator][taskId];
        Delegation memory now_ = _current(record, pool);
        uint256 gmLost = record.gm - now_.gm;
        if (gmLost == 0) return (record, pool);
        bool isGone = now_.gm == 0 && record.generation == pool.generation;
        (record.gm, record.flock) = (now_.gm, now_.flock);
        (record.factor, record.leaving) = (now_.factor, now_.leaving);
        _positions[delegator].delegated -= uint96(gmLost);
        _lose(delegator, gmLost, record.era);
        emit DelegationUpdated(delegator, operator, taskId, gmLost);
        if (isGone) _forget(pool, taskId);
    }

    function _current(Delegation memory record, Pool storage pool) private view returns (Delegation memory) {
        (uint256 generation, uint256 factor) = (pool.generation, pool.factor);
        if (record.gm == 0 || record.generation != generation) {
            Delegation memory none;
            (none.generation, none.factor) = (uint32(generation), uint128(factor));
            return none;
        }
        uint256 factorThen = record.factor;
        record.gm = uint96(PoolMath.current(record.gm, factor, factorThen));
        record.flock = uint96(PoolMath.current(record.flock, factor, factorThen));
        record.leaving = uint96(PoolMath.current(record.leaving, factor, factorThen));
        record.factor = uint128(factor);
        return record;
    }

    function _requireNotFrozen(uint256 taskId) private view {
        uint256 endsAt = tasks.endsAtOf(taskId);
        (uint256 from, uint256 until) = (Math.saturatingSub(endsAt, sigmaFreeze), endsAt + sigmaFreeze);
        require(block.timestamp < from || block.timestamp > until, SigmaIsFrozen(taskId, from, until));
    }

    function _hasEnded(uint256 taskId) private view returns (bool) {
        (TaskState state,) = _stakingOf(taskId);
        return state == TaskState.Closed || state == TaskState.Cancelled;
    }
}
