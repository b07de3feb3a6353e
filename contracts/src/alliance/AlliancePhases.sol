// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAllianceRounds, Phase, Vote } from "../interfaces/IAllianceRounds.sol";
import { Attestation } from "../libraries/Attestation.sol";
import { RoundClock, RoundState } from "../libraries/RoundClock.sol";
import { VoteMath } from "../libraries/VoteMath.sol";
import { AllianceStorage } from "./AllianceStorage.sol";

/// @title The duties of a round's seats
abstract contract AlliancePhases is AllianceStorage {
    /// @inheritdoc IAllianceRounds
    function propose(uint256 taskId, uint16 number, uint8 seat, bytes32 commitment) external {
        RoundState memory round = _openRound(taskId, number, Phase.Propose);
        require(seat < round.proposers, NoSuchSeat(seat));
        require(round.proposed & (1 << seat) == 0, AlreadyDone(seat));
        require(commitment != 0, CommitmentIsZero());
        address account = accountOf[taskId][_seatOf(taskId, seat)];
        _requireActsFor(account);
        round.proposed |= uint32(1 << seat);
        _storeAfterAct(taskId, round);
        emit Proposed(taskId, number, seat, account, commitment);
    }

    /// @inheritdoc IAllianceRounds
    function attest(uint256 taskId, uint16 number, uint8 seat, uint32 bitmap) external {
        RoundState memory round = _openRound(taskId, number, Phase.Attest);
        uint256 voter = _voterOf(round, seat);
        require(RoundClock.stateOf(round, voter) == 0, AlreadyDone(seat));
        require(bitmap & ~round.proposed == 0, AttestsAMissingProposal(bitmap, round.proposed));
        uint16 memberId = _seatOf(taskId, seat);
        _requireActsFor(accountOf[taskId][memberId]);
        // The first attestation of a round overwrites the tallies of the round before.
        uint256 tallies = round.voterStates == 0 ? 0 : _marks[taskId][0];
        _marks[taskId][0] = Attestation.add(tallies, bitmap, _members[taskId][memberId].weight());
        RoundClock.setState(round, voter, RoundClock.ATTESTED);
        _storeAfterAct(taskId, round);
        emit Attested(taskId, number, seat, bitmap);
    }

    /// @inheritdoc IAllianceRounds
    function commitVote(uint256 taskId, uint16 number, uint8 seat, bytes32 sealedVote) external {
        RoundState memory round = _openRound(taskId, number, Phase.Commit);
        uint256 voter = _voterOf(round, seat);
        uint256 state = RoundClock.stateOf(round, voter);
        require(state != 0, AttestFirst(seat));
        require(state == RoundClock.ATTESTED, AlreadyDone(seat));
        _requireActsFor(accountOf[taskId][_seatOf(taskId, seat)]);
        _sealedVotes[taskId][voter] = sealedVote;
        round.seedBlock = uint40(block.number + 1);
        RoundClock.setState(round, voter, RoundClock.COMMITTED);
        _storeAfterAct(taskId, round);
        emit VoteCommitted(taskId, number, seat, sealedVote);
    }

    /// @inheritdoc IAllianceRounds
    function revealVotes(uint256 taskId, uint16 number, Vote[] calldata votes) external {
        RoundState memory round = _openRound(taskId, number, Phase.Reveal);
        if (votes.length == 0) return;
        bytes32 entropy = entropyOf[taskId];
        if (round.ballots == 0) {
            bytes32 hash = _seedHash(taskId, round);
            if (hash == 0) return;
            entropy ^= hash;
        }
        for (uint256 i = 0; i < votes.length; ++i) {
            entropy ^= _reveal(taskId, round, votes[i]);
        }
        entropyOf[taskId] = entropy;
        _storeAfterAct(taskId, round);
    }

    /// @dev The hash that goes into the entropy with the salts. Nobody knew it when sealing a vote, and nobody can
    /// choose it by the votes. If it can no longer be read, another block is named, and votes are revealed after that
    /// one.
    /// @return hash The hash; 0 if another block was named.
    function _seedHash(uint256 taskId, RoundState memory round) private returns (bytes32 hash) {
        require(block.number > round.seedBlock, SeedIsNotReady(round.seedBlock));
        hash = blockhash(round.seedBlock);
        if (hash != 0) {
            emit SeedFixed(taskId, round.number, round.seedBlock, hash);
            return hash;
        }
        round.seedBlock = uint40(block.number + 1);
        _store(taskId, round);
        emit SeedNamed(taskId, round.number + 1, round.seedBlock);
    }

    /// @return salt The vote's part of the entropy; 0 if it was revealed already.
    function _reveal(uint256 taskId, RoundState memory round, Vote calldata vote)
        private
        returns (bytes32 salt)
    {
        uint256 voter = _voterOf(round, vote.seat);
        uint256 state = RoundClock.stateOf(round, voter);
        if (state == RoundClock.REVEALED) return 0;
        require(state == RoundClock.COMMITTED, CommitFirst(vote.seat));
        require(vote.harmful & vote.rewarded == 0, HarmfulAndRewardedOverlap(vote.seat));
        address account = accountOf[taskId][_seatOf(taskId, vote.seat)];
        bytes32 sealedVote = _sealedVote(taskId, round.number, account, vote);
        require(_sealedVotes[taskId][voter] == sealedVote, RevealDoesNotMatch(vote.seat));
        _record(taskId, round, vote);
        RoundClock.setState(round, voter, RoundClock.REVEALED);
        emit VoteRevealed(
            taskId,
            round.number,
            vote.seat,
            vote.candidate,
            vote.harmful,
            vote.rewarded,
            vote.support,
            vote.salt
        );
        return vote.salt;
    }

    /// @dev Files the vote under its ballot, or under a new one if nobody voted the same before: at most V of them.
    function _record(uint256 taskId, RoundState memory round, Vote calldata vote) private {
        bytes32 key = VoteMath.ballotKey(vote.candidate, vote.harmful, vote.rewarded);
        uint256 ballot = 0;
        while (ballot < round.ballots && _ballotKeys[taskId][ballot] != key) ++ballot;
        if (ballot == round.ballots) {
            _ballotKeys[taskId][ballot] = key;
            round.ballots += 1;
        }
        uint256 shift = MARK_BITS * (vote.seat % MARKS_PER_WORD);
        uint256 word = _marks[taskId][vote.seat / MARKS_PER_WORD] & ~(uint256(0xff) << shift);
        _marks[taskId][vote.seat / MARKS_PER_WORD] = word | ((ballot * 2 + (vote.support ? 1 : 0)) << shift);
    }

    function _sealedVote(uint256 taskId, uint16 number, address account, Vote calldata vote)
        private
        view
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                block.chainid,
                address(this),
                taskId,
                number,
                account,
                vote.candidate,
                vote.harmful,
                vote.rewarded,
                vote.support,
                vote.salt
            )
        );
    }

    function _openRound(uint256 taskId, uint16 number, Phase expected)
        private
        view
        returns (RoundState memory round)
    {
        round = _tickedRound(taskId);
        require(round.number == number, RoundIsOver(number, round.number));
        _requirePhase(round, expected);
    }

    function _voterOf(RoundState memory round, uint256 seat) private pure returns (uint256 voter) {
        require(seat >= round.proposers && seat < uint256(round.proposers) + round.voters, NoSuchSeat(seat));
        return seat - round.proposers;
    }
}
