// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AllianceTerms, IAllianceRounds, Phase } from "../src/interfaces/IAllianceRounds.sol";
import { ITaskManager, TaskState } from "../src/interfaces/ITaskManager.sol";
import { Ballot, RoundPlay } from "./RoundPlay.t.sol";

/// @notice The end of a task: the model it made, and who gets the money.
contract AllianceCloseTest is RoundPlay {
    uint256 private constant START = 1_800_000_000;
    /// @dev The most that keepers can get: two draws for each of four rounds.
    uint96 private constant RESERVE = 80e18;
    uint96 private constant FEE = 10e18;

    // --- close ---

    function test_close_afterAllRoundsTheRestGoesToTheTreasury() public {
        uint256 taskId = startedTask();
        for (uint256 i = 1; i <= 4; ++i) {
            playAgreed(taskId, ballotOf(i, 2), true);
        }
        assertEq(phaseOf(taskId), Phase.Ended, "phase");
        uint256 left = view_(taskId).pool + RESERVE - 4 * FEE;
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.RoundsClosed(taskId, 0, left);
        rounds.close(taskId);
        assertEq(tasks.refundOf(taskId, creator), 0, "every round was decided");
        assertEq(tasks.owedToTreasury(), left, "dust, and fees for draws there were not");
        _assertAllIsPaidOut(taskId, left, 0);
    }

    function test_close_refundsRoundsNotDecided() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), true);
        expectError(IAllianceRounds.TaskHasNotEnded.selector, tasks.endsAtOf(taskId));
        rounds.close(taskId);
        vm.warp(START + 31 days);
        uint256 left = view_(taskId).pool + RESERVE - FEE;
        uint256 refund = left < BOUNTY / 4 * 3 ? left : BOUNTY / 4 * 3;
        rounds.close(taskId);
        assertEq(tasks.refundOf(taskId, creator), refund, "three of four rounds, as far as it goes");
        _assertAllIsPaidOut(taskId, left - refund, refund);
        vm.expectRevert(
            abi.encodeWithSelector(ITaskManager.TaskIsNotRunning.selector, taskId, TaskState.Closed)
        );
        rounds.close(taskId);
    }

    /// @dev A rejected round pays less than its share; the rest goes to the treasury, not to the creator.
    function test_close_refundsNoMoreThanTheRoundsThatAreMissing() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), false);
        vm.warp(START + 31 days);
        uint256 left = view_(taskId).pool + RESERVE - FEE;
        assertTrue(left > BOUNTY / 4 * 3, "more is left than three rounds' part");
        rounds.close(taskId);
        assertEq(tasks.refundOf(taskId, creator), BOUNTY / 4 * 3, "three of four rounds");
        assertEq(tasks.owedToTreasury(), left - BOUNTY / 4 * 3, "the rest");
    }

    /// @dev A round that was drawn but not decided is refunded like one that was never drawn.
    function test_close_refundsVoidRounds() public {
        uint256 taskId = startedTask();
        draw(taskId);
        passDeadline(taskId);
        finalise(taskId, Ballot(0, 0, 0));
        vm.warp(START + 31 days);
        rounds.close(taskId);
        assertEq(tasks.refundOf(taskId, creator), BOUNTY - FEE, "all but what a keeper got");
        assertEq(tasks.owedToTreasury(), 0, "nothing for the treasury");
    }

    function test_close_afterAsManyVoidRoundsAsWerePlanned() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), true);
        for (uint256 i = 1; i <= 4; ++i) {
            assertEq(phaseOf(taskId), Phase.Seeded, "it goes on");
            playAgreed(taskId, Ballot(0, 0, 0), true);
        }
        assertEq(phaseOf(taskId), Phase.Ended, "void rounds do not go on for ever");
        assertEq(view_(taskId).decided, 1, "decided");
        assertEq(view_(taskId).opened, 5, "opened");
        rounds.close(taskId);
        _assertAllIsPaidOut(taskId, 0, BOUNTY - 5 * FEE - rounds.totalEarnedOf(taskId));
    }

    /// @dev The maximum number of draws is paid for, and no more.
    function test_close_afterTheMostDrawsTheReserveIsSpent() public {
        uint256 taskId = startedTask();
        for (uint256 i = 1; i <= 3; ++i) {
            playAgreed(taskId, ballotOf(i, 2), true);
            playAgreed(taskId, Ballot(0, 0, 0), true);
        }
        draw(taskId);
        assertEq(view_(taskId).opened, 7, "one less than twice the planned rounds");
        assertEq(rounds.memberOf(taskId, keeper).owed, 7 * FEE, "paid for each");
        playTo(taskId, votesFor(taskId, Ballot(0, 0, 0), EVERYONE, EVERYONE));
        finalise(taskId, Ballot(0, 0, 0));
        assertEq(phaseOf(taskId), Phase.Ended, "four voids");
        rounds.close(taskId);
        uint256 owed = tasks.owedToTreasury();
        _assertAllIsPaidOut(taskId, owed, BOUNTY - 7 * FEE - rounds.totalEarnedOf(taskId) - owed);
    }

    function test_close_sharesTheRefundAmongTheBackers() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        give(stranger, BOUNTY / 3);
        approve(stranger, address(tasks), BOUNTY / 3);
        vm.prank(stranger);
        tasks.fund(taskId, BOUNTY / 3);
        joinMembers(taskId, 0, 5);
        rounds.start(taskId);
        vm.warp(START + 31 days);
        rounds.close(taskId);
        assertEq(tasks.refundOf(taskId, stranger), BOUNTY / 3, "nothing was drawn");
        tasks.withdrawRefund(taskId, stranger);
        tasks.withdrawRefund(taskId, creator);
        assertEq(token.balanceOf(creator), BOUNTY, "to each its own");
        assertEq(token.balanceOf(stranger), BOUNTY / 3, "all of it");
    }

    /// @dev Nobody can block a close by refusing payment: closing moves no tokens.
    function test_close_movesNothing() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), true);
        vm.warp(START + 31 days);
        rounds.close(taskId);
        assertEq(token.balanceOf(address(tasks)), BOUNTY, "custody");
    }

    function test_close_refusedToATaskThatNeverBegan() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        vm.warp(START + 31 days);
        vm.expectRevert(
            abi.encodeWithSelector(ITaskManager.TaskIsNotRunning.selector, taskId, TaskState.Open)
        );
        rounds.close(taskId);
    }

    // --- results ---

    function test_modelOf_isTheLastAcceptedOne() public {
        uint256 taskId = startedTask();
        assertEq(rounds.modelOf(taskId), 0, "none yet");
        playAgreed(taskId, ballotOf(1, 2), false);
        assertEq(rounds.modelOf(taskId), 0, "none by a rejected round");
        playAgreed(taskId, ballotOf(2, 2), true);
        playAgreed(taskId, ballotOf(3, 2), true);
        assertEq(rounds.modelOf(taskId), ballotOf(3, 2).candidate, "the last");
        vm.warp(START + 31 days);
        rounds.close(taskId);
        assertEq(tasks.taskOfModel(ballotOf(3, 2).candidate), taskId, "by which the task is found");
        assertEq(tasks.taskOfModel(ballotOf(2, 2).candidate), 0, "and not by one on the way");
    }

    function test_modelOf_withoutAnAcceptedRoundTheTaskHasMadeNone() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), false);
        vm.warp(START + 31 days);
        rounds.close(taskId);
        assertEq(tasks.taskOfModel(INITIAL_MODEL), 0, "the initial model is not its work");
    }

    function test_earnedOf_staysWhenItIsWithdrawn() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), true);
        uint256 first = rounds.earnedOf(taskId, member(0));
        uint256 total = rounds.totalEarnedOf(taskId);
        for (uint256 i = 0; i < 5; ++i) {
            rounds.withdraw(taskId, member(i));
        }
        assertEq(rounds.earnedOf(taskId, member(0)), first, "withdrawn");
        assertEq(rounds.totalEarnedOf(taskId), total, "all of it");
        playAgreed(taskId, ballotOf(2, 2), true);
        assertTrue(rounds.earnedOf(taskId, member(0)) > first, "and more");
        _assertEarnedAddsUp(taskId);
        vm.warp(START + 31 days);
        rounds.close(taskId);
        _assertEarnedAddsUp(taskId);
    }

    function test_earnedOf_countsNoKeepersFees() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        assertEq(rounds.totalEarnedOf(taskId), 0, "before it begins");
        joinMembers(taskId, 0, 5);
        rounds.start(taskId);
        assertEq(rounds.totalEarnedOf(taskId), 0, "before a draw");
        vm.roll(block.number + 3);
        vm.prank(member(0));
        rounds.draw(taskId);
        assertEq(rounds.memberOf(taskId, member(0)).owed, FEE, "a member as keeper");
        assertEq(rounds.earnedOf(taskId, member(0)), 0, "earned nothing by it");
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        finalise(taskId, ballotOf(1, 2));
        _assertEarnedAddsUp(taskId);
        uint256 earned = rounds.earnedOf(taskId, member(0));
        rounds.withdraw(taskId, member(0));
        assertEq(token.balanceOf(member(0)), earned + FEE, "paid both at once");
    }

    // --- withdraw ---

    function test_withdraw_anyoneForTheAccountOnceAfterTheClose() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), true);
        vm.warp(START + 31 days);
        rounds.close(taskId);
        uint256 owed = rounds.memberOf(taskId, member(0)).owed;
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.Withdrawn(taskId, member(0), owed);
        vm.prank(stranger);
        rounds.withdraw(taskId, member(0));
        assertEq(token.balanceOf(member(0)), owed, "paid to the member, not to the caller");
        assertEq(rounds.memberOf(taskId, member(0)).owed, 0, "nothing is left");
        expectError(IAllianceRounds.NothingToWithdraw.selector);
        rounds.withdraw(taskId, member(0));
    }

    function test_withdraw_afterTheMembershipIsOver() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), true);
        uint256 owed = rounds.memberOf(taskId, member(0)).owed;
        vm.warp(START + 31 days);
        rounds.close(taskId);
        vm.prank(member(0));
        rounds.leave(taskId, member(0));
        assertEq(rounds.memberOf(taskId, member(0)).owed, owed, "still owed");
        rounds.withdraw(taskId, member(0));
        assertEq(token.balanceOf(member(0)), owed, "and paid");
        assertEq(rounds.earnedOf(taskId, member(0)), owed, "and known");
    }

    function test_lifecycle_vanishedMembersCannotHoldATask() public {
        AllianceTerms memory t = terms();
        t.plannedRounds = 1;
        uint256 taskId = openTask(t, BOUNTY);
        joinMembers(taskId, 0, 5);
        rounds.start(taskId);
        draw(taskId);
        propose(taskId, EVERYONE);
        passDeadline(taskId);
        finalise(taskId, ballotOf(1, 2));
        rounds.close(taskId);
        for (uint256 i = 0; i < 5; ++i) {
            vm.prank(member(i));
            rounds.leave(taskId, member(i));
            assertTrue(!staking.allocationOf(member(i), taskId).isHeld, "stake is stuck");
        }
    }

    // --- Claims ---

    /// @dev After the close: the five members and the keeper withdraw, then backers and the treasury.
    function _assertAllIsPaidOut(uint256 taskId, uint256 toTreasury, uint256 refund) private {
        for (uint256 i = 0; i < 5; ++i) {
            rounds.withdraw(taskId, member(i));
        }
        rounds.withdraw(taskId, keeper);
        if (refund != 0) tasks.withdrawRefund(taskId, creator);
        if (toTreasury != 0) tasks.payTreasury();
        assertEq(token.balanceOf(creator), refund, "refund");
        assertEq(token.balanceOf(treasury), toTreasury, "treasury");
        assertEq(token.balanceOf(address(tasks)), 0, "custody is empty to the wei");
    }

    function _assertEarnedAddsUp(uint256 taskId) private view {
        uint256 earned;
        for (uint256 i = 0; i < 5; ++i) {
            earned += rounds.earnedOf(taskId, member(i));
        }
        assertEq(rounds.totalEarnedOf(taskId), earned, "the sum of what each has earned");
    }
}
