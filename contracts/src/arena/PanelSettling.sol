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

/// @notice What settling needs of a window, read once for all validators of a call. `verdicts` has those that were asked
/// for, by order.
struct Settling {
    uint256 taskId;
    uint256 number;
    Window window;
    PanelTerms terms;
    bytes32 seed;
    Verdict[] verdicts;
}

/// @title Settling validators: window after window, each in its turn, by anybody and before they commit again
abstract contract PanelSettling is PanelStorage {
    uint256 private constant ALL_BPS = 10_000;

    /// @inheritdoc IArenaPanels
    function settle(uint256 taskId, address[] calldata accounts, uint256 most) external nonReentrant {
        Progress memory progress = _progress[taskId];
        uint256 last = progress.window;
        if (last != 0 && progress.judged != _windows[taskId][last].count) --last;
        Settling memory at;
        for (uint256 i = 0; i < accounts.length; ++i) {
            Validator memory validator = _validator(taskId, accounts[i]);
            require(validator.isListed, NotAValidator(accounts[i]));
            uint256 settled = validator.settledWindow;
            if (settled >= last) continue;
            _settleThrough(at, taskId, accounts[i], validator, settled + Math.min(last - settled, most));
            _store(taskId, accounts[i], validator);
        }
    }

    // --- Inside ---

    /// @dev Settles a validator for the windows up to `last`, all of them judged. The caller must store the validator.
    /// @param at What was read for other validators before; empty at first.
    function _settleThrough(
        Settling memory at,
        uint256 taskId,
        address account,
        Validator memory validator,
        uint256 last
    ) internal {
        while (validator.settledWindow < last) {
            if (validator.isSuspended) {
                validator.settledWindow = last;
            } else {
                ++validator.settledWindow;
                if (at.number != validator.settledWindow) _read(at, taskId, validator.settledWindow);
                if (validator.position < at.window.validators) _settleWindow(at, account, validator);
            }
            (validator.hasCommitted, validator.hasRevealed) = (false, false);
            (validator.hasRevealedAsSubstitute, validator.standsInFor) = (false, 0);
        }
    }

    function _read(Settling memory at, uint256 taskId, uint256 number) private view {
        if (at.taskId == 0) (at.taskId, at.terms) = (taskId, _terms[taskId]);
        (at.number, at.window, at.seed) = (number, _windows[taskId][number], _seeds[taskId][number]);
        at.verdicts = new Verdict[](at.window.count);
    }

    function _settleWindow(Settling memory at, address account, Validator memory validator) private {
        Tally memory tally;
        _tallyDrawn(at, validator, tally);
        if (validator.standsInFor != 0) _tallySubstitute(at, validator, tally);
        if (!tally.hadDuty) return;
        if (_countAbsence(validator, tally, at.terms.absenceLimit)) validator.isSuspended = true;
        uint256 bps = tally.slashes * at.terms.slashBps + tally.misses * at.terms.missBps;
        if (tally.isAbsent) bps += at.terms.absenceBps;
        bps = Math.min(bps, ALL_BPS);
        emit Settled(
            at.taskId,
            uint16(at.number),
            account,
            tally.judged,
            tally.strikes,
            tally.misses,
            tally.isAbsent,
            bps
        );
        if (bps != 0) _slash(at.taskId, account, validator, bps);
        if (validator.isSuspended) emit Suspended(at.taskId, account);
    }

    function _tallyDrawn(Settling memory at, Validator memory validator, Tally memory tally) private view {
        uint256 slots = uint256(at.window.count) * at.terms.panelSeats;
        (uint256 seats, uint256 count) =
            Panels.slotsOf(at.seed, validator.position, slots, at.window.validators);
        if (count == 0) return;
        tally.hadDuty = true;
        if (validator.hasRevealed) _judgeSeats(at, validator, seats, count, tally);
        else if (!validator.hasCommitted) tally.isAbsent = _wasMissed(at, seats, count);
        else if (at.window.hasReveals) _countWithheld(validator, at.terms, tally);
    }

    function _tallySubstitute(Settling memory at, Validator memory validator, Tally memory tally)
        private
        view
    {
        tally.hadDuty = true;
        (uint256 seats, uint256 count) = _substituteSeats(at.taskId, at.number, at.window, validator);
        if (validator.hasRevealedAsSubstitute) _judgeSeats(at, validator, seats, count, tally);
        else if (at.window.hasReveals) _countWithheld(validator, at.terms, tally);
    }

    function _judgeSeats(
        Settling memory at,
        Validator memory validator,
        uint256 seats,
        uint256 count,
        Tally memory tally
    ) private view {
        uint256 panelSeats = at.terms.panelSeats;
        for (uint256 i = 0; i < count; ++i) {
            uint256 slot = Panels.slotAt(seats, i);
            uint256 word = _scores[at.taskId][at.number][slot / panelSeats];
            Mark mark = ScoreMath.markOf(
                ScoreMath.codeAt(word, slot % panelSeats),
                _verdictOn(at, slot / panelSeats, word),
                at.terms.tolerance,
                at.terms.missTolerances
            );
            if (mark == Mark.None) continue;
            if (mark == Mark.Absent) {
                tally.isAbsent = true;
                continue;
            }
            ++tally.judged;
            if (mark == Mark.Miss) ++tally.misses;
            _record(validator, at.terms, mark != Mark.Good, tally);
        }
    }

    /// @dev Whether any verdict fell on what the validator should have scored: a void panel blames nobody.
    function _wasMissed(Settling memory at, uint256 seats, uint256 count) private view returns (bool) {
        for (uint256 i = 0; i < count; ++i) {
            uint256 order = Panels.slotAt(seats, i) / at.terms.panelSeats;
            uint256 word = _scores[at.taskId][at.number][order];
            if (_verdictOn(at, order, word).outcome != Outcome.Void) return true;
        }
        return false;
    }

    function _verdictOn(Settling memory at, uint256 order, uint256 word)
        private
        pure
        returns (Verdict memory verdict)
    {
        verdict = at.verdicts[order];
        if (verdict.outcome != Outcome.None) return verdict;
        verdict = ScoreMath.judge(word, at.terms.panelSeats);
        at.verdicts[order] = verdict;
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
