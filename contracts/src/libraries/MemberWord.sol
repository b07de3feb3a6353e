// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { MemberState } from "../interfaces/IAllianceRounds.sol";

/// @notice All a task knows of a member, in one word, so that settling a seat costs one write:
/// credit 96 | stake 96 | strikes 16 | weight 8 | state 8 | position in the list 16 | id 16 bits, from the lowest.
type MemberWord is uint256;

using MemberWords for MemberWord global;

library MemberWords {
    uint256 private constant STRIKES = 0xffff << 192;
    uint256 private constant WEIGHT = 0xff << 208;
    uint256 private constant STATE = 0xff << 216;
    uint256 private constant POSITION = 0xffff << 224;
    /// @dev The bit that no other state of a member has.
    uint256 private constant LEAVING = uint256(MemberState.Leaving) << 216;

    function credit(MemberWord word) internal pure returns (uint96) {
        return uint96(MemberWord.unwrap(word));
    }

    /// @notice gmFLOCK as joined.
    function stake(MemberWord word) internal pure returns (uint96) {
        return uint96(MemberWord.unwrap(word) >> 96);
    }

    function strikes(MemberWord word) internal pure returns (uint16) {
        return uint16(MemberWord.unwrap(word) >> 192);
    }

    function weight(MemberWord word) internal pure returns (uint8) {
        return uint8(MemberWord.unwrap(word) >> 208);
    }

    function state(MemberWord word) internal pure returns (MemberState) {
        return MemberState(uint8(MemberWord.unwrap(word) >> 216));
    }

    function position(MemberWord word) internal pure returns (uint256) {
        return uint16(MemberWord.unwrap(word) >> 224);
    }

    function id(MemberWord word) internal pure returns (uint16) {
        return uint16(MemberWord.unwrap(word) >> 240);
    }

    /// @dev Credits of a task add up to no more than its bounty, so the field cannot overflow.
    function plusCredit(MemberWord word, uint256 amount) internal pure returns (MemberWord) {
        unchecked {
            return MemberWord.wrap(MemberWord.unwrap(word) + amount);
        }
    }

    function withoutCredit(MemberWord word) internal pure returns (MemberWord) {
        return MemberWord.wrap(MemberWord.unwrap(word) & ~uint256(type(uint96).max));
    }

    function withStake(MemberWord word, uint96 value) internal pure returns (MemberWord) {
        return MemberWord.wrap(
            (MemberWord.unwrap(word) & ~(uint256(type(uint96).max) << 96)) | (uint256(value) << 96)
        );
    }

    function withStrikes(MemberWord word, uint256 value) internal pure returns (MemberWord) {
        return MemberWord.wrap((MemberWord.unwrap(word) & ~STRIKES) | (value << 192));
    }

    function withWeight(MemberWord word, uint256 value) internal pure returns (MemberWord) {
        return MemberWord.wrap((MemberWord.unwrap(word) & ~WEIGHT) | (value << 208));
    }

    function withState(MemberWord word, MemberState value) internal pure returns (MemberWord) {
        return MemberWord.wrap((MemberWord.unwrap(word) & ~STATE) | (uint256(value) << 216));
    }

    function withPosition(MemberWord word, uint256 value) internal pure returns (MemberWord) {
        return MemberWord.wrap((MemberWord.unwrap(word) & ~POSITION) | (value << 224));
    }

    function withId(MemberWord word, uint256 value) internal pure returns (MemberWord) {
        return MemberWord.wrap((MemberWord.unwrap(word) & (type(uint256).max >> 16)) | (value << 240));
    }

    function or(MemberWord word, MemberWord other) internal pure returns (MemberWord) {
        return MemberWord.wrap(MemberWord.unwrap(word) | MemberWord.unwrap(other));
    }

    /// @notice Whether any of the words put together by `or` is that of a leaving member.
    function someLeave(MemberWord words) internal pure returns (bool) {
        return MemberWord.unwrap(words) & LEAVING != 0;
    }

    /// @dev Reads and writes without the bounds check, which in settling a round would cost more than the rest.
    function at(MemberWord[] memory words, uint256 index) internal pure returns (MemberWord word) {
        assembly ("memory-safe") {
            word := mload(add(add(words, 0x20), shl(5, index)))
        }
    }

    function set(MemberWord[] memory words, uint256 index, MemberWord word) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(words, 0x20), shl(5, index)), word)
        }
    }
}
