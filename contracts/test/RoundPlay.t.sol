// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { RoundView, Vote } from "../src/interfaces/IAllianceRounds.sol";
import { Base } from "./Base.t.sol";

/// @notice The ballot that everybody votes for in a round.
struct Ballot {
    bytes32 candidate;
    uint32 harmful;
    uint32 rewarded;
}

/// @notice Plays the phases of a round. Masks are by seat within the role: proposer 0 and voter 0 are bit 0.
abstract contract RoundPlay is Base {
    uint256 internal constant EVERYONE = type(uint256).max;

    function propose(uint256 taskId, uint256 mask) internal {
        RoundView memory round = view_(taskId);
        for (uint256 seat = 0; seat < round.proposers; ++seat) {
            if (mask & (1 << seat) == 0) continue;
            vm.prank(round.accounts[seat]);
            rounds.propose(taskId, round.number, uint8(seat), commitmentOf(round.number, seat));
        }
    }

    function attest(uint256 taskId, uint256 mask, uint32 bitmap) internal {
        RoundView memory round = view_(taskId);
        for (uint256 voter = 0; voter < round.voters; ++voter) {
            uint256 seat = round.proposers + voter;
            if (mask & (1 << voter) == 0) continue;
            vm.prank(round.accounts[seat]);
            rounds.attest(taskId, round.number, uint8(seat), bitmap);
        }
    }

    function commit(uint256 taskId, Vote memory vote) internal {
        RoundView memory round = view_(taskId);
        vm.prank(round.accounts[vote.seat]);
        rounds.commitVote(taskId, round.number, vote.seat, sealedVote(taskId, round, vote));
    }

    function commit(uint256 taskId, Vote[] memory votes) internal {
        for (uint256 i = 0; i < votes.length; ++i) {
            commit(taskId, votes[i]);
        }
    }

    /// @dev Rolls past the block that the last sealed vote named, on whose hash the next draw depends.
    function reveal(uint256 taskId, Vote[] memory votes) internal {
        vm.roll(block.number + 3);
        rounds.revealVotes(taskId, view_(taskId).number, votes);
    }

    /// @dev The votes of the voters in `mask`, each with a salt of its own; those in `supporters` support.
    function votesFor(uint256 taskId, Ballot memory ballot, uint256 mask, uint256 supporters)
        internal
        view
        returns (Vote[] memory votes)
    {
        RoundView memory round = view_(taskId);
        votes = new Vote[](_countBits(mask & ((1 << round.voters) - 1)));
        uint256 next;
        for (uint256 voter = 0; voter < round.voters; ++voter) {
            if (mask & (1 << voter) == 0) continue;
            votes[next++] = voteOf(round, voter, ballot, supporters & (1 << voter) != 0);
        }
    }

    function voteOf(RoundView memory round, uint256 voter, Ballot memory ballot, bool support)
        internal
        pure
        returns (Vote memory)
    {
        return Vote({
            seat: uint8(round.proposers + voter),
            candidate: ballot.candidate,
            harmful: ballot.harmful,
            rewarded: ballot.rewarded,
            support: support,
            salt: keccak256(abi.encode("salt", round.number, voter))
        });
    }

    function sealedVote(uint256 taskId, RoundView memory round, Vote memory vote)
        internal
        view
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                block.chainid,
                address(rounds),
                taskId,
                round.number,
                round.accounts[vote.seat],
                vote.candidate,
                vote.harmful,
                vote.rewarded,
                vote.support,
                vote.salt
            )
        );
    }

    function commitmentOf(uint256 round, uint256 seat) internal pure returns (bytes32) {
        return keccak256(abi.encode("update", round, seat));
    }

    function finalise(uint256 taskId, Ballot memory ballot) internal {
        vm.prank(keeper);
        rounds.finalise(taskId, ballot.candidate, ballot.harmful, ballot.rewarded);
    }

    /// @dev From Propose to Tally: all propose, all attest to all, `votes` are committed and revealed.
    function playTo(uint256 taskId, Vote[] memory votes) internal {
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, view_(taskId).proposed);
        commit(taskId, votes);
        if (votes.length < view_(taskId).voters) passDeadline(taskId);
        if (votes.length > 0) reveal(taskId, votes);
    }

    /// @dev A whole round in which everybody does their duty and agrees.
    function playAgreed(uint256 taskId, Ballot memory ballot, bool accepted) internal {
        draw(taskId);
        playTo(taskId, votesFor(taskId, ballot, EVERYONE, accepted ? EVERYONE : 0));
        finalise(taskId, ballot);
    }

    /// @dev A candidate of its own for every round, all proposals rewarded, none harmful.
    function ballotOf(uint256 round, uint256 proposers) internal pure returns (Ballot memory) {
        return Ballot(keccak256(abi.encode("model", round)), 0, uint32((1 << proposers) - 1));
    }

    function _countBits(uint256 bits) internal pure returns (uint256 total) {
        for (; bits != 0; bits &= bits - 1) {
            ++total;
        }
    }
}
