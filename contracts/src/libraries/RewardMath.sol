// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { Outcome } from "../interfaces/IAllianceRounds.sol";

/// @title What a round pays (docs/protocol.md, "Pay"). Amounts in wei, below 2^96.
library RewardMath {
    uint256 internal constant SIXTEENTHS = 16;
    /// @notice The running frequency of acceptance before the first round, in sixteenths.
    uint256 internal constant EVEN = 8;

    /// @notice Wei for one unit of weight of the paid proposers and of the agreeing voters; what does not divide
    /// stays in the pool. A side without weight gets nothing.
    /// @param roundsLeft planned rounds not decided before this one, at least 1.
    /// @param acceptSixteenths running frequency of acceptance, 1 to 15.
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

    /// @notice 30% of `reward` times min(3, 8 / frequency): the rarer an outcome, the more foreseeing it is worth.
    /// @param frequency sixteenths of past rounds that went this way, 1 to 15.
    function voterShare(uint256 reward, uint256 frequency) internal pure returns (uint256) {
        return reward * 30 * Math.min(6 * frequency, SIXTEENTHS) / (200 * frequency);
    }

    /// @notice One step of a sixteenth towards what happened, within [1, 15]; a void round leaves it.
    function nextSixteenths(uint256 acceptSixteenths, Outcome outcome) internal pure returns (uint256) {
        if (outcome == Outcome.Accepted) return Math.min(SIXTEENTHS - 1, acceptSixteenths + 1);
        if (outcome == Outcome.Rejected) return Math.max(1, acceptSixteenths - 1);
        return acceptSixteenths;
    }

    /// @notice The share of a bounty for planned rounds that were not decided, rounded down and within what is left of it.
    function refund(uint256 bounty, uint256 planned, uint256 decided, uint256 left)
        internal
        pure
        returns (uint256)
    {
        return Math.min(left, bounty * (planned - decided) / planned);
    }
}
