// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AllianceTerms, IAllianceRounds } from "../interfaces/IAllianceRounds.sol";

/// @title The bounds of an Alliance's terms (docs/protocol.md, the table of parameters)
library AllianceBounds {
    uint256 private constant MAX_ROUNDS = 10_000;
    uint256 private constant MAX_PROPOSERS = 32;
    uint256 private constant MAX_VOTERS = 63;
    uint256 private constant MAX_MEMBERS = 65_000;
    uint256 private constant MIN_PHASE = 2 seconds;
    /// @dev Votes can be revealed two blocks after the last was sealed; with less time, honest voters could be slashed.
    uint256 private constant MIN_REVEAL = 10 seconds;
    uint256 private constant MAX_PHASE = 7 days;
    uint256 private constant LAST_RULE = 6;
    uint256 private constant MIXING = 128;
    uint256 private constant MAX_BYZANTINE_BPS = 4_900;
    uint256 private constant MAX_TOLERANCE_BPS = 2_000;
    uint256 private constant MAX_WINDOW = 16;
    uint256 private constant MAX_SLASH_BPS = 5_000;
    /// @dev Keepers get at most this fraction of the bounty: a tenth.
    uint256 private constant KEEPERS_PART = 10;

    /// @notice Reverts with TermOutOfBounds for the first term out of bounds.
    /// @param t The terms.
    /// @param bounty The task's bounty, in wei of FLOCK.
    function check(AllianceTerms memory t, uint256 bounty) internal pure {
        _checkSeats(t);
        _checkPhases(t);
        _checkRules(t);
        uint256 draws = 2 * uint256(t.plannedRounds);
        _within(t.keeperFee, 0, bounty / KEEPERS_PART / draws, "keeperFee");
    }

    function _checkSeats(AllianceTerms memory t) private pure {
        _within(t.plannedRounds, 1, MAX_ROUNDS, "plannedRounds");
        _within(t.proposerSeats, 1, MAX_PROPOSERS, "proposerSeats");
        _within(t.voterSeats, 1, MAX_VOTERS, "voterSeats");
        uint256 seats = uint256(t.proposerSeats) + t.voterSeats;
        _within(t.maxMembers, seats, MAX_MEMBERS, "maxMembers");
        _within(t.minimumMembers, seats, t.maxMembers, "minimumMembers");
    }

    function _checkPhases(AllianceTerms memory t) private pure {
        _within(t.proposeSeconds, MIN_PHASE, MAX_PHASE, "proposeSeconds");
        _within(t.attestSeconds, MIN_PHASE, MAX_PHASE, "attestSeconds");
        _within(t.commitSeconds, MIN_PHASE, MAX_PHASE, "commitSeconds");
        _within(t.revealSeconds, MIN_REVEAL, MAX_PHASE, "revealSeconds");
    }

    function _checkRules(AllianceTerms memory t) private pure {
        _within(t.rule % MIXING, 0, LAST_RULE, "rule");
        _within(t.byzantineBps, 0, MAX_BYZANTINE_BPS, "byzantineBps");
        _within(t.voteToleranceBps, 0, MAX_TOLERANCE_BPS, "voteToleranceBps");
        _within(t.strikeWindow, 1, MAX_WINDOW, "strikeWindow");
        _within(t.strikeLimit, 1, t.strikeWindow, "strikeLimit");
        _within(t.slashBps, 0, MAX_SLASH_BPS, "slashBps");
    }

    function _within(uint256 value, uint256 least, uint256 most, string memory term) private pure {
        require(value >= least && value <= most, IAllianceRounds.TermOutOfBounds(term, value, least, most));
    }
}
