// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { IDuties } from "../interfaces/IDuties.sol";
import { Delegation, IStaking, Pool, Position, Role } from "../interfaces/IStaking.sol";
import { TaskState } from "../interfaces/ITaskManager.sol";
import { LockMath } from "../libraries/LockMath.sol";
import { PoolMath } from "../libraries/PoolMath.sol";
import { StakingTerms } from "./StakingTerms.sol";

/// @title Stake that stands behind somebody else's
/// @dev Delegated gm leaves the position with the FLOCK behind it and is the pool's. A record says what its
/// delegator put in and at which factor, so that a slash costs the same however many there are (docs/adr/0019).
abstract contract StakingPools is StakingTerms {
    /// @inheritdoc IStaking
    uint96 public constant MINIMUM_DELEGATION = 1e18;

    // --- The operator ---

    /// @inheritdoc IStaking
    function setPool(uint256 taskId, uint16 sigmaBps, bool isOpen) external {
        _requireWithin("sigmaBps", sigmaBps, 0, BPS);
        _requireAlive(taskId);
        Pool storage pool = _pools[msg.sender][taskId];
        uint256 sigmaBefore = pool.sigmaBps;
        if (pool.factor == 0) pool.factor = uint128(PoolMath.RAY);
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
        nonReentrant
        whenNotPaused
    {
        _requireAlive(taskId);
        _delegateTo(msg.sender, operator, taskId, gm, mostSigmaBps);
    }

    /// @inheritdoc IStaking
    function undelegate(address operator, uint256 taskId, uint96 gm) external nonReentrant {
        require(gm != 0, AmountIsZero());
        (Delegation storage record,) = _bringUpToDate(msg.sender, operator, taskId);
        uint256 staying = record.gm - record.leaving;
        require(gm <= staying, NotEnoughDelegated(gm, staying));
        uint256 leavesAt = block.timestamp + cooldown;
        record.leaving += gm;
        record.leavesAt = uint32(leavesAt);
        emit UndelegationBegun(msg.sender, operator, taskId, gm, leavesAt);
    }

    /// @inheritdoc IStaking
    function collect(address delegator, address operator, uint256 taskId) external nonReentrant {
        (Delegation storage record,) = _bringUpToDate(delegator, operator, taskId);
        bool ended = _hasEnded(taskId);
        uint256 gm = ended ? record.gm : record.leaving;
        require(gm != 0, NothingIsLeaving());
        require(ended || block.timestamp >= record.leavesAt, StillCoolingDown(record.leavesAt));
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
    ) external nonReentrant whenNotPaused {
        require(_hasEnded(fromTask), TaskHasNotEnded(fromTask));
        require(gm != 0, AmountIsZero());
        _requireAlive(toTask);
        (Delegation storage record,) = _bringUpToDate(msg.sender, fromOperator, fromTask);
        require(gm <= record.gm, NotEnoughDelegated(gm, record.gm));
        uint256 gmKept = _withdraw(msg.sender, fromOperator, fromTask, gm);
        _delegateTo(msg.sender, toOperator, toTask, gmKept, mostSigmaBps);
    }

    /// @inheritdoc IStaking
    function bringUpToDate(address delegator, address operator, uint256 taskId) external nonReentrant {
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

    /// @dev Takes `gm`, at most what is there, out of a pool with its FLOCK, rounded up. If that leaves next to
    /// nothing of the factor, what is left goes with it to the treasury and the records are worth nothing.
    /// @return flock what left the pool; it is still here.
    /// @return cut the keeper's share of it.
    function _slashPool(address operator, uint256 taskId, uint256 gm, address keeper)
        internal
        returns (uint256 flock, uint256 cut)
    {
        Pool storage pool = _pools[operator][taskId];
        (uint256 gmBefore, uint256 flockBefore) = (pool.gm, pool.flock);
        flock = LockMath.flockUp(flockBefore, gm, gmBefore);
        cut = flock * keeperBps / BPS;
        uint256 factor = PoolMath.factorAfter(pool.factor, gm, gmBefore);
        if (factor == 0) {
            (gm, flock) = (gmBefore, flockBefore);
            _renew(pool);
        } else {
            pool.factor = uint128(factor);
            _shrink(pool, gm, flock);
        }
        stakedOn[taskId] -= gm;
        emit PoolSlashed(operator, taskId, gm, flock, pool.factor, pool.generation, keeper, cut);
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
        Position storage position = _positions[delegator];
        require(gm != 0, AmountIsZero());
        require(operator != delegator, CannotDelegateToOneself());
        _requireLiveLock(position);
        _requireAvailable(position, gm);
        (Delegation storage record, Pool storage pool) = _bringUpToDate(delegator, operator, taskId);
        require(pool.isOpen, PoolIsClosed(operator, taskId));
        require(pool.sigmaBps <= mostSigmaBps, SigmaIsAbove(pool.sigmaBps, mostSigmaBps));
        if (record.gm == 0) {
            require(gm >= MINIMUM_DELEGATION, DelegationBelowMinimum(gm, MINIMUM_DELEGATION));
            (record.generation, record.factor) = (pool.generation, pool.factor);
            (record.era, record.leavesAt) = (position.era, 0);
            ++pool.delegators;
        }
        uint256 flock = LockMath.flockDown(position.flock, gm, position.gm);
        _takeOut(position, gm, flock);
        position.delegated += uint96(gm);
        record.gm += uint96(gm);
        record.flock += uint96(flock);
        pool.gm += uint96(gm);
        pool.flock += uint96(flock);
        stakedOn[taskId] += gm;
        emit StakeDelegated(delegator, operator, taskId, gm, flock);
    }

    /// @dev Moves `gm` of an up-to-date record back into its delegator's position.
    /// @return gmKept what arrived of it.
    function _withdraw(address delegator, address operator, uint256 taskId, uint256 gm)
        private
        returns (uint256 gmKept)
    {
        _requireNoDuty(operator, taskId);
        Pool storage pool = _pools[operator][taskId];
        Delegation storage record = _delegations[delegator][operator][taskId];
        // Slashes round each time for the treasury, so that the last to leave may find a few wei less.
        uint256 flock = Math.min(LockMath.flockDown(record.flock, gm, record.gm), pool.flock);
        gmKept = _arrive(delegator, record.era, gm, flock);
        _shrink(pool, gm, flock);
        record.gm -= uint96(gm);
        record.flock -= uint96(flock);
        record.leaving -= uint96(Math.min(gm, record.leaving));
        stakedOn[taskId] -= gm;
        emit StakeUndelegated(delegator, operator, taskId, gm, flock, gmKept);
        if (record.gm == 0) {
            record.flock = 0;
            _forget(pool, taskId);
        }
    }

    /// @dev A lock that was revived since is rated by the time it has left, downwards only: else one would park a
    /// multiplier in a pool over the expiry.
    function _arrive(address delegator, uint256 era, uint256 gm, uint256 flock)
        private
        returns (uint256 gmKept)
    {
        Position storage position = _positions[delegator];
        gmKept = gm;
        if (era != position.era) {
            uint256 timeLeft = Math.saturatingSub(position.unlockAt, block.timestamp);
            gmKept = Math.min(gm, LockMath.gmFor(flock, timeLeft));
        }
        position.delegated -= uint96(gm);
        position.gm += uint96(gmKept);
        position.flock += uint96(flock);
        _moveVotes(delegator, gm, gmKept);
    }

    /// @dev A delegator has nothing left in the pool; the dust of the last one goes to the treasury.
    function _forget(Pool storage pool, uint256 taskId) private {
        if (--pool.delegators != 0) return;
        uint256 dust = pool.flock;
        stakedOn[taskId] -= pool.gm;
        _renew(pool);
        _send(treasury, dust);
    }

    /// @dev Empties a pool: records of the generation before are worth nothing from now on.
    function _renew(Pool storage pool) private {
        (pool.gm, pool.flock, pool.delegators) = (0, 0, 0);
        ++pool.generation;
        pool.factor = uint128(PoolMath.RAY);
    }

    function _shrink(Pool storage pool, uint256 gm, uint256 flock) private {
        pool.gm -= uint96(gm);
        pool.flock -= uint96(flock);
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
        _delegations[delegator][operator][taskId] = now_;
        _positions[delegator].delegated -= uint96(gmLost);
        _moveVotes(delegator, gmLost, 0);
        emit DelegationUpdated(delegator, operator, taskId, gmLost);
        if (isGone) _forget(pool, taskId);
    }

    function _current(Delegation memory record, Pool storage pool) private view returns (Delegation memory) {
        (uint256 generation, uint256 factor) = (pool.generation, pool.factor);
        if (record.gm == 0 || record.generation != generation) {
            return Delegation(0, 0, 0, uint32(generation), uint128(factor), 0, 0);
        }
        uint256 factorThen = record.factor;
        record.gm = uint96(PoolMath.current(record.gm, factor, factorThen));
        record.flock = uint96(PoolMath.current(record.flock, factor, factorThen));
        record.leaving = uint96(PoolMath.current(record.leaving, factor, factorThen));
        record.factor = uint128(factor);
        return record;
    }

    function _requireNoDuty(address operator, uint256 taskId) private view {
        for (uint256 role = 0; role <= uint256(type(Role).max); ++role) {
            address holder = _allocations[operator][taskId][Role(role)].holder;
            bool isFree = holder == address(0) || !IDuties(holder).hasDuty(taskId, operator);
            require(isFree, OperatorHasADuty(operator, taskId));
        }
    }

    function _requireNotFrozen(uint256 taskId) private view {
        uint256 endsAt = tasks.endsAtOf(taskId);
        (uint256 from, uint256 until) = (Math.saturatingSub(endsAt, sigmaFreeze), endsAt + sigmaFreeze);
        require(block.timestamp < from || block.timestamp > until, SigmaIsFrozen(taskId, from, until));
    }

    function _requireAlive(uint256 taskId) private view {
        TaskState state = tasks.stateOf(taskId);
        require(state == TaskState.Open || state == TaskState.Running, TaskIsNotAlive(taskId));
    }

    function _hasEnded(uint256 taskId) private view returns (bool) {
        TaskState state = tasks.stateOf(taskId);
        return state == TaskState.Closed || state == TaskState.Cancelled;
    }
}
