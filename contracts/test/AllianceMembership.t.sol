// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AllianceTerms,
    IAllianceRounds,
    MemberState,
    MemberView,
    Phase,
    Vote
} from "../src/interfaces/IAllianceRounds.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { ITaskManager, TaskState } from "../src/interfaces/ITaskManager.sol";
import { Ballot, RoundPlay } from "./RoundPlay.t.sol";

/// @notice Joining, leaving, and what remains of a member that left. Members join in the order of their ids, 1 first.
contract AllianceMembershipTest is RoundPlay {
    uint256 private constant START = 1_800_000_000;

    // --- join ---

    function test_join_weightIsTheStakeInMinimaUpToFour() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        uint96[3] memory stakes = [MINIMUM_STAKE, 3 * MINIMUM_STAKE - 1, 9 * MINIMUM_STAKE];
        uint8[3] memory weights = [1, 2, 4];
        for (uint256 i = 0; i < 3; ++i) {
            stake(member(i), taskId, stakes[i]);
            vm.expectEmit(address(rounds));
            emit IAllianceRounds.Joined(taskId, uint16(i + 1), member(i), stakes[i], weights[i]);
            join(taskId, member(i));
            assertEq(rounds.memberOf(taskId, member(i)).weight, weights[i], "weight");
            assertEq(rounds.memberOf(taskId, member(i)).stake, stakes[i], "stake as joined");
        }
        assertEq(rounds.memberCount(taskId), 3, "members");
    }

    function test_join_holdsTheStake() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 1);
        _assertHeld(taskId, member(0));
    }

    function test_join_refusedTwiceUnstakedByStrangersAndWhenFull() public {
        AllianceTerms memory t = terms();
        t.maxMembers = 5;
        uint256 taskId = openTask(t, BOUNTY);
        joinMembers(taskId, 0, 5);
        expectError(IAllianceRounds.AlreadyJoined.selector, member(0));
        join(taskId, member(0));
        expectError(IAllianceRounds.TaskIsFull.selector, 5);
        join(taskId, member(5));
        expectNotActing(member(5), stranger);
        vm.prank(stranger);
        rounds.join(taskId, member(5), new bytes32[](0));
        uint256 other = openTask(terms(), BOUNTY);
        expectError(IStaking.StakeBelowMinimum.selector, 0, MINIMUM_STAKE);
        join(other, member(5));
    }

    function test_join_byTheOperator() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        stake(member(0), taskId, MINIMUM_STAKE);
        vm.prank(member(0));
        staking.setOperator(stranger);
        vm.prank(stranger);
        rounds.join(taskId, member(0), new bytes32[](0));
        assertEq(rounds.memberOf(taskId, member(0)).id, 1, "id");
    }

    function test_join_honoursTheAllowList() public {
        AllianceTerms memory t = terms();
        bytes32 sibling = keccak256("another hospital");
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(member(0)))));
        t.allowListRoot =
            leaf < sibling ? keccak256(bytes.concat(leaf, sibling)) : keccak256(bytes.concat(sibling, leaf));
        uint256 taskId = openTask(t, BOUNTY);
        stake(member(0), taskId, MINIMUM_STAKE);
        stake(member(1), taskId, MINIMUM_STAKE);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = sibling;
        expectError(IAllianceRounds.NotOnTheAllowList.selector, member(1));
        vm.prank(member(1));
        rounds.join(taskId, member(1), proof);
        vm.prank(member(0));
        rounds.join(taskId, member(0), proof);
        assertEq(rounds.memberCount(taskId), 1, "members");
    }

    function test_join_refusedForUnknownAndCancelledTasksAndOnceRoundsAreOver() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        vm.prank(creator);
        tasks.cancel(taskId);
        expectError(IAllianceRounds.TaskIsNotJoinable.selector, taskId);
        join(taskId, member(0));
        expectError(IAllianceRounds.TaskIsNotJoinable.selector, 99);
        join(99, member(0));
        AllianceTerms memory t = terms();
        t.plannedRounds = 1;
        uint256 over = openTask(t, BOUNTY);
        joinMembers(over, 0, 5);
        stake(member(5), over, MINIMUM_STAKE);
        rounds.start(over);
        playAgreed(over, ballotOf(1, 2), true);
        expectError(IAllianceRounds.TaskIsNotJoinable.selector, over);
        join(over, member(5));
    }

    // --- ids ---

    function test_ids_theOneFreedLastIsGivenOutNext() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 4);
        leave(taskId, member(1));
        leave(taskId, member(2));
        assertEq(rounds.accountOf(taskId, 2), member(1), "known until it is given out");
        assertEq(rounds.memberOf(taskId, member(1)).id, 0, "no member");
        joinMembers(taskId, 4, 3);
        assertEq(rounds.memberOf(taskId, member(4)).id, 3, "freed last");
        assertEq(rounds.memberOf(taskId, member(5)).id, 2, "freed first");
        assertEq(rounds.memberOf(taskId, member(6)).id, 5, "a fresh one");
        assertEq(rounds.accountOf(taskId, 2), member(5), "its account now");
    }

    function test_ids_whatWasEarnedStaysWithTheAccount() public {
        uint256 taskId = drawnTask();
        address gone = view_(taskId).accounts[0];
        uint16 memberId = rounds.memberOf(taskId, gone).id;
        leave(taskId, gone);
        Ballot memory ballot = ballotOf(1, 2);
        playTo(taskId, votesFor(taskId, ballot, EVERYONE, EVERYONE));
        finalise(taskId, ballot);
        uint256 earned = rounds.earnedOf(taskId, gone);
        assertTrue(earned != 0, "paid for its last round");
        joinMembers(taskId, 5, 1);
        assertEq(rounds.memberOf(taskId, member(5)).id, memberId, "the same id");
        assertEq(rounds.memberOf(taskId, member(5)).owed, 0, "nothing of its former holder's");
        assertEq(rounds.memberOf(taskId, gone).owed, earned, "which has it still");
        rounds.withdraw(taskId, gone);
        assertEq(token.balanceOf(gone), earned, "paid");
        assertEq(rounds.earnedOf(taskId, gone), earned, "and known for what it earned");
        expectError(IAllianceRounds.NothingToWithdraw.selector);
        rounds.withdraw(taskId, member(5));
    }

    function test_ids_whoComesBackAddsToWhatItHadEarned() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), true);
        draw(taskId);
        uint256 first = rounds.earnedOf(taskId, member(0));
        leave(taskId, member(0));
        playTo(taskId, votesFor(taskId, ballotOf(2, 2), EVERYONE, EVERYONE));
        finalise(taskId, ballotOf(2, 2));
        uint256 second = rounds.earnedOf(taskId, member(0));
        rounds.withdraw(taskId, member(0));
        join(taskId, member(0));
        rounds.start(taskId);
        playAgreed(taskId, ballotOf(3, 2), true);
        uint256 third = rounds.earnedOf(taskId, member(0));
        assertTrue(first < second && second < third, "a round more each time");
        assertEq(rounds.memberOf(taskId, member(0)).owed, third - second, "owed since the withdrawal");
        rounds.withdraw(taskId, member(0));
        assertEq(token.balanceOf(member(0)), third, "paid it all");
    }

    // --- leave ---

    function test_leave_freesTheStakeAndKeepsTheListWhole() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 6);
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.Left(taskId, 3);
        leave(taskId, member(2));
        assertEq(rounds.memberCount(taskId), 5, "members");
        vm.prank(member(2));
        staking.deallocate(taskId, MINIMUM_STAKE);
        rounds.start(taskId);
        draw(taskId);
        address[] memory seated = view_(taskId).accounts;
        for (uint256 seat = 0; seat < seated.length; ++seat) {
            assertTrue(seated[seat] != member(2) && seated[seat] != address(0), "who left was drawn");
        }
    }

    /// @dev Once votes can be revealed the next draw can be predicted; before that anybody can leave.
    function test_leave_refusedWhileTheNextDrawCouldBeForeseen() public {
        AllianceTerms memory t = terms();
        t.minimumMembers = 6;
        uint256 taskId = openTask(t, BOUNTY);
        joinMembers(taskId, 0, 12);
        rounds.start(taskId);
        _assertMayNotLeave(taskId, Phase.Seeded);
        draw(taskId);
        _leaveUnseated(taskId, Phase.Propose);
        propose(taskId, EVERYONE);
        _leaveUnseated(taskId, Phase.Attest);
        attest(taskId, EVERYONE, 3);
        _leaveUnseated(taskId, Phase.Commit);
        Vote[] memory votes = votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE);
        commit(taskId, votes);
        _assertMayNotLeave(taskId, Phase.Reveal);
        reveal(taskId, votes);
        _assertMayNotLeave(taskId, Phase.Tally);
        finalise(taskId, ballotOf(1, 2));
        _assertMayNotLeave(taskId, Phase.Seeded);
    }

    function test_leave_theUnseatedMayLeaveDuringARound() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 6);
        rounds.start(taskId);
        draw(taskId);
        uint256 left;
        for (uint256 i = 0; i < 6; ++i) {
            leave(taskId, member(i));
            if (rounds.memberOf(taskId, member(i)).state != MemberState.None) continue;
            ++left;
            _assertFree(taskId, member(i));
        }
        assertEq(left, 1, "the sixth goes, the seated stay for the round");
        assertEq(rounds.memberCount(taskId), 5, "listed");
    }

    function test_leave_theSeatedAreMarkedOnce() public {
        uint256 taskId = drawnTask();
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.LeaveRequested(taskId, 1);
        leave(taskId, member(0));
        assertTrue(rounds.memberOf(taskId, member(0)).state == MemberState.Leaving, "marked");
        assertEq(rounds.memberCount(taskId), 5, "listed while it sits");
        expectError(IAllianceRounds.AlreadyLeaving.selector, member(0));
        leave(taskId, member(0));
        expectError(IAllianceRounds.AlreadyJoined.selector, member(0));
        join(taskId, member(0));
        _assertHeld(taskId, member(0));
    }

    function test_leave_theMarkedDoTheirDutyArePaidAndGoWithTheRound() public {
        uint256 taskId = drawnTask();
        leave(taskId, member(0));
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.Left(taskId, 1);
        finalise(taskId, ballotOf(1, 2));
        MemberView memory gone = rounds.memberOf(taskId, member(0));
        assertTrue(gone.state == MemberState.None && gone.owed != 0, "gone, and paid for its last round");
        _assertFree(taskId, member(0));
        assertEq(rounds.memberCount(taskId), 4, "off the list");
        assertEq(phaseOf(taskId), Phase.Waiting, "four are too few for five seats");
        join(taskId, member(0));
        rounds.start(taskId);
        assertEq(phaseOf(taskId), Phase.Seeded, "five again");
    }

    function test_leave_allOfThemAtOnce() public {
        uint256 taskId = drawnTask();
        for (uint256 i = 0; i < 5; ++i) {
            leave(taskId, member(i));
        }
        passDeadline(taskId);
        finalise(taskId, ballotOf(1, 2));
        assertEq(rounds.memberCount(taskId), 0, "an empty list");
        for (uint256 i = 0; i < 5; ++i) {
            _assertFree(taskId, member(i));
        }
        joinMembers(taskId, 5, 5);
        rounds.start(taskId);
        draw(taskId);
        for (uint256 i = 0; i < 5; ++i) {
            assertTrue(rounds.dutyOf(taskId, member(5 + i)) == 2, "those who came are drawn");
        }
    }

    function test_leave_theRestAreDrawnWithoutThem() public {
        uint256 taskId = startedTask();
        joinMembers(taskId, 5, 2);
        draw(taskId);
        address gone = view_(taskId).accounts[3];
        leave(taskId, gone);
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        finalise(taskId, ballotOf(1, 2));
        assertEq(view_(taskId).eligible, 6, "all but the one that left");
        draw(taskId);
        for (uint256 seat = 0; seat < 5; ++seat) {
            assertTrue(view_(taskId).accounts[seat] != gone, "who left was drawn");
        }
    }

    function test_leave_refusedToStrangersAndNonMembers() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 1);
        expectNotActing(member(0), stranger);
        vm.prank(stranger);
        rounds.leave(taskId, member(0));
        expectError(IAllianceRounds.NotAMember.selector, stranger);
        vm.prank(stranger);
        rounds.leave(taskId, stranger);
        leave(taskId, member(0));
        expectError(IAllianceRounds.NotAMember.selector, member(0));
        leave(taskId, member(0));
    }

    function test_leave_afterACancelledTask() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 5);
        vm.prank(creator);
        tasks.cancel(taskId);
        vm.expectRevert(
            abi.encodeWithSelector(ITaskManager.TaskIsNotOpen.selector, taskId, TaskState.Cancelled)
        );
        rounds.start(taskId);
        leave(taskId, member(0));
        _assertFree(taskId, member(0));
    }

    // --- Retained: leaving with strikes ---

    function test_leave_withStrikesTheStakeIsRetained() public {
        (uint256 taskId, address bad, uint16 memberId) = _struckAndLeaving();
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.Retained(taskId, memberId, 7);
        finalise(taskId, ballotOf(1, 1));
        MemberView memory seen = rounds.memberOf(taskId, bad);
        assertTrue(seen.state == MemberState.Retained, "retained");
        assertEq(seen.id, memberId, "its id");
        assertEq(seen.strikes, 1, "its strike");
        assertEq(
            seen.retainedUntil, 1 + 3 * 2, "three seats, and seven members have one in two rounds at best"
        );
        assertEq(rounds.memberCount(taskId), 7, "off the list");
        _assertHeld(taskId, bad);
    }

    function test_leave_theRetainedGoOnceTheirTimeIsServed() public {
        (uint256 taskId, address bad, uint16 memberId) = _struckAndLeaving();
        finalise(taskId, ballotOf(1, 1));
        for (uint256 i = 2; i <= 6; ++i) {
            playAgreed(taskId, ballotOf(i, 2), true);
            expectError(IAllianceRounds.RetainedUntil.selector, 7, i);
            leave(taskId, bad);
        }
        draw(taskId);
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.Left(taskId, memberId);
        leave(taskId, bad);
        assertTrue(rounds.memberOf(taskId, bad).state == MemberState.None, "gone");
        _assertFree(taskId, bad);
        assertEq(rounds.memberCount(taskId), 7, "the list is as it was");
    }

    function test_leave_theRetainedGoWhenTheRoundsAreOver() public {
        (uint256 taskId, address bad,) = _struckAndLeaving();
        finalise(taskId, ballotOf(1, 1));
        vm.warp(START + 31 days);
        expectError(IAllianceRounds.RetainedUntil.selector, 7, 1);
        leave(taskId, bad);
        rounds.close(taskId);
        leave(taskId, bad);
        _assertFree(taskId, bad);
        assertEq(rounds.memberOf(taskId, bad).owed, 0, "a proposer that stayed away");
    }

    function test_leave_nobodyIsRetainedOnceTheRoundsAreOver() public {
        uint256 taskId = drawnTask();
        address bad = view_(taskId).accounts[0];
        _playWithoutProposerZero(taskId);
        vm.warp(START + 31 days);
        rounds.close(taskId);
        assertEq(rounds.memberOf(taskId, bad).strikes, 1, "a strike");
        leave(taskId, bad);
        _assertFree(taskId, bad);
    }

    function test_join_theRetainedComeBackWithTheirStrikes() public {
        (uint256 taskId, address bad, uint16 memberId) = _struckAndLeaving();
        finalise(taskId, ballotOf(1, 1));
        stake(bad, taskId, 2 * MINIMUM_STAKE);
        join(taskId, bad);
        MemberView memory seen = rounds.memberOf(taskId, bad);
        assertTrue(seen.state == MemberState.Active, "back");
        assertEq(seen.id, memberId, "under its id");
        assertEq(seen.strikes, 1, "with its strike");
        assertEq(seen.retainedUntil, 0, "no longer retained");
        assertEq(seen.stake, 3 * MINIMUM_STAKE, "stake as of now");
        assertEq(seen.weight, 3, "and so its weight");
        assertEq(rounds.memberCount(taskId), 8, "listed");
    }

    function test_leave_withoutStrikesNobodyIsRetained() public {
        uint256 taskId = drawnTask();
        address good = view_(taskId).accounts[2];
        leave(taskId, good);
        _playWithoutProposerZero(taskId);
        assertTrue(rounds.memberOf(taskId, good).state == MemberState.None, "gone");
        _assertFree(taskId, good);
    }

    // --- Steps ---

    /// @dev A member without a seat leaves at once.
    function _leaveUnseated(uint256 taskId, Phase phase) private {
        assertEq(phaseOf(taskId), phase, "phase");
        address account = _unseated(taskId);
        leave(taskId, account);
        _assertFree(taskId, account);
    }

    function _unseated(uint256 taskId) private view returns (address) {
        for (uint256 i = 0; i < 20; ++i) {
            bool isMember = rounds.memberOf(taskId, member(i)).state == MemberState.Active;
            if (isMember && rounds.dutyOf(taskId, member(i)) == 0) return member(i);
        }
        revert("all sit");
    }

    /// @dev Strikes are remembered for three seats. There are eight members. Proposer 0 is absent and asks to leave,
    /// and the round is ready to be finalised.
    function _struckAndLeaving() private returns (uint256 taskId, address bad, uint16 memberId) {
        AllianceTerms memory t = terms();
        (t.strikeWindow, t.plannedRounds) = (3, 20);
        taskId = openTask(t, BOUNTY);
        joinMembers(taskId, 0, 8);
        rounds.start(taskId);
        draw(taskId);
        bad = view_(taskId).accounts[0];
        memberId = view_(taskId).seats[0];
        leave(taskId, bad);
        _playToWithoutProposerZero(taskId);
    }

    function _playWithoutProposerZero(uint256 taskId) private {
        _playToWithoutProposerZero(taskId);
        finalise(taskId, ballotOf(1, 1));
    }

    function _playToWithoutProposerZero(uint256 taskId) private {
        propose(taskId, 2);
        passDeadline(taskId);
        attest(taskId, EVERYONE, 2);
        Vote[] memory votes = votesFor(taskId, ballotOf(1, 1), EVERYONE, EVERYONE);
        commit(taskId, votes);
        reveal(taskId, votes);
    }

    // --- Claims ---

    function _assertMayNotLeave(uint256 taskId, Phase phase) private {
        assertEq(phaseOf(taskId), phase, "phase");
        for (uint256 i = 0; i < 12; ++i) {
            if (rounds.memberOf(taskId, member(i)).state != MemberState.Active) continue;
            vm.expectRevert(abi.encodeWithSelector(IAllianceRounds.TheDrawIsPending.selector, phase));
            leave(taskId, member(i));
        }
    }

    function _assertHeld(uint256 taskId, address account) private {
        expectError(IStaking.StakeIsHeld.selector, taskId);
        vm.prank(account);
        staking.deallocate(taskId, 1);
    }

    function _assertFree(uint256 taskId, address account) private view {
        assertTrue(!staking.allocationOf(account, taskId).isHeld, "the stake is held");
    }
}
