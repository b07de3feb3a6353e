// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { IArenaPanels, PanelTerms } from "../interfaces/IArenaPanels.sol";
import { Panels } from "../libraries/Panels.sol";
import { Mark, Outcome, ScoreMath, Verdict } from "../libraries/ScoreMath.sol";
import { StrikeMath } from "../libraries/StrikeMath.sol";
import { PanelStorage, Progress, Window } from "./PanelStorage.sol";
import { Validator } from "./Validators.sol";

/// @notice What a window comes to for a validator. It is absent if it did not commit, or not reveal, or could not score
/// what most could, or failed it alone.
struct Tally {
    uint256 judged;
    uint256 strikes;
    uint256 misses;
    uint256 slashes;
    bool hadDuty;
    bool isAbsent;
}

/// @title Settling validators: window after window, each in its turn, by anybody and before they commit again
abstract contract PanelSettling is PanelStorage {
    uint256 private constant ALL_BPS = 10_000;

    /// @inheritdoc IArenaPanels
    function settle(uint256 taskId, address[] calldata accounts, uint256 most) external nonReentrant {
        Progress memory progress = _progress[taskId];
        uint256 last = progress.window;
        if (last != 0 && progress.judged != _windows[taskId][last].count) --last;
        for (uint256 i = 0; i < accounts.length; ++i) {
            Validator memory validator = _validator(taskId, accounts[i]);
            require(validator.isListed, NotAValidator(accounts[i]));
            if (validator.settledWindow >= last) continue;
            _settleThrough(taskId, accounts[i], validator, Math.min(last, validator.settledWindow + most));
            _store(taskId, accounts[i], validator);
        }
    }

    // --- Inside ---

    /// @dev Settles a validator for the windows up to `last`, all of them judged. The caller must store the validator.
    function _settleThrough(uint256 taskId, address account, Validator memory validator, uint256 last)
        internal
    {
        while (validator.settledWindow < last) {
            if (validator.isSuspended) {
                validator.settledWindow = last;
            } else {
                ++validator.settledWindow;
                _settleWindow(taskId, account, validator);
            }
            (validator.hasCommitted, validator.hasRevealed) = (false, false);
            (validator.hasRevealedAsSubstitute, validator.standsInFor) = (false, 0);
        }
    }

    /// @dev `settledWindow` is the window to be settled already.
    function _settleWindow(uint256 taskId, address account, Validator memory validator) private {
        uint256 number = validator.settledWindow;
        Window memory window = _windows[taskId][number];
        if (validator.position >= window.validators) return;
        PanelTerms memory terms = _terms[taskId];
        Tally memory tally;
        _tallyDrawn(taskId, window, validator, terms, tally);
        if (validator.standsInFor != 0) _tallySubstitute(taskId, window, validator, terms, tally);
        if (!tally.hadDuty) return;
        if (_countAbsence(validator, tally, terms.absenceLimit)) validator.isSuspended = true;
        uint256 bps = tally.slashes * terms.slashBps + tally.misses * terms.missBps;
        if (tally.isAbsent) bps += terms.absenceBps;
        bps = Math.min(bps, ALL_BPS);
        emit Settled(
            taskId, uint16(number), account, tally.judged, tally.strikes, tally.misses, tally.isAbsent, bps
        );
        if (bps != 0) _slash(taskId, account, validator, bps);
        if (validator.isSuspended) emit Suspended(taskId, account);
    }

    function _tallyDrawn(
        uint256 taskId,
        Window memory window,
        Validator memory validator,
        PanelTerms memory terms,
        Tally memory tally
    ) private view {
        (uint256 seats, uint256 count) =
            _drawnSeats(taskId, validator.settledWindow, window, validator.position);
        if (count == 0) return;
        tally.hadDuty = true;
        if (validator.hasRevealed) _judgeSeats(taskId, validator, terms, seats, count, tally);
        else if (!validator.hasCommitted) tally.isAbsent = _wasMissed(taskId, validator, terms, seats, count);
        else if (window.hasReveals) _countWithheld(validator, terms, tally);
    }

    function _tallySubstitute(
        uint256 taskId,
        Window memory window,
        Validator memory validator,
        PanelTerms memory terms,
        Tally memory tally
    ) private view {
        tally.hadDuty = true;
        (uint256 seats, uint256 count) = _substituteSeats(taskId, validator.settledWindow, window, validator);
        if (validator.hasRevealedAsSubstitute) _judgeSeats(taskId, validator, terms, seats, count, tally);
        else if (window.hasReveals) _countWithheld(validator, terms, tally);
    }

    function _judgeSeats(
        uint256 taskId,
        Validator memory validator,
        PanelTerms memory terms,
        uint256 seats,
        uint256 count,
        Tally memory tally
    ) private view {
        mapping(uint256 => uint256) storage words = _scores[taskId][validator.settledWindow];
        for (uint256 i = 0; i < count; ++i) {
            uint256 slot = Panels.slotAt(seats, i);
            uint256 word = words[slot / terms.panelSeats];
            Mark mark = ScoreMath.markAt(
                word, slot % terms.panelSeats, terms.panelSeats, terms.tolerance, terms.missTolerances
            );
            if (mark == Mark.None) continue;
            if (mark == Mark.Absent) {
                tally.isAbsent = true;
                continue;
            }
            ++tally.judged;
            if (mark == Mark.Miss) ++tally.misses;
            _record(validator, terms, mark != Mark.Good, tally);
        }
    }

    /// @dev Whether any verdict fell on what the validator should have scored: a void panel blames nobody.
    function _wasMissed(
        uint256 taskId,
        Validator memory validator,
        PanelTerms memory terms,
        uint256 seats,
        uint256 count
    ) private view returns (bool) {
        mapping(uint256 => uint256) storage words = _scores[taskId][validator.settledWindow];
        for (uint256 i = 0; i < count; ++i) {
            uint256 word = words[Panels.slotAt(seats, i) / terms.panelSeats];
            if (ScoreMath.judge(word, terms.panelSeats).outcome != Outcome.Void) return true;
        }
        return false;
    }

    /// @dev The scores were known when they were kept back: that is for no panel to forgive.
    function _countWithheld(Validator memory validator, PanelTerms memory terms, Tally memory tally)
        private
        pure
    {
        tally.isAbsent = true;
        _record(validator, terms, true, tally);
    }

    function _record(Validator memory validator, PanelTerms memory terms, bool isBad, Tally memory tally)
        private
        pure
    {
        if (isBad) ++tally.strikes;
        bool isDue;
        (validator.strikes, isDue) =
            StrikeMath.record(validator.strikes, isBad, terms.strikeWindow, terms.strikeLimit);
        if (isDue) ++tally.slashes;
    }

    /// @return Whether the validator was absent in too many windows in a row.
    function _countAbsence(Validator memory validator, Tally memory tally, uint256 limit)
        private
        pure
        returns (bool)
    {
        if (tally.isAbsent) return ++validator.absences >= limit;
        if (validator.hasRevealed) validator.absences = 0;
        return false;
    }

    /// @dev A validator with too little stake left is suspended.
    function _slash(uint256 taskId, address account, Validator memory validator, uint256 bps) private {
        (uint256 gm, uint256 flock, bool isTooLittle) =
            _boardOf(taskId).slash(taskId, account, validator.stake, bps);
        emit ValidatorSlashed(taskId, uint16(validator.settledWindow), account, gm, flock);
        if (isTooLittle) validator.isSuspended = true;
    }
}
