// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { Outcome } from "../interfaces/IAllianceRounds.sol";
import { Attestation } from "../libraries/Attestation.sol";
import { MemberWord, MemberWords } from "../libraries/MemberWord.sol";
import { RewardMath } from "../libraries/RewardMath.sol";
import { RoundClock, RoundState } from "../libraries/RoundClock.sol";
import { StrikeMath } from "../libraries/StrikeMath.sol";
import { VoteMath } from "../libraries/VoteMath.sol";
import { AllianceStorage } from "./AllianceStorage.sol";
import { ConfigWord } from "./ConfigWord.sol";
import { Pot } from "./Packing.sol";

/// @notice A round on its way through `finalise`. `present` (proposed or revealed), `struck`, `judged` and `paid` are
/// bitmaps by seat, `voterStates` is as in RoundState; `all` is the seats' words combined with `or`.
struct RoundResult {
    uint256 proposers;
    uint256 voters;
    MemberWord[] words;
    MemberWord all;
    uint256[] sides;
    uint256 present;
    uint256 voterStates;
    uint256 proposersWeight;
    uint256 absentProposersWeight;
    uint256 drawnWeight;
    uint256 revealedWeight;
    bool isOutage;
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
/// @dev A side is a ballot with a sign, ballot · 2 + supports. In `sides` it is a word: the seats on it << 16 | their
/// weight. Unchecked throughout: 63 voters of weight 4 and 95 seats cannot overflow a word.
abstract contract AllianceJudgement is AllianceStorage {
    using MemberWords for MemberWord[];

    uint256 private constant MARK = 0xff;
    /// @dev In the word of a side, the weight is in these low bits and the seats are above.
    uint256 private constant WEIGHT_BITS = 16;
    /// @dev For how many rounds in a row an outage excuses absence.
    uint256 private constant FREE_OUTAGES = 2;

    /// @dev Reads every seat once, sums the weights, and sorts the voters by side.
    function _gather(uint256 taskId, RoundState memory round, RoundResult memory s) internal view {
        (s.proposers, s.voters, s.present) = (round.proposers, round.voters, round.proposed);
        s.voterStates = round.voterStates;
        s.words = new MemberWord[](s.proposers + s.voters);
        s.sides = new uint256[](2 * uint256(round.ballots));
        _loadWords(taskId, s);
        _gatherProposers(s);
        uint256 attesting = _gatherVoters(taskId, round.voterStates, s);
        if (attesting != 0) {
            s.attested = Attestation.attestedSet(_talliesOf(taskId, s.proposers), attesting);
        }
    }

    function _loadWords(uint256 taskId, RoundResult memory s) private view {
        unchecked {
            mapping(uint256 => MemberWord) storage members = _members[taskId];
            mapping(uint256 => uint256) storage seatWords = _seats[taskId];
            MemberWord[] memory words = s.words;
            (uint256 ids, uint256 seats) = (0, words.length);
            MemberWord all;
            for (uint256 seat = 0; seat < seats; ++seat) {
                if (seat % SEATS_PER_WORD == 0) ids = seatWords[seat / SEATS_PER_WORD];
                MemberWord word = members[uint16(ids)];
                words.set(seat, word);
                all = all.or(word);
                ids >>= ID_BITS;
            }
            s.all = all;
        }
    }

    function _gatherProposers(RoundResult memory s) private pure {
        unchecked {
            (MemberWord[] memory words, uint256 proposers, uint256 proposed) =
                (s.words, s.proposers, s.present);
            (uint256 drawn, uint256 absent) = (0, 0);
            for (uint256 seat = 0; seat < proposers; ++seat) {
                uint256 weight = words.at(seat).weight();
                drawn += weight;
                if (proposed >> seat & 1 == 0) absent += weight;
            }
            (s.proposersWeight, s.absentProposersWeight) = (drawn, absent);
        }
    }

    /// @return attesting The weight of the voters that attested.
    function _gatherVoters(uint256 taskId, uint256 states, RoundResult memory s)
        private
        view
        returns (uint256 attesting)
    {
        unchecked {
            (MemberWord[] memory words, uint256[] memory sides) = (s.words, s.sides);
            (uint256 seat, uint256 seats, uint256 present, uint256 drawn) =
                (s.proposers, words.length, s.present, 0);
            mapping(uint256 => uint256) storage markWords = _marks[taskId];
            uint256 marks = markWords[seat / MARKS_PER_WORD] >> MARK_BITS * (seat % MARKS_PER_WORD);
            for (; seat < seats; ++seat) {
                if (seat % MARKS_PER_WORD == 0) marks = markWords[seat / MARKS_PER_WORD];
                uint256 weight = words.at(seat).weight();
                drawn += weight;
                if (states & RoundClock.STATE != 0) attesting += weight;
                if (states & RoundClock.STATE == RoundClock.REVEALED) {
                    present |= 1 << seat;
                    sides[marks & MARK] += weight | 1 << seat + WEIGHT_BITS;
                }
                states >>= RoundClock.STATE_BITS;
                marks >>= MARK_BITS;
            }
            (s.present, s.drawnWeight) = (present, drawn);
        }
    }

    /// @dev The caller's arguments must be the preimage of the winning ballot; without a winner they are ignored.
    function _decide(uint256 taskId, RoundResult memory s, bytes32 candidate, uint32 harmful, uint32 rewarded)
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

    /// @dev The weight on each ballot; also sums up the revealed weight.
    function _ballotWeights(RoundResult memory s) private pure returns (uint256[] memory weights) {
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
    /// @param outages How many rounds in a row before this one had an outage.
    function _judge(RoundResult memory s, uint256 outages) internal pure {
        unchecked {
            s.isOutage = VoteMath.isOutage(s.absentProposersWeight, s.proposersWeight)
                || VoteMath.isOutage(s.drawnWeight - s.revealedWeight, s.drawnWeight);
            if (!s.isOutage || outages >= FREE_OUTAGES) {
                s.judged = s.struck = ~s.present & ((1 << s.proposers + s.voters) - 1);
            }
            if (s.outcome == Outcome.Void) return;
            s.judged |= s.present;
            _judgeProposers(s);
            _judgeVoters(s);
        }
    }

    function _judgeProposers(RoundResult memory s) private pure {
        uint256 proposed = s.present & ((1 << s.proposers) - 1);
        s.struck |= proposed & ~s.attested;
        if (s.outcome != Outcome.Accepted) return;
        s.struck |= s.harmful;
        s.paid = s.rewarded & ~s.harmful;
    }

    function _judgeVoters(RoundResult memory s) private pure {
        s.paid |= s.sides[s.winningSide] >> WEIGHT_BITS;
        for (uint256 i = 0; i < s.sides.length; ++i) {
            uint256 side = s.sides[i];
            bool prevailed = i == s.winningSide;
            if (VoteMath.isAgainst(uint16(side), s.revealedWeight, prevailed)) {
                s.struck |= side >> WEIGHT_BITS;
            }
        }
    }

    /// @dev Sets the units of pay and takes the pay from the pool; updates the running frequency and the outage count.
    function _price(RoundResult memory s, Pot memory pot, ConfigWord config) internal pure {
        unchecked {
            if (s.isOutage) pot.outages = uint8(Math.min(pot.outages + 1, type(uint8).max));
            if (s.outcome == Outcome.Void) return;
            if (!s.isOutage) pot.outages = 0;
            uint256 proposerWeight = _paidProposerWeight(s);
            uint256 voterWeight = uint16(s.sides[s.winningSide]);
            (s.proposerUnit, s.voterUnit) = RewardMath.units(
                pot.pool,
                config.planned() - pot.decided,
                s.outcome,
                pot.acceptSixteenths,
                proposerWeight,
                voterWeight
            );
            pot.acceptSixteenths = uint8(RewardMath.nextSixteenths(pot.acceptSixteenths, s.outcome));
            pot.decided += 1;
            // RewardMath never pays more than the pool, which fits 96 bits.
            pot.pool -= uint96(s.proposerUnit * proposerWeight + s.voterUnit * voterWeight);
        }
    }

    function _paidProposerWeight(RoundResult memory s) private pure returns (uint256 weight) {
        unchecked {
            uint256 paid = s.paid & ((1 << s.proposers) - 1);
            for (uint256 seat = 0; paid != 0; ++seat) {
                if (paid & 1 != 0) weight += s.words.at(seat).weight();
                paid >>= 1;
            }
        }
    }
}
