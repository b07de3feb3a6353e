// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Outcome } from "../interfaces/IAllianceRounds.sol";
import { Attestation } from "../libraries/Attestation.sol";
import { MemberWord, MemberWords } from "../libraries/MemberWord.sol";
import { RewardMath } from "../libraries/RewardMath.sol";
import { RoundClock, RoundState } from "../libraries/RoundClock.sol";
import { StrikeMath } from "../libraries/StrikeMath.sol";
import { VoteMath } from "../libraries/VoteMath.sol";
import { AllianceStorage, Config } from "./AllianceStorage.sol";
import { Pot } from "./Packing.sol";

/// @notice A round on its way through `finalise`. `present` (proposed or revealed), `struck`, `judged` and `paid` are
/// bitmaps by seat.
struct Settlement {
    uint256 proposers;
    uint256 voters;
    MemberWord[] words;
    uint256[] sides;
    uint256 present;
    uint256 drawnWeight;
    uint256 revealedWeight;
    uint256 attested;
    Outcome outcome;
    uint256 winningSide;
    bytes32 candidate;
    uint256 harmful;
    uint256 rewarded;
    uint256 struck;
    uint256 judged;
    uint256 paid;
    uint256 proposerUnit;
    uint256 voterUnit;
}

/// @title What a round's marks mean: reads, never writes
/// @dev A side is a ballot with a sign, ballot · 2 + supports, and in `sides` a word: the seats on it << 16 | their
/// weight. Unchecked throughout: 63 voters of weight 4 and 95 seats stay far below any word.
abstract contract AllianceJudgement is AllianceStorage {
    using MemberWords for MemberWord[];

    /// @dev Reads every seat once, sums the weights, and sorts the voters by side.
    function _gather(uint256 taskId, RoundState memory round, Settlement memory s) internal view {
        unchecked {
            uint256 proposers = round.proposers;
            MemberWord[] memory words = new MemberWord[](proposers + round.voters);
            (s.proposers, s.voters, s.words) = (proposers, round.voters, words);
            s.sides = new uint256[](2 * uint256(round.ballots));
            mapping(uint256 => MemberWord) storage members = _members[taskId];
            (uint256 ids, uint256 marks, uint256 states) = (0, 0, round.voterStates);
            (uint256 present, uint256 drawn, uint256 attesting) = (round.proposed, 0, 0);
            uint256 seats = words.length;
            for (uint256 seat = 0; seat < seats; ++seat) {
                if (seat % SEATS_PER_WORD == 0) ids = _seats[taskId][seat / SEATS_PER_WORD];
                if (seat % MARKS_PER_WORD == 0) marks = _marks[taskId][seat / MARKS_PER_WORD];
                MemberWord word = members[uint16(ids)];
                words.set(seat, word);
                if (seat >= proposers) {
                    uint256 weight = word.weight();
                    drawn += weight;
                    if (states & 3 != 0) attesting += weight;
                    if (states & 3 == RoundClock.REVEALED) {
                        present |= 1 << seat;
                        s.sides[marks & 0xff] += weight | 1 << seat + 16;
                    }
                    states >>= 2;
                }
                ids >>= 16;
                marks >>= 8;
            }
            (s.present, s.drawnWeight) = (present, drawn);
            if (attesting != 0) {
                s.attested = Attestation.attestedSet(_talliesOf(taskId, proposers), attesting);
            }
        }
    }

    /// @dev The caller's arguments only spell out the winning ballot; without a winner they are ignored.
    function _decide(uint256 taskId, Settlement memory s, bytes32 candidate, uint32 harmful, uint32 rewarded)
        internal
        view
    {
        uint256 winner = VoteMath.winner(_ballotWeights(s), s.revealedWeight, s.drawnWeight);
        if (winner == VoteMath.NO_WINNER) return;
        bytes32 key = VoteMath.ballotKey(candidate, harmful, rewarded);
        require(_ballotKeys[taskId][winner] == key, WrongPreimage());
        s.candidate = candidate;
        s.harmful = harmful & s.attested;
        s.rewarded = rewarded & s.attested;
        if (candidate == 0 || candidate == _models[taskId]) return;
        unchecked {
            s.outcome = VoteMath.outcome(uint16(s.sides[2 * winner + 1]), uint16(s.sides[2 * winner]));
            s.winningSide = 2 * winner + (s.outcome == Outcome.Accepted ? 1 : 0);
        }
    }

    /// @dev The weight on each ballot; sums the revealed weight on the way.
    function _ballotWeights(Settlement memory s) private pure returns (uint256[] memory weights) {
        unchecked {
            weights = new uint256[](s.sides.length / 2);
            for (uint256 i = 0; i < weights.length; ++i) {
                uint256 weight = uint256(uint16(s.sides[2 * i])) + uint16(s.sides[2 * i + 1]);
                weights[i] = weight;
                s.revealedWeight += weight;
            }
        }
    }

    /// @dev Sets who is judged, who is struck, and who shares in the pay.
    function _judge(Settlement memory s) internal pure {
        unchecked {
            uint256 absent = ~s.present & ((1 << s.proposers + s.voters) - 1);
            if (absent != 0 && !_isOutage(s, absent)) s.judged = s.struck = absent;
            if (s.outcome == Outcome.Void) return;
            s.judged |= s.present;
            _judgeProposers(s);
            _judgeVoters(s);
        }
    }

    /// @dev Whether more than half of either role stayed away.
    function _isOutage(Settlement memory s, uint256 absent) private pure returns (bool) {
        uint256 absentProposers = StrikeMath.count(absent & ((1 << s.proposers) - 1));
        return VoteMath.isOutage(absentProposers, s.proposers)
            || VoteMath.isOutage(StrikeMath.count(absent >> s.proposers), s.voters);
    }

    function _judgeProposers(Settlement memory s) private pure {
        uint256 proposed = s.present & ((1 << s.proposers) - 1);
        s.struck |= proposed & ~s.attested;
        if (s.outcome != Outcome.Accepted) return;
        s.struck |= s.harmful;
        s.paid = s.rewarded & ~s.harmful;
    }

    function _judgeVoters(Settlement memory s) private pure {
        s.paid |= s.sides[s.winningSide] >> 16;
        for (uint256 i = 0; i < s.sides.length; ++i) {
            uint256 side = s.sides[i];
            bool prevailed = i == s.winningSide;
            if (VoteMath.isAgainst(uint16(side), s.revealedWeight, prevailed)) s.struck |= side >> 16;
        }
    }

    /// @dev Sets the units of pay and takes them from the pool; moves the running frequency.
    function _price(Settlement memory s, Pot memory pot, Config memory config) internal pure {
        unchecked {
            if (s.outcome == Outcome.Void) return;
            uint256 proposerWeight = _paidProposerWeight(s);
            uint256 voterWeight = uint16(s.sides[s.winningSide]);
            (s.proposerUnit, s.voterUnit) = RewardMath.units(
                pot.pool,
                config.planned - pot.decided,
                s.outcome,
                pot.acceptSixteenths,
                proposerWeight,
                voterWeight
            );
            pot.acceptSixteenths = uint8(RewardMath.nextSixteenths(pot.acceptSixteenths, s.outcome));
            pot.decided += 1;
            // RewardMath never gives out more than the pool, which keeps this within 96 bits.
            pot.pool -= uint96(s.proposerUnit * proposerWeight + s.voterUnit * voterWeight);
        }
    }

    function _paidProposerWeight(Settlement memory s) private pure returns (uint256 weight) {
        unchecked {
            uint256 paid = s.paid & ((1 << s.proposers) - 1);
            for (uint256 seat = 0; paid != 0; ++seat) {
                if (paid & 1 != 0) weight += s.words.at(seat).weight();
                paid >>= 1;
            }
        }
    }
}
