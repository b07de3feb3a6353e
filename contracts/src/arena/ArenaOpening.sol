// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ArenaTerms, IArenaBoard } from "../interfaces/IArenaBoard.sol";
import { IArenaPanels, PanelTerms } from "../interfaces/IArenaPanels.sol";
import { ScoreMath } from "../libraries/ScoreMath.sol";

/// @title The terms of an Arena: taken in when the task is created, shown on request
/// @dev A separately deployed library that only ArenaBoard calls, which has no room for it (docs/adr/0024).
library ArenaOpening {
    /// @dev The words of ArenaTerms.
    uint256 private constant TERMS_LENGTH = 32 * 32;
    uint256 private constant MIN_SEATS = 3;
    uint256 private constant MAX_SEATS = 9;
    uint256 private constant MAX_PLACES = 64;
    uint256 private constant MAX_VALIDATORS = 4_096;
    uint256 private constant MAX_TOLERANCE = 100_000_000;
    uint256 private constant MIN_PHASE = 2 seconds;
    /// @dev A seed is known two blocks after it was named; with less time, honest validators could be slashed.
    uint256 private constant MIN_WAIT = 10 seconds;
    uint256 private constant MAX_PHASE = 7 days;
    uint256 private constant MIN_LONG = 60 seconds;
    uint256 private constant MAX_LONG = 30 days;
    uint256 private constant MAX_FINALS = 90 days;
    uint256 private constant MAX_QUOTA = 100;
    uint256 private constant MAX_FEE = 10_000e18;
    uint256 private constant MAX_BOND = 1_000_000e18;
    uint256 private constant MAX_WINDOW = 16;
    uint256 private constant MAX_SLASH_BPS = 5_000;
    uint256 private constant MIN_MISS = 2;
    uint256 private constant MAX_MISS = 255;
    uint256 private constant MAX_ABSENCE_BPS = 1_000;
    uint256 private constant MAX_ABSENCES = 15;

    /// @notice Decodes the terms of a task, checks their bounds, keeps them, and hands the panels what concerns them.
    /// @dev Reverts with TermsMalformed and TermOutOfBounds.
    /// @param allTerms The caller's terms, by task.
    /// @param panels The caller's panels.
    /// @param taskId The new task.
    /// @param encoded Its terms: ABI-encoded ArenaTerms.
    function open(
        mapping(uint256 taskId => ArenaTerms) storage allTerms,
        IArenaPanels panels,
        uint256 taskId,
        bytes calldata encoded
    ) external {
        require(encoded.length == TERMS_LENGTH, IArenaBoard.TermsMalformed(encoded.length));
        ArenaTerms memory terms = abi.decode(encoded, (ArenaTerms));
        _checkScores(terms);
        _checkTimes(terms);
        _checkMoney(terms);
        allTerms[taskId] = terms;
        emit IArenaBoard.ArenaOpened(taskId, terms);
        panels.open(taskId, _panelTerms(terms));
    }

    /// @notice The terms of a task.
    /// @param allTerms The caller's terms, by task.
    /// @param taskId The task.
    /// @return Its terms.
    function termsOf(mapping(uint256 taskId => ArenaTerms) storage allTerms, uint256 taskId)
        external
        view
        returns (ArenaTerms memory)
    {
        return allTerms[taskId];
    }

    function _panelTerms(ArenaTerms memory terms) private view returns (PanelTerms memory) {
        return PanelTerms({
            setA: terms.setA,
            setB: terms.setB,
            panelSeats: terms.panelSeats,
            absenceLimit: terms.absenceLimit,
            missTolerances: terms.missTolerances,
            minimumValidators: terms.minimumValidators,
            maxValidators: terms.maxValidators,
            tolerance: terms.tolerance,
            windowSeconds: terms.windowSeconds,
            commitSeconds: terms.commitSeconds,
            replaceSeconds: terms.replaceSeconds,
            revealSeconds: terms.revealSeconds,
            restSeconds: terms.restSeconds,
            strikeWindow: terms.strikeWindow,
            strikeLimit: terms.strikeLimit,
            slashBps: terms.slashBps,
            missBps: terms.missBps,
            absenceBps: terms.absenceBps,
            board: address(this)
        });
    }

    function _checkScores(ArenaTerms memory t) private pure {
        _within(uint256(t.setA), 1, type(uint256).max, "setA");
        bool hasSetB = t.keyHashB != 0;
        _within(uint256(t.setB), hasSetB ? 1 : 0, hasSetB ? type(uint256).max : 0, "setB");
        _within(t.baseline, 0, ScoreMath.MAX_SCORE, "baseline");
        _within(t.tolerance, 1, MAX_TOLERANCE, "tolerance");
        _within(t.panelSeats, MIN_SEATS, MAX_SEATS, "panelSeats");
        _within(t.panelSeats % 2, 1, 1, "panelSeats % 2");
        _within(t.finalists, 1, MAX_PLACES, "finalists");
        _within(t.maxValidators, t.panelSeats, MAX_VALIDATORS, "maxValidators");
        _within(t.minimumValidators, t.panelSeats, t.maxValidators, "minimumValidators");
        _within(t.quotaADay, 1, MAX_QUOTA, "quotaADay");
    }

    function _checkTimes(ArenaTerms memory t) private pure {
        _within(t.windowSeconds, MIN_WAIT, MAX_PHASE, "windowSeconds");
        _within(t.commitSeconds, MIN_PHASE, MAX_PHASE, "commitSeconds");
        _within(t.replaceSeconds, MIN_WAIT, MAX_PHASE, "replaceSeconds");
        _within(t.revealSeconds, MIN_WAIT, MAX_PHASE, "revealSeconds");
        _within(t.restSeconds, MIN_WAIT, MAX_PHASE, "restSeconds");
        _within(t.queueSeconds, MIN_LONG, MAX_LONG, "queueSeconds");
        _within(t.discloseSeconds, MIN_WAIT, MAX_LONG, "discloseSeconds");
        _within(t.keySeconds, MIN_WAIT, MAX_LONG, "keySeconds");
        _within(t.finalSeconds, MIN_LONG, MAX_FINALS, "finalSeconds");
    }

    function _checkMoney(ArenaTerms memory t) private pure {
        _within(t.evaluationFee, 0, MAX_FEE, "evaluationFee");
        _within(t.creatorBond, 0, MAX_BOND, "creatorBond");
        _within(t.strikeWindow, 1, MAX_WINDOW, "strikeWindow");
        _within(t.strikeLimit, 1, t.strikeWindow, "strikeLimit");
        _within(t.slashBps, 0, MAX_SLASH_BPS, "slashBps");
        _within(t.missTolerances, MIN_MISS, MAX_MISS, "missTolerances");
        _within(t.missBps, 0, MAX_SLASH_BPS, "missBps");
        _within(t.absenceBps, 0, MAX_ABSENCE_BPS, "absenceBps");
        _within(t.absenceLimit, 1, MAX_ABSENCES, "absenceLimit");
    }

    function _within(uint256 value, uint256 least, uint256 most, string memory term) private pure {
        require(value >= least && value <= most, IArenaBoard.TermOutOfBounds(term, value, least, most));
    }
}
