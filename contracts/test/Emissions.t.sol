// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { Emissions } from "../src/Emissions.sol";
import { IEmissions } from "../src/interfaces/IEmissions.sol";
import { IRewardDistributor } from "../src/interfaces/IRewardDistributor.sol";
import { Role } from "../src/interfaces/IStaking.sol";
import { RewardsBase } from "./RewardsBase.t.sol";

/// @notice A distributor that only keeps the books, by task and day.
contract Booked {
    mapping(uint256 taskId => mapping(uint256 day => uint256)) public got;

    function fund(uint256 taskId, uint256 day, uint256 amount) external {
        got[taskId][day] += amount;
    }
}

/// @notice The days, from the first one on, on which a task gets its weight, begins and is closed.
struct Life {
    uint256 taskId;
    uint256 weight;
    uint256 weighted;
    uint256 begins;
    uint256 closes;
}

contract EmissionsTest is RewardsBase {
    uint256 private constant CAP = 1_000_000_000e18;
    uint256 private constant PLAYED = 12;

    Life[] private _lives;

    // --- A day ---

    function test_ADayIsSplitOverRunningTasksByWeight() public {
        uint256 first = stakedTask(100);
        uint256 second = stakedTask(300);
        passDays(1);
        vm.expectEmit(address(distributor));
        emit IRewardDistributor.Funded(first, FIRST_DAY, BUDGET / 4);
        vm.expectEmit(address(distributor));
        emit IRewardDistributor.Funded(second, FIRST_DAY, BUDGET * 3 / 4);
        (uint256 dayCount, uint256 amount) = emissions.emitDue();
        assertEq(dayCount, 1, "days");
        assertEq(amount, BUDGET, "amount");
        assertEq(distributor.funded(), BUDGET, "funded");
        assertEq(token.balanceOf(address(distributor)), BUDGET, "held");
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
        assertEq(distributor.funded(), BUDGET, "once");
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
        stakeOn(bare, 1);
        (, amount) = emissions.emitDue();
        assertEq(amount, BUDGET, "with stake");
    }

    // --- The days of a task ---

    function test_TheDayOnWhichATaskIsClosedIsPaidAfterIt() public {
        uint256 closed = stakedTask(100);
        uint256 other = stakedTask(300);
        tasks.close(closed, 0, 0);
        passDays(1);
        _expectFunded(closed, FIRST_DAY, BUDGET / 4);
        _expectFunded(other, FIRST_DAY, BUDGET * 3 / 4);
        emissions.emitDue();
    }

    function test_NothingIsPaidForDaysAfterTheOneOnWhichATaskWasClosed() public {
        uint256 closed = stakedTask(100);
        uint256 other = stakedTask(300);
        passDays(2);
        tasks.close(closed, 0, 0);
        passDays(3);
        for (uint256 day = FIRST_DAY; day < FIRST_DAY + 3; ++day) {
            _expectFunded(closed, day, BUDGET / 4);
            _expectFunded(other, day, BUDGET * 3 / 4);
        }
        _expectFunded(other, FIRST_DAY + 3, BUDGET);
        _expectFunded(other, FIRST_DAY + 4, BUDGET);
        emissions.emitDue();
        tasks.close(other, 0, 0);
        passDays(2);
        (, uint256 amount) = emissions.emitDue();
        assertEq(amount, BUDGET, "the last day of the last one");
    }

    function test_NothingIsPaidForDaysBeforeATaskBegan() public {
        uint256 late = openTask();
        stakeOn(late, 1_000e18);
        emissions.setWeight(late, 100);
        uint256 other = stakedTask(300);
        passDays(2);
        tasks.begin(late);
        passDays(1);
        _expectFunded(other, FIRST_DAY, BUDGET);
        _expectFunded(other, FIRST_DAY + 1, BUDGET);
        _expectFunded(late, FIRST_DAY + 2, BUDGET / 4);
        _expectFunded(other, FIRST_DAY + 2, BUDGET * 3 / 4);
        emissions.emitDue();
    }

    function test_ADayBeginsAtItsFirstSecondAndEndsAtItsLast() public {
        uint256 task = openTask();
        stakeOn(task, 1_000e18);
        emissions.setWeight(task, 100);
        warp(uint256(FIRST_DAY + 2) * 1 days - 1);
        tasks.begin(task);
        warp(uint256(FIRST_DAY + 3) * 1 days);
        tasks.close(task, 0, 0);
        passDays(2);
        (uint256 dayCount, uint256 amount) = emissions.emitDue();
        assertEq(dayCount, 5, "days");
        assertEq(amount, 3 * BUDGET, "of the second, the third and the fourth");
    }

    function test_ATaskThatNeverBeganTakesNoPart() public {
        uint256 open = openTask();
        uint256 cancelled = openTask();
        stakeOn(open, 1_000e18);
        stakeOn(cancelled, 1_000e18);
        emissions.setWeight(open, 900);
        emissions.setWeight(cancelled, 900);
        tasks.cancel(cancelled);
        stakedTask(100);
        passDays(1);
        (, uint256 amount) = emissions.emitDue();
        assertEq(amount, BUDGET, "all of it for the one that runs");
    }

    function test_AClosedTaskWithoutStakeAtTheCallGetsNothingForItsLastDay() public {
        uint256 closed = stakedTask(100);
        tasks.close(closed, 0, 0);
        passDays(1);
        vm.prank(member(closed));
        staking.deallocate(closed, Role.Member, 1_000e18);
        (, uint256 amount) = emissions.emitDue();
        assertEq(amount, 0, "amount");
    }

    /// @dev Three tasks that get a weight, begin and are closed on days of their own; one Emissions is called every day,
    /// the other once.
    function testFuzz_CatchingUpOverClosingsPaysWhatEmittingDailyDoes(uint8[9] memory r) public {
        for (uint256 i = 0; i < 3; ++i) {
            _lives.push(Life(openTask(), 1 + 7 * i, r[i] % 6, r[3 + i] % 6, r[3 + i] % 6 + r[6 + i] % 6));
            stakeOn(_lives[i].taskId, 1_000e18);
        }
        (Emissions daily, Booked dailyBook) = _otherEmissions();
        (Emissions late, Booked lateBook) = _otherEmissions();
        for (uint256 day = FIRST_DAY; day < FIRST_DAY + PLAYED; ++day) {
            if (day != FIRST_DAY) daily.emitDue();
            _live(day - FIRST_DAY, daily, late);
            passDays(1);
        }
        daily.emitDue();
        late.emitDue();
        for (uint256 day = 0; day < PLAYED; ++day) {
            for (uint256 i = 0; i < 3; ++i) {
                uint256 due = _dueOn(day, _lives[i]);
                assertEq(dailyBook.got(_lives[i].taskId, FIRST_DAY + day), due, "called every day");
                assertEq(lateBook.got(_lives[i].taskId, FIRST_DAY + day), due, "called once");
            }
        }
    }

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
        assertEq(distributor.funded(), 30 * BUDGET, "thirty full days");
        passDays(30);
        emissions.emitDue();
        assertEq(emissions.dailyBudget(), BUDGET * 99 / 100 * 99 / 100, "in the third month");
        assertEq(distributor.funded(), 30 * BUDGET + 30 * (BUDGET * 99 / 100), "two months");
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
        assertEq(distributor.funded(), expected, "funded");
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
        assertEq(distributor.funded(), 30 * BUDGET, "a month");
    }

    function test_ATaskThatIsOverTakesNoRoomInACall() public {
        for (uint256 i = 0; i < 40; ++i) {
            uint256 task = stakedTask(100);
            if (i != 0) tasks.close(task, 0, 0);
        }
        passDays(30);
        (uint256 dayCount, uint256 amount) = emissions.emitDue();
        assertEq(dayCount, 30, "40 payments, then one a day");
        assertEq(amount, 30 * BUDGET, "amount");
    }

    function test_ATaskGetsNothingForDaysBeforeItHadAWeight() public {
        passDays(20);
        stakedTask(100);
        passDays(2);
        (uint256 dayCount, uint256 amount) = emissions.emitDue();
        assertEq(dayCount, 22, "days");
        assertEq(amount, 2 * BUDGET, "of two of them");
    }

    // --- Bounds of what is there ---

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
        assertEq(distributor.funded(), 5 * BUDGET, "nothing is lost");
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
        emissions.pause();
        _expectStranger();
        emissions.unpause();
    }

    // --- Failures ---

    /// @dev All days or none: whatever refuses, the days stay due.
    function test_F22_ADayThatCannotBePaidStaysDue() public {
        stakedTask(100);
        passDays(2);
        access.revokeRole(FUNDER_ROLE, address(emissions));
        vm.expectRevert();
        emissions.emitDue();
        assertEq(emissions.nextDay(), FIRST_DAY, "next day");
        assertEq(token.totalSupply(), GENESIS, "minted");
        access.grantRole(FUNDER_ROLE, address(emissions), 0);
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
        assertEq(token.balanceOf(address(emissions)), 0, "left here");
    }

    // --- Steps ---

    function _expectFunded(uint256 taskId, uint256 day, uint256 amount) private {
        vm.expectEmit(address(distributor));
        emit IRewardDistributor.Funded(taskId, day, amount);
    }

    function _otherEmissions() private returns (Emissions other, Booked book) {
        book = new Booked();
        other = new Emissions(
            token, IRewardDistributor(address(book)), tasks, staking, address(access), true, BUDGET
        );
        access.grantRole(MINTER_ROLE, address(other), 0);
    }

    function _live(uint256 day, Emissions daily, Emissions late) private {
        for (uint256 i = 0; i < 3; ++i) {
            Life memory life = _lives[i];
            if (day == life.weighted) daily.setWeight(life.taskId, life.weight);
            if (day == life.weighted) late.setWeight(life.taskId, life.weight);
            if (day == life.begins) tasks.begin(life.taskId);
            if (day == life.closes) tasks.close(life.taskId, 0, 0);
        }
    }

    function _dueOn(uint256 day, Life memory life) private view returns (uint256) {
        uint256 weights;
        for (uint256 i = 0; i < 3; ++i) {
            if (_runsOn(day, _lives[i])) weights += _lives[i].weight;
        }
        return _runsOn(day, life) ? BUDGET * life.weight / weights : 0;
    }

    function _runsOn(uint256 day, Life memory life) private pure returns (bool) {
        return day >= life.weighted && day >= life.begins && day <= life.closes;
    }

    function _expectStranger() private {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
    }
}
