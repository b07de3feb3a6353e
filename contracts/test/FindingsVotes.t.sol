// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAllianceRounds, Phase, RoundView, Vote } from "../src/interfaces/IAllianceRounds.sol";
import { Ballot, RoundPlay } from "./RoundPlay.t.sol";

/// @notice Copying and replaying what others put on chain (finding 42, Bittensor's weight copying, stolen models).
contract FindingsVotesTest is RoundPlay {
    struct Domain {
        uint256 chainId;
        address contract_;
        uint256 taskId;
        uint16 round;
        address account;
    }

    /// @dev Voter 1 sends voter 0's sealed vote. It cannot reveal it, and counts as absent while voter 0 is paid.
    function test_F42_ACopiedVoteCannotBeOpened() public {
        uint256 taskId = _attestedTask();
        RoundView memory round = view_(taskId);
        Ballot memory ballot = ballotOf(1, 2);
        Vote memory copied = voteOf(round, 0, ballot, true);
        _commitAs(taskId, 0, sealedVote(taskId, round, copied));
        _commitAs(taskId, 1, sealedVote(taskId, round, copied));
        commit(taskId, voteOf(round, 2, ballot, true));
        vm.roll(block.number + 3);
        copied.seat += 1;
        expectError(IAllianceRounds.RevealDoesNotMatch.selector, copied.seat);
        rounds.revealVotes(taskId, 1, _one(copied));
        reveal(taskId, votesFor(taskId, ballot, 5, 5));
        passDeadline(taskId);
        finalise(taskId, ballot);
        assertEq(staking.allocationOf(round.accounts[3], taskId).gm, 900e18, "the copier is slashed at once");
        assertEq(memberIn(taskId, 3).owed, 0, "the copier's pay");
        assertTrue(memberIn(taskId, 2).owed != 0, "the author is paid");
    }

    function test_F42_ASealedVoteOpensOnlyInItsOwnDomain() public {
        uint256 taskId = _attestedTask();
        RoundView memory round = view_(taskId);
        Vote memory vote = voteOf(round, 0, ballotOf(1, 2), true);
        Domain memory home = Domain(block.chainid, address(rounds), taskId, 1, round.accounts[2]);
        assertEq(_sealed(home, vote), sealedVote(taskId, round, vote), "the seal at home");
        _commitAs(
            taskId, 0, _sealed(Domain(block.chainid + 1, address(rounds), taskId, 1, home.account), vote)
        );
        _commitAs(
            taskId, 1, _sealed(Domain(block.chainid, address(tasks), taskId, 1, round.accounts[3]), vote)
        );
        _commitAs(
            taskId, 2, _sealed(Domain(block.chainid, address(rounds), taskId + 1, 1, round.accounts[4]), vote)
        );
        vm.roll(block.number + 3);
        for (uint8 seat = 2; seat < 5; ++seat) {
            vote.seat = seat;
            expectError(IAllianceRounds.RevealDoesNotMatch.selector, seat);
            rounds.revealVotes(taskId, 1, _one(vote));
        }
    }

    function test_F42_AVoteSealedForOneRoundDoesNotOpenInTheNext() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), true);
        draw(taskId);
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        RoundView memory round = view_(taskId);
        Vote memory vote = voteOf(round, 0, ballotOf(2, 2), true);
        Domain memory last = Domain(block.chainid, address(rounds), taskId, 1, round.accounts[2]);
        _commitAs(taskId, 0, _sealed(last, vote));
        commit(taskId, voteOf(round, 1, ballotOf(2, 2), true));
        commit(taskId, voteOf(round, 2, ballotOf(2, 2), true));
        vm.roll(block.number + 3);
        expectError(IAllianceRounds.RevealDoesNotMatch.selector, 2);
        rounds.revealVotes(taskId, 2, _one(vote));
    }

    function test_F42_EveryFieldOfAVoteIsSealed() public {
        uint256 taskId = _attestedTask();
        RoundView memory round = view_(taskId);
        commit(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        vm.roll(block.number + 3);
        for (uint256 field = 0; field < 5; ++field) {
            Vote memory vote = voteOf(round, 0, ballotOf(1, 2), true);
            if (field == 0) vote.candidate = keccak256("other");
            else if (field == 1) (vote.harmful, vote.rewarded) = (1, 2);
            else if (field == 2) vote.rewarded = 1;
            else if (field == 3) vote.support = false;
            else vote.salt = keccak256("other");
            expectError(IAllianceRounds.RevealDoesNotMatch.selector, 2);
            rounds.revealVotes(taskId, 1, _one(vote));
        }
    }

    /// @dev The chain accepts any commitment. A copied one is worthless because the account is hashed with the bytes,
    /// so the author's bytes do not match it in the copier's seat.
    function test_F42_ACopiedProposalIsBoundToItsOwner() public view {
        bytes32 digest = sha256("an update");
        Domain memory author = Domain(block.chainid, address(rounds), 1, 1, member(0));
        Domain memory copier = Domain(block.chainid, address(rounds), 1, 1, member(1));
        assertTrue(_commitment(author, digest) != _commitment(copier, digest), "one commitment, two owners");
    }

    function test_F42_NobodyProposesTwiceOrForAnAbsentSeat() public {
        uint256 taskId = drawnTask();
        address account = view_(taskId).accounts[0];
        propose(taskId, 1);
        expectError(IAllianceRounds.AlreadyDone.selector, 0);
        vm.prank(account);
        rounds.propose(taskId, 1, 0, "a second thought");
        expectError(IAllianceRounds.NoSuchSeat.selector, 2);
        vm.prank(account);
        rounds.propose(taskId, 1, 2, "a voter's seat");
    }

    function test_F39_AVoteIsNotOpenedBeforeEveryoneIsCommitted() public {
        uint256 taskId = _attestedTask();
        Vote[] memory votes = votesFor(taskId, ballotOf(1, 2), 1, 1);
        commit(taskId, votes);
        expectPhase(Phase.Reveal, Phase.Commit);
        rounds.revealVotes(taskId, 1, votes);
    }

    // --- Steps ---

    function _attestedTask() private returns (uint256 taskId) {
        taskId = drawnTask();
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
    }

    function _commitAs(uint256 taskId, uint256 voter, bytes32 sealed_) private {
        RoundView memory round = view_(taskId);
        uint256 seat = round.proposers + voter;
        vm.prank(round.accounts[seat]);
        rounds.commitVote(taskId, round.number, uint8(seat), sealed_);
    }

    function _one(Vote memory vote) private pure returns (Vote[] memory votes) {
        votes = new Vote[](1);
        votes[0] = vote;
    }

    function _sealed(Domain memory domain, Vote memory vote) private pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                abi.encode(domain),
                abi.encode(vote.candidate, vote.harmful, vote.rewarded, vote.support, vote.salt)
            )
        );
    }

    function _commitment(Domain memory domain, bytes32 digest) private pure returns (bytes32) {
        return keccak256(bytes.concat(abi.encode(domain), digest));
    }
}
