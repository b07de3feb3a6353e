// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    IAllianceRounds,
    MemberState,
    MemberView,
    Phase,
    RoundView
} from "../src/interfaces/IAllianceRounds.sol";
import { Allocation, IStaking, Position, Role } from "../src/interfaces/IStaking.sol";
import { AllianceParameters, TaskState } from "../src/interfaces/ITaskManager.sol";
import { Branch } from "./RoundGhost.sol";
import { StakeHandler } from "./StakeHandler.sol";

/// @notice Random actors on random tasks: honest, absent and lying members, creators, keepers, strangers, and time.
/// Every action is either valid, or asserted to be refused; none may revert. Each takes one random word `r`.
contract Handler is StakeHandler {
    uint256 private constant MOST_TASKS = 3;

    // --- Tasks ---

    function createTask(uint256 r) external onTheClock {
        if (_running() == MOST_TASKS) return;
        AllianceParameters memory p = parameters();
        p.plannedRounds = uint16(1 + r % 5);
        p.strikeLimit = uint8(1 + (r >> 8) % 2);
        p.strikeWindow = uint8(p.strikeLimit + (r >> 16) % 8);
        p.slashBps = uint16((r >> 24) % 3 * 2_500);
        p.maxMembers = uint16(5 + (r >> 32) % 6);
        p.keeperFee = uint96((r >> 40) % 2 * 10e18);
        p.startBy = uint40(time + 2 days);
        p.endsAt = uint40(time + 4 days + (r >> 48) % 30 days);
        uint96 bounty = uint96(2_000e18 + (r >> 64) % 1_000_000e18);
        uint256 taskId = openTask(p, bounty);
        flowOf[taskId].paidIn = bounty;
    }

    function fundTask(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (!some) return;
        uint96 amount = uint96(1 + (r >> 8) % 1_000e18);
        give(stranger, amount);
        approve(stranger, address(tasks), amount);
        bool open = tasks.stateOf(taskId) == TaskState.Open;
        if (!open) vm.expectRevert();
        vm.prank(stranger);
        tasks.fund(taskId, amount);
        if (open) flowOf[taskId].paidIn += amount;
    }

    function cancelTask(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        // Rarely: a cancelled task is over.
        if (some && (r >> 8) % 16 == 0) _cancel(taskId, (r >> 16) % 2 == 0 ? creator : stranger);
    }

    // --- Members ---

    function joinTask(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (some) _join(taskId, member((r >> 8) % MEMBERS), r >> 16);
    }

    function leaveTask(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (!some) return;
        _leave(taskId, member((r >> 8) % MEMBERS), r >> 16);
    }

    function takeStakeOff(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (some) _takeOff(taskId, member((r >> 8) % MEMBERS), uint96(1 + (r >> 16) % 2_000e18));
    }

    function redeem(uint256 r) external onTheClock {
        address account = member(r % MEMBERS);
        uint256 available = staking.availableOf(account);
        uint256 gm = 1 + (r >> 8) % (available + 1);
        bool allowed = gm <= available && time >= staking.positionOf(account).unlockAt;
        if (!allowed) vm.expectRevert();
        vm.prank(account);
        staking.redeem(gm);
        if (allowed) ++reached[Branch.Redeemed];
    }

    // --- Rounds ---

    /// @dev The next thing there is to do on a task: start, draw, a phase in which some do not show up, finalise,
    /// close.
    function advance(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (some) _advance(taskId, uint256(keccak256(abi.encode(r))));
    }

    /// @dev About a round of it.
    function advanceARound(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        for (uint256 i = 0; some && i < 6; ++i) {
            _advance(taskId, uint256(keccak256(abi.encode(r, i))));
        }
    }

    function _advance(uint256 taskId, uint256 r) private {
        RoundView memory round = view_(taskId);
        if (round.phase == Phase.None) _fill(taskId, r);
        else if (round.phase == Phase.Waiting) _startOrClose(taskId, r);
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
        MemberView memory seen = rounds.memberOf(taskId, account);
        uint256 due = uint256(seen.credit) + seen.keeperCredit;
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

    function withdrawKeeperCredit(uint256 r) external onTheClock {
        address account = _keeper(r);
        bool due = staking.keeperCreditOf(account) != 0;
        if (!due) vm.expectRevert(IStaking.NothingToWithdraw.selector);
        vm.prank(account);
        staking.withdrawKeeperCredit();
        if (due) ++reached[Branch.KeeperWithdrew];
    }

    // --- The world ---

    function passTime(uint256 r) external onTheClock {
        uint256 scale = r % 32;
        if (scale < 4) return _donate(r >> 5);
        if (scale < 24) _pass(1 + (r >> 8) % 150, 1 + (r >> 16) % 4);
        else if (scale < 29) _pass((r >> 8) % 8 hours, 1 + (r >> 16) % 300);
        else _pass((r >> 8) % 40 days, 300);
    }

    /// @dev What no one may do, in any state.
    function mischief(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (!some) return;
        address victim = member((r >> 8) % MEMBERS);
        RoundView memory round = view_(taskId);
        uint256 which = (r >> 16) % 8;
        if (which == 6 && (round.phase == Phase.Tally || round.voters == 0)) which = 0;
        vm.expectRevert();
        vm.prank(stranger);
        if (which == 0) rounds.join(taskId, victim, new bytes32[](0));
        else if (which == 1) rounds.leave(taskId, victim);
        else if (which == 2) rounds.propose(taskId, round.number, 0, bytes32(r));
        else if (which == 3) tasks.pay(taskId, stranger, 1);
        else if (which == 4) staking.slash(victim, taskId, Role.Member, 1, stranger);
        else if (which == 5) staking.release(victim, taskId, Role.Member);
        else if (which == 6) rounds.finalise(taskId, bytes32(r), 0, 0);
        else rounds.commitVote(taskId, round.number, round.proposers, bytes32(r));
        ++reached[Branch.Refused];
    }

    // --- How ---

    function _cancel(uint256 taskId, address caller) private {
        bool open = tasks.stateOf(taskId) == TaskState.Open;
        bool allowed = open && (caller == creator || time > tasks.allianceParametersOf(taskId).startBy);
        uint256 before = token.balanceOf(creator);
        if (!allowed) vm.expectRevert();
        vm.prank(caller);
        tasks.cancel(taskId);
        if (!allowed) return;
        flowOf[taskId].refunded += token.balanceOf(creator) - before;
        ++reached[Branch.Cancelled];
    }

    function _leave(uint256 taskId, address account, uint256 r) private {
        bool allowed = _mayLeave(taskId, account);
        if (!allowed) vm.expectRevert();
        vm.prank(account);
        rounds.leave(taskId, account);
        if (!allowed) return;
        if (_hasDuty(taskId, account)) return _checkItWaits(taskId, account);
        ++reached[Branch.Left];
        if (r % 2 == 0) _takeOff(taskId, account, type(uint96).max);
    }

    function _checkItWaits(uint256 taskId, address account) private {
        assertTrue(rounds.memberOf(taskId, account).state == MemberState.Leaving, "a seat was left");
        assertTrue(
            staking.allocationOf(account, taskId, Role.Member).holder == address(rounds),
            "a seat without its stake"
        );
        ++reached[Branch.LeaveRequested];
    }

    /// @dev Brings seven members in; those that were dropped come back with new stake.
    function _fill(uint256 taskId, uint256 r) private {
        for (uint256 i = 0; i < 7; ++i) {
            address account = member((r + i) % MEMBERS);
            if (rounds.memberOf(taskId, account).state == MemberState.Dropped) _leave(taskId, account, r);
            _join(taskId, account, r >> 8);
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
        AllianceParameters memory p = tasks.allianceParametersOf(taskId);
        TaskState state = tasks.stateOf(taskId);
        bool allowed = (state == TaskState.Open || state == TaskState.Running)
            && phaseOf(taskId) != Phase.Ended && !_isHere(taskId, account)
            && rounds.memberCount(taskId) < p.maxMembers;
        if (allowed) _stakeFor(taskId, account, p.minimumStake, r);
        else vm.expectRevert();
        vm.prank(account);
        rounds.join(taskId, account, new bytes32[](0));
    }

    /// @dev Brings the allocation to one to five minimums, locking what is missing.
    function _stakeFor(uint256 taskId, address account, uint256 minimum, uint256 r) private {
        uint256 has = staking.allocationOf(account, taskId, Role.Member).amount;
        uint256 wanted = minimum * (1 + r % 5);
        if (has >= wanted) return;
        Position memory position = staking.positionOf(account);
        bool expired = time >= position.unlockAt;
        // Stake that stands on tasks over the expiry of its lock keeps the longest multiplier only in a longest lock.
        uint256 lockDays = 1 + (r >> 8) % ((r >> 24) % 2 == 0 ? 4 : 365);
        if (expired && position.allocated != 0) lockDays = 365;
        if (expired || staking.availableOf(account) < wanted - has) lock(account, wanted - has, lockDays);
        uint256 available = staking.availableOf(account);
        vm.prank(account);
        staking.allocate(taskId, Role.Member, uint96(available < wanted - has ? available : wanted - has));
    }

    function _takeOff(uint256 taskId, address account, uint96 most) private {
        Allocation memory allocation = staking.allocationOf(account, taskId, Role.Member);
        uint96 gm = most < allocation.amount ? most : allocation.amount;
        if (allocation.holder != address(0) || gm == 0) vm.expectRevert();
        vm.prank(account);
        staking.deallocate(taskId, Role.Member, gm);
    }

    function _startOrClose(uint256 taskId, uint256 r) private {
        AllianceParameters memory p = tasks.allianceParametersOf(taskId);
        TaskState state = tasks.stateOf(taskId);
        if (state == TaskState.Running && time >= p.endsAt) return _close(taskId, true);
        if (state == TaskState.Open && time > p.startBy) return _cancel(taskId, stranger);
        if (state == TaskState.Cancelled && r % 8 != 0) return;
        if (r % 4 != 0) _fill(taskId, r);
        bool allowed = rounds.memberCount(taskId) >= uint256(p.proposerSeats) + p.voterSeats
            && time < p.endsAt
            && (state == TaskState.Running || (state == TaskState.Open && time <= p.startBy));
        if (!allowed) vm.expectRevert();
        vm.prank(_keeper(r));
        rounds.start(taskId);
        if (!allowed) ++reached[Branch.NotStarted];
    }

    function _drawOrClose(uint256 taskId, RoundView memory round, uint256 r) private {
        if (time >= tasks.allianceParametersOf(taskId).endsAt) return _close(taskId, true);
        if (height > uint256(round.seedBlock) + 256) {
            rounds.reseed(taskId);
            ++reached[Branch.Reseeded];
            return;
        }
        if (height <= round.seedBlock) _pass(2, round.seedBlock + 1 - height);
        _draw(taskId, _keeper(r));
    }

    function _close(uint256 taskId, bool allowed) private {
        uint256 toCreator = token.balanceOf(creator);
        uint256 toTreasury = token.balanceOf(treasury);
        if (!allowed) vm.expectRevert();
        vm.prank(stranger);
        rounds.close(taskId);
        if (!allowed) return;
        flowOf[taskId].refunded += token.balanceOf(creator) - toCreator;
        flowOf[taskId].toTreasury += token.balanceOf(treasury) - toTreasury;
        ++reached[Branch.Closed];
        if (token.balanceOf(creator) > toCreator) ++reached[Branch.Refunded];
    }

    /// @dev One phase: most do their duty, some stay away; then the deadline passes if they were missed.
    function _actInPhase(uint256 taskId, RoundView memory round, uint256 r) private {
        dice = r;
        if (round.phase == Phase.Propose) _propose(taskId, round);
        else if (round.phase == Phase.Attest) _attest(taskId, round);
        else if (round.phase == Phase.Commit) _commit(taskId, round);
        else _reveal(taskId, round);
        RoundView memory now_ = view_(taskId);
        if (now_.phase == round.phase) _pass(now_.endsAt - time, 1);
    }

    /// @dev Mostly one of the last four.
    function _anyTask(uint256 r) private view returns (uint256 taskId, bool some) {
        uint256 count = tasks.taskCount();
        if (count == 0) return (0, false);
        if (count <= 4 || r >> 248 < 32) return (1 + r % count, true);
        return (count - r % 4, true);
    }

    function _running() private view returns (uint256 running) {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            TaskState state = tasks.stateOf(taskId);
            if (state == TaskState.Open || state == TaskState.Running) ++running;
        }
    }

    function _keeper(uint256 r) private view returns (address) {
        return r % 2 == 0 ? keeper : member((r >> 1) % MEMBERS);
    }
}
