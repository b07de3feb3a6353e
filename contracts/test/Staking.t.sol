// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { Allocation, IStaking, Position } from "../src/interfaces/IStaking.sol";
import { BoardPlay } from "./BoardPlay.t.sol";

/// @notice Locks, stake on tasks, and what a board does with it. This test is the board.
contract StakingTest is BoardPlay {
    address private immutable owner = member(0);
    uint256 private task;

    function setUp() public override {
        super.setUp();
        task = openTask();
    }

    // --- lock ---

    function test_lock_upToThirtyDaysIsOneToOne() public {
        lock(owner, 100e18, 30);
        Position memory position = staking.positionOf(owner);
        assertEq(position.gm, 100e18, "gm");
        assertEq(position.flock, 100e18, "flock");
        assertEq(position.unlockAt, time + 30 days, "unlockAt");
        assertEq(token.balanceOf(address(staking)), 100e18, "custody");
    }

    function test_lock_aYearGivesThreefold() public {
        lock(owner, 100e18, 365);
        assertEq(staking.positionOf(owner).gm, 301e18, "100 * (1 + 2.19 * 335 / 365)");
    }

    function test_lock_addingUsesTheTimeLeftOfTheLongerLock() public {
        lock(owner, 100e18, 365);
        pass(100 days);
        lock(owner, 100e18, 1);
        Position memory position = staking.positionOf(owner);
        assertEq(position.gm, 301e18 + staking.multiplierFor(265) * 100, "rated by the 265 days left");
        assertEq(position.unlockAt, time + 265 days, "unlockAt was shortened");
    }

    function test_lock_dustDoesNotReviveAnExpiredMultiplier() public {
        lock(owner, 100e18, 365);
        pass(366 days);
        lock(owner, 1, 1);
        assertEq(staking.positionOf(owner).gm, 100e18 + 1, "gm kept the year's multiplier");
    }

    function test_lock_refusesWhatIsOutOfRange() public {
        expectError(IStaking.AmountIsZero.selector);
        staking.lock(0, 30);
        expectError(IStaking.LockDaysOutOfRange.selector, 0);
        staking.lock(1, 0);
        expectError(IStaking.LockDaysOutOfRange.selector, 366);
        staking.lock(1, 366);
    }

    // --- redeem ---

    function test_redeem_paysBackOnceItWasPokedAndTheDelayHasPassed() public {
        lock(owner, 100e18, 365);
        pass(365 days);
        staking.poke(owner);
        pass(7 days);
        redeem(owner, 100e18);
        assertEq(token.balanceOf(owner), 100e18, "paid");
        assertEq(uint256(staking.positionOf(owner).flock) + staking.positionOf(owner).gm, 0, "left behind");
    }

    function test_redeem_refusedBefore() public {
        lock(owner, 100e18, 30);
        uint256 unlockAt = time + 30 days;
        expectError(IStaking.AmountIsZero.selector);
        redeem(owner, 0);
        expectError(IStaking.StillLocked.selector, unlockAt);
        redeem(owner, 1);
        vm.warp(unlockAt);
        expectError(IStaking.PokeFirst.selector, owner);
        redeem(owner, 1);
        staking.poke(owner);
        vm.warp(unlockAt + 7 days - 1);
        expectError(IStaking.NotRedeemableBefore.selector, unlockAt + 7 days);
        redeem(owner, 1);
        vm.warp(unlockAt + 7 days);
        expectError(IStaking.NotEnoughAvailable.selector, 100e18 + 1, 100e18);
        redeem(owner, 100e18 + 1);
    }

    function test_redeem_leavesWhatIsOnTasks() public {
        stake(owner, task, 60e18);
        lock(owner, 40e18, 30);
        pass(30 days);
        assertEq(pokeAndRedeem(owner), 40e18, "what was free");
        expectError(IStaking.NotEnoughAvailable.selector, 1, 0);
        redeem(owner, 1);
        deallocate(owner, task, 60e18);
        redeem(owner, 60e18);
        assertEq(token.balanceOf(owner), 100e18, "and the rest, once it is off");
    }

    function testFuzz_redeem_inPartsPaysNoMoreThanAtOnce(uint96 amount, uint96 first, uint16 lockDays)
        public
    {
        uint256 flock = 1 + amount % 1e26;
        lock(owner, flock, 1 + lockDays % 365);
        pass(366 days);
        staking.poke(owner);
        pass(7 days);
        uint256 gm = staking.positionOf(owner).gm;
        uint256 part = 1 + first % gm;
        redeem(owner, part);
        if (part < gm) redeem(owner, gm - part);
        assertEq(token.balanceOf(owner), flock, "the last redemption pays all that is left");
        assertEq(token.balanceOf(address(staking)), 0, "dust stayed");
    }

    // --- allocate, deallocate ---

    function test_allocate_movesGmWithItsFlockToTheTask() public {
        lock(owner, 100e18, 365);
        vm.expectEmit(address(staking));
        emit IStaking.Allocated(owner, task, 150.5e18, 50e18);
        allocate(owner, task, 150.5e18);
        Position memory position = staking.positionOf(owner);
        assertEq(position.gm, 150.5e18, "free");
        assertEq(position.flock, 50e18, "its FLOCK");
        assertEq(position.allocated, 150.5e18, "allocated");
        Allocation memory allocation = staking.allocationOf(owner, task);
        assertEq(allocation.gm, 150.5e18, "on the task");
        assertEq(allocation.flock, 50e18, "with the FLOCK behind it");
        assertEq(staking.stakedOn(task), 150.5e18, "of all");
    }

    function test_allocate_needsFreeGmAndALiveLock() public {
        lock(owner, 100e18, 30);
        expectError(IStaking.AmountIsZero.selector);
        allocate(owner, task, 0);
        expectError(IStaking.NotEnoughAvailable.selector, 100e18 + 1, 100e18);
        allocate(owner, task, 100e18 + 1);
        pass(30 days);
        expectError(IStaking.LockHasExpired.selector, time);
        allocate(owner, task, 1e18);
        staking.poke(owner);
        expectError(IStaking.LockHasExpired.selector, time + 7 days);
        allocate(owner, task, 1e18);
    }

    function test_allocate_needsATaskThatIsAlive() public {
        lock(owner, 100e18, 30);
        expectError(IStaking.TaskIsNotAlive.selector, task + 1);
        allocate(owner, task + 1, 1e18);
        endTask(task);
        expectError(IStaking.TaskIsNotAlive.selector, task);
        allocate(owner, task, 1e18);
    }

    function test_allocate_whatStandsThereReachesTheMinimum() public {
        lock(owner, 100e18, 30);
        expectError(IStaking.StakeBelowMinimum.selector, 1e18 - 1, 1e18);
        allocate(owner, task, 1e18 - 1);
        allocate(owner, task, 1e18);
        allocate(owner, task, 1);
        expectError(IStaking.StakeBelowMinimum.selector, 1e18 - 1, 1e18);
        deallocate(owner, task, 2);
        deallocate(owner, task, 1);
        deallocate(owner, task, 1e18);
        assertEq(staking.stakedOn(task), 0, "the minimum, or nothing");
    }

    function test_deallocate_refusedWhileHeldAndAllowedAfter() public {
        stake(owner, task, 100e18);
        staking.hold(owner, task);
        expectError(IStaking.StakeIsHeld.selector, task);
        deallocate(owner, task, 1);
        staking.release(owner, task);
        deallocate(owner, task, 100e18);
        assertEq(staking.positionOf(owner).gm, 100e18, "free");
    }

    function test_deallocate_onlyWhatIsThere() public {
        stake(owner, task, 100e18);
        expectError(IStaking.AmountIsZero.selector);
        deallocate(owner, task, 0);
        expectError(IStaking.NotEnoughAllocated.selector, 100e18 + 1, 100e18);
        deallocate(owner, task, 100e18 + 1);
    }

    function test_deallocate_bringsBackWhatWentInALiveLock() public {
        lock(owner, 100e18, 365);
        allocate(owner, task, 200e18);
        pass(300 days);
        deallocate(owner, task, 200e18);
        assertEq(staking.positionOf(owner).gm, 301e18, "gm");
        assertEq(staking.positionOf(owner).flock, 100e18, "FLOCK");
    }

    function test_deallocate_onceTheLockIsOverOneForEachFlock() public {
        lock(owner, 100e18, 365);
        allocate(owner, task, 301e18);
        pass(365 days);
        vm.expectEmit(address(staking));
        emit IStaking.Deallocated(owner, task, 301e18, 100e18, 100e18);
        deallocate(owner, task, 301e18);
        assertEq(staking.positionOf(owner).gm, 100e18, "gm, before anybody pokes");
        assertEq(staking.getVotes(owner), 100e18, "votes");
    }

    function testFuzz_allocate_backAndForthMakesNothing(uint96 amount, uint96[4] memory parts) public {
        lock(owner, 2e18 + amount % 1e26, 365);
        Position memory before = staking.positionOf(owner);
        uint96 on = uint96(1e18 + parts[0] % 1e18);
        allocate(owner, task, on);
        for (uint256 i = 1; i < parts.length; ++i) {
            uint96 more = uint96(1 + parts[i] % (staking.positionOf(owner).gm - 1));
            allocate(owner, task, more);
            uint96 off = uint96(1 + parts[i] % more);
            deallocate(owner, task, off);
            on += more - off;
        }
        deallocate(owner, task, on);
        Position memory left = staking.positionOf(owner);
        assertEq(left.gm, before.gm, "gm");
        assertEq(left.flock, before.flock, "FLOCK");
        assertEq(staking.getVotes(owner), before.gm, "votes");
    }

    // --- stake on a task ---

    function test_stakedDaysOf_fromTheFirstDayToTheLast() public {
        _assertDays(0, 0);
        uint256 today = time / 1 days;
        stake(owner, task, 100e18);
        _assertDays(today, type(uint256).max);
        pass(3 days);
        deallocate(owner, task, 100e18);
        _assertDays(today, today + 3);
        pass(2 days);
        stake(member(1), task, 1e18);
        _assertDays(today, type(uint256).max);
        staking.slash(member(1), task, 0, 10_000);
        _assertDays(today, today + 5);
    }

    // --- operators ---

    function test_setOperator_actsForItsOwnerUntilRotated() public {
        vm.prank(owner);
        staking.setOperator(stranger);
        assertTrue(staking.actsFor(owner, stranger) && staking.actsFor(owner, owner), "acts for its owner");
        vm.prank(owner);
        staking.setOperator(address(0));
        assertTrue(!staking.actsFor(owner, stranger), "a rotated key still acts");
        assertTrue(!staking.isOperatorOf(owner, address(0)), "nobody's key is everybody's");
    }

    function test_setOperator_keepsTheFlock() public {
        lock(owner, 100e18, 30);
        vm.prank(owner);
        staking.setOperator(stranger);
        assertEq(staking.positionOf(owner).flock, 100e18, "flock shares a word with the operator");
    }

    // --- hold, slash ---

    function test_hold_needsTheMinimumAndMayBeAskedAgain() public {
        expectError(IStaking.StakeBelowMinimum.selector, 0, 1e18);
        staking.hold(owner, task);
        stake(owner, task, 100e18);
        assertEq(staking.hold(owner, task), 100e18, "what stands there");
        assertEq(staking.hold(owner, task), 100e18, "again");
        assertTrue(staking.allocationOf(owner, task).isHeld, "held");
        staking.release(owner, task);
        staking.release(owner, task);
        assertTrue(!staking.allocationOf(owner, task).isHeld, "free");
    }

    function test_slash_isOwedToTheTreasury() public {
        stake(owner, task, 100e18);
        lock(owner, 7e18, 30);
        staking.slash(owner, task, 0, 1_000);
        assertEq(staking.owedToTreasury(), 10e18, "owed");
        assertEq(token.balanceOf(treasury), 0, "nothing has moved");
        Allocation memory allocation = staking.allocationOf(owner, task);
        assertEq(allocation.flock, 90e18, "flock");
        assertEq(allocation.gm, 90e18, "gm");
        assertEq(staking.positionOf(owner).allocated, 90e18, "allocated");
        assertEq(staking.positionOf(owner).flock, 7e18, "what is free is not touched");
        staking.payTreasury();
        assertEq(token.balanceOf(treasury), 10e18, "paid");
    }

    function test_slash_countsTheOwnStakeAsAtLeastWhatItIsTold() public {
        stake(owner, task, 100e18);
        for (uint256 i = 1; i <= 4; ++i) {
            (uint256 gm,, uint256 left) = staking.slash(owner, task, 100e18, 1_000);
            assertEq(gm, 10e18, "the same each time");
            assertEq(left, 100e18 - i * 10e18, "left");
        }
    }

    function test_slash_takesWhatIsThereAndNeverReverts() public {
        stake(owner, task, 100e18);
        (uint256 gm, uint256 flock, uint256 left) = staking.slash(owner, task, 1e30, 10_001);
        assertEq(gm, 100e18, "gm");
        assertEq(flock, 100e18, "flock");
        assertEq(left, 0, "left");
        (gm, flock,) = staking.slash(owner, task, 1e30, 10_000);
        assertEq(gm + flock, 0, "slashed twice");
    }

    function testFuzz_slash_neverTakesMoreThanItsShare(uint96 amount, uint16 slashBps, uint16 lockDays)
        public
    {
        uint256 flock = 1e18 + amount % 1e26;
        lock(owner, flock, 1 + lockDays % 365);
        uint256 gm = staking.positionOf(owner).gm;
        allocate(owner, task, uint96(gm));
        (uint256 gmSlashed, uint256 flockSlashed,) = staking.slash(owner, task, 0, slashBps % 10_001);
        assertEq(gmSlashed, (gm * (slashBps % 10_001) + 9_999) / 10_000, "gm");
        assertTrue(flockSlashed * gm >= flock * gmSlashed || flockSlashed == flock, "rounded for the victim");
        assertTrue(flockSlashed <= flock, "more than there was");
        uint256 owed = staking.allocationOf(owner, task).flock + staking.owedToTreasury();
        assertEq(token.balanceOf(address(staking)), owed, "custody differs from what is owed");
    }

    // --- permissions ---

    function test_hold_onlyTheBoardOfTheTask() public {
        stake(owner, task, 100e18);
        _expectNotTheBoard(stranger);
        vm.prank(stranger);
        staking.hold(owner, task);
        _expectNotTheBoard(address(rounds));
        vm.prank(address(rounds));
        staking.release(owner, task);
        _expectNotTheBoard(owner);
        vm.prank(owner);
        staking.slash(owner, task, 0, 1);
    }

    function test_restricted_governanceOnly() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        staking.setTreasury(stranger);
    }

    function test_setTreasury_refusesZero() public {
        expectError(IStaking.TreasuryIsZero.selector);
        staking.setTreasury(address(0));
        staking.setTreasury(stranger);
        assertEq(staking.treasury(), stranger, "treasury");
    }

    // --- Steps ---

    function _assertDays(uint256 first, uint256 last) private view {
        (uint256 from, uint256 to) = staking.stakedDaysOf(task);
        assertEq(from, first, "the first day");
        assertEq(to, last, "the last day");
    }

    function _expectNotTheBoard(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IStaking.OnlyTheBoardOf.selector, task, address(this), caller));
    }
}
