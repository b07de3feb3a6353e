// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Emissions } from "../src/Emissions.sol";
import { IEmissions } from "../src/interfaces/IEmissions.sol";
import { RewardsBase } from "./RewardsBase.t.sol";

/// @notice A log, and the cheat codes that keep logs.
struct Log {
    bytes32[] topics;
    bytes data;
    address emitter;
}

interface LogVm {
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
}

/// @notice The days, counted from the first, on which a task gets its weight, begins and is closed.
struct Life {
    uint256 taskId;
    uint256 weight;
    uint256 weighted;
    uint256 begins;
    uint256 closes;
}

/// @notice For which of its days a task is paid.
contract EmissionDaysTest is RewardsBase {
    uint256 private constant PLAYED = 12;

    Life[] private _lives;
    /// @dev What each Emissions emitted to each task for each day, by its events.
    mapping(address emitter => mapping(uint256 taskId => mapping(uint256 day => uint256))) private _got;

    function test_TheDayOnWhichATaskIsClosedIsPaidAfterIt() public {
        uint256 closed = stakedTask(100);
        uint256 other = stakedTask(300);
        board.close(closed);
        passDays(1);
        _expectEmitted(closed, FIRST_DAY, BUDGET / 4);
        _expectEmitted(other, FIRST_DAY, BUDGET * 3 / 4);
        emissions.emitDue();
    }

    function test_NothingIsPaidForDaysAfterTheOneOnWhichATaskWasClosed() public {
        uint256 closed = stakedTask(100);
        uint256 other = stakedTask(300);
        passDays(2);
        board.close(closed);
        passDays(3);
        for (uint256 day = FIRST_DAY; day < FIRST_DAY + 3; ++day) {
            _expectEmitted(closed, day, BUDGET / 4);
            _expectEmitted(other, day, BUDGET * 3 / 4);
        }
        _expectEmitted(other, FIRST_DAY + 3, BUDGET);
        _expectEmitted(other, FIRST_DAY + 4, BUDGET);
        emissions.emitDue();
        board.close(other);
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
        board.begin(late);
        passDays(1);
        _expectEmitted(other, FIRST_DAY, BUDGET);
        _expectEmitted(other, FIRST_DAY + 1, BUDGET);
        _expectEmitted(late, FIRST_DAY + 2, BUDGET / 4);
        _expectEmitted(other, FIRST_DAY + 2, BUDGET * 3 / 4);
        emissions.emitDue();
    }

    function test_ADayBeginsAtItsFirstSecondAndEndsAtItsLast() public {
        uint256 task = openTask();
        stakeOn(task, 1_000e18);
        emissions.setWeight(task, 100);
        warp(uint256(FIRST_DAY + 2) * 1 days - 1);
        board.begin(task);
        warp(uint256(FIRST_DAY + 3) * 1 days);
        board.close(task);
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

    /// @dev Whenever the day is emitted.
    function test_ATaskIsPaidForTheDaysFromItsFirstStakeToItsLast() public {
        uint256 task = runningTask();
        emissions.setWeight(task, 100);
        passDays(1);
        stakeOn(task, 1_000e18);
        passDays(2);
        vm.prank(member(task));
        staking.deallocate(task, 1_000e18);
        passDays(2);
        for (uint256 day = FIRST_DAY + 1; day < FIRST_DAY + 4; ++day) {
            _expectEmitted(task, day, BUDGET);
        }
        (uint256 dayCount, uint256 amount) = emissions.emitDue();
        assertEq(dayCount, 5, "days");
        assertEq(amount, 3 * BUDGET, "of the second, the third and the fourth");
    }

    /// @dev Three tasks that each get a weight, begin and are closed on different days; one Emissions is called every
    /// day, the other once.
    function testFuzz_CatchingUpOverClosingsPaysWhatEmittingDailyDoes(uint8[9] memory r) public {
        for (uint256 i = 0; i < 3; ++i) {
            _lives.push(Life(openTask(), 1 + 7 * i, r[i] % 6, r[3 + i] % 6, r[3 + i] % 6 + r[6 + i] % 6));
            stakeOn(_lives[i].taskId, 1_000e18);
        }
        (Emissions daily, Emissions late) = (_otherEmissions(), _otherEmissions());
        LogVm(address(vm)).recordLogs();
        for (uint256 day = FIRST_DAY; day < FIRST_DAY + PLAYED; ++day) {
            if (day != FIRST_DAY) daily.emitDue();
            _live(day - FIRST_DAY, daily, late);
            passDays(1);
        }
        daily.emitDue();
        late.emitDue();
        _bookLogs();
        for (uint256 day = 0; day < PLAYED; ++day) {
            for (uint256 i = 0; i < 3; ++i) {
                (uint256 taskId, uint256 due) = (_lives[i].taskId, _dueOn(day, _lives[i]));
                assertEq(_got[address(daily)][taskId][FIRST_DAY + day], due, "called every day");
                assertEq(_got[address(late)][taskId][FIRST_DAY + day], due, "called once");
            }
        }
    }

    function test_ATaskGetsNothingForDaysBeforeItHadAWeight() public {
        passDays(20);
        stakedTask(100);
        passDays(2);
        (uint256 dayCount, uint256 amount) = emissions.emitDue();
        assertEq(dayCount, 22, "days");
        assertEq(amount, 2 * BUDGET, "of two of them");
    }

    // --- Steps ---

    function _expectEmitted(uint256 taskId, uint256 day, uint256 amount) private {
        vm.expectEmit(address(emissions));
        emit IEmissions.Emitted(taskId, day, amount);
    }

    function _otherEmissions() private returns (Emissions other) {
        other = new Emissions(token, distributor, tasks, staking, address(access), true, BUDGET);
        access.grantRole(MINTER_ROLE, address(other), 0);
    }

    function _bookLogs() private {
        Log[] memory logs = LogVm(address(vm)).getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            bytes32[] memory topics = logs[i].topics;
            if (topics[0] != IEmissions.Emitted.selector) continue;
            _got[
                logs[i].emitter
            ][uint256(topics[1])][uint256(topics[2])] += abi.decode(logs[i].data, (uint256));
        }
    }

    function _live(uint256 day, Emissions daily, Emissions late) private {
        for (uint256 i = 0; i < 3; ++i) {
            Life memory life = _lives[i];
            if (day == life.weighted) daily.setWeight(life.taskId, life.weight);
            if (day == life.weighted) late.setWeight(life.taskId, life.weight);
            if (day == life.begins) board.begin(life.taskId);
            if (day == life.closes) board.close(life.taskId);
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
}
