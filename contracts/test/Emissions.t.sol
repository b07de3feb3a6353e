// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { Emissions } from "../src/Emissions.sol";
import { IEmissions } from "../src/interfaces/IEmissions.sol";
import { RewardsBase } from "./RewardsBase.t.sol";

/// @notice Days, months, bounds and permissions. The days of a task are in EmissionDays.t.sol.
contract EmissionsTest is RewardsBase {
    uint256 private constant CAP = 1_000_000_000e18;

    // --- A day ---

    function test_ADayIsSplitOverRunningTasksByWeight() public {
        uint256 first = stakedTask(100);
        uint256 second = stakedTask(300);
        passDays(1);
        _expectEmitted(first, FIRST_DAY, BUDGET / 4);
        _expectEmitted(second, FIRST_DAY, BUDGET * 3 / 4);
        (uint256 dayCount, uint256 amount) = emissions.emitDue();
        assertEq(dayCount, 1, "days");
        assertEq(amount, BUDGET, "amount");
        assertEq(emissions.emitted(), BUDGET, "emitted");
        assertEq(token.balanceOf(address(emissions)), BUDGET, "held until a root gives it out");
        assertEq(token.totalSupply(), GENESIS + BUDGET, "minted");
    }

    function test_ADayIsEmittedOnceItIsOver() public {
        stakedTask(100);
        expectError(IEmissions.NothingIsDue.selector, FIRST_DAY);
        emissions.emitDue();
        warp(uint256(FIRST_DAY + 1) * 1 days);
        vm.prank(stranger);
        emissions.emitDue();
        expectError(IEmissions.NothingIsDue.selector, FIRST_DAY + 1);
        emissions.emitDue();
        assertEq(emissions.emitted(), BUDGET, "once");
    }

    function test_F45_NothingIsEmittedForATaskWithoutStake() public {
        uint256 bare = runningTask();
        emissions.setWeight(bare, 100);
        stakedTask(100);
        passDays(1);
        (, uint256 amount) = emissions.emitDue();
        assertEq(amount, BUDGET / 2, "the part of the other");
        assertEq(token.totalSupply(), GENESIS + BUDGET / 2, "the rest is not minted");
        passDays(1);
        stakeOn(bare, 1_000e18);
        (, amount) = emissions.emitDue();
        assertEq(amount, BUDGET / 2, "stake that came the day after");
        passDays(1);
        (, amount) = emissions.emitDue();
        assertEq(amount, BUDGET, "the day on which it came");
    }

    // --- What is paid in ---

    function test_WhatIsPaidInIsEmittedBesideTheBudget() public {
        stakedTask(100);
        give(stranger, 500e18);
        approve(stranger, address(emissions), 500e18);
        vm.prank(stranger);
        emissions.fund(500e18);
        assertEq(emissions.emitted(), 500e18, "emitted");
        assertEq(token.balanceOf(address(emissions)), 500e18, "held until a root gives it out");
        passDays(1);
        (, uint256 amount) = emissions.emitDue();
        assertEq(amount, BUDGET, "the day has its whole budget");
        assertEq(emissions.emitted(), BUDGET + 500e18, "beside it");
    }

    function test_WhatIsPaidInIsNoReserve() public {
        deployRewards(token, false);
        give(stranger, 500e18);
        approve(stranger, address(emissions), 500e18);
        vm.prank(stranger);
        emissions.fund(500e18);
        emissions.setWeight(stakedTask(100), 100);
        passDays(1);
        (, uint256 amount) = emissions.emitDue();
        assertEq(amount, 0, "the reserve is empty");
    }

    function test_NobodyPaysInWhatItDoesNotHave() public {
        vm.prank(stranger);
        vm.expectRevert();
        emissions.fund(1);
        assertEq(emissions.emitted(), 0, "nothing");
    }

    // --- Days without tasks ---

    function test_ADayWithoutTasksPassesWithoutEmission() public {
        passDays(40);
        (uint256 dayCount, uint256 amount) = emissions.emitDue();
        assertEq(dayCount, 30, "days");
        assertEq(amount, 0, "amount");
        assertEq(emissions.nextDay(), FIRST_DAY + 30, "next day");
    }

    // --- Months ---

    function test_TheBudgetFallsEveryThirtyDays() public {
        stakedTask(100);
        for (uint256 i = 0; i < 29; ++i) {
            passDays(1);
            emissions.emitDue();
        }
        assertEq(emissions.dailyBudget(), BUDGET, "on the thirtieth day");
        passDays(1);
        emissions.emitDue();
        assertEq(emissions.dailyBudget(), BUDGET * 99 / 100, "on the first day of the second month");
        assertEq(emissions.emitted(), 30 * BUDGET, "thirty full days");
        passDays(30);
        emissions.emitDue();
        assertEq(emissions.dailyBudget(), BUDGET * 99 / 100 * 99 / 100, "in the third month");
        assertEq(emissions.emitted(), 30 * BUDGET + 30 * (BUDGET * 99 / 100), "two months");
    }

    function test_MissedDaysAreCaughtUpAMonthACall() public {
        stakedTask(100);
        passDays(75);
        (uint256 dayCount, uint256 amount) = emissions.emitDue();
        assertEq(dayCount, 30, "first call");
        assertEq(amount, 30 * BUDGET, "at the first month's budget");
        (dayCount, amount) = emissions.emitDue();
        assertEq(dayCount, 30, "second call");
        assertEq(amount, 30 * (BUDGET * 99 / 100), "at the second month's");
        (dayCount,) = emissions.emitDue();
        assertEq(dayCount, 15, "third call");
        expectError(IEmissions.NothingIsDue.selector, FIRST_DAY + 75);
        emissions.emitDue();
    }

    function testFuzz_CatchingUpPaysWhatEmittingDailyDoes(uint8 count, uint16 decayBps) public {
        uint256 missed = 1 + count % 70;
        emissions.setDecayBps(decayBps % 2_001);
        stakedTask(100);
        uint256 expected;
        uint256 budget = BUDGET;
        for (uint256 day = 0; day < missed; ++day) {
            if (day != 0 && day % 30 == 0) budget = budget * (10_000 - emissions.decayBps()) / 10_000;
            expected += budget;
        }
        passDays(missed);
        for (uint256 i = 0; i < missed; i += 30) {
            emissions.emitDue();
        }
        assertEq(emissions.emitted(), expected, "emitted");
        assertEq(emissions.nextDay(), today(), "next day");
    }

    function test_ACallMakesAtMostSoManyPayments() public {
        for (uint256 i = 0; i < 40; ++i) {
            stakedTask(100);
        }
        passDays(30);
        (uint256 dayCount,) = emissions.emitDue();
        assertEq(dayCount, 12, "512 payments to 40 tasks");
        (dayCount,) = emissions.emitDue();
        assertEq(dayCount, 12, "the next call goes on");
        (dayCount,) = emissions.emitDue();
        assertEq(dayCount, 6, "the rest");
        assertEq(emissions.emitted(), 30 * BUDGET, "a month");
    }

    function test_ATaskThatIsOverTakesNoRoomInACall() public {
        for (uint256 i = 0; i < 40; ++i) {
            uint256 task = stakedTask(100);
            if (i != 0) board.close(task);
        }
        passDays(30);
        (uint256 dayCount, uint256 amount) = emissions.emitDue();
        assertEq(dayCount, 30, "40 payments, then one a day");
        assertEq(amount, 30 * BUDGET, "amount");
    }

    // --- Bounds of the supply ---

    function test_MintingStopsAtTheTokensCap() public {
        stakedTask(100);
        access.grantRole(MINTER_ROLE, address(this), 0);
        token.mint(stranger, CAP - token.totalSupply() - BUDGET - BUDGET / 2);
        passDays(3);
        (uint256 dayCount, uint256 amount) = emissions.emitDue();
        assertEq(dayCount, 3, "days");
        assertEq(amount, BUDGET + BUDGET / 2, "what was left");
        assertEq(token.totalSupply(), CAP, "supply");
    }

    function test_AReserveIsPaidUntilItIsEmpty() public {
        deployRewards(token, false);
        give(address(emissions), BUDGET + BUDGET / 2);
        stakedTask(100);
        stakedTask(100);
        passDays(3);
        (uint256 dayCount, uint256 amount) = emissions.emitDue();
        assertEq(dayCount, 3, "days");
        assertEq(amount, BUDGET + BUDGET / 2, "what was there");
        assertEq(token.totalSupply(), GENESIS, "nothing is minted");
        give(address(emissions), 10 * BUDGET);
        passDays(1);
        (, amount) = emissions.emitDue();
        assertEq(amount, BUDGET, "filled up");
    }

    /// @dev What is emitted and not released yet is not emitted again.
    function test_AReserveIsWhatIsNotEmittedYet() public {
        deployRewards(token, false);
        give(address(emissions), 2 * BUDGET);
        stakedTask(100);
        passDays(1);
        emissions.emitDue();
        _release(BUDGET / 4);
        passDays(3);
        (, uint256 amount) = emissions.emitDue();
        assertEq(amount, BUDGET, "what was left of the reserve");
        assertEq(emissions.emitted(), 2 * BUDGET, "emitted");
        assertEq(token.balanceOf(address(emissions)), 2 * BUDGET - BUDGET / 4, "held");
    }

    // --- What is released ---

    function test_ReleaseSendsWhatWasEmittedToTheDistributor() public {
        stakedTask(100);
        passDays(1);
        emissions.emitDue();
        vm.expectEmit(address(emissions));
        emit IEmissions.Released(BUDGET / 4);
        _release(BUDGET / 4);
        assertEq(token.balanceOf(address(distributor)), BUDGET / 4, "sent");
        assertEq(emissions.released(), BUDGET / 4, "released");
        assertEq(emissions.emitted(), BUDGET, "emitted");
        assertEq(emissions.nextDay(), FIRST_DAY + 1, "next day");
    }

    /// @dev The same on a reserve, most of which is not emitted.
    function test_ReleaseSendsNoMoreThanWasEmitted() public {
        deployRewards(token, false);
        give(address(emissions), 10 * BUDGET);
        stakedTask(100);
        passDays(1);
        emissions.emitDue();
        _release(3 * BUDGET);
        assertEq(token.balanceOf(address(distributor)), BUDGET, "sent");
        _release(1);
        assertEq(token.balanceOf(address(distributor)), BUDGET, "nothing more");
        assertEq(emissions.released(), BUDGET, "released");
    }

    function test_ReleaseGoesOnWhileEmissionIsPaused() public {
        stakedTask(100);
        passDays(1);
        emissions.emitDue();
        vm.prank(guardian);
        emissions.pause();
        _release(BUDGET);
        assertEq(token.balanceOf(address(distributor)), BUDGET, "sent");
    }

    // --- Governance and the guardian ---

    function test_APauseStopsEmissionUntilItEnds() public {
        stakedTask(100);
        passDays(1);
        vm.prank(guardian);
        emissions.pause();
        vm.expectRevert(Pausable.EnforcedPause.selector);
        emissions.emitDue();
        passDays(4);
        vm.prank(guardian);
        emissions.unpause();
        emissions.emitDue();
        assertEq(emissions.emitted(), 5 * BUDGET, "nothing is lost");
    }

    function test_WeightsAreListedInOrder() public {
        uint256[] memory ids = new uint256[](4);
        for (uint256 i = 0; i < 4; ++i) {
            ids[i] = openTask();
            emissions.setWeight(ids[i], 10 + i);
        }
        emissions.setWeight(ids[1], 0);
        emissions.setWeight(ids[2], 77);
        uint256[] memory listed = emissions.weightedTasks();
        assertEq(listed.length, 3, "tasks");
        assertEq(listed[0], ids[0], "the first");
        assertEq(listed[1], ids[2], "the third");
        assertEq(listed[2], ids[3], "the fourth");
        assertEq(emissions.weightOf(ids[2]), 77, "its weight");
        emissions.setWeight(ids[3], 0);
        emissions.setWeight(ids[0], 0);
        emissions.setWeight(ids[2], 0);
        assertEq(emissions.weightedTasks().length, 0, "none");
    }

    function test_AWeightIsForATaskThatExists() public {
        expectError(IEmissions.UnknownTask.selector, 99);
        emissions.setWeight(99, 1);
        emissions.setWeight(99, 0);
    }

    function test_F34_EveryGovernedNumberIsBounded() public {
        expectOutOfBounds("weight", 10_001, 0, 10_000);
        emissions.setWeight(1, 10_001);
        expectOutOfBounds("dailyBudget", 1_000_000e18 + 1, 0, 1_000_000e18);
        emissions.setDailyBudget(1_000_000e18 + 1);
        expectOutOfBounds("decayBps", 2_001, 0, 2_000);
        emissions.setDecayBps(2_001);
        expectOutOfBounds("dailyBudget", 1_000_000e18 + 1, 0, 1_000_000e18);
        new Emissions(token, distributor, tasks, staking, address(access), true, 1_000_000e18 + 1);
    }

    function test_F34_TheListIsBounded() public {
        for (uint256 i = 0; i < 64; ++i) {
            emissions.setWeight(openTask(), 1);
        }
        uint256 another = openTask();
        expectError(IEmissions.TooManyTasks.selector, 64);
        emissions.setWeight(another, 1);
        emissions.setWeight(another - 64, 0);
        emissions.setWeight(another, 1);
    }

    function test_StrangersGovernNothing() public {
        _expectStranger();
        emissions.setWeight(1, 1);
        _expectStranger();
        emissions.setDailyBudget(1);
        _expectStranger();
        emissions.setDecayBps(1);
        _expectStranger();
        emissions.release(1);
        _expectStranger();
        emissions.pause();
        _expectStranger();
        emissions.unpause();
    }

    // --- Failures ---

    /// @dev All days or none: whatever reverts, the days stay due.
    function test_F22_ADayThatCannotBePaidStaysDue() public {
        stakedTask(100);
        passDays(2);
        access.revokeRole(MINTER_ROLE, address(emissions));
        vm.expectRevert();
        emissions.emitDue();
        assertEq(emissions.nextDay(), FIRST_DAY, "next day");
        assertEq(emissions.emitted(), 0, "emitted");
        access.grantRole(MINTER_ROLE, address(emissions), 0);
        (uint256 dayCount,) = emissions.emitDue();
        assertEq(dayCount, 2, "days");
    }

    /// @dev A task can be taken off whatever the other contracts do.
    function test_F22_ATaskThatBreaksEmissionIsTakenOff() public {
        uint256 broken = stakedTask(100);
        stakedTask(100);
        passDays(1);
        vm.mockCallRevert(address(tasks), abi.encodeCall(tasks.spanOf, (broken)), "broken");
        vm.expectRevert(bytes("broken"));
        emissions.emitDue();
        emissions.setWeight(broken, 0);
        (, uint256 amount) = emissions.emitDue();
        assertEq(amount, BUDGET, "the other task's");
    }

    function testFuzz_PartsNeverExceedTheBudget(uint16[5] memory weights, uint96 budget) public {
        emissions.setDailyBudget(budget % 1_000_000e18);
        uint256 sum;
        for (uint256 i = 0; i < 5; ++i) {
            stakedTask(weights[i] % 10_001);
            sum += weights[i] % 10_001;
        }
        passDays(1);
        (, uint256 amount) = emissions.emitDue();
        assertAtMost(amount, emissions.dailyBudget(), "emitted");
        if (sum != 0) assertAtMost(emissions.dailyBudget(), amount + 4, "but for rounding");
        assertEq(token.balanceOf(address(emissions)), amount, "held");
    }

    // --- Steps ---

    function _expectEmitted(uint256 taskId, uint256 day, uint256 amount) private {
        vm.expectEmit(address(emissions));
        emit IEmissions.Emitted(taskId, day, amount);
    }

    function _release(uint256 amount) private {
        vm.prank(address(settlement));
        emissions.release(amount);
    }

    function _expectStranger() private {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
    }
}
