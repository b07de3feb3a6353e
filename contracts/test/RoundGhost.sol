// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Outcome, Phase, RoundView, Vote } from "../src/interfaces/IAllianceRounds.sol";
import { Branch } from "./RoundBooks.sol";
import { Expected, SeatGhost } from "./SeatGhost.sol";

/// @notice Plays rounds and keeps its own books: who did what, what must follow, and who was paid.
abstract contract RoundGhost is SeatGhost {
    /// @dev For how many blocks a block's hash can be read.
    uint256 internal constant READABLE_BLOCKS = 256;

    /// @dev Decides who is present and how they vote in the current phase.
    uint256 internal dice;

    // --- Playing ---

    function _draw(uint256 taskId, address by) internal {
        uint256 before = rounds.memberOf(taskId, by).owed;
        vm.prank(by);
        rounds.draw(taskId);
        uint256 fee = rounds.termsOf(taskId).keeperFee;
        assertEq(rounds.memberOf(taskId, by).owed, before + fee, "the fee of a draw");
        credited[taskId][by] += fee;
        _requireAllEligible(taskId, view_(taskId).accounts);
        _freeze(taskId);
        _clearTable(taskId);
        if (modelOf[taskId] == 0) modelOf[taskId] = INITIAL_MODEL;
    }

    function _propose(uint256 taskId, RoundView memory round) internal {
        for (uint256 seat = 0; seat < round.proposers; ++seat) {
            if (_showsUp(seat)) propose(taskId, 1 << seat);
        }
    }

    /// @dev Most attest everything; one in sixteen only the first proposal.
    function _attest(uint256 taskId, RoundView memory round) internal {
        for (uint256 voter = 0; voter < round.voters; ++voter) {
            if (!_showsUp(voter)) continue;
            uint32 bitmap = round.proposed & (_moodOf(voter) == 0 ? 1 : type(uint32).max);
            attest(taskId, 1 << voter, bitmap);
            _noteAttestation(taskId, voter, bitmap);
        }
    }

    function _commit(uint256 taskId, RoundView memory round) internal {
        for (uint256 voter = 0; voter < round.voters; ++voter) {
            if (!_showsUp(voter) || !_hasAttested(taskId, voter)) continue;
            Vote memory vote = _voteOf(taskId, round, voter);
            commit(taskId, vote);
            _noteVote(taskId, voter, vote);
        }
    }

    /// @dev Now and then so late that the hash for the next draw can no longer be read.
    function _reveal(uint256 taskId, RoundView memory round) internal {
        if (view_(taskId).seedBlock != 0 && uint8(dice >> 232) < 8) _pass(0, 300);
        for (uint256 voter = 0; voter < round.voters; ++voter) {
            if (!_showsUp(voter) || (round.voterStates >> 2 * voter) & 3 != 2) continue;
            _fixSeed(taskId, round, voter);
            rounds.revealVotes(taskId, round.number, _votesOf(taskId, voter));
            _noteReveal(taskId, voter);
        }
    }

    /// @dev Moves on to where the round's first vote can be revealed.
    function _fixSeed(uint256 taskId, RoundView memory round, uint256 voter) internal {
        uint256 seedBlock = view_(taskId).seedBlock;
        if (seedBlock == 0) return;
        if (height > seedBlock + READABLE_BLOCKS) {
            rounds.revealVotes(taskId, round.number, _votesOf(taskId, voter));
            RoundView memory now_ = view_(taskId);
            assertTrue(now_.seedBlock == height + 1, "no new block was named");
            assertTrue(now_.voterStates == round.voterStates, "a vote was opened without a seed");
            seedBlock = now_.seedBlock;
            ++reached[Branch.SeedRenamed];
        }
        if (height <= seedBlock) _pass(0, seedBlock + 1 - height);
    }

    /// @dev Finalises with the ballot that won by the ghost's books, and compares the results.
    function _finalise(uint256 taskId, RoundView memory round, address by) internal {
        Expected memory expected = _expect(taskId, round);
        vm.prank(by);
        rounds.finalise(
            taskId, expected.winning.candidate, expected.winning.harmful, expected.winning.rewarded
        );
        _bookPay(taskId, round, expected);
        _bookSeats(taskId, round, expected);
        RoundView memory now_ = view_(taskId);
        bool isDecided = expected.outcome != Outcome.Void;
        assertEq(now_.decided, round.decided + (isDecided ? 1 : 0), "decided");
        if (expected.outcome == Outcome.Accepted) modelOf[taskId] = expected.winning.candidate;
        if (now_.phase == Phase.Seeded && now_.seedBlock != 0) _freeze(taskId);
        ++reached[_branchOf(expected.outcome)];
    }

    function _branchOf(Outcome outcome) private pure returns (Branch) {
        if (outcome == Outcome.Void) return Branch.Void;
        return outcome == Outcome.Accepted ? Branch.Accepted : Branch.Rejected;
    }

    // --- Who does what ---

    function _showsUp(uint256 index) private view returns (bool) {
        return (dice >> 4 * index) & 15 != 0;
    }

    function _moodOf(uint256 voter) private view returns (uint256) {
        return (dice >> 128 + 4 * voter) & 15;
    }

    /// @dev Most vote the truth of the round and its sign; some the other sign, some on another ballot.
    function _voteOf(uint256 taskId, RoundView memory round, uint256 voter)
        private
        view
        returns (Vote memory vote)
    {
        uint256 truth = dice >> 192;
        vote.seat = uint8(round.proposers + voter);
        vote.candidate = keccak256(abi.encode("model", taskId, round.number));
        if (truth % 8 == 0) vote.candidate = modelOf[taskId];
        if (_moodOf(voter) == 0) vote.candidate = keccak256("a lie");
        vote.harmful = uint32(truth >> 8) & uint32(truth >> 16) & 3;
        vote.rewarded = ~vote.harmful & 3;
        vote.support = ((truth >> 3) % 3 != 0) != (_moodOf(voter) == 1);
        vote.salt = keccak256(abi.encode(dice, voter));
    }
}
