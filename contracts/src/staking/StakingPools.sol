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

/// @title Stake that stands behind somebody else's
/// @dev Delegated gm leaves the position with the FLOCK behind it and is the pool's. A record says what its
/// delegator put in and at which factor, so that a slash costs the same however many there are (docs/adr/0019).
abstract contract StakingPools is StakingMoves {
    using Holding for Amounts;

    /// @inheritdoc IStaking
    uint96 public constant MINIMUM_DELEGATION = 1e18;

    // --- The operator ---

    /// @inheritdoc IStaking
    function setPool(uint256 taskId, uint16 sigmaBps, bool isOpen) external {
        _requireWithin("sigmaBps", sigmaBps, [uint256(0), BPS]);
        _requireAlive(taskId);
        Pool storage pool = _pools[msg.sender][taskId];
        uint256 sigmaBefore = pool.sigmaBps;
        if (pool.factor == 0) pool.factor = uint128(PoolMath.FULL);
        else if (sigmaBps != sigmaBefore) _requireNotFrozen(taskId);
        require(sigmaBps <= sigmaBefore || pool.gm == 0, SigmaMayNotRise(sigmaBefore, sigmaBps));
        pool.sigmaBps = sigmaBps;
        pool.isOpen = isOpen;
        emit PoolSet(msg.sender, taskId, sigmaBps, isOpen);
    }

    // --- The delegator ---

    /// @inheritdoc IStaking
    function delegateTo(address operator, uint256 taskId, uint96 gm, uint16 mostSigmaBps)
        external
        whenNotPaused
    {
        _delegateTo(msg.sender, operator, taskId, gm, mostSigmaBps);
    }

    /// @inheritdoc IStaking
    function undelegate(address operator, uint256 taskId, uint96 gm) external {
        require(gm != 0, AmountIsZero());
        (Delegation storage record,) = _bringUpToDate(msg.sender, operator, taskId);
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
        (Delegation storage record,) = _bringUpToDate(delegator, operator, taskId);
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
        uint16 mostSigmaBps
    ) external whenNotPaused {
        require(_hasEnded(fromTask), TaskHasNotEnded(fromTask));
        require(gm != 0, AmountIsZero());
        (Delegation storage record,) = _bringUpToDate(msg.sender, fromOperator, fromTask);
        require(gm <= record.gm, NotEnoughDelegated(gm, record.gm));
        uint256 gmKept = _withdraw(msg.sender, fromOperator, fromTask, gm);
        _delegateTo(msg.sender, toOperator, toTask, gmKept, mostSigmaBps);
    }

    /// @inheritdoc IStaking
    function bringUpToDate(address delegator, address operator, uint256 taskId) external {
        _bringUpToDate(delegator, operator, taskId);
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

    /// @dev Takes `gm`, at most what is there, out of a pool with its FLOCK, rounded up. If that leaves nothing of the
    /// factor, what is left goes with it and the records are worth nothing.
    /// @return flock what left the pool; it is still here.
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

    /// @dev While its pool is empty an operator may raise its share, even just before somebody comes in.
    function _delegateTo(
        address delegator,
        address operator,
        uint256 taskId,
        uint256 gm,
        uint256 mostSigmaBps
    ) private {
        _requireAlive(taskId);
        require(operator != delegator, CannotDelegateToOneself());
        (Delegation storage record, Pool storage pool) = _bringUpToDate(delegator, operator, taskId);
        _requireOpen(pool, operator, taskId, mostSigmaBps);
        if (record.gm == 0) _join(record, pool, delegator, gm);
        uint256 flock = _depart(delegator, gm, record.era);
        _positions[delegator].delegated += uint96(gm);
        Holding.at(record).put(gm, flock);
        Holding.at(pool).put(gm, flock);
        _requireCovered(pool.gm, operator, taskId);
        _addStake(taskId, gm);
        emit StakeDelegated(delegator, operator, taskId, gm, flock);
    }

    /// @dev A worn pool would take a large part of what came in with the next slash, however small: its factor has too
    /// few digits left. It begins anew with the last that leaves it.
    function _requireOpen(Pool storage pool, address operator, uint256 taskId, uint256 mostSigmaBps)
        private
        view
    {
        require(pool.isOpen, PoolIsClosed(operator, taskId));
        require(pool.sigmaBps <= mostSigmaBps, SigmaIsAbove(pool.sigmaBps, mostSigmaBps));
        require(pool.factor >= PoolMath.WORN, PoolIsWorn(operator, taskId));
    }

    function _join(Delegation storage record, Pool storage pool, address delegator, uint256 gm) private {
        require(gm >= MINIMUM_DELEGATION, DelegationBelowMinimum(gm, MINIMUM_DELEGATION));
        (record.generation, record.factor) = (pool.generation, pool.factor);
        record.era = _positions[delegator].era;
        (record.leavesAt, record.queuedBehind) = (0, 0);
        ++pool.delegators;
    }

    /// @dev Beyond this the pool would neither earn nor be slashed: it would be votes and stake without a duty.
    function _requireCovered(uint256 delegated, address operator, uint256 taskId) private view {
        uint256 most = delegationRatio * _allocations[operator][taskId].gm;
        require(delegated <= most, DelegationAboveCap(delegated, most));
    }

    /// @dev Who asked to leave before a duty began does not wait for the end of those that follow it: else an operator who
    /// always has one would keep its delegators for ever.
    /// @return Whether what is leaving has only now been queued.
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

    /// @dev Moves `gm` of an up-to-date record back into its delegator's position.
    /// @return gmKept what arrived of it.
    function _withdraw(address delegator, address operator, uint256 taskId, uint256 gm)
        private
        returns (uint256 gmKept)
    {
        Pool storage pool = _pools[operator][taskId];
        Delegation storage record = _delegations[delegator][operator][taskId];
        // Slashes round each time for the treasury, so that the last to leave may find a few wei less.
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

    /// @dev A delegator has nothing left in the pool; the dust of the last one is the treasury's.
    function _forget(Pool storage pool, uint256 taskId) private {
        if (--pool.delegators != 0) return;
        _removeStake(taskId, pool.gm);
        _renew(pool);
    }

    /// @dev Empties a pool: records of the generation before are worth nothing from now on, and what rounding has left of
    /// their FLOCK is the treasury's.
    function _renew(Pool storage pool) private {
        owedToTreasury += pool.flock;
        (pool.gm, pool.flock, pool.delegators) = (0, 0, 0);
        ++pool.generation;
        pool.factor = uint128(PoolMath.FULL);
    }

    /// @dev Writes the slashes of the pool into the record, the delegator's position and its votes.
    function _bringUpToDate(address delegator, address operator, uint256 taskId)
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
