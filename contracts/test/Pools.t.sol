// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Delegation, IStaking, Pool, Position } from "../src/interfaces/IStaking.sol";
import { PoolPlay } from "./PoolPlay.t.sol";

/// @notice Delegation without slashes: in, out, over, and the terms of a pool.
contract PoolsTest is PoolPlay {
    address private immutable one = member(1);
    address private immutable other = member(2);

    // --- setPool ---

    function test_setPool_namesItsTerms() public view {
        Pool memory seen = pool();
        assertEq(seen.commissionBps, SIGMA, "sigma");
        assertTrue(seen.isOpen, "open");
        assertEq(seen.factor, 1e36, "factor");
    }

    function test_setPool_refusesWhatIsOutOfBoundsOrOver() public {
        expectOutOfBounds("commissionBps", 10_001, 0, 10_000);
        staking.setPool(task, 10_001, true);
        expectError(IStaking.TaskIsNotAlive.selector, 99);
        staking.setPool(99, SIGMA, true);
        endTask(task);
        expectError(IStaking.TaskIsNotAlive.selector, task);
        staking.setPool(task, SIGMA, true);
    }

    function test_setPool_sigmaIsFrozenAroundTheEnd() public {
        uint256 endsAt = tasks.endsAtOf(task);
        vm.warp(endsAt - 2 days - 1);
        _setSigma(6_000);
        vm.warp(endsAt - 2 days);
        _expectFrozen(endsAt);
        _setSigma(7_000);
        vm.warp(endsAt + 2 days);
        _expectFrozen(endsAt);
        _setSigma(7_000);
        vm.warp(endsAt + 2 days + 1);
        _setSigma(7_000);
        assertEq(pool().commissionBps, 7_000, "sigma");
    }

    function test_setPool_closesInsideTheFreezeAndMayBeginInIt() public {
        vm.warp(tasks.endsAtOf(task));
        vm.prank(operator);
        staking.setPool(task, SIGMA, false);
        assertTrue(!pool().isOpen, "closed");
        vm.prank(other);
        staking.setPool(task, 1, true);
        assertEq(staking.poolOf(other, task).commissionBps, 1, "nobody had been promised another share");
    }

    function test_setPool_sigmaOnlyFallsWhileSomebodyIsInThePool() public {
        _setSigma(6_000);
        back(one, 100e18);
        vm.expectRevert(abi.encodeWithSelector(IStaking.SigmaMayNotRise.selector, 6_000, 6_001));
        _setSigma(6_001);
        _setSigma(6_000);
        _setSigma(1_000);
        vm.expectRevert(abi.encodeWithSelector(IStaking.SigmaMayNotRise.selector, 1_000, 6_000));
        _setSigma(6_000);
        leave(one, 100e18);
        _setSigma(6_000);
        assertEq(pool().commissionBps, 6_000, "free again once everybody has left");
    }

    function test_delegateTo_refusesAShareThatRoseMeanwhile() public {
        lock(one, 100e18, 30);
        _setSigma(4_001);
        vm.expectRevert(abi.encodeWithSelector(IStaking.SigmaIsAbove.selector, 4_001, 4_000));
        vm.prank(one);
        staking.delegateTo(operator, task, 100e18, 4_000);
        vm.prank(one);
        staking.delegateTo(operator, task, 100e18, 4_001);
        assertEq(record(one).gm, 100e18, "at the share that was agreed to");
    }

    function testFuzz_setPool_nobodyPaysMoreThanTheShareItCameFor(uint16[8] memory shares) public {
        back(one, 100e18);
        uint256 promised = pool().commissionBps;
        for (uint256 i = 0; i < shares.length; ++i) {
            uint16 commissionBps = shares[i] % 10_001;
            vm.prank(operator);
            (bool done,) =
                address(staking).call(abi.encodeCall(IStaking.setPool, (task, commissionBps, i % 2 == 0)));
            assertTrue(done == (commissionBps <= promised), "a fall is taken, a rise is not");
            if (done) promised = commissionBps;
            assertEq(pool().commissionBps, promised, "sigma");
        }
    }

    // --- delegateTo ---

    function test_delegateTo_movesGmWithItsFlockAndNoToken() public {
        lock(one, 100e18, 365);
        uint256 custody = token.balanceOf(address(staking));
        moveIn(one, 150e18);
        Position memory position = staking.positionOf(one);
        uint256 flock = uint256(100e18) * 150e18 / 301e18;
        assertEq(position.gm, 151e18, "gm left");
        assertEq(position.delegated, 150e18, "delegated");
        assertEq(position.flock, 100e18 - flock, "FLOCK left");
        assertEq(record(one).gm, 150e18, "record");
        assertEq(record(one).flock, flock, "its FLOCK");
        assertEq(pool().gm, 150e18, "pool");
        assertEq(pool().flock, flock, "pool's FLOCK");
        assertEq(pool().delegators, 1, "delegators");
        assertEq(token.balanceOf(address(staking)), custody, "custody");
    }

    function test_delegateTo_countsAsStakeOnTheTask() public {
        assertEq(staking.stakedOn(task), OWN, "own");
        back(one, 50e18);
        assertEq(staking.stakedOn(task), OWN + 50e18, "own and delegated");
        leave(one, 50e18);
        assertEq(staking.stakedOn(task), OWN, "own again");
    }

    function test_delegateTo_refusesOneself() public {
        lock(operator, 10e18, 30);
        expectError(IStaking.CannotDelegateToOneself.selector);
        moveIn(operator, 10e18);
    }

    function test_delegateTo_refusesWhatIsNotFree() public {
        lock(one, 10e18, 30);
        expectError(IStaking.NotEnoughAvailable.selector, 10e18 + 1, 10e18);
        moveIn(one, 10e18 + 1);
        allocate(one, task, 6e18);
        expectError(IStaking.NotEnoughAvailable.selector, 5e18, 4e18);
        moveIn(one, 5e18);
    }

    function test_delegateTo_needsALiveLock() public {
        lock(one, 10e18, 1);
        uint256 unlockAt = time + 1 days;
        pass(1 days);
        expectError(IStaking.LockHasExpired.selector, unlockAt);
        moveIn(one, 10e18);
    }

    function test_delegateTo_needsAnOpenPoolAndALivingTask() public {
        lock(one, 10e18, 30);
        vm.prank(operator);
        staking.setPool(task, SIGMA, false);
        vm.expectRevert(abi.encodeWithSelector(IStaking.PoolIsClosed.selector, operator, task));
        moveIn(one, 10e18);
        endTask(task);
        expectError(IStaking.TaskIsNotAlive.selector, task);
        moveIn(one, 10e18);
    }

    function test_delegateTo_atMostTheRatioOfTheOperatorsOwnStake() public {
        lock(one, 10 * OWN + 1, 30);
        _expectAboveCap(10 * OWN + 1, 10 * OWN);
        moveIn(one, 10 * OWN + 1);
        moveIn(one, 10 * OWN);
        _expectAboveCap(10 * OWN + 1, 10 * OWN);
        moveIn(one, 1);
        staking.setDelegationRatio(11);
        moveIn(one, 1);
        assertEq(pool().gm, 10 * OWN + 1, "pool");
    }

    function test_delegateTo_nothingToWhomHasNoStakeOfItsOwn() public {
        deallocate(operator, task, OWN);
        lock(one, 1e18, 30);
        _expectAboveCap(1e18, 0);
        moveIn(one, 1e18);
    }

    function test_delegateTo_theFirstDepositHasAMinimumAndNoOther() public {
        lock(one, 10e18, 30);
        expectError(IStaking.DelegationBelowMinimum.selector, 1e18 - 1, 1e18);
        moveIn(one, 1e18 - 1);
        moveIn(one, 1e18);
        expectError(IStaking.AmountIsZero.selector);
        moveIn(one, 0);
        moveIn(one, 1);
        assertEq(record(one).gm, 1e18 + 1, "record");
        assertEq(pool().delegators, 1, "delegators");
    }

    // --- undelegate, collect ---

    function test_collect_paysAfterTheCooldown() public {
        back(one, 100e18);
        undelegate(one, 40e18);
        uint256 leavesAt = time + staking.cooldown();
        assertEq(record(one).leavesAt, leavesAt, "leavesAt");
        vm.warp(leavesAt - 1);
        expectError(IStaking.StillCoolingDown.selector, leavesAt);
        collect(one);
        vm.warp(leavesAt);
        collect(one);
        Position memory position = staking.positionOf(one);
        assertEq(position.gm, 40e18, "gm");
        assertEq(position.flock, 40e18, "FLOCK");
        assertEq(position.delegated, 60e18, "delegated");
        assertEq(record(one).gm, 60e18, "record");
        assertEq(record(one).leaving, 0, "leaving");
        expectError(IStaking.NothingIsLeaving.selector);
        collect(one);
    }

    function test_undelegate_againAddsToItAndWaitsAnew() public {
        back(one, 100e18);
        undelegate(one, 40e18);
        pass(staking.cooldown() - 4 hours);
        undelegate(one, 10e18);
        assertEq(record(one).leaving, 50e18, "leaving");
        pass(staking.cooldown() - 4 hours);
        expectError(IStaking.StillCoolingDown.selector, time + 4 hours);
        collect(one);
    }

    function test_undelegate_onlyWhatStays() public {
        back(one, 100e18);
        expectError(IStaking.AmountIsZero.selector);
        undelegate(one, 0);
        undelegate(one, 70e18);
        expectError(IStaking.NotEnoughDelegated.selector, 31e18, 30e18);
        undelegate(one, 31e18);
        expectError(IStaking.NotEnoughDelegated.selector, 1, 0);
        undelegate(other, 1);
    }

    function test_collect_waitsForTheEndOfTheDutyItIsQueuedBehind() public {
        back(one, 100e18);
        undelegate(one, 100e18);
        passCooldown();
        takeSeat();
        vm.expectEmit(address(staking));
        emit IStaking.CollectQueued(one, operator, task, 1);
        collect(one);
        assertEq(record(one).queuedBehind, 1, "the duty it waits for");
        assertEq(record(one).gm, 100e18, "still there");
        _expectDuty(1);
        collect(one);
        endDuty();
        collect(one);
        assertEq(staking.positionOf(one).gm, 100e18, "gm");
    }

    function test_collect_doesNotWaitForADutyThatBeganLater() public {
        back(one, 100e18);
        undelegate(one, 60e18);
        passCooldown();
        takeSeat();
        collect(one);
        beginDuty();
        collect(one);
        assertEq(staking.positionOf(one).gm, 60e18, "gm");
        assertEq(record(one).queuedBehind, 0, "paid");
    }

    function test_collect_isQueuedOnlyOnceItHasCooledDown() public {
        back(one, 100e18);
        takeSeat();
        undelegate(one, 100e18);
        expectError(IStaking.StillCoolingDown.selector, time + staking.cooldown());
        collect(one);
        passCooldown();
        beginDuty();
        collect(one);
        assertEq(record(one).queuedBehind, 2, "the duty of now");
    }

    function test_undelegate_againQueuesAnew() public {
        back(one, 100e18);
        undelegate(one, 60e18);
        passCooldown();
        takeSeat();
        collect(one);
        undelegate(one, 1e18);
        assertEq(record(one).queuedBehind, 0, "not queued");
        passCooldown();
        beginDuty();
        collect(one);
        _expectDuty(2);
        collect(one);
    }

    function test_collect_ofATaskThatHasEndedAsksForNoDuty() public {
        back(one, 100e18);
        takeSeat();
        endTask(task);
        collect(one);
        assertEq(staking.positionOf(one).gm, 100e18, "gm");
    }

    function test_collect_anyoneMayAndTheDelegatorGetsIt() public {
        back(one, 100e18);
        undelegate(one, 100e18);
        passCooldown();
        vm.prank(stranger);
        staking.collect(one, operator, task);
        assertEq(staking.positionOf(one).gm, 100e18, "gm");
        assertEq(staking.positionOf(stranger).gm, 0, "the stranger's");
    }

    function test_collect_onceTheTaskHasEndedAllComesBackAtOnce() public {
        back(one, 100e18);
        undelegate(one, 40e18);
        endTask(task);
        collect(one);
        assertEq(staking.positionOf(one).gm, 100e18, "gm");
        assertEq(pool().delegators, 0, "delegators");
    }

    function test_collect_whatLeftCanBeRedeemedByTheLock() public {
        back(one, 100e18);
        pass(31 days);
        leave(one, 100e18);
        assertEq(pokeAndRedeem(one), 100e18, "redeemed");
    }

    function test_delegateTo_againAfterLeavingBeginsAnew() public {
        back(one, 100e18);
        leave(one, 100e18);
        moveIn(one, 100e18);
        Delegation memory again = record(one);
        assertEq(again.gm, 100e18, "gm");
        assertEq(uint256(again.leaving) + again.leavesAt, 0, "nothing leaves");
        assertEq(again.generation, pool().generation, "generation");
        leave(one, 100e18);
        assertEq(staking.positionOf(one).flock, 100e18, "FLOCK");
    }

    // --- redelegate ---

    function test_redelegate_movesWithoutACooldownOnceTheTaskHasEnded() public {
        back(one, 100e18);
        uint256 next = openNext();
        expectError(IStaking.TaskHasNotEnded.selector, task);
        _redelegate(next, 70e18);
        endTask(task);
        _redelegate(next, 70e18);
        assertEq(record(one).gm, 30e18, "left behind");
        assertEq(staking.delegationOf(one, operator, next).gm, 70e18, "moved");
        assertEq(staking.stakedOn(next), OWN + 70e18, "on the next task");
        assertEq(staking.positionOf(one).delegated, 100e18, "delegated");
        expectError(IStaking.NotEnoughDelegated.selector, 31e18, 30e18);
        _redelegate(next, 31e18);
    }

    function test_redelegate_refusesAShareThatRoseMeanwhile() public {
        back(one, 100e18);
        uint256 next = openNext();
        endTask(task);
        vm.expectRevert(abi.encodeWithSelector(IStaking.SigmaIsAbove.selector, SIGMA, SIGMA - 1));
        vm.prank(one);
        staking.redelegate(operator, task, operator, next, 100e18, SIGMA - 1);
        vm.prank(one);
        staking.redelegate(operator, task, operator, next, 100e18, SIGMA);
        assertEq(staking.delegationOf(one, operator, next).gm, 100e18, "moved");
    }

    // --- eras ---

    function test_collect_aRevivedLockRatesWhatComesBackByTheTimeLeft() public {
        lock(one, 100e18, 365);
        moveIn(one, 301e18);
        pass(366 days);
        lock(one, 1e18, 31);
        leave(one, 301e18);
        assertEq(staking.positionOf(one).flock, 101e18, "FLOCK");
        assertEq(staking.positionOf(one).gm, 100e18 + staking.multiplierFor(31), "rated by 30 days");
    }

    function test_collect_anExtendedLockKeepsItsMultiplier() public {
        lock(one, 100e18, 365);
        moveIn(one, 301e18);
        pass(300 days);
        extend(one, 365);
        pass(70 days);
        leave(one, 301e18);
        assertEq(staking.positionOf(one).gm, 301e18, "gm");
    }

    function test_collect_whatWentInALaterLockIsOfThatLock() public {
        lock(one, 1e18, 1);
        pass(1 days);
        lock(one, 100e18, 365);
        moveIn(one, 301e18);
        assertEq(record(one).era, 1, "era");
        assertEq(staking.positionOf(one).voteless, 0, "it votes");
        leave(one, 301e18);
        assertEq(record(one).gm, 0, "all came back");
        assertTrue(staking.positionOf(one).gm >= 302e18, "and kept its multiplier");
    }

    function test_collect_oldGmInARecordMakesAllOfItOld() public {
        lock(one, 100e18, 365);
        moveIn(one, 1e18);
        pass(366 days);
        lock(one, 100e18, 1);
        moveIn(one, 100e18);
        assertEq(record(one).era, 0, "the older of both");
        assertEq(staking.positionOf(one).voteless, 101e18, "and voteless");
        pass(2 days);
        leave(one, 101e18);
        Position memory position = staking.positionOf(one);
        assertTrue(position.gm <= position.flock, "rated by a lock that is over");
        assertEq(position.voteless, 0, "nothing is left outside");
    }

    // --- Steps ---

    function _setSigma(uint16 commissionBps) private {
        vm.prank(operator);
        staking.setPool(task, commissionBps, true);
    }

    function _expectFrozen(uint256 endsAt) private {
        vm.expectRevert(
            abi.encodeWithSelector(IStaking.SigmaIsFrozen.selector, task, endsAt - 2 days, endsAt + 2 days)
        );
    }

    function _expectAboveCap(uint256 delegated, uint256 most) private {
        expectError(IStaking.DelegationAboveCap.selector, delegated, most);
    }

    function _expectDuty(uint256 number) private {
        vm.expectRevert(abi.encodeWithSelector(IStaking.OperatorHasADuty.selector, operator, task, number));
    }

    function _redelegate(uint256 next, uint96 gm) private {
        vm.prank(one);
        staking.redelegate(operator, task, operator, next, gm, 10_000);
    }
}
