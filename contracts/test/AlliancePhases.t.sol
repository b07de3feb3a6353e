// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAllianceRounds, Phase, RoundView, Vote } from "../src/interfaces/IAllianceRounds.sol";
import { Ballot, RoundPlay } from "./RoundPlay.t.sol";

/// @notice Proposing, attesting, committing, revealing, and the clock between them.
contract AlliancePhasesTest is RoundPlay {
    // --- propose ---

    function test_propose_refusesOtherSeatsSecondsAndStrangers() public {
        uint256 taskId = drawnTask();
        address proposer = view_(taskId).accounts[0];
        expectNotActing(proposer, stranger);
        vm.prank(stranger);
        rounds.propose(taskId, 1, 0, bytes32(uint256(1)));
        expectError(IAllianceRounds.NoSuchSeat.selector, 2);
        rounds.propose(taskId, 1, 2, bytes32(uint256(1)));
        expectError(IAllianceRounds.CommitmentIsZero.selector);
        vm.prank(proposer);
        rounds.propose(taskId, 1, 0, 0);
        propose(taskId, 1);
        expectError(IAllianceRounds.AlreadyDone.selector, 0);
        vm.prank(proposer);
        rounds.propose(taskId, 1, 0, bytes32(uint256(1)));
    }

    function test_propose_byTheOperatorInTheRightRound() public {
        uint256 taskId = drawnTask();
        vm.prank(view_(taskId).accounts[0]);
        staking.setOperator(stranger);
        expectError(IAllianceRounds.RoundIsOver.selector, 2, 1);
        vm.prank(stranger);
        rounds.propose(taskId, 2, 0, bytes32(uint256(1)));
        vm.prank(stranger);
        rounds.propose(taskId, 1, 0, bytes32(uint256(1)));
        assertEq(view_(taskId).proposed, 1, "proposed");
    }

    function test_propose_refusedAfterTheDeadline() public {
        uint256 taskId = drawnTask();
        propose(taskId, 1);
        passDeadline(taskId);
        address late = view_(taskId).accounts[1];
        expectPhase(Phase.Propose, Phase.Attest);
        vm.prank(late);
        rounds.propose(taskId, 1, 1, bytes32(uint256(1)));
    }

    // --- the clock ---

    function test_clock_theLastMarkEndsThePhaseEarly() public {
        uint256 taskId = drawnTask();
        vm.warp(block.timestamp + 10);
        propose(taskId, EVERYONE);
        assertEq(phaseOf(taskId), Phase.Attest, "all proposed");
        assertEq(view_(taskId).endsAt, block.timestamp + 100, "the next phase starts now");
        attest(taskId, EVERYONE, 3);
        assertEq(phaseOf(taskId), Phase.Commit, "all attested");
        Vote[] memory votes = votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE);
        commit(taskId, votes);
        assertEq(phaseOf(taskId), Phase.Reveal, "all committed");
        reveal(taskId, votes);
        assertEq(phaseOf(taskId), Phase.Tally, "all revealed");
    }

    function test_clock_deadlinesFollowEachOther() public {
        uint256 taskId = drawnTask();
        uint256 endsAt = view_(taskId).endsAt;
        propose(taskId, 1);
        vm.warp(endsAt + 30);
        assertEq(phaseOf(taskId), Phase.Attest, "phase");
        assertEq(view_(taskId).endsAt, endsAt + 100, "counted from the deadline, not from the call");
    }

    function test_clock_aPhaseWithoutMarksLeadsToTheTally() public {
        uint256 taskId = drawnTask();
        passDeadline(taskId);
        assertEq(phaseOf(taskId), Phase.Tally, "nobody proposed");
        finalise(taskId, ballotOf(1, 2));
        assertEq(phaseOf(taskId), Phase.Seeded, "and the next round comes");
    }

    function test_clock_committersAreNotWaitedForWithoutAttestation() public {
        uint256 taskId = drawnTask();
        propose(taskId, EVERYONE);
        attest(taskId, 3, 3);
        passDeadline(taskId);
        commit(taskId, votesFor(taskId, ballotOf(1, 2), 3, 3));
        assertEq(phaseOf(taskId), Phase.Reveal, "both who could commit have");
    }

    // --- attest ---

    function test_attest_onlyVotersOnlyProposalsOnlyOnce() public {
        uint256 taskId = drawnTask();
        propose(taskId, 1);
        passDeadline(taskId);
        RoundView memory round = view_(taskId);
        expectError(IAllianceRounds.NoSuchSeat.selector, 0);
        vm.prank(round.accounts[0]);
        rounds.attest(taskId, 1, 0, 1);
        expectError(IAllianceRounds.AttestsAMissingProposal.selector, 3, 1);
        vm.prank(round.accounts[2]);
        rounds.attest(taskId, 1, 2, 3);
        expectNotActing(round.accounts[2], stranger);
        vm.prank(stranger);
        rounds.attest(taskId, 1, 2, 1);
        attest(taskId, 1, 1);
        expectError(IAllianceRounds.AlreadyDone.selector, 2);
        vm.prank(round.accounts[2]);
        rounds.attest(taskId, 1, 2, 1);
    }

    function test_attest_talliesStartFreshEachRound() public {
        uint256 taskId = drawnTask();
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        finalise(taskId, ballotOf(1, 2));
        draw(taskId);
        assertEq(view_(taskId).tallies, 0, "last round's tallies show");
        propose(taskId, EVERYONE);
        attest(taskId, 1, 3);
        assertEq(view_(taskId).tallies, 0x0101, "one voter of weight one for both");
    }

    // --- commit and reveal ---

    function test_commitVote_needsTheAttestation() public {
        uint256 taskId = drawnTask();
        propose(taskId, EVERYONE);
        attest(taskId, 1, 3);
        passDeadline(taskId);
        address voter = view_(taskId).accounts[3];
        expectError(IAllianceRounds.AttestFirst.selector, 3);
        vm.prank(voter);
        rounds.commitVote(taskId, 1, 3, bytes32(uint256(1)));
    }

    function test_revealVotes_byAnyoneAndOnlyOnce() public {
        uint256 taskId = drawnTask();
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        Vote[] memory votes = votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE);
        commit(taskId, votes);
        Vote[] memory first = votesFor(taskId, ballotOf(1, 2), 1, EVERYONE);
        vm.prank(stranger);
        rounds.revealVotes(taskId, 1, first);
        bytes32 entropy = rounds.entropyOf(taskId);
        vm.prank(stranger);
        rounds.revealVotes(taskId, 1, first);
        assertEq(rounds.entropyOf(taskId), entropy, "a salt counted twice");
        reveal(taskId, votes);
        assertEq(phaseOf(taskId), Phase.Tally, "the rest of the batch went in");
    }

    function test_revealVotes_refusesAnotherVote() public {
        uint256 taskId = drawnTask();
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        commit(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        Vote[] memory votes = votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE);
        votes[1].support = false;
        expectError(IAllianceRounds.RevealDoesNotMatch.selector, 3);
        rounds.revealVotes(taskId, 1, votes);
    }

    function test_revealVotes_refusesOverlappingBitmaps() public {
        uint256 taskId = drawnTask();
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        Vote[] memory votes = votesFor(taskId, Ballot(keccak256("model"), 1, 1), EVERYONE, EVERYONE);
        commit(taskId, votes);
        expectError(IAllianceRounds.HarmfulAndRewardedOverlap.selector, 2);
        rounds.revealVotes(taskId, 1, votes);
        passDeadline(taskId);
        assertEq(phaseOf(taskId), Phase.Tally, "an unrevealable vote does not hold up the round");
    }

    function test_revealVotes_needsTheCommitment() public {
        uint256 taskId = drawnTask();
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        commit(taskId, votesFor(taskId, ballotOf(1, 2), 3, EVERYONE));
        passDeadline(taskId);
        Vote[] memory votes = votesFor(taskId, ballotOf(1, 2), 4, EVERYONE);
        expectError(IAllianceRounds.CommitFirst.selector, 4);
        rounds.revealVotes(taskId, 1, votes);
    }
}
