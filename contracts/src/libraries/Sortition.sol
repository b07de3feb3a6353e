// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @title A sparse Fisher–Yates draw: its cost depends on the seats, not on the members
library Sortition {
    /// @notice Draws `count` distinct positions out of 0 .. `members` − 1; needs `count` ≤ `members`.
    function draw(bytes32 seed, uint256 members, uint256 count) internal pure returns (uint256[] memory drawn) {
        drawn = new uint256[](count);
        uint256[] memory touched = new uint256[](count);
        uint256[] memory values = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 j = i + uint256(Hashes.efficientKeccak256(seed, bytes32(i))) % (members - i);
            drawn[i] = _valueAt(touched, values, i, j);
            // Position i is never drawn from again, so only its value has to move on to j.
            values[i] = j == i ? i : _valueAt(touched, values, i, i);
            touched[i] = j;
        }
    }

    /// @dev The latest value written to `position` in the first `steps` swaps; untouched positions hold themselves.
    function _valueAt(uint256[] memory touched, uint256[] memory values, uint256 steps, uint256 position)
        private
        pure
        returns (uint256)
    {
        for (uint256 k = steps; k > 0; --k) {
            if (touched[k - 1] == position) return values[k - 1];
        }
        return position;
    }
}
