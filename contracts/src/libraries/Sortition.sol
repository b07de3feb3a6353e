// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @title A sparse Fisher–Yates draw: its cost depends on the seats, not on the members
/// @dev The swapped positions are in a small hash table in memory. A draw has at most 95 seats and each adds one entry,
/// so a quarter of the table stays free. An entry is (position + 1) << 16 | value; 0 is free.
library Sortition {
    uint256 private constant TABLE = 128;

    /// @notice Draws `count` (≤ 95) distinct positions out of 0 .. `members` − 1; needs `count` ≤ `members` ≤ 65,535.
    function draw(bytes32 seed, uint256 members, uint256 count)
        internal
        pure
        returns (uint256[] memory drawn)
    {
        drawn = new uint256[](count);
        uint256[TABLE] memory table;
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                uint256 j = i + _random(seed, i, members - i);
                uint256 slot = _slotOf(table, j);
                drawn[i] = _valueAt(table, slot, j);
                // Position i is never drawn from again, so only its value has to move to j.
                uint256 moved = _valueAt(table, _slotOf(table, i), i);
                table[slot] = (j + 1) << 16 | moved;
            }
        }
    }

    function _random(bytes32 seed, uint256 step, uint256 below) private pure returns (uint256) {
        return uint256(Hashes.efficientKeccak256(seed, bytes32(step))) % below;
    }

    function _slotOf(uint256[TABLE] memory table, uint256 position) private pure returns (uint256 slot) {
        unchecked {
            for (slot = position % TABLE; table[slot] != 0; slot = (slot + 1) % TABLE) {
                if (table[slot] >> 16 == position + 1) return slot;
            }
        }
    }

    /// @dev A position that was never swapped holds itself.
    function _valueAt(uint256[TABLE] memory table, uint256 slot, uint256 position)
        private
        pure
        returns (uint256)
    {
        uint256 entry = table[slot];
        return entry == 0 ? position : uint16(entry);
    }
}
