// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Outcome } from "../interfaces/IAllianceRounds.sol";

/// @title How revealed votes decide a round
/// @notice A ballot is what is voted on: (candidate, harmful, rewarded).
/// @dev Unchecked: weights add up to at most 252.
library VoteMath {
    uint256 internal constant NO_WINNER = type(uint256).max;

    function ballotKey(bytes32 candidate, uint32 harmful, uint32 rewarded) internal pure returns (bytes32) {
        return keccak256(abi.encode(candidate, harmful, rewarded));
    }

    /// @notice The ballot with more than half of the revealed weight, if at least half of the drawn weight revealed.
    /// @return index Its index in `ballotWeights`, or NO_WINNER.
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

    /// @notice The outcome, by the support within the winning ballot; a tie is void.
    function outcome(uint256 supporting, uint256 opposing) internal pure returns (Outcome) {
        if (supporting == opposing) return Outcome.Void;
        return supporting > opposing ? Outcome.Accepted : Outcome.Rejected;
    }

    /// @notice Whether at least two thirds of the revealed weight went against a voter, given the weight that agreed
    /// with it in ballot and sign, its own included. Never true for the side that prevailed: if the voters of the
    /// winning ballot split by sign, less than a third may be for the sign that won.
    function isAgainst(uint256 agreeingWeight, uint256 revealedWeight, bool prevailed)
        internal
        pure
        returns (bool)
    {
        unchecked {
            return !prevailed && 3 * (revealedWeight - agreeingWeight) >= 2 * revealedWeight;
        }
    }

    /// @notice Whether more than half of the weight drawn into a role was absent.
    function isOutage(uint256 absentWeight, uint256 weight) internal pure returns (bool) {
        return absentWeight * 2 > weight;
    }
}
