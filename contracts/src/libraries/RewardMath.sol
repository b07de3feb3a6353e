// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { Outcome } from "../interfaces/IAllianceRounds.sol";

/// @title What a round pays (docs/protocol.md, "Pay"). Amounts in wei, below 2^96.
library RewardMath {
    uint256 internal constant SIXTEENTHS = 16;
    /// @notice The running frequency of acceptance before the first round, in sixteenths.
    uint256 internal constant EVEN = 8;

    /// @notice Pay per unit of weight for the paid proposers and for the agreeing voters, in wei; the remainder stays
    /// in the pool. A side without weight gets nothing.
    /// @param pool FLOCK left for rounds, in wei.
    /// @param roundsLeft Planned rounds that were not decided before this one, at least 1.
    /// @param outcome How the round ended.
    /// @param acceptSixteenths Running frequency of acceptance, in sixteenths: 1 to 15.
    /// @param proposerWeight Summed weight of the paid proposers.
    /// @param voterWeight Summed weight of the agreeing voters.
    /// @return proposerUnit Wei per unit of weight of a paid proposer.
    /// @return voterUnit Wei per unit of weight of an agreeing voter.
    function units(
        uint256 pool,
        uint256 roundsLeft,
        Outcome outcome,
        uint256 acceptSixteenths,
        uint256 proposerWeight,
        uint256 voterWeight
    ) internal pure returns (uint256 proposerUnit, uint256 voterUnit) {
        if (outcome == Outcome.Void) return (0, 0);
        uint256 reward = pool / roundsLeft;
        bool accepted = outcome == Outcome.Accepted;
        if (accepted && proposerWeight != 0) proposerUnit = reward * 70 / 100 / proposerWeight;
        if (voterWeight == 0) return (proposerUnit, 0);
        uint256 frequency = accepted ? acceptSixteenths : SIXTEENTHS - acceptSixteenths;
        uint256 share = voterShare(reward, frequency);
        voterUnit = Math.min(share, pool - proposerUnit * proposerWeight) / voterWeight;
    }

    /// @notice 30% of `reward` times min(3, 8 / frequency): the rarer an outcome, the more predicting it pays.
    /// @param reward The round's reward, in wei.
    /// @param frequency Running frequency of this outcome, in sixteenths: 1 to 15.
    /// @return The voters' share, in wei.
    function voterShare(uint256 reward, uint256 frequency) internal pure returns (uint256) {
        return reward * 30 * Math.min(6 * frequency, SIXTEENTHS) / (200 * frequency);
    }

    /// @notice The running frequency, one sixteenth closer to what happened, within [1, 15]; a void round keeps it.
    function nextSixteenths(uint256 acceptSixteenths, Outcome outcome) internal pure returns (uint256) {
        if (outcome == Outcome.Accepted) return Math.min(SIXTEENTHS - 1, acceptSixteenths + 1);
        if (outcome == Outcome.Rejected) return Math.max(1, acceptSixteenths - 1);
        return acceptSixteenths;
    }

    /// @notice The share of a bounty for planned rounds that were not decided, in wei: rounded down, at most what is
    /// left.
    function refund(uint256 bounty, uint256 planned, uint256 decided, uint256 left)
        internal
        pure
        returns (uint256)
    {
        return Math.min(left, bounty * (planned - decided) / planned);
    }
}
