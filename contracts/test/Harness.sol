// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Outcome } from "../src/interfaces/IAllianceRounds.sol";
import { Attestation } from "../src/libraries/Attestation.sol";
import { LockMath } from "../src/libraries/LockMath.sol";
import { PoolMath } from "../src/libraries/PoolMath.sol";
import { RewardMath } from "../src/libraries/RewardMath.sol";
import { Durations, RoundClock, RoundState } from "../src/libraries/RoundClock.sol";
import { Sortition } from "../src/libraries/Sortition.sol";
import { StrikeMath } from "../src/libraries/StrikeMath.sol";
import { VoteMath } from "../src/libraries/VoteMath.sol";

/// @notice Opens every rule of the libraries to the outside: to vectors and fuzz tests here, and to the Python twin,
/// which deploys it on Anvil and compares answers.
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

    function split(uint256 gm, uint256 own, uint256 delegated)
        external
        pure
        returns (uint256 fromOwn, uint256 fromPool)
    {
        return PoolMath.split(gm, own, delegated);
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

    function isOutage(uint256 absent, uint256 seats) external pure returns (bool) {
        return VoteMath.isOutage(absent, seats);
    }

    // --- StrikeMath ---

    function record(uint256 strikes, bool bad, uint256 window, uint256 limit)
        external
        pure
        returns (uint256 next, bool due)
    {
        return StrikeMath.record(strikes, bad, window, limit);
    }

    function slashAmount(uint256 stakeAsJoined, uint256 slashBps) external pure returns (uint256) {
        return StrikeMath.slashAmount(stakeAsJoined, slashBps);
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

    function refund(uint256 bounty, uint256 planned, uint256 opened, uint256 pool)
        external
        pure
        returns (uint256)
    {
        return RewardMath.refund(bounty, planned, opened, pool);
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
}
