// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    IAllianceRounds,
    MemberState,
    MemberView,
    Phase,
    RoundView,
    Vote
} from "../src/interfaces/IAllianceRounds.sol";
import { Role } from "../src/interfaces/IStaking.sol";
import { AllianceParameters, ITaskManager, TaskState } from "../src/interfaces/ITaskManager.sol";
import { Ballot, RoundPlay } from "./RoundPlay.t.sol";

/// @notice Deciding, paying, striking, slashing, closing, withdrawing. Seats 0 and 1 propose, 2 to 4 vote.
contract AllianceSettlementTest is RoundPlay {
    // --- outcomes ---

    function test_finalise_acceptedPaysProposersAndVoters() public {
        uint256 taskId = drawnTask();
        uint256 pool = view_(taskId).pool;
        Ballot memory ballot = ballotOf(1, 2);
        address[] memory seated = view_(taskId).accounts;
        playTo(taskId, votesFor(taskId, ballot, EVERYONE, EVERYONE));
        finalise(taskId, ballot);
        uint256 reward = pool / 4;
        assertEq(view_(taskId).model, ballot.candidate, "model");
        assertEq(view_(taskId).decided, 1, "decided");
        assertEq(view_(taskId).acceptSixteenths, 9, "frequency");
        assertEq(rounds.memberOf(taskId, seated[0]).credit, reward * 70 / 100 / 2, "proposer");
        assertEq(rounds.memberOf(taskId, seated[2]).credit, reward * 30 * 16 / (200 * 8) / 3, "voter");
        _assertMoneyIsWhole(taskId, seated);
    }

    function test_finalise_rejectedPaysTheVotersOnly() public {
        uint256 taskId = drawnTask();
        address[] memory seated = view_(taskId).accounts;
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, 0));
        finalise(taskId, ballotOf(1, 2));
        assertEq(view_(taskId).model, INITIAL_MODEL, "the model stays");
        assertEq(view_(taskId).acceptSixteenths, 7, "frequency");
        assertEq(rounds.memberOf(taskId, seated[0]).credit, 0, "proposer");
        assertTrue(rounds.memberOf(taskId, seated[2]).credit > 0, "voter");
        _assertMoneyIsWhole(taskId, seated);
    }

    function test_finalise_withoutAWinnerIsVoidAndItsArgumentsAreIgnored() public {
        uint256 taskId = drawnTask();
        RoundView memory round = view_(taskId);
        Vote[] memory votes = new Vote[](3);
        for (uint256 voter = 0; voter < 3; ++voter) {
            votes[voter] = voteOf(round, voter, ballotOf(10 + voter, 2), true);
        }
        playTo(taskId, votes);
        finalise(taskId, Ballot(keccak256("the finaliser's own model"), 0, 3));
        assertEq(view_(taskId).model, INITIAL_MODEL, "a finaliser chose the model");
        assertEq(view_(taskId).decided, 0, "decided");
        assertEq(view_(taskId).opened, 1, "opened");
        for (uint256 seat = 0; seat < 5; ++seat) {
            assertEq(
                rounds.memberOf(taskId, round.accounts[seat]).strikes, 0, "a void round blames the present"
            );
        }
    }

    function test_finalise_needsTheWinnersPreimage() public {
        uint256 taskId = drawnTask();
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        expectError(IAllianceRounds.WrongPreimage.selector);
        finalise(taskId, ballotOf(2, 2));
        expectError(IAllianceRounds.WrongPreimage.selector);
        finalise(taskId, Ballot(ballotOf(1, 2).candidate, 1, 2));
    }

    function test_finalise_theCurrentModelOrNoModelIsVoid() public {
        uint256 taskId = drawnTask();
        Ballot memory same = Ballot(INITIAL_MODEL, 0, 3);
        playTo(taskId, votesFor(taskId, same, EVERYONE, EVERYONE));
        finalise(taskId, same);
        assertEq(view_(taskId).decided, 0, "the current model");
        draw(taskId);
        Ballot memory none = Ballot(0, 0, 3);
        playTo(taskId, votesFor(taskId, none, EVERYONE, EVERYONE));
        finalise(taskId, none);
        assertEq(view_(taskId).decided, 0, "no model");
    }

    function test_finalise_needsHalfOfTheDrawnWeight() public {
        uint256 taskId = drawnTask();
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), 1, EVERYONE));
        finalise(taskId, ballotOf(1, 2));
        assertEq(view_(taskId).decided, 0, "one of three voters decided");
    }

    function test_finalise_refusedBeforeTheTally() public {
        uint256 taskId = drawnTask();
        expectPhase(Phase.Tally, Phase.Propose);
        finalise(taskId, ballotOf(1, 2));
    }

    function test_finalise_refusedTwice() public {
        uint256 taskId = drawnTask();
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        finalise(taskId, ballotOf(1, 2));
        expectPhase(Phase.Tally, Phase.Seeded);
        finalise(taskId, ballotOf(1, 2));
    }

    // --- strikes ---

    function test_finalise_strikesTheHarmfulProposer() public {
        uint256 taskId = drawnTask();
        address[] memory seated = view_(taskId).accounts;
        Ballot memory ballot = Ballot(keccak256("model"), 1, 2);
        playTo(taskId, votesFor(taskId, ballot, EVERYONE, EVERYONE));
        finalise(taskId, ballot);
        assertEq(rounds.memberOf(taskId, seated[0]).strikes, 1, "harmful");
        assertEq(rounds.memberOf(taskId, seated[0]).credit, 0, "harmful and paid");
        assertEq(rounds.memberOf(taskId, seated[1]).strikes, 0, "honest");
        assertTrue(rounds.memberOf(taskId, seated[1]).credit > 0, "honest and unpaid");
    }

    function test_finalise_aRejectedRoundDoesNotBlameHarm() public {
        uint256 taskId = drawnTask();
        address[] memory seated = view_(taskId).accounts;
        Ballot memory ballot = Ballot(keccak256("model"), 1, 2);
        playTo(taskId, votesFor(taskId, ballot, EVERYONE, 0));
        finalise(taskId, ballot);
        assertEq(
            rounds.memberOf(taskId, seated[0]).strikes, 0, "harm is judged against an accepted candidate"
        );
    }

    function test_finalise_strikesTheVoterAgainstTwoThirds() public {
        uint256 taskId = drawnTask();
        address[] memory seated = view_(taskId).accounts;
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, 6));
        finalise(taskId, ballotOf(1, 2));
        assertEq(rounds.memberOf(taskId, seated[2]).strikes, 1, "voted against");
        assertEq(rounds.memberOf(taskId, seated[2]).credit, 0, "paid for voting against");
        assertEq(rounds.memberOf(taskId, seated[3]).strikes, 0, "agreed");
    }

    function test_finalise_neverStrikesTheSideThatPrevailed() public {
        AllianceParameters memory p = parameters();
        p.voterSeats = 12;
        uint256 taskId = openTask(p, BOUNTY);
        joinMembers(taskId, 0, 14);
        rounds.start(taskId);
        draw(taskId);
        address[] memory seated = view_(taskId).accounts;
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        // Seven of twelve for the ballot, four of them in support; five for another.
        Vote[] memory winning = votesFor(taskId, ballotOf(1, 2), 0x7f, 0xf);
        Vote[] memory losing = votesFor(taskId, ballotOf(2, 2), 0xf80, EVERYONE);
        commit(taskId, winning);
        commit(taskId, losing);
        reveal(taskId, winning);
        reveal(taskId, losing);
        finalise(taskId, ballotOf(1, 2));
        for (uint256 voter = 0; voter < 12; ++voter) {
            MemberView memory seen = rounds.memberOf(taskId, seated[2 + voter]);
            assertEq(seen.strikes, voter >= 4 && voter < 7 ? 1 : 0, "only those of the sign that lost");
            assertTrue((seen.credit != 0) == (voter < 4), "only those who prevailed are paid");
        }
    }

    function test_finalise_strikesAbsenteesUnlessARoleIsOut() public {
        uint256 taskId = drawnTask();
        address[] memory seated = view_(taskId).accounts;
        propose(taskId, 1);
        passDeadline(taskId);
        attest(taskId, EVERYONE, 1);
        commit(taskId, votesFor(taskId, Ballot("m", 0, 1), 6, 6));
        passDeadline(taskId);
        reveal(taskId, votesFor(taskId, Ballot("m", 0, 1), 6, 6));
        finalise(taskId, Ballot("m", 0, 1));
        assertEq(rounds.memberOf(taskId, seated[1]).strikes, 1, "absent proposer");
        assertEq(rounds.memberOf(taskId, seated[2]).strikes, 1, "absent voter");
        assertEq(view_(taskId).decided, 1, "decided without them");
    }

    function test_finalise_blamesNoOneForAnOutage() public {
        uint256 taskId = drawnTask();
        address[] memory seated = view_(taskId).accounts;
        propose(taskId, EVERYONE);
        passDeadline(taskId);
        finalise(taskId, ballotOf(1, 2));
        for (uint256 seat = 0; seat < 5; ++seat) {
            assertEq(rounds.memberOf(taskId, seated[seat]).strikes, 0, "blamed for an outage");
        }
    }

    function test_finalise_strikesTheProposerWithoutBytes() public {
        uint256 taskId = drawnTask();
        address[] memory seated = view_(taskId).accounts;
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 2);
        Vote[] memory votes = votesFor(taskId, Ballot("m", 0, 3), EVERYONE, EVERYONE);
        commit(taskId, votes);
        reveal(taskId, votes);
        finalise(taskId, Ballot("m", 0, 3));
        assertEq(rounds.memberOf(taskId, seated[0]).strikes, 1, "nobody holds its bytes");
        assertEq(rounds.memberOf(taskId, seated[0]).credit, 0, "paid though it is not in");
    }

    // --- slashes ---

    function test_finalise_slashesAtTheLimitAndDropsBelowTheMinimum() public {
        uint256 taskId = drawnTask();
        address bad = _playUntilSlashed(taskId);
        assertEq(token.balanceOf(treasury), MINIMUM_STAKE / 10 * 9 / 10, "treasury");
        assertEq(staking.keeperCreditOf(keeper), MINIMUM_STAKE / 100, "keeper");
        MemberView memory dropped = rounds.memberOf(taskId, bad);
        assertTrue(dropped.state == MemberState.Dropped, "below the minimum");
        assertEq(dropped.strikes, 0, "the bitmap is cleared");
        assertEq(rounds.memberCount(taskId), 5, "off the list");
    }

    function test_finalise_aDroppedMemberLeavesAndComesBackOnlyWithFreshStake() public {
        uint256 taskId = drawnTask();
        address bad = _playUntilSlashed(taskId);
        expectError(IAllianceRounds.AlreadyJoined.selector, bad);
        join(taskId, bad);
        draw(taskId);
        vm.prank(bad);
        rounds.leave(taskId, bad);
        stake(bad, taskId, MINIMUM_STAKE / 10);
        join(taskId, bad);
        assertEq(rounds.memberOf(taskId, bad).weight, 1, "weight");
        assertEq(rounds.memberCount(taskId), 6, "members");
    }

    // --- the end ---

    function test_close_afterAllRoundsTheDustGoesToTheTreasury() public {
        uint256 taskId = startedTask();
        for (uint256 i = 1; i <= 4; ++i) {
            playAgreed(taskId, ballotOf(i, 2), true);
        }
        assertEq(phaseOf(taskId), Phase.Ended, "phase");
        uint256 left = view_(taskId).pool;
        rounds.close(taskId);
        assertEq(token.balanceOf(creator), 0, "every round was opened");
        assertEq(token.balanceOf(treasury), left, "dust");
        _withdrawAll(taskId);
        assertEq(token.balanceOf(address(tasks)), 0, "custody is empty to the wei");
    }

    function test_close_refundsRoundsNeverOpened() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), true);
        expectError(IAllianceRounds.TaskHasNotEnded.selector, tasks.allianceParametersOf(taskId).endsAt);
        rounds.close(taskId);
        vm.warp(block.timestamp + 31 days);
        uint256 left = view_(taskId).pool;
        assertTrue(left < BOUNTY * 3 / 4, "keeper fees came out of the pool");
        rounds.close(taskId);
        assertEq(token.balanceOf(creator), left, "three of four rounds, as far as the pool goes");
        _withdrawAll(taskId);
        assertEq(token.balanceOf(address(tasks)), 0, "custody is empty to the wei");
        vm.expectRevert(
            abi.encodeWithSelector(ITaskManager.TaskIsNotRunning.selector, taskId, TaskState.Closed)
        );
        rounds.close(taskId);
    }

    function test_close_afterTwiceThePlannedRounds() public {
        uint256 taskId = startedTask();
        for (uint256 i = 1; i <= 8; ++i) {
            draw(taskId);
            passDeadline(taskId);
            finalise(taskId, ballotOf(i, 2));
        }
        assertEq(phaseOf(taskId), Phase.Ended, "void rounds do not go on for ever");
        assertEq(view_(taskId).decided, 0, "decided");
        rounds.close(taskId);
        assertEq(token.balanceOf(creator), 0, "every round was opened");
    }

    function test_withdraw_anyoneForTheAccountOnceAfterTheClose() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), true);
        vm.warp(block.timestamp + 31 days);
        rounds.close(taskId);
        uint256 credit = rounds.memberOf(taskId, member(0)).credit;
        vm.prank(stranger);
        rounds.withdraw(taskId, member(0));
        assertEq(token.balanceOf(member(0)), credit, "paid to the member, not to the caller");
        expectError(IAllianceRounds.NothingToWithdraw.selector);
        rounds.withdraw(taskId, member(0));
    }

    function test_lifecycle_vanishedMembersCannotHoldATask() public {
        AllianceParameters memory p = parameters();
        p.plannedRounds = 1;
        uint256 taskId = openTask(p, BOUNTY);
        joinMembers(taskId, 0, 5);
        rounds.start(taskId);
        for (uint256 i = 0; i < 2; ++i) {
            draw(taskId);
            propose(taskId, EVERYONE);
            passDeadline(taskId);
            finalise(taskId, ballotOf(1, 2));
        }
        rounds.close(taskId);
        for (uint256 i = 0; i < 5; ++i) {
            vm.prank(member(i));
            rounds.leave(taskId, member(i));
            assertTrue(
                staking.allocationOf(member(i), taskId, Role.Member).holder == address(0), "stake is stuck"
            );
        }
    }

    // --- Inside ---

    /// @dev Member 0 stays away from its seat in every round until it is slashed; all others do their duty.
    function _playUntilSlashed(uint256 taskId) private returns (address bad) {
        joinMembers(taskId, 5, 1);
        bad = member(0);
        for (uint256 i = 1; rounds.memberOf(taskId, bad).state == MemberState.Active; ++i) {
            if (i > 1) draw(taskId);
            _playWithout(taskId, bad);
        }
    }

    function _playWithout(uint256 taskId, address bad) private {
        RoundView memory round = view_(taskId);
        uint256 present = EVERYONE;
        for (uint256 seat = 0; seat < 5; ++seat) {
            if (round.accounts[seat] == bad) present &= ~(1 << seat);
        }
        propose(taskId, present);
        if (phaseOf(taskId) == Phase.Propose) passDeadline(taskId);
        attest(taskId, present >> 2, view_(taskId).proposed);
        if (phaseOf(taskId) == Phase.Attest) passDeadline(taskId);
        // A vote for the current model voids the round, which still blames absentees and never ends the task early.
        Ballot memory ballot = Ballot(view_(taskId).model, 0, 0);
        Vote[] memory votes = votesFor(taskId, ballot, present >> 2, EVERYONE);
        commit(taskId, votes);
        reveal(taskId, votes);
        finalise(taskId, ballot);
    }

    function _withdrawAll(uint256 taskId) private {
        for (uint256 i = 0; i < 5; ++i) {
            rounds.withdraw(taskId, member(i));
        }
        rounds.withdraw(taskId, keeper);
    }

    function _assertMoneyIsWhole(uint256 taskId, address[] memory accounts) private view {
        uint256 owed = view_(taskId).pool + rounds.memberOf(taskId, keeper).keeperCredit;
        for (uint256 i = 0; i < accounts.length; ++i) {
            owed += rounds.memberOf(taskId, accounts[i]).credit;
        }
        assertEq(tasks.taskOf(taskId).balance, owed, "pool and credits are the balance");
        assertEq(owed, BOUNTY, "nothing came or went");
    }
}
