// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { Allocation, Delegation, Pool, Position } from "../src/interfaces/IStaking.sol";
import { LockMath } from "../src/libraries/LockMath.sol";
import { PoolMath } from "../src/libraries/PoolMath.sol";
import { Branch, MoneyGhost } from "./MoneyGhost.sol";

/// @notice An account's own and delegated stake on a task, what Staking owes the treasury, and what Staking has.
struct Standing {
    Allocation own;
    Pool pool;
    Delegation[] records;
    uint256 owed;
    uint256 held;
}

/// @notice Locks, stake, duties, slashes and pools, by random actors. Each action is valid or asserted to be refused.
abstract contract MoneyStakes is MoneyGhost {
    /// @dev What rounding can cost a record per slash beyond its fraction.
    uint256 private constant RECORDS_DUST = 2;

    // --- Positions ---

    function lockFlock(uint256 r) external onTheClock {
        _lock(_anyMember(r), 1e18 + (r >> 16) % 50_000e18, _lockDays(r >> 128));
    }

    function ageLock(uint256 r) external onTheClock {
        address account = (r >> 8) % 2 == 0 ? _anyMember(r) : _someOver(r, false);
        if (_isLive(account)) _extend(account, _lockDays(r >> 16));
        else _poke(account);
    }

    function redeem(uint256 r) external onTheClock {
        address account = _someOver(r, true);
        Position memory position = _position(account);
        if (position.lockDays == 0 && position.unlockAt > clock && (r >> 240) % 2 == 0) {
            _pass(position.unlockAt - clock);
        }
        uint256 gm = 1 + (r >> 8) % (uint256(position.gm) + 1);
        bool allowed = gm <= position.gm && position.lockDays == 0 && clock >= position.unlockAt;
        uint256 before = token.balanceOf(account);
        _expect(allowed);
        vm.prank(account);
        staking.redeem(gm);
        if (!allowed) return;
        uint256 due = uint256(position.flock) * gm / position.gm;
        assertEq(token.balanceOf(account) - before, due, "a redemption pays the FLOCK behind it");
        lockedFlock[account] -= due;
        ++reached[Branch.Redeemed];
    }

    // --- Stake ---

    function stake(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _aliveTask(r);
        if (!some) return;
        address account = (r >> 4) % 2 == 0 ? _anyMember(r >> 8) : _anyOperator(r >> 8);
        _makeFit(account, r >> 64);
        uint256 free = _free(account);
        uint256 gm = 1 + (r >> 16) % (free + 1);
        bool allowed = !isPaused && _isAlive(taskId) && _isLive(account) && gm <= free
            && _ownOn(taskId, account) + gm >= MINIMUM;
        _expect(allowed);
        vm.prank(account);
        staking.allocate(taskId, uint96(gm));
        if (allowed) hasStaked[account] = true;
        _count(allowed, Branch.Staked);
    }

    function takeOff(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (!some) return;
        address account = _anyMember(r >> 8);
        uint256 own = _ownOn(taskId, account);
        uint256 gm = (r >> 12) % 4 == 0 ? own : 1 + (r >> 16) % (own + 1);
        bool allowed = gm != 0 && gm <= own && (gm == own || own - gm >= MINIMUM) && !isHeld(taskId, account);
        _expect(allowed);
        vm.prank(account);
        staking.deallocate(taskId, uint96(gm));
        if (allowed) ++reached[Branch.TakenOff];
    }

    /// @dev Into a task, into a seat, out of it, out of the task.
    function changeDuty(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _aliveTask(r);
        if (!some) return;
        address account = (r >> 4) % 4 == 0 ? _anyMember(r >> 8) : _anyOperator(r >> 8);
        if (!isHeld(taskId, account)) return _hold(taskId, account);
        if ((r >> 16) % 8 == 0) return _release(taskId, account);
        bool isSeated = (r >> 20) % 2 == 0 || referee.dutyOf(taskId, account) == 0;
        _seat(taskId, account, isSeated);
    }

    /// @dev Anybody with stake can be slashed, in any state; it never reverts. Some slashes leave next to nothing, so
    /// that pools are worn.
    function slash(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = (r >> 2) % 4 == 0 ? _anyTask(r) : _aliveTask(r);
        if (!some) return;
        address account = (r >> 4) % 4 == 0 ? _anyMember(r >> 8) : _someBacked(taskId, r >> 8);
        uint256 own = _ownOn(taskId, account);
        uint256 atLeast = (r >> 12) % 4 == 0 ? 2 * own : (r >> 16) % (own + 1);
        uint256 bps = (r >> 128) % 5_001;
        if ((r >> 120) % 8 == 0) return _wearOut(taskId, account, r >> 24);
        _slash(taskId, account, atLeast, (r >> 120) % 16 == 1 ? 10_000 : bps);
    }

    /// @dev What is left of the pool accepts no more delegation.
    function _wearOut(uint256 taskId, address operator, uint256 r) private {
        for (uint256 i = 0; i < 3; ++i) {
            _slash(taskId, operator, 0, 9_990 + r % 10);
        }
        _delegate(taskId, _anyDelegator(r), operator, r >> 8);
    }

    // --- Pools ---

    function setPool(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (!some) return;
        address operator = _anyOperator(r >> 8);
        uint16 sigma = uint16((r >> 16) % 4 * 2_500);
        bool allowed = _isAlive(taskId) && _maySetSigma(operator, taskId, sigma);
        _expect(allowed);
        vm.prank(operator);
        staking.setPool(taskId, sigma, (r >> 32) % 8 != 0);
        if (allowed) ++reached[Branch.PoolSet];
    }

    function delegate(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _aliveTask(r);
        if (!some) return;
        address operator = _anyOperator(r >> 16);
        if ((r >> 20) % 4 != 0) _open(operator, taskId);
        _delegate(taskId, _anyDelegator(r >> 8), operator, r >> 24);
    }

    function undelegate(uint256 r) external onTheClock {
        (address delegator, address operator, uint256 taskId) = _anyRecord(r);
        if (taskId == 0) return;
        Delegation memory record = staking.delegationOf(delegator, operator, taskId);
        uint256 gm =
            (r >> 20) % 4 == 0 ? record.gm - record.leaving : 1 + (r >> 24) % (uint256(record.gm) + 1);
        bool allowed = gm != 0 && gm <= record.gm - record.leaving;
        _expect(allowed);
        vm.prank(delegator);
        staking.undelegate(operator, taskId, uint96(gm));
        if (allowed) ++reached[Branch.Undelegated];
    }

    /// @dev Now and then just as the operator's next duty has begun.
    function collect(uint256 r) external onTheClock {
        (address delegator, address operator, uint256 taskId) = _anyRecord(r);
        if (taskId == 0) return;
        if ((r >> 24) % 4 == 0) staking.sync(delegator, operator, taskId);
        bool mayBeSeated = _isAlive(taskId) && isHeld(taskId, operator);
        if (mayBeSeated && (r >> 28) % 2 == 0) _seat(taskId, operator, true);
        bool isQueued = _collect(delegator, operator, taskId);
        if (!isQueued || (r >> 32) % 2 == 0) return;
        if ((r >> 36) % 2 == 0) _seat(taskId, operator, true);
        _collect(delegator, operator, taskId);
    }

    function redelegate(uint256 r) external onTheClock {
        (address delegator, address first, uint256 from) = _anyRecord(r);
        (uint256 to,) = _aliveTask(r >> 8);
        if (from == 0) return;
        address second = _anyOperator(r >> 32);
        staking.sync(delegator, first, from);
        staking.sync(delegator, second, to);
        uint256 gm = staking.delegationOf(delegator, first, from).gm;
        bool allowed =
            _hasEnded(from) && gm != 0 && _mayDelegate(delegator, second, to, _kept(delegator, first, from));
        _expect(allowed);
        vm.prank(delegator);
        staking.redelegate(first, from, second, to, uint96(gm), 10_000);
        _count(allowed, Branch.Redelegated);
    }

    // --- Inside ---

    /// @dev A member with an expired lock, poked or not, if there is one.
    function _someOver(uint256 r, bool isPoked) private view returns (address account) {
        for (uint256 i = 0; i < MEMBERS; ++i) {
            account = member((uint8(r) + i) % MEMBERS);
            Position memory position = _position(account);
            if (isPoked && position.lockDays == 0 && position.gm != 0) break;
            if (!isPoked && position.lockDays != 0 && clock >= position.unlockAt) break;
        }
    }

    /// @dev An operator to whom something is delegated on the task, if there is one.
    function _someBacked(uint256 taskId, uint256 r) private view returns (address operator) {
        for (uint256 i = 0; i < OPERATORS; ++i) {
            operator = member((uint8(r) + i) % OPERATORS);
            if (staking.poolOf(operator, taskId).gm != 0) break;
        }
    }

    /// @dev FLOCK can be added to a live lock for less time, as long as its end does not move.
    function _lock(address account, uint256 amount, uint256 lockDays) internal {
        Position memory position = _position(account);
        bool isLive = _isLive(account);
        bool movesTheEnd = clock + lockDays * 1 days > position.unlockAt;
        bool isShorter = isLive && movesTheEnd && lockDays < position.lockDays;
        bool allowed = !isPaused && !isShorter;
        give(account, amount);
        approve(account, address(staking), amount);
        _expect(allowed);
        vm.prank(account);
        staking.lock(amount, lockDays);
        if (isShorter) ++reached[Branch.ShorterLockRefused];
        _count(allowed, !isLive && position.unlockAt != 0 ? Branch.Revived : Branch.Locked);
        if (!allowed) return;
        lockedFlock[account] += amount - _ceilBps(amount, staking.entryFeeBps());
        assertTrue(isLive || _position(account).gm >= amount / 2, "a new lock gave nothing");
    }

    function _lockDays(uint256 r) private pure returns (uint256) {
        return 1 + (r >> 8) % (r % 8 == 0 ? 365 : 20);
    }

    function _delegate(uint256 taskId, address delegator, address operator, uint256 r) private {
        if (delegator == operator) return;
        _makeFit(delegator, r >> 64);
        staking.sync(delegator, operator, taskId);
        uint256 free = _free(delegator);
        uint256 gm = 1 + r % (free + 1);
        bool allowed = gm <= free && _mayDelegate(delegator, operator, taskId, gm);
        _expect(allowed);
        vm.prank(delegator);
        staking.delegateTo(operator, taskId, uint96(gm), 10_000);
        if (allowed) hasStaked[delegator] = true;
        else if (_isWorn(operator, taskId)) ++reached[Branch.PoolIsWorn];
        else if (!_isCovered(operator, taskId, gm)) ++reached[Branch.AboveCap];
        _count(allowed, Branch.Delegated);
    }

    function _open(address operator, uint256 taskId) private {
        if (staking.poolOf(operator, taskId).factor != 0 || !_isAlive(taskId)) return;
        vm.prank(operator);
        staking.setPool(taskId, 5_000, true);
    }

    function _makeFit(address account, uint256 r) private {
        Position memory position = _position(account);
        if (isPaused || (_isLive(account) && position.gm > 10e18)) return;
        uint256 lockDays = _lockDays(r >> 96);
        if (_isLive(account)) lockDays = Math.max(lockDays, position.lockDays);
        _lock(account, 1_000e18 + r % 10_000e18, lockDays);
    }

    function _extend(address account, uint256 lockDays) private {
        Position memory position = _position(account);
        bool allowed = lockDays >= position.lockDays;
        _expect(allowed);
        vm.prank(account);
        staking.extend(lockDays);
        if (!allowed) return;
        assertTrue(_free(account) >= position.gm, "extending lowered gmFLOCK");
        ++reached[Branch.Extended];
    }

    function _poke(address account) private {
        Position memory position = _position(account);
        bool allowed = position.lockDays != 0;
        _expect(allowed);
        vm.prank(stranger);
        staking.poke(account);
        if (!allowed) return;
        assertEq(_position(account).flock, position.flock, "a poke took FLOCK");
        assertEq(staking.getVotes(account), 0, "votes of a lock that is over");
        ++reached[Branch.Poked];
    }

    function _hold(uint256 taskId, address account) private {
        uint256 own = _ownOn(taskId, account);
        bool allowed = !isPaused && own >= MINIMUM;
        _expect(allowed);
        referee.hold(account, taskId);
        if (allowed) heldOf[taskId][account] = own;
        _count(allowed, Branch.Held);
    }

    /// @dev During a duty the first call queues for its end; only then it comes back, whatever other duty there is.
    function _collect(address delegator, address operator, uint256 taskId) private returns (bool isQueued) {
        uint256 due = collectable(delegator, operator, taskId);
        uint256 duty = dutyOn(taskId, operator);
        uint256 behind = staking.delegationOf(delegator, operator, taskId).queuedBehind;
        bool waits = duty != 0 && behind == duty;
        isQueued = due != 0 && duty != 0 && behind == 0;
        _expect(due != 0 && !waits);
        vm.prank(stranger);
        staking.collect(delegator, operator, taskId);
        if (due == 0) return false;
        if (waits) {
            ++reached[Branch.CollectWaited];
        } else if (isQueued) {
            behind = staking.delegationOf(delegator, operator, taskId).queuedBehind;
            assertEq(behind, duty, "queued behind another duty");
            ++reached[Branch.CollectQueued];
        } else {
            poolHeldOf[taskId][operator] = Math.saturatingSub(poolHeldOf[taskId][operator], due);
            ++reached[duty == 0 ? Branch.Collected : Branch.CollectedInALaterDuty];
        }
    }

    /// @dev Into a seat, or another, or out of it.
    function _seat(uint256 taskId, address account, bool isSeated) private {
        referee.setDuty(account, taskId, isSeated);
        poolHeldOf[taskId][account] = isSeated ? staking.poolOf(account, taskId).gm : 0;
    }

    function _release(uint256 taskId, address account) internal {
        referee.release(account, taskId);
        (heldOf[taskId][account], poolHeldOf[taskId][account]) = (0, 0);
        ++reached[Branch.Released];
    }

    /// @dev Own stake and every record lose the fraction and no more; the treasury is owed what they lose, and no token
    /// moves.
    function _slash(uint256 taskId, address account, uint256 atLeast, uint256 bps) private {
        Standing memory before = _standing(taskId, account);
        (uint256 gm, uint256 flock, uint256 left) = referee.slash(account, taskId, atLeast, bps);
        uint256 own = before.own.gm;
        assertEq(gm + left, own, "own stake that a slash accounts for");
        assertEq(
            gm, Math.min(own, _ceilBps(Math.max(own, atLeast), bps)), "what a slash takes of the own stake"
        );
        if (gm != 0) mayHaveLost[account] += LockMath.flockUp(before.own.flock, gm, own);
        heldOf[taskId][account] = Math.saturatingSub(heldOf[taskId][account], gm);
        uint256 fromPool = _bookPool(taskId, account, before, bps);
        if (gm != 0 && fromPool == 0) ++reached[Branch.SlashedAlone];
        for (uint256 i = 0; i < MEMBERS && bps != 0; ++i) {
            _bookRecord(taskId, account, i, before.records[i], bps);
        }
        Standing memory now_ = _standing(taskId, account);
        uint256 poolFlock = before.pool.flock - now_.pool.flock;
        assertEq(now_.owed - before.owed, flock + poolFlock, "what a slash took and gave");
        assertEq(now_.held, before.held, "a slash moved FLOCK");
    }

    function _bookRecord(
        uint256 taskId,
        address operator,
        uint256 index,
        Delegation memory before,
        uint256 bps
    ) private {
        if (before.gm == 0) return;
        uint256 lost = before.gm - staking.delegationOf(member(index), operator, taskId).gm;
        uint256 most = _ceilBps(before.gm, bps) + RECORDS_DUST;
        if (lost > most) lostTooMuch += lost - most;
        mayHaveLost[member(index)] += _ceilBps(before.flock, bps) + RECORDS_DUST;
    }

    /// @dev What came in after the duty began can be slashed as well.
    function _bookPool(uint256 taskId, address account, Standing memory before, uint256 bps)
        private
        returns (uint256 taken)
    {
        Pool memory pool = staking.poolOf(account, taskId);
        taken = before.pool.gm - pool.gm;
        bool isRenewed = pool.generation != before.pool.generation;
        uint256 atStake = PoolMath.atStake(before.pool.gm, before.own.gm, staking.delegationRatio());
        assertTrue(isRenewed || taken == _ceilBps(atStake, bps), "what a slash takes of a pool");
        poolHeldOf[taskId][account] = Math.saturatingSub(poolHeldOf[taskId][account], taken);
        if (taken != 0) ++reached[Branch.SlashedWithPool];
        if (isRenewed) ++reached[Branch.SlashedToNothing];
    }

    function _standing(uint256 taskId, address operator) private view returns (Standing memory standing) {
        standing.own = staking.allocationOf(operator, taskId);
        standing.pool = staking.poolOf(operator, taskId);
        standing.records = new Delegation[](MEMBERS);
        for (uint256 i = 0; i < MEMBERS; ++i) {
            standing.records[i] = staking.delegationOf(member(i), operator, taskId);
        }
        (standing.owed, standing.held) = (staking.owedToTreasury(), token.balanceOf(address(staking)));
    }

    function _maySetSigma(address operator, uint256 taskId, uint16 sigma) private view returns (bool) {
        Pool memory pool = staking.poolOf(operator, taskId);
        if (pool.factor == 0 || pool.commissionBps == sigma) return true;
        if (pool.gm != 0 && sigma > pool.commissionBps) return false;
        (uint256 endsAt, uint256 freeze) = (tasks.endsAtOf(taskId), staking.sigmaFreeze());
        return clock + freeze < endsAt || clock > endsAt + freeze;
    }

    /// @dev Of a synced record.
    function _mayDelegate(address delegator, address operator, uint256 taskId, uint256 gm)
        private
        view
        returns (bool)
    {
        if (isPaused || gm == 0 || !_isAlive(taskId) || !_isLive(delegator)) return false;
        if (!staking.poolOf(operator, taskId).isOpen || _isWorn(operator, taskId)) return false;
        bool isFirst = staking.delegationOf(delegator, operator, taskId).gm == 0;
        return (!isFirst || gm >= MINIMUM) && _isCovered(operator, taskId, gm);
    }

    function _isWorn(address operator, uint256 taskId) private view returns (bool) {
        Pool memory pool = staking.poolOf(operator, taskId);
        return pool.gm != 0 && pool.factor < PoolMath.WORN;
    }

    function _isCovered(address operator, uint256 taskId, uint256 gm) private view returns (bool) {
        uint256 most = staking.delegationRatio() * _ownOn(taskId, operator);
        return staking.poolOf(operator, taskId).gm + gm <= most;
    }

    /// @dev What would arrive of all that a delegator has in a pool: less, if its lock has ended or was started again.
    function _kept(address delegator, address operator, uint256 taskId) private view returns (uint256) {
        Delegation memory record = staking.delegationOf(delegator, operator, taskId);
        Position memory position = _position(delegator);
        if (record.gm == 0 || (record.era == position.era && _isLive(delegator))) return record.gm;
        uint256 flock = Math.min(record.flock, staking.poolOf(operator, taskId).flock);
        uint256 timeLeft = _isLive(delegator) ? position.unlockAt - clock : 0;
        return Math.min(record.gm, LockMath.gmFor(flock, timeLeft));
    }
}
