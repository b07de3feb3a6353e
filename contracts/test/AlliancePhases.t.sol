// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAllianceRounds, Phase, RoundView, Vote } from "../src/interfaces/IAllianceRounds.sol";
import { Ballot, RoundPlay } from "./RoundPlay.t.sol";

/// @notice Proposing, attesting, committing, revealing, the clock between them, and the seed that results.
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
        (uint256 taskId, Vote[] memory votes) = _sealed();
        vm.roll(block.number + 2);
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
        (uint256 taskId, Vote[] memory votes) = _sealed();
        vm.roll(block.number + 2);
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
        vm.roll(block.number + 2);
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
        vm.roll(block.number + 2);
        Vote[] memory votes = votesFor(taskId, ballotOf(1, 2), 4, EVERYONE);
        expectError(IAllianceRounds.CommitFirst.selector, 4);
        rounds.revealVotes(taskId, 1, votes);
    }

    // --- the seed ---

    function test_seed_eachSealedVoteNamesTheBlockAfterIt() public {
        uint256 taskId = drawnTask();
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        assertEq(view_(taskId).seedBlock, 0, "no vote is sealed");
        Vote[] memory votes = votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE);
        for (uint256 i = 0; i < 3; ++i) {
            vm.roll(2_000 + 10 * i);
            commit(taskId, votes[i]);
            assertEq(view_(taskId).seedBlock, 2_001 + 10 * i, "the block after the last");
        }
        assertEq(phaseOf(taskId), Phase.Reveal, "all are sealed");
        reveal(taskId, votes);
        assertEq(view_(taskId).seedBlock, 0, "its hash is in the entropy");
    }

    function test_seed_noVoteIsOpenedBeforeItsBlockIsOver() public {
        (uint256 taskId, Vote[] memory votes) = _sealed();
        uint256 seedBlock = view_(taskId).seedBlock;
        assertEq(seedBlock, block.number + 1, "to come");
        for (uint256 i = 0; i < 2; ++i) {
            vm.roll(seedBlock - 1 + i);
            expectError(IAllianceRounds.SeedIsNotReady.selector, seedBlock);
            rounds.revealVotes(taskId, 1, votes);
        }
        vm.roll(seedBlock + 1);
        rounds.revealVotes(taskId, 1, votes);
        assertEq(phaseOf(taskId), Phase.Tally, "all are open");
    }

    function test_seed_isTheBlocksHashAndEverySalt() public {
        (uint256 taskId, Vote[] memory votes) = _sealed();
        uint256 seedBlock = view_(taskId).seedBlock;
        vm.roll(seedBlock + 1);
        bytes32 hash = blockhash(seedBlock);
        assertTrue(hash != 0, "a hash");
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.SeedFixed(taskId, 1, seedBlock, hash);
        rounds.revealVotes(taskId, 1, votesFor(taskId, ballotOf(1, 2), 1, EVERYONE));
        assertEq(rounds.entropyOf(taskId), hash ^ votes[0].salt, "hash and the first salt");
        // By now the hash can no longer be read, but it is not needed again.
        vm.roll(seedBlock + 1_000);
        rounds.revealVotes(taskId, 1, votes);
        bytes32 expected = hash ^ votes[0].salt ^ votes[1].salt ^ votes[2].salt;
        assertEq(rounds.entropyOf(taskId), expected, "hash and every salt");
    }

    function test_seed_entropyGathersFromRoundToRound() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), true);
        bytes32 before = rounds.entropyOf(taskId);
        draw(taskId);
        Vote[] memory votes = votesFor(taskId, ballotOf(2, 2), EVERYONE, EVERYONE);
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        commit(taskId, votes);
        uint256 seedBlock = view_(taskId).seedBlock;
        vm.roll(seedBlock + 1);
        bytes32 hash = blockhash(seedBlock);
        rounds.revealVotes(taskId, 2, votes);
        bytes32 expected = before ^ hash ^ votes[0].salt ^ votes[1].salt ^ votes[2].salt;
        assertEq(rounds.entropyOf(taskId), expected, "upon what was there");
    }

    function test_seed_aForgottenHashNamesANewBlockAndOpensNothing() public {
        (uint256 taskId, Vote[] memory votes) = _sealed();
        uint256 forgotten = view_(taskId).seedBlock + 257;
        vm.roll(forgotten);
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.SeedNamed(taskId, 2, forgotten + 1);
        rounds.revealVotes(taskId, 1, votes);
        assertEq(view_(taskId).seedBlock, forgotten + 1, "a new block");
        assertEq(view_(taskId).voterStates, 42, "every vote is still sealed");
        assertEq(rounds.entropyOf(taskId), 0, "nothing is known yet");
        expectError(IAllianceRounds.SeedIsNotReady.selector, forgotten + 1);
        rounds.revealVotes(taskId, 1, votes);
        vm.roll(forgotten + 2);
        rounds.revealVotes(taskId, 1, votes);
        assertEq(phaseOf(taskId), Phase.Tally, "and then they are opened");
    }

    function test_seed_aReadableHashIsNeverExchanged() public {
        (uint256 taskId, Vote[] memory votes) = _sealed();
        uint256 seedBlock = view_(taskId).seedBlock;
        vm.roll(seedBlock + 256);
        bytes32 hash = blockhash(seedBlock);
        assertTrue(hash != 0, "the last block that can read it");
        rounds.revealVotes(taskId, 1, votes);
        bytes32 expected = hash ^ votes[0].salt ^ votes[1].salt ^ votes[2].salt;
        assertEq(rounds.entropyOf(taskId), expected, "that of the block that was named");
    }

    /// @dev Otherwise a second call would cancel the hash out.
    function test_seed_aCallWithoutVotesDoesNothing() public {
        (uint256 taskId,) = _sealed();
        uint256 seedBlock = view_(taskId).seedBlock;
        uint256[2] memory blocks = [seedBlock + 1, seedBlock + 300];
        for (uint256 i = 0; i < 2; ++i) {
            vm.roll(blocks[i]);
            rounds.revealVotes(taskId, 1, new Vote[](0));
            assertEq(rounds.entropyOf(taskId), 0, "entropy");
            assertEq(view_(taskId).seedBlock, seedBlock, "seed block");
        }
    }

    // --- the next draw ---

    function test_nextDraw_atOnceIfEveryVoteWasOpened() public {
        (uint256 taskId, Vote[] memory votes) = _sealed();
        reveal(taskId, votes);
        finalise(taskId, ballotOf(1, 2));
        assertEq(phaseOf(taskId), Phase.Seeded, "phase");
        assertEq(view_(taskId).seedBlock, 0, "no block to wait for");
        rounds.draw(taskId);
        assertEq(view_(taskId).number, 2, "in the very same block");
    }

    function test_nextDraw_atOnceThoughSomeNeverSealedAVote() public {
        uint256 taskId = drawnTask();
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        Vote[] memory votes = votesFor(taskId, ballotOf(1, 2), 3, EVERYONE);
        commit(taskId, votes);
        passDeadline(taskId);
        reveal(taskId, votes);
        finalise(taskId, ballotOf(1, 2));
        assertEq(view_(taskId).seedBlock, 0, "whoever sealed has opened");
        rounds.draw(taskId);
    }

    /// @dev A voter that keeps a vote back to choose the next draw gets one that nobody can predict.
    function test_nextDraw_ofANewBlockIfAVoteWasKeptBack() public {
        (uint256 taskId,) = _sealed();
        joinMembers(taskId, 5, 1);
        reveal(taskId, votesFor(taskId, ballotOf(1, 2), 3, EVERYONE));
        _assertANewBlockIsNamed(taskId);
    }

    function test_nextDraw_ofANewBlockIfNoVoteWasOpened() public {
        (uint256 taskId,) = _sealed();
        _assertANewBlockIsNamed(taskId);
    }

    // --- Inside ---

    /// @dev The first round, every vote sealed for ballot 1.
    function _sealed() private returns (uint256 taskId, Vote[] memory votes) {
        taskId = drawnTask();
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        votes = votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE);
        commit(taskId, votes);
    }

    function _assertANewBlockIsNamed(uint256 taskId) private {
        passDeadline(taskId);
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.SeedNamed(taskId, 2, block.number + 2);
        finalise(taskId, ballotOf(1, 2));
        uint256 seedBlock = view_(taskId).seedBlock;
        assertEq(seedBlock, block.number + 2, "a block to come");
        expectError(IAllianceRounds.SeedIsNotReady.selector, seedBlock);
        rounds.draw(taskId);
        draw(taskId);
        assertEq(view_(taskId).number, 2, "drawn");
    }
}
