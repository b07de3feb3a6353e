// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Strikes, and the weight of stake
library StrikeMath {
    uint256 internal constant MAX_WEIGHT = 4;

    /// @notice Shifts one judgement into the bitmap of the last `window` judged seats.
    /// @return next The new bitmap; cleared if a slash is due.
    /// @return due Whether there are `limit` strikes, so that a slash is due.
    function record(uint256 strikes, bool bad, uint256 window, uint256 limit)
        internal
        pure
        returns (uint256 next, bool due)
    {
        next = ((strikes << 1) | (bad ? 1 : 0)) & ((1 << window) - 1);
        due = bad && count(next) >= limit;
        if (due) next = 0;
    }

    /// @notice How many bits are set.
    function count(uint256 bits) internal pure returns (uint256 total) {
        for (; bits != 0; bits &= bits - 1) {
            ++total;
        }
    }

    /// @notice ⌊stake / minimum⌋, at most 4; 0 below the minimum, which is too little to be on the list.
    function weightOf(uint256 stake, uint256 minimum) internal pure returns (uint256) {
        return Math.min(stake / minimum, MAX_WEIGHT);
    }
}
