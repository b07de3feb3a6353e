// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A Validator as stored. From the lowest bit: flags 8 | absences 8 | position 16 | settledWindow 16 | standsInFor
/// 16 | strikes 16 | stake 96.
type ValidatorWord is uint256;

using Validators for ValidatorWord global;

/// @notice What panels know of a validator. What it has done, and `standsInFor`, are of the window after `settledWindow`.
/// `standsInFor` has a bit for each slot that the second seed gives it, the lowest slot lowest, where it stands in.
struct Validator {
    bool isListed;
    bool isSuspended;
    bool hasCommitted;
    bool hasRevealed;
    bool hasRevealedAsSubstitute;
    uint256 absences;
    uint256 position;
    uint256 settledWindow;
    uint256 standsInFor;
    uint256 strikes;
    uint256 stake;
}

/// @title All that panels know of a validator in one word, so that each step of a window costs one write
library Validators {
    uint256 private constant LISTED = 1;
    uint256 private constant SUSPENDED = 2;
    uint256 private constant COMMITTED = 4;
    uint256 private constant REVEALED = 8;
    uint256 private constant REVEALED_AS_SUBSTITUTE = 16;
    uint256 private constant ABSENCES_AT = 8;
    uint256 private constant POSITION_AT = 16;
    uint256 private constant SETTLED_AT = 32;
    uint256 private constant STANDS_IN_AT = 48;
    uint256 private constant STRIKES_AT = 64;
    uint256 private constant STAKE_AT = 80;

    function pack(Validator memory validator) internal pure returns (ValidatorWord) {
        uint256 flags = (validator.isListed ? LISTED : 0) | (validator.isSuspended ? SUSPENDED : 0)
            | (validator.hasCommitted ? COMMITTED : 0) | (validator.hasRevealed ? REVEALED : 0)
            | (validator.hasRevealedAsSubstitute ? REVEALED_AS_SUBSTITUTE : 0);
        return ValidatorWord.wrap(
            flags | validator.absences << ABSENCES_AT | validator.position << POSITION_AT
                | validator.settledWindow << SETTLED_AT | validator.standsInFor << STANDS_IN_AT
                | validator.strikes << STRIKES_AT | validator.stake << STAKE_AT
        );
    }

    function unpack(ValidatorWord packed) internal pure returns (Validator memory validator) {
        uint256 word = ValidatorWord.unwrap(packed);
        validator.isListed = word & LISTED != 0;
        validator.isSuspended = word & SUSPENDED != 0;
        validator.hasCommitted = word & COMMITTED != 0;
        validator.hasRevealed = word & REVEALED != 0;
        validator.hasRevealedAsSubstitute = word & REVEALED_AS_SUBSTITUTE != 0;
        validator.absences = uint8(word >> ABSENCES_AT);
        validator.position = uint16(word >> POSITION_AT);
        validator.settledWindow = uint16(word >> SETTLED_AT);
        validator.standsInFor = uint16(word >> STANDS_IN_AT);
        validator.strikes = uint16(word >> STRIKES_AT);
        validator.stake = uint96(word >> STAKE_AT);
    }
}
