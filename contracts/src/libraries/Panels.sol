// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Who scores what in a window: a shuffle of the validators' list of which each place is computed by itself
/// @dev A Feistel network over the smallest square power of two that holds the list, walked until the result is within.
/// It is its own inverse when its rounds are run backwards, so a validator's slots are found without a search.
library Panels {
    uint256 internal constant MAX_SLOTS = 9;
    uint256 internal constant SLOT_BITS = 16;
    uint256 internal constant SLOT_MASK = 0xffff;

    uint256 private constant ROUNDS = 6;

    /// @notice Where `index` comes to stand in the shuffle of 0 … `size` − 1 that `seed` makes; needs `index` < `size`.
    function shuffled(bytes32 seed, uint256 index, uint256 size) internal pure returns (uint256) {
        uint256 half = _halfBits(size);
        unchecked {
            do {
                uint256 left = index >> half;
                uint256 right = index & ((1 << half) - 1);
                for (uint256 round = 0; round < ROUNDS; ++round) {
                    (left, right) = (right, left ^ _mixed(seed, round, right, half));
                }
                index = left << half | right;
            } while (index >= size);
        }
        return index;
    }

    /// @notice What comes to stand at `place`: the inverse of `shuffled`.
    function unshuffled(bytes32 seed, uint256 place, uint256 size) internal pure returns (uint256) {
        uint256 half = _halfBits(size);
        unchecked {
            do {
                uint256 left = place >> half;
                uint256 right = place & ((1 << half) - 1);
                for (uint256 round = ROUNDS; round > 0; --round) {
                    (left, right) = (right ^ _mixed(seed, round - 1, left, half), left);
                }
                place = left << half | right;
            } while (place >= size);
        }
        return place;
    }

    /// @notice The slots of the validator at `position`, among `slots` that go through a list of `size` over and over.
    /// @return seats The slots, SLOT_BITS each, the lowest lowest.
    /// @return count How many there are; at most MAX_SLOTS if `slots` is at most MAX_SLOTS · `size`.
    function slotsOf(bytes32 seed, uint256 position, uint256 slots, uint256 size)
        internal
        pure
        returns (uint256 seats, uint256 count)
    {
        unchecked {
            for (uint256 slot = unshuffled(seed, position, size); slot < slots; slot += size) {
                seats |= slot << SLOT_BITS * count++;
            }
        }
    }

    /// @notice Slot number `index` of a word of slots.
    function slotAt(uint256 seats, uint256 index) internal pure returns (uint256) {
        return seats >> SLOT_BITS * index & SLOT_MASK;
    }

    /// @dev Half the bits of the network's words, at least one.
    function _halfBits(uint256 size) private pure returns (uint256 half) {
        unchecked {
            half = 1;
            while (1 << 2 * half < size) {
                ++half;
            }
        }
    }

    function _mixed(bytes32 seed, uint256 round, uint256 value, uint256 half)
        private
        pure
        returns (uint256 mixed)
    {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, seed)
            mstore(add(free, 0x20), round)
            mstore(add(free, 0x40), value)
            mixed := and(keccak256(free, 0x60), sub(shl(half, 1), 1))
        }
    }
}
