// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AllianceParameters, ITaskManager } from "../interfaces/ITaskManager.sol";

/// @title The bounds every Alliance's terms must keep (docs/protocol.md, the table of parameters)
library AllianceBounds {
    uint256 private constant LAST_RULE = 6;
    uint256 private constant MIXING = 128;

    /// @notice Reverts with the name of the first field out of bounds.
    /// @param time the block's timestamp.
    function check(AllianceParameters calldata p, uint256 bounty, uint256 time) internal pure {
        _checkSeats(p);
        _checkTimes(p, time);
        _checkMoney(p, bounty);
        _checkRules(p);
    }

    function _checkSeats(AllianceParameters calldata p) private pure {
        _within(p.plannedRounds, 1, 10_000, "plannedRounds");
        _within(p.proposerSeats, 1, 32, "proposerSeats");
        _within(p.voterSeats, 1, 63, "voterSeats");
        _within(p.maxMembers, uint256(p.proposerSeats) + p.voterSeats, 65_000, "maxMembers");
    }

    function _checkTimes(AllianceParameters calldata p, uint256 time) private pure {
        _within(p.proposeSeconds, 2, 604_800, "proposeSeconds");
        _within(p.attestSeconds, 2, 604_800, "attestSeconds");
        _within(p.commitSeconds, 2, 604_800, "commitSeconds");
        _within(p.revealSeconds, 2, 604_800, "revealSeconds");
        _within(p.startBy, time + 1, type(uint40).max, "startBy");
        _within(p.endsAt, uint256(p.startBy) + 1, time + 730 days, "endsAt");
    }

    function _checkMoney(AllianceParameters calldata p, uint256 bounty) private pure {
        _within(p.minimumStake, 1e18, 1e26, "minimumStake");
        _within(4 * uint256(p.plannedRounds) * p.keeperFee, 0, bounty / 10, "keeperFee");
        _within(p.slashBps, 0, 5_000, "slashBps");
        _within(p.makersBps, 0, 10_000, "makersBps");
    }

    function _checkRules(AllianceParameters calldata p) private pure {
        _within(p.rule % MIXING, 0, LAST_RULE, "rule");
        _within(p.byzantineBps, 0, 4_900, "byzantineBps");
        _within(p.voteToleranceBps, 0, 2_000, "voteToleranceBps");
        _within(p.strikeWindow, 1, 16, "strikeWindow");
        _within(p.strikeLimit, 1, p.strikeWindow, "strikeLimit");
    }

    function _within(uint256 value, uint256 least, uint256 most, string memory parameter) private pure {
        require(value >= least && value <= most, ITaskManager.ParameterOutOfBounds(parameter));
    }
}
