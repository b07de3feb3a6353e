// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Which proposals are attested: a byte of summed voter weight for each of up to 32 proposals
/// @dev 63 voters of weight 4 make 252, so a byte cannot overflow.
library Attestation {
    /// @notice Adds `weight` to the tally of every proposal in `bitmap`.
    function add(uint256 tallies, uint256 bitmap, uint256 weight) internal pure returns (uint256) {
        unchecked {
            for (uint256 rest = bitmap; rest != 0; rest >>= 1) {
                if (rest & 1 != 0) tallies += weight;
                weight <<= 8;
            }
            return tallies;
        }
    }

    /// @notice The proposals that more than half of the attesting weight attested, as a bitmap.
    function attestedSet(uint256 tallies, uint256 attestingWeight) internal pure returns (uint256 attested) {
        unchecked {
            for (uint256 bit = 1; tallies != 0; bit <<= 1) {
                if ((tallies & 0xff) * 2 > attestingWeight) attested |= bit;
                tallies >>= 8;
            }
        }
    }
}
