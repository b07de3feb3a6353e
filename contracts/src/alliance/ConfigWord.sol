// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AllianceTerms } from "../interfaces/IAllianceRounds.sol";
import { Durations } from "../libraries/RoundClock.sol";

/// @notice The terms that rounds read, in one word. From the lowest bit: the seconds of the four phases, 24 each |
/// keeperFee 96 | plannedRounds 16 | strikeWindow 8 | strikeLimit 8 | slashBps 16 | proposers 8 | voters 8.
type ConfigWord is uint256;

using ConfigWords for ConfigWord global;

library ConfigWords {
    uint256 private constant ATTEST_AT = 24;
    uint256 private constant COMMIT_AT = 48;
    uint256 private constant REVEAL_AT = 72;
    uint256 private constant FEE_AT = 96;
    uint256 private constant PLANNED_AT = 192;
    uint256 private constant WINDOW_AT = 208;
    uint256 private constant LIMIT_AT = 216;
    uint256 private constant SLASH_AT = 224;
    uint256 private constant PROPOSERS_AT = 240;
    uint256 private constant VOTERS_AT = 248;

    function fromTerms(AllianceTerms memory terms) internal pure returns (ConfigWord) {
        return ConfigWord.wrap(
            uint256(terms.proposeSeconds) | uint256(terms.attestSeconds) << ATTEST_AT
                | uint256(terms.commitSeconds) << COMMIT_AT | uint256(terms.revealSeconds) << REVEAL_AT
                | uint256(terms.keeperFee) << FEE_AT | uint256(terms.plannedRounds) << PLANNED_AT
                | uint256(terms.strikeWindow) << WINDOW_AT | uint256(terms.strikeLimit) << LIMIT_AT
                | uint256(terms.slashBps) << SLASH_AT | uint256(terms.proposerSeats) << PROPOSERS_AT
                | uint256(terms.voterSeats) << VOTERS_AT
        );
    }

    /// @notice Seconds of each phase.
    function phases(ConfigWord word)
        internal
        pure
        returns (uint24 propose, uint24 attest, uint24 commit, uint24 reveal)
    {
        uint256 config = ConfigWord.unwrap(word);
        return (
            uint24(config),
            uint24(config >> ATTEST_AT),
            uint24(config >> COMMIT_AT),
            uint24(config >> REVEAL_AT)
        );
    }

    function durations(ConfigWord word) internal pure returns (Durations memory d) {
        (d.propose, d.attest, d.commit, d.reveal) = phases(word);
    }

    function keeperFee(ConfigWord word) internal pure returns (uint96) {
        return uint96(ConfigWord.unwrap(word) >> FEE_AT);
    }

    /// @notice Decided rounds that share the bounty.
    function planned(ConfigWord word) internal pure returns (uint16) {
        return uint16(ConfigWord.unwrap(word) >> PLANNED_AT);
    }

    function strikeWindow(ConfigWord word) internal pure returns (uint8) {
        return uint8(ConfigWord.unwrap(word) >> WINDOW_AT);
    }

    function strikeLimit(ConfigWord word) internal pure returns (uint8) {
        return uint8(ConfigWord.unwrap(word) >> LIMIT_AT);
    }

    function slashBps(ConfigWord word) internal pure returns (uint16) {
        return uint16(ConfigWord.unwrap(word) >> SLASH_AT);
    }

    function proposers(ConfigWord word) internal pure returns (uint8) {
        return uint8(ConfigWord.unwrap(word) >> PROPOSERS_AT);
    }

    function voters(ConfigWord word) internal pure returns (uint8) {
        return uint8(ConfigWord.unwrap(word) >> VOTERS_AT);
    }

    /// @notice The most wei that keepers can get: the fee for two draws per planned round.
    function keepersReserve(ConfigWord word) internal pure returns (uint256) {
        return 2 * uint256(planned(word)) * keeperFee(word);
    }
}
