// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ConfigWord, ConfigWords } from "../src/alliance/ConfigWord.sol";
import { Packing, Pot } from "../src/alliance/Packing.sol";
import { AllianceTerms, MemberState, Outcome } from "../src/interfaces/IAllianceRounds.sol";
import { Attestation } from "../src/libraries/Attestation.sol";
import { LockMath } from "../src/libraries/LockMath.sol";
import { MemberWord } from "../src/libraries/MemberWord.sol";
import { PoolMath } from "../src/libraries/PoolMath.sol";
import { RewardMath } from "../src/libraries/RewardMath.sol";
import { Durations, RoundClock, RoundState } from "../src/libraries/RoundClock.sol";
import { Sortition } from "../src/libraries/Sortition.sol";
import { StrikeMath } from "../src/libraries/StrikeMath.sol";
import { VoteMath } from "../src/libraries/VoteMath.sol";

/// @notice All fields of a member's word.
struct MemberFields {
    uint96 credit;
    uint96 stake;
    uint16 strikes;
    uint8 weight;
    uint8 state;
    uint16 position;
    uint16 id;
    uint16 retainedUntil;
}

/// @notice Exposes every rule of the libraries: to vectors and fuzz tests here, and to the Python twin, which deploys
/// it on Anvil and compares the results.
contract Harness {
    // --- LockMath ---

    function gmFor(uint256 amount, uint256 secondsLocked) external pure returns (uint256) {
        return LockMath.gmFor(amount, secondsLocked);
    }

    function flockDown(uint256 flock, uint256 gm, uint256 gmTotal) external pure returns (uint256) {
        return LockMath.flockDown(flock, gm, gmTotal);
    }

    function flockUp(uint256 flock, uint256 gm, uint256 gmTotal) external pure returns (uint256) {
        return LockMath.flockUp(flock, gm, gmTotal);
    }

    // --- PoolMath ---

    function current(uint256 amount, uint256 factorNow, uint256 factorThen) external pure returns (uint256) {
        return PoolMath.current(amount, factorNow, factorThen);
    }

    function atStake(uint256 delegated, uint256 own, uint256 ratio) external pure returns (uint256) {
        return PoolMath.atStake(delegated, own, ratio);
    }

    function split(uint256 own, uint256 ownAtLeast, uint256 delegated, uint256 ratio, uint256 slashBps)
        external
        pure
        returns (uint256 fromOwn, uint256 fromPool)
    {
        return PoolMath.split(own, ownAtLeast, delegated, ratio, slashBps);
    }

    function factorAfter(uint256 factor, uint256 taken, uint256 gm) external pure returns (uint256) {
        return PoolMath.factorAfter(factor, taken, gm);
    }

    // --- Sortition ---

    function draw(bytes32 seed, uint256 members, uint256 count) external pure returns (uint256[] memory) {
        return Sortition.draw(seed, members, count);
    }

    // --- Attestation ---

    function addTally(uint256 tallies, uint256 bitmap, uint256 weight) external pure returns (uint256) {
        return Attestation.add(tallies, bitmap, weight);
    }

    function attestedSet(uint256 tallies, uint256 attestingWeight) external pure returns (uint256) {
        return Attestation.attestedSet(tallies, attestingWeight);
    }

    // --- VoteMath ---

    function ballotKey(bytes32 candidate, uint32 harmful, uint32 rewarded) external pure returns (bytes32) {
        return VoteMath.ballotKey(candidate, harmful, rewarded);
    }

    function winner(uint256[] memory ballotWeights, uint256 revealedWeight, uint256 drawnWeight)
        external
        pure
        returns (uint256)
    {
        return VoteMath.winner(ballotWeights, revealedWeight, drawnWeight);
    }

    function outcome(uint256 supporting, uint256 opposing) external pure returns (Outcome) {
        return VoteMath.outcome(supporting, opposing);
    }

    function isAgainst(uint256 agreeingWeight, uint256 revealedWeight, bool prevailed)
        external
        pure
        returns (bool)
    {
        return VoteMath.isAgainst(agreeingWeight, revealedWeight, prevailed);
    }

    function isOutage(uint256 absentWeight, uint256 weight) external pure returns (bool) {
        return VoteMath.isOutage(absentWeight, weight);
    }

    // --- StrikeMath ---

    function record(uint256 strikes, bool bad, uint256 window, uint256 limit)
        external
        pure
        returns (uint256 next, bool due)
    {
        return StrikeMath.record(strikes, bad, window, limit);
    }

    function weightOf(uint256 stake, uint256 minimum) external pure returns (uint256) {
        return StrikeMath.weightOf(stake, minimum);
    }

    // --- RewardMath ---

    function units(
        uint256 pool,
        uint256 roundsLeft,
        Outcome outcome_,
        uint256 acceptSixteenths,
        uint256 proposerWeight,
        uint256 voterWeight
    ) external pure returns (uint256 proposerUnit, uint256 voterUnit) {
        return RewardMath.units(pool, roundsLeft, outcome_, acceptSixteenths, proposerWeight, voterWeight);
    }

    function nextSixteenths(uint256 acceptSixteenths, Outcome outcome_) external pure returns (uint256) {
        return RewardMath.nextSixteenths(acceptSixteenths, outcome_);
    }

    function refund(uint256 bounty, uint256 planned, uint256 decided, uint256 left)
        external
        pure
        returns (uint256)
    {
        return RewardMath.refund(bounty, planned, decided, left);
    }

    // --- RoundClock ---

    function tick(RoundState memory round, Durations memory durations, uint256 time)
        external
        pure
        returns (RoundState memory)
    {
        RoundClock.tick(round, durations, time);
        return round;
    }

    function advanceIfComplete(RoundState memory round, Durations memory durations, uint256 time)
        external
        pure
        returns (RoundState memory)
    {
        RoundClock.advanceIfComplete(round, durations, time);
        return round;
    }

    function isComplete(RoundState memory round) external pure returns (bool) {
        return RoundClock.isComplete(round);
    }

    function areAllOpen(RoundState memory round) external pure returns (bool) {
        return RoundClock.areAllOpen(round);
    }

    // --- Words: what is written is read back, field by field ---

    function keptRound(RoundState memory round) external view returns (RoundState memory) {
        return Packing.unpack(Packing.pack(round));
    }

    function keptPot(Pot memory pot) external pure returns (Pot memory) {
        return Packing.unpack(Packing.pack(pot));
    }

    /// @dev The terms that rounds read; the rest stays zero.
    function keptTerms(AllianceTerms memory terms) external pure returns (AllianceTerms memory kept) {
        ConfigWord word = ConfigWords.fromTerms(terms);
        (kept.proposeSeconds, kept.attestSeconds, kept.commitSeconds, kept.revealSeconds) = word.phases();
        (kept.keeperFee, kept.plannedRounds) = (word.keeperFee(), word.planned());
        (kept.strikeWindow, kept.strikeLimit, kept.slashBps) =
        (word.strikeWindow(), word.strikeLimit(), word.slashBps());
        (kept.proposerSeats, kept.voterSeats) = (word.proposers(), word.voters());
    }

    function keepersReserve(AllianceTerms memory terms) external pure returns (uint256) {
        return ConfigWords.fromTerms(terms).keepersReserve();
    }

    /// @dev Overwrites the fields of `before`, in arbitrary order.
    function keptMember(MemberFields memory before, MemberFields memory fields)
        external
        pure
        returns (MemberFields memory kept)
    {
        MemberWord word = _wordOf(_wordOf(MemberWord.wrap(0), before).withoutCredit(), fields);
        kept.credit = word.credit();
        kept.stake = word.stake();
        kept.strikes = word.strikes();
        kept.weight = word.weight();
        kept.state = uint8(word.state());
        kept.position = uint16(word.position());
        kept.id = word.id();
        kept.retainedUntil = word.retainedUntil();
    }

    function someLeave(MemberFields[] memory seated) external pure returns (bool) {
        MemberWord all;
        for (uint256 i = 0; i < seated.length; ++i) {
            all = all.or(_wordOf(MemberWord.wrap(0), seated[i]));
        }
        return all.someLeave();
    }

    function _wordOf(MemberWord word, MemberFields memory fields) private pure returns (MemberWord) {
        word = word.plusCredit(fields.credit).withStake(fields.stake).withStrikes(fields.strikes);
        word = word.withWeight(fields.weight).withState(MemberState(fields.state));
        word = word.withPosition(fields.position);
        return word.withId(fields.id).withRetainedUntil(fields.retainedUntil);
    }
}
