// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { Delegation, Pool, Position, Role } from "../src/interfaces/IStaking.sol";
import { LockMath } from "../src/libraries/LockMath.sol";
import { Branch, MoneyGhost } from "./MoneyGhost.sol";

/// @notice Locks, stake, duties, slashes and pools, by random actors. Each action is valid, or asserted to be refused.
abstract contract MoneyStakes is MoneyGhost {
    // --- Positions ---

    function lockFlock(uint256 r) external onTheClock {
        _lock(_anyMember(r), 1e18 + (r >> 16) % 50_000e18, r >> 128);
    }

    function ageLock(uint256 r) external onTheClock {
        address account = _anyMember(r);
        if ((r >> 8) % 2 == 0) _extend(account, 1 + (r >> 16) % 365);
        else _poke(account);
    }

    function redeem(uint256 r) external onTheClock {
        address account = _anyMember(r);
        uint256 available = staking.availableOf(account);
        uint256 gm = 1 + (r >> 8) % (available + 1);
        bool allowed = gm <= available && !_isLive(account);
        uint256 before = token.balanceOf(account);
        Position memory position = _position(account);
        _expect(allowed);
        vm.prank(account);
        staking.redeem(gm);
        if (!allowed) return;
        uint256 due = uint256(position.flock) * gm / position.gm;
        assertEq(token.balanceOf(account) - before, due, "a redemption pays the FLOCK behind it");
        ++reached[Branch.Redeemed];
    }

    // --- Stake ---

    function stake(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _aliveTask(r);
        if (!some) return;
        address account = _anyMember(r >> 8);
        _makeFit(account, r >> 64);
        uint256 gm = 1 + (r >> 16) % (staking.availableOf(account) + 1);
        bool allowed = !isPaused && _isLive(account) && gm <= staking.availableOf(account);
        _expect(allowed);
        vm.prank(account);
        staking.allocate(taskId, Role.Member, uint96(gm));
        if (allowed) hasStaked[account] = true;
        _count(allowed, Branch.Staked);
    }

    function takeOff(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (!some) return;
        address account = _anyMember(r >> 8);
        uint256 own = _ownOn(taskId, account);
        uint256 gm = 1 + (r >> 16) % (own + 1);
        bool allowed = gm <= own && !isHeld(taskId, account);
        _expect(allowed);
        vm.prank(account);
        staking.deallocate(taskId, Role.Member, uint96(gm));
        if (allowed) ++reached[Branch.TakenOff];
    }

    /// @dev Into a task, into a seat, out of it, out of the task.
    function changeDuty(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _aliveTask(r);
        if (!some) return;
        address account = (r >> 4) % 4 == 0 ? _anyMember(r >> 8) : _anyOperator(r >> 8);
        if (!isHeld(taskId, account)) return _hold(taskId, account);
        if ((r >> 16) % 4 == 0) return _release(taskId, account);
        bool isSeated = !referee.hasDuty(taskId, account);
        referee.setDuty(account, taskId, isSeated);
        poolHeldOf[taskId][account] = isSeated ? staking.poolOf(account, taskId).gm : 0;
    }

    /// @dev Anybody with stake may be slashed, in any state; it never reverts.
    function slash(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (!some) return;
        address account = (r >> 4) % 4 == 0 ? _anyMember(r >> 8) : _anyOperator(r >> 8);
        uint256 own = _ownOn(taskId, account);
        uint256 gm = (r >> 12) % 6 == 0 ? own + (r >> 16) % 100e18 : (r >> 16) % (own / 2 + 2);
        _slash(taskId, account, gm);
    }

    function withdrawKeeperCredit(uint256) external onTheClock {
        uint256 due = staking.keeperCreditOf(keeper);
        uint256 before = token.balanceOf(keeper);
        _expect(due != 0);
        vm.prank(keeper);
        staking.withdrawKeeperCredit();
        assertEq(token.balanceOf(keeper) - before, due, "a keeper gets its whole credit");
        if (due != 0) ++reached[Branch.KeeperWithdrew];
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
        (address delegator, address operator) = (_anyDelegator(r >> 8), _anyOperator(r >> 16));
        _makeFit(delegator, r >> 64);
        if ((r >> 20) % 4 != 0) _open(operator, taskId);
        uint256 gm = 1 + (r >> 24) % (staking.availableOf(delegator) + 1);
        bool allowed = _isAlive(taskId) && gm <= staking.availableOf(delegator)
            && _mayDelegate(delegator, operator, taskId, gm);
        _expect(allowed);
        vm.prank(delegator);
        staking.delegateTo(operator, taskId, uint96(gm), 10_000);
        if (allowed) hasStaked[delegator] = true;
        _count(allowed, Branch.Delegated);
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

    function collect(uint256 r) external onTheClock {
        (address delegator, address operator, uint256 taskId) = _anyRecord(r);
        if (taskId == 0) return;
        if ((r >> 24) % 4 == 0) staking.bringUpToDate(delegator, operator, taskId);
        uint256 due = collectable(delegator, operator, taskId);
        bool waits = isHeld(taskId, operator) && referee.hasDuty(taskId, operator);
        _expect(due != 0 && !waits);
        vm.prank(stranger);
        staking.collect(delegator, operator, taskId);
        if (due == 0) return;
        ++reached[waits ? Branch.CollectWaitedForADuty : Branch.Collected];
    }

    function redelegate(uint256 r) external onTheClock {
        (address delegator, address first, uint256 from) = _anyRecord(r);
        (uint256 to,) = _aliveTask(r >> 8);
        if (from == 0) return;
        address second = _anyOperator(r >> 32);
        uint256 gm = staking.delegationOf(delegator, first, from).gm;
        bool allowed = _hasEnded(from) && _isAlive(to) && gm != 0
            && !(isHeld(from, first) && referee.hasDuty(from, first))
            && _mayDelegate(delegator, second, to, _kept(delegator, first, from));
        _expect(allowed);
        vm.prank(delegator);
        staking.redelegate(first, from, second, to, uint96(gm), 10_000);
        _count(allowed, Branch.Redelegated);
    }

    // --- How ---

    function _lock(address account, uint256 amount, uint256 r) internal {
        bool expired = !_isLive(account);
        // Stake that stands on tasks over the expiry of its lock keeps the longest multiplier only in a longest lock.
        uint256 lockDays = 1 + (r >> 8) % (r % 2 == 0 ? 40 : 365);
        if (expired && _position(account).allocated != 0) lockDays = 365;
        give(account, amount);
        approve(account, address(staking), amount);
        _expect(!isPaused);
        vm.prank(account);
        staking.lock(amount, lockDays);
        _count(!isPaused, expired && _position(account).era > 1 ? Branch.Revived : Branch.Locked);
    }

    function _open(address operator, uint256 taskId) private {
        if (staking.poolOf(operator, taskId).factor != 0 || !_isAlive(taskId)) return;
        vm.prank(operator);
        staking.setPool(taskId, 5_000, true);
    }

    function _makeFit(address account, uint256 r) private {
        if (isPaused || (_isLive(account) && staking.availableOf(account) > 10e18)) return;
        _lock(account, 1_000e18 + r % 10_000e18, r >> 96);
    }

    function _extend(address account, uint256 lockDays) private {
        bool allowed = _isLive(account);
        uint256 before = _position(account).gm;
        _expect(allowed);
        vm.prank(account);
        staking.extend(lockDays);
        if (!allowed) return;
        assertTrue(_position(account).gm >= before, "extending lowered gmFLOCK");
        ++reached[Branch.Extended];
    }

    function _poke(address account) private {
        Position memory position = _position(account);
        uint256 after_ = position.gm < position.flock ? position.gm : position.flock;
        if (after_ < position.allocated) after_ = position.allocated;
        bool allowed = !_isLive(account) && after_ < position.gm;
        _expect(allowed);
        vm.prank(stranger);
        staking.poke(account);
        if (allowed) ++reached[Branch.Poked];
    }

    function _hold(uint256 taskId, address account) private {
        uint256 own = _ownOn(taskId, account);
        bool allowed = !isPaused && own >= 1e18;
        _expect(allowed);
        referee.hold(account, taskId, Role.Member);
        if (allowed) heldOf[taskId][account] = own;
        _count(allowed, Branch.Held);
    }

    function _release(uint256 taskId, address account) internal {
        referee.release(account, taskId, Role.Member);
        (heldOf[taskId][account], poolHeldOf[taskId][account]) = (0, 0);
        ++reached[Branch.Released];
    }

    function _slash(uint256 taskId, address account, uint256 gm) private {
        Pool memory pool = staking.poolOf(account, taskId);
        uint256 own = _ownOn(taskId, account);
        uint256 staked = staking.stakedOn(taskId);
        uint256 held = token.balanceOf(address(staking)) - staking.keeperCreditOf(keeper);
        uint256 supply = token.balanceOf(treasury) + staking.keeperCreditOf(keeper);
        (uint256 taken, uint256 flock, uint256 left) = referee.slash(account, taskId, Role.Member, gm, keeper);
        assertEq(taken + left, own, "own stake that a slash accounts for");
        assertTrue(
            own == 0 || taken >= (gm < own ? gm : own), "a slash took less than asked, and than was there"
        );
        uint256 lost = held + staking.keeperCreditOf(keeper) - token.balanceOf(address(staking));
        assertEq(
            token.balanceOf(treasury) + staking.keeperCreditOf(keeper) - supply,
            lost,
            "what a slash took and gave"
        );
        assertTrue(lost >= flock, "a slash gave less than it took from own stake");
        uint256 fromPool = staked - staking.stakedOn(taskId) - taken;
        _book(taskId, account, taken, fromPool);
        if (fromPool != 0) ++reached[Branch.SlashedWithPool];
        else if (taken != 0) ++reached[Branch.SlashedAlone];
        if (pool.generation != staking.poolOf(account, taskId).generation) {
            ++reached[Branch.SlashedToNothing];
        }
    }

    /// @dev What came in after the duty began may be slashed as well.
    function _book(uint256 taskId, address account, uint256 own, uint256 fromPool) private {
        heldOf[taskId][account] = Math.saturatingSub(heldOf[taskId][account], own);
        poolHeldOf[taskId][account] = Math.saturatingSub(poolHeldOf[taskId][account], fromPool);
    }

    function _maySetSigma(address operator, uint256 taskId, uint16 sigma) private view returns (bool) {
        Pool memory pool = staking.poolOf(operator, taskId);
        if (pool.factor == 0 || pool.sigmaBps == sigma) return true;
        if (pool.gm != 0 && sigma > pool.sigmaBps) return false;
        (uint256 endsAt, uint256 freeze) = (tasks.endsAtOf(taskId), staking.sigmaFreeze());
        return clock + freeze < endsAt || clock > endsAt + freeze;
    }

    function _mayDelegate(address delegator, address operator, uint256 taskId, uint256 gm)
        private
        view
        returns (bool)
    {
        bool isFirst = staking.delegationOf(delegator, operator, taskId).gm == 0;
        return !isPaused && _isLive(delegator) && staking.poolOf(operator, taskId).isOpen && gm != 0
            && (!isFirst || gm >= 1e18);
    }

    /// @dev What would arrive of all that a delegator has in a pool: less, if its lock was revived since.
    function _kept(address delegator, address operator, uint256 taskId) private view returns (uint256) {
        Delegation memory record = staking.delegationOf(delegator, operator, taskId);
        Position memory position = _position(delegator);
        if (record.gm == 0 || record.era == position.era) return record.gm;
        uint256 flock = Math.min(record.flock, staking.poolOf(operator, taskId).flock);
        uint256 timeLeft = Math.saturatingSub(position.unlockAt, clock);
        return Math.min(record.gm, LockMath.gmFor(flock, timeLeft));
    }
}
