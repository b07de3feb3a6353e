// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Outcome } from "../interfaces/IAllianceRounds.sol";

/// @title How revealed votes decide a round. A ballot is what is voted on: (candidate, harmful, rewarded).
/// @dev Unchecked: weights add up to at most 252.
library VoteMath {
    uint256 internal constant NO_WINNER = type(uint256).max;

    function ballotKey(bytes32 candidate, uint32 harmful, uint32 rewarded) internal pure returns (bytes32) {
        return keccak256(abi.encode(candidate, harmful, rewarded));
    }

    /// @notice The ballot with more than half of the revealed weight, if at least half of the drawn weight revealed.
    /// @return index into `ballotWeights`, or NO_WINNER.
    function winner(uint256[] memory ballotWeights, uint256 revealedWeight, uint256 drawnWeight)
        internal
        pure
        returns (uint256 index)
    {
        unchecked {
            if (revealedWeight * 2 < drawnWeight) return NO_WINNER;
            for (index = 0; index < ballotWeights.length; ++index) {
                if (ballotWeights[index] * 2 > revealedWeight) return index;
            }
            return NO_WINNER;
        }
    }

    /// @notice Support within the winning ballot; a tie decides nothing.
    function outcome(uint256 supporting, uint256 opposing) internal pure returns (Outcome) {
        if (supporting == opposing) return Outcome.Void;
        return supporting > opposing ? Outcome.Accepted : Outcome.Rejected;
    }

    /// @notice Whether at least two thirds of the revealed weight went against a voter, given the weight that agreed
    /// with it in ballot and sign, its own included. Never so for the side that prevailed: a winning ballot whose
    /// voters split by sign may hold less than a third for the sign that won.
    function isAgainst(uint256 agreeingWeight, uint256 revealedWeight, bool prevailed)
        internal
        pure
        returns (bool)
    {
        unchecked {
            return !prevailed && 3 * (revealedWeight - agreeingWeight) >= 2 * revealedWeight;
        }
    }

    /// @notice More than half of the weight drawn into a role stayed away.
    function isOutage(uint256 absentWeight, uint256 weight) internal pure returns (bool) {
        return absentWeight * 2 > weight;
    }
}
