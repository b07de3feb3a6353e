// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AllianceTerms,
    IAllianceRounds,
    MemberState,
    MemberView,
    Phase,
    RoundView
} from "../src/interfaces/IAllianceRounds.sol";
import { Allocation } from "../src/interfaces/IStaking.sol";
import { NewTask, Task, TaskState } from "../src/interfaces/ITaskManager.sol";
import { Branch, RoundBooks } from "./RoundBooks.sol";
import { StakeHandler } from "./StakeHandler.sol";

/// @notice Random actors on random tasks: honest, absent and lying members, creators, backers, keepers, strangers, and
/// time. Every action is either valid or asserted to be refused; none can revert. Each takes one random word `r`.
contract Handler is StakeHandler {
    uint256 private constant MOST_TASKS = 3;
    uint256 public constant BACKERS = 3;

    constructor() RoundBooks(10) { }

    // --- Tasks ---

    function createTask(uint256 r) external onTheClock {
        if (_running() == MOST_TASKS) return;
        NewTask memory task = newTask();
        task.startBy = uint40(time + 10 days);
        task.startsAt = uint40((r >> 56) % 2 == 0 ? 0 : time + (r >> 57) % 1 days);
        task.endsAt = uint40(time + 12 days + (r >> 48) % 40 days);
        task.bounty = uint96(4_000e18 + (r >> 64) % 1_000_000e18);
        uint256 taskId = openTask(task, _termsBy(r));
        flowOf[taskId].paidIn = task.bounty;
    }

    function fundTask(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (!some) return;
        address from = backer(r >> 4);
        uint96 amount = uint96(1 + (r >> 8) % 1_000e18);
        give(from, amount);
        approve(from, address(tasks), amount);
        bool open = tasks.stateOf(taskId) == TaskState.Open;
        if (!open) vm.expectRevert();
        vm.prank(from);
        tasks.fund(taskId, amount);
        if (open) flowOf[taskId].paidIn += amount;
    }

    function cancelTask(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        // Not often, as a cancelled task is over.
        if (some && (r >> 8) % 2 == 0) _cancel(taskId, (r >> 16) % 2 == 0 ? creator : stranger);
    }

    // --- Members ---

    function joinTask(uint256 r) external onTheClock {
        (uint256 taskId, address account) = _someMember(r);
        if (taskId != 0) _join(taskId, account, r >> 16);
    }

    function leaveTask(uint256 r) external onTheClock {
        (uint256 taskId, address account) = _someMember(r);
        if (taskId == 0) return;
        for (uint256 i = 0; i < 3 && uint8(r >> 232) >= 64 && _waitsForTheDraw(taskId, account); ++i) {
            _advance(taskId, uint256(keccak256(abi.encode(r, i))));
        }
        _leave(taskId, account, r >> 16);
    }

    function takeStakeOff(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (some) _takeOff(taskId, member((r >> 8) % MEMBERS), uint96(1 + (r >> 16) % 4_000e18));
    }

    // --- Rounds ---

    /// @dev The next step of a task: start, draw, a phase in which some are absent, finalise, or close.
    function advance(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (some) _advance(taskId, uint256(keccak256(abi.encode(r))));
    }

    /// @dev Plays about a round of the task.
    function advanceARound(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        uint256 steps = 1 + (r >> 8) % 18;
        for (uint256 i = 0; some && i < steps; ++i) {
            _advance(taskId, uint256(keccak256(abi.encode(r, i))));
        }
    }

    /// @dev One to three rounds in which nobody, or no voter, is present.
    function stayAway(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        uint256 steps = (r >> 8) % 3 == 0 ? 3 + (r >> 16) % 8 : 0;
        for (uint256 i = 0; some && i < steps; ++i) {
            RoundView memory round = view_(taskId);
            bool isMissed = round.phase == Phase.Propose ? (r >> 24) % 2 == 0 : round.phase == Phase.Attest;
            if (isMissed) _pass(round.endsAt - time, 1);
            else _advance(taskId, uint256(keccak256(abi.encode(r, i))));
        }
    }

    function _advance(uint256 taskId, uint256 r) private {
        RoundView memory round = view_(taskId);
        if (round.phase == Phase.Waiting) _startOrClose(taskId, r);
        else if (round.phase == Phase.Seeded) _drawOrClose(taskId, round, r);
        else if (round.phase == Phase.Tally) _finalise(taskId, round, _keeper(r));
        else if (round.phase == Phase.Ended) _close(taskId, tasks.stateOf(taskId) == TaskState.Running);
        else _actInPhase(taskId, round, r);
    }

    // --- Money out ---

    function withdraw(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (!some) return;
        address account = _keeper(r >> 8);
        uint256 due = rounds.memberOf(taskId, account).owed;
        uint256 before = token.balanceOf(account);
        if (due == 0) vm.expectRevert(IAllianceRounds.NothingToWithdraw.selector);
        vm.prank(stranger);
        rounds.withdraw(taskId, account);
        assertEq(token.balanceOf(account) - before, due, "a withdrawal pays the whole credit");
        if (due == 0) return;
        flowOf[taskId].withdrawn += due;
        takenOut[taskId][account] += due;
        ++reached[Branch.Withdrawn];
    }

    function withdrawRefund(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (!some) return;
        address account = backer(r >> 8);
        for (uint256 i = 0; i < tasks.taskCount() && tasks.refundOf(taskId, account) == 0; ++i) {
            taskId = 1 + taskId % tasks.taskCount();
        }
        uint256 due = tasks.refundOf(taskId, account);
        uint256 before = token.balanceOf(account);
        // A part that rounds to zero gives up its shares all the same.
        bool isAny = flowOf[taskId].refundable != flowOf[taskId].refunded;
        if (!isAny || tasks.contributionOf(taskId, account) == 0) vm.expectRevert();
        vm.prank(stranger);
        tasks.withdrawRefund(taskId, account);
        assertEq(token.balanceOf(account) - before, due, "a refund pays the backer's whole part");
        if (due == 0) return;
        flowOf[taskId].refunded += due;
        assertEq(tasks.refundOf(taskId, account), 0, "a refund twice");
        ++reached[Branch.Refunded];
    }

    function payTreasury(uint256 r) external onTheClock {
        bool ofTasks = r % 2 == 0;
        uint256 due = ofTasks ? tasks.owedToTreasury() : staking.owedToTreasury();
        uint256 before = token.balanceOf(treasury);
        if (due == 0) vm.expectRevert();
        vm.prank(stranger);
        ofTasks ? tasks.payTreasury() : staking.payTreasury();
        assertEq(token.balanceOf(treasury) - before, due, "the treasury gets all that is owed to it");
        if (due != 0) ++reached[Branch.TreasuryPaid];
    }

    // --- The world ---

    function passTime(uint256 r) external onTheClock {
        uint256 scale = r % 64;
        if (scale < 8) return _donate(r >> 6);
        if (scale < 48) _pass(1 + (r >> 8) % 150, 1 + (r >> 16) % 4);
        else if (scale < 59) _pass((r >> 8) % 8 hours, 1 + (r >> 16) % 300);
        else _pass((r >> 8) % 10 days, 300);
    }

    /// @dev What nobody can do, in any state.
    function mischief(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (!some) return;
        address victim = member((r >> 8) % MEMBERS);
        RoundView memory round = view_(taskId);
        uint256 which = (r >> 16) % 10;
        if (which == 6 && (round.phase == Phase.Tally || round.voters == 0)) which = 0;
        vm.expectRevert();
        vm.prank(stranger);
        if (which == 0) rounds.join(taskId, victim, new bytes32[](0));
        else if (which == 1) rounds.leave(taskId, victim);
        else if (which == 2) rounds.propose(taskId, round.number, 0, bytes32(r));
        else if (which == 3) tasks.pay(taskId, stranger, 1);
        else if (which == 4) staking.slash(victim, taskId, 1e18, 1);
        else if (which == 5) staking.release(victim, taskId);
        else if (which == 6) rounds.finalise(taskId, bytes32(r), 0, 0);
        else if (which == 7) tasks.begin(taskId, creator);
        else if (which == 8) tasks.close(taskId, 0, 1, 0);
        else rounds.commitVote(taskId, round.number, round.proposers, bytes32(r));
        ++reached[Branch.Refused];
    }

    // --- Reading ---

    function backer(uint256 index) public view returns (address) {
        return [creator, stranger, keeper][index % BACKERS];
    }

    // --- Inside ---

    function _termsBy(uint256 r) private pure returns (AllianceTerms memory t) {
        t = terms();
        (t.proposeSeconds, t.attestSeconds, t.commitSeconds, t.revealSeconds) =
        (4 hours, 4 hours, 4 hours, 4 hours);
        t.plannedRounds = uint16(1 + r % 8);
        t.strikeLimit = uint8(1 + (r >> 8) % 4);
        t.strikeWindow = uint8(t.strikeLimit + (r >> 16) % 4);
        t.slashBps = uint16((r >> 24) % 3 * 2_500);
        t.minimumMembers = uint16(5 + (r >> 28) % 3);
        t.maxMembers = uint16(t.minimumMembers + (r >> 32) % 5);
        t.keeperFee = uint96((r >> 40) % 2 * 10e18);
    }

    function _cancel(uint256 taskId, address caller) private {
        Task memory task = tasks.taskOf(taskId);
        bool allowed = task.state == TaskState.Open && (caller == creator || time > task.startBy);
        if (!allowed) vm.expectRevert();
        vm.prank(caller);
        tasks.cancel(taskId);
        if (!allowed) return;
        flowOf[taskId].refundable = task.balance;
        ++reached[Branch.Cancelled];
    }

    function _leave(uint256 taskId, address account, uint256 r) private {
        bool allowed = _mayLeave(taskId, account);
        (bool isSeated, MemberState before) = (_isSeated(taskId, account), stateOf(taskId, account));
        if (!allowed) vm.expectRevert();
        vm.prank(account);
        rounds.leave(taskId, account);
        MemberView memory now_ = rounds.memberOf(taskId, account);
        bool isHeld = staking.allocationOf(account, taskId).isHeld;
        assertTrue(
            isHeld == (now_.state != MemberState.None), "a member without its stake, or a stranger's held"
        );
        if (!allowed) return _countRefusal(before);
        if (isSeated) {
            assertTrue(now_.state == MemberState.Leaving, "a seat was left");
            ++reached[Branch.LeaveRequested];
        } else if (now_.state == MemberState.Retained) {
            assertTrue(now_.strikes != 0, "retained without a strike");
            uint256 until = view_(taskId).number + _retention(taskId, rounds.memberCount(taskId));
            assertEq(now_.retainedUntil, until, "retained until");
            ++reached[Branch.Retained];
            if (r % 2 == 0) _leave(taskId, account, r);
            else _join(taskId, account, r);
        } else {
            ++reached[before == MemberState.Retained ? Branch.ServedItsTime : Branch.Left];
            if (r % 2 == 0) _takeOff(taskId, account, type(uint96).max);
        }
    }

    function _countRefusal(MemberState state) private {
        if (state == MemberState.Active) ++reached[Branch.LeaveRefused];
        if (state == MemberState.Retained) ++reached[Branch.StillRetained];
    }

    /// @dev Has seven members join.
    function _fill(uint256 taskId, uint256 r) private {
        for (uint256 i = 0; i < 7; ++i) {
            _join(taskId, member((uint16(r) + i) % MEMBERS), uint256(keccak256(abi.encode(r, i))));
        }
    }

    function _donate(uint256 r) private {
        uint256 amount = (r >> 8) % 10e18;
        bool toStaking = r % 2 == 0;
        give(toStaking ? address(staking) : address(tasks), amount);
        if (toStaking) donatedToStaking += amount;
        else donatedToTasks += amount;
    }

    function _join(uint256 taskId, address account, uint256 r) private {
        MemberState before = stateOf(taskId, account);
        bool allowed = isAlive(taskId) && phaseOf(taskId) != Phase.Ended
            && (before == MemberState.None || before == MemberState.Retained)
            && rounds.memberCount(taskId) < rounds.termsOf(taskId).maxMembers;
        uint256 strikes = rounds.memberOf(taskId, account).strikes;
        if (allowed) _stakeFor(taskId, account, r);
        else vm.expectRevert();
        vm.prank(account);
        rounds.join(taskId, account, new bytes32[](0));
        if (!allowed) return;
        assertEq(rounds.memberOf(taskId, account).strikes, strikes, "strikes of who joins");
        _bookJoin(taskId, account, before == MemberState.Retained);
    }

    /// @dev Brings the allocation to one to five minimums, locking what is missing.
    function _stakeFor(uint256 taskId, address account, uint256 r) private {
        uint256 has = staking.allocationOf(account, taskId).gm;
        uint256 wanted = MINIMUM_STAKE * (1 + r % 5) + r % 2 * 200e18;
        if (has >= wanted) return;
        _makeFree(account, wanted - has, _lockDays(r >> 8));
        vm.prank(account);
        staking.allocate(taskId, uint96(wanted - has));
    }

    function _takeOff(uint256 taskId, address account, uint96 most) private {
        Allocation memory allocation = staking.allocationOf(account, taskId);
        uint96 gm = most < allocation.gm ? most : allocation.gm;
        bool leavesEnough = gm == allocation.gm || allocation.gm - gm >= MINIMUM_STAKE;
        if (allocation.isHeld || gm == 0 || !leavesEnough) vm.expectRevert();
        vm.prank(account);
        staking.deallocate(taskId, gm);
    }

    function _startOrClose(uint256 taskId, uint256 r) private {
        Task memory task = tasks.taskOf(taskId);
        if (task.state == TaskState.Running && time >= task.endsAt) return _close(taskId, true);
        if (task.state == TaskState.Open && time > task.startBy) return _cancel(taskId, stranger);
        if (task.state == TaskState.Cancelled && r % 8 != 0) return;
        if (r % 4 != 0) _fill(taskId, r);
        address by = r % 3 == 0 ? creator : _keeper(r);
        bool mayBegin =
            task.state == TaskState.Open && time <= task.startBy && (time >= task.startsAt || by == creator);
        bool allowed = rounds.memberCount(taskId) >= rounds.termsOf(taskId).minimumMembers
            && time < task.endsAt && (task.state == TaskState.Running || mayBegin);
        if (!allowed) vm.expectRevert();
        vm.prank(by);
        rounds.start(taskId);
        if (allowed) _freeze(taskId);
        else ++reached[Branch.NotStarted];
    }

    function _drawOrClose(uint256 taskId, RoundView memory round, uint256 r) private {
        if (time >= tasks.endsAtOf(taskId)) return _close(taskId, true);
        if (round.seedBlock == 0) {
            ++reached[Branch.DrawnAtOnce];
        } else if (height > uint256(round.seedBlock) + READABLE_BLOCKS) {
            rounds.reseed(taskId);
            _freeze(taskId);
            ++reached[Branch.Reseeded];
            return;
        } else if (height <= round.seedBlock) {
            _pass(0, round.seedBlock + 1 - height);
        }
        _draw(taskId, _keeper(r));
    }

    function _close(uint256 taskId, bool allowed) private {
        (uint256 refund, uint256 rest) = _leftOf(taskId);
        (uint256 owed, uint256 balance) = (tasks.owedToTreasury(), tasks.taskOf(taskId).balance);
        if (!allowed) vm.expectRevert();
        vm.prank(stranger);
        rounds.close(taskId);
        if (!allowed) return;
        assertEq(tasks.owedToTreasury() - owed, rest, "left to the treasury");
        assertEq(balance - tasks.taskOf(taskId).balance, refund + rest, "left the task");
        (flowOf[taskId].refundable, flowOf[taskId].toTreasury) = (refund, rest);
        ++reached[Branch.Closed];
        if (refund != 0) ++reached[Branch.Refundable];
    }

    /// @dev What closing gives back and what it leaves to the treasury: the share of the rounds that were not decided,
    /// at most what is left.
    function _leftOf(uint256 taskId) private view returns (uint256 refund, uint256 rest) {
        RoundView memory round = view_(taskId);
        uint256 draws = 2 * uint256(round.planned) - round.opened;
        uint256 left = round.pool + draws * rounds.termsOf(taskId).keeperFee;
        refund = flowOf[taskId].paidIn * (round.planned - round.decided) / round.planned;
        if (refund > left) refund = left;
        return (refund, left - refund);
    }

    /// @dev One phase: most do their duty, some are absent; then the deadline passes if anybody was missing.
    function _actInPhase(uint256 taskId, RoundView memory round, uint256 r) private {
        dice = r;
        if (round.phase == Phase.Propose) _propose(taskId, round);
        else if (round.phase == Phase.Attest) _attest(taskId, round);
        else if (round.phase == Phase.Commit) _commit(taskId, round);
        else _reveal(taskId, round);
        RoundView memory now_ = view_(taskId);
        if (now_.phase == round.phase) _pass(now_.endsAt - time, 1);
    }

    function _waitsForTheDraw(uint256 taskId, address account) private view returns (bool) {
        return stateOf(taskId, account) == MemberState.Active && !_mayLeave(taskId, account);
    }

    /// @dev Half of the time a member with strikes, if any task has one; zero if there is no task.
    function _someMember(uint256 r) private view returns (uint256 taskId, address account) {
        uint256 count = tasks.taskCount();
        for (uint256 i = 0; i < count * MEMBERS && (r >> 4) % 2 == 0; ++i) {
            (taskId, account) = (1 + (uint16(r) + i / MEMBERS) % count, member((uint16(r) + i) % MEMBERS));
            bool isLooked = isAlive(taskId) || (r >> 5) % 4 == 0;
            if (isLooked && rounds.memberOf(taskId, account).strikes != 0) return (taskId, account);
        }
        (taskId,) = _anyTask(r);
        account = member((r >> 8) % MEMBERS);
    }

    /// @dev Mostly a live task, if there is one.
    function _anyTask(uint256 r) private view returns (uint256 taskId, bool some) {
        uint256 count = tasks.taskCount();
        if (count == 0) return (0, false);
        taskId = 1 + r % count;
        for (uint256 i = 0; i < count && uint8(r >> 232) >= 32; ++i) {
            if (isAlive(taskId)) break;
            taskId = 1 + taskId % count;
        }
        return (taskId, true);
    }

    function _running() private view returns (uint256 running) {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            if (isAlive(taskId)) ++running;
        }
    }

    function _keeper(uint256 r) private view returns (address) {
        return r % 2 == 0 ? keeper : member((r >> 1) % MEMBERS);
    }
}
