// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { MemberState } from "../interfaces/IAllianceRounds.sol";

/// @notice All that a task knows about a member in one word, so that settling a seat costs one write. From the lowest
/// bit: credit 92 | stake 92 | strikes 16 | weight 4 | state 4 | position in the list 16 | id 16 | retained until round
/// 16. The word of a free id has the next free id in `id` and nothing else.
type MemberWord is uint256;

using MemberWords for MemberWord global;

library MemberWords {
    /// @notice The highest value that `credit` and `stake` can hold.
    uint256 internal constant MAX_AMOUNT = (1 << 92) - 1;

    uint256 private constant STAKE_AT = 92;
    uint256 private constant STRIKES_AT = 184;
    uint256 private constant WEIGHT_AT = 200;
    uint256 private constant STATE_AT = 204;
    uint256 private constant POSITION_AT = 208;
    uint256 private constant ID_AT = 224;
    uint256 private constant UNTIL_AT = 240;
    uint256 private constant FOUR_BITS = 0xf;
    uint256 private constant SIXTEEN_BITS = 0xffff;
    /// @dev The bit that marks a leaving member among those with seats, which are active or leaving.
    uint256 private constant LEAVING = uint256(MemberState.Leaving) << STATE_AT;

    /// @notice Wei earned in rounds and not booked in the account's ledger yet.
    function credit(MemberWord word) internal pure returns (uint96) {
        return uint96(MemberWord.unwrap(word) & MAX_AMOUNT);
    }

    /// @notice gmFLOCK as joined.
    function stake(MemberWord word) internal pure returns (uint96) {
        return uint96(MemberWord.unwrap(word) >> STAKE_AT & MAX_AMOUNT);
    }

    function strikes(MemberWord word) internal pure returns (uint16) {
        return uint16(MemberWord.unwrap(word) >> STRIKES_AT);
    }

    function weight(MemberWord word) internal pure returns (uint8) {
        return uint8(MemberWord.unwrap(word) >> WEIGHT_AT & FOUR_BITS);
    }

    function state(MemberWord word) internal pure returns (MemberState) {
        return MemberState(MemberWord.unwrap(word) >> STATE_AT & FOUR_BITS);
    }

    function position(MemberWord word) internal pure returns (uint256) {
        return uint16(MemberWord.unwrap(word) >> POSITION_AT);
    }

    function id(MemberWord word) internal pure returns (uint16) {
        return uint16(MemberWord.unwrap(word) >> ID_AT);
    }

    /// @notice The round from which a retained member's stake can be released.
    function retainedUntil(MemberWord word) internal pure returns (uint16) {
        return uint16(MemberWord.unwrap(word) >> UNTIL_AT);
    }

    /// @dev Credits of a task add up to no more than its bounty, so the field cannot overflow.
    function plusCredit(MemberWord word, uint256 amount) internal pure returns (MemberWord) {
        unchecked {
            return MemberWord.wrap(MemberWord.unwrap(word) + amount);
        }
    }

    function withoutCredit(MemberWord word) internal pure returns (MemberWord) {
        return _with(word, 0, MAX_AMOUNT, 0);
    }

    /// @dev A stake above the field's maximum counts as that maximum.
    function withStake(MemberWord word, uint256 value) internal pure returns (MemberWord) {
        return _with(word, STAKE_AT, MAX_AMOUNT, value > MAX_AMOUNT ? MAX_AMOUNT : value);
    }

    function withStrikes(MemberWord word, uint256 value) internal pure returns (MemberWord) {
        return _with(word, STRIKES_AT, SIXTEEN_BITS, value);
    }

    function withWeight(MemberWord word, uint256 value) internal pure returns (MemberWord) {
        return _with(word, WEIGHT_AT, FOUR_BITS, value);
    }

    function withState(MemberWord word, MemberState value) internal pure returns (MemberWord) {
        return _with(word, STATE_AT, FOUR_BITS, uint256(value));
    }

    function withPosition(MemberWord word, uint256 value) internal pure returns (MemberWord) {
        return _with(word, POSITION_AT, SIXTEEN_BITS, value);
    }

    function withId(MemberWord word, uint256 value) internal pure returns (MemberWord) {
        return _with(word, ID_AT, SIXTEEN_BITS, value);
    }

    function withRetainedUntil(MemberWord word, uint256 value) internal pure returns (MemberWord) {
        return _with(word, UNTIL_AT, SIXTEEN_BITS, value);
    }

    function or(MemberWord word, MemberWord other) internal pure returns (MemberWord) {
        return MemberWord.wrap(MemberWord.unwrap(word) | MemberWord.unwrap(other));
    }

    /// @notice Whether any of the seated members whose words were combined with `or` is leaving.
    function someLeave(MemberWord words) internal pure returns (bool) {
        return MemberWord.unwrap(words) & LEAVING != 0;
    }

    /// @dev Reads and writes without bounds checks, which would cost more than the rest of settling a round.
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

    function _with(MemberWord word, uint256 at_, uint256 mask, uint256 value)
        private
        pure
        returns (MemberWord)
    {
        return MemberWord.wrap((MemberWord.unwrap(word) & ~(mask << at_)) | (value << at_));
    }
}
