// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { PanelScoring } from "./arena/PanelScoring.sol";
import { PanelStorage, Progress, Window } from "./arena/PanelStorage.sol";
import { PanelWindows } from "./arena/PanelWindows.sol";
import { Validator } from "./arena/Validators.sol";
import {
    IArenaPanels,
    PanelTerms,
    ValidatorView,
    WindowPhase,
    WindowView
} from "./interfaces/IArenaPanels.sol";
import { IStaking } from "./interfaces/IStaking.sol";
import { ITaskManager } from "./interfaces/ITaskManager.sol";

/// @title The panels of Arenas
/// @notice See IArenaPanels. Its layers are in `arena/`.
contract ArenaPanels is PanelWindows, PanelScoring {
    /// @param tasks_ The TaskManager, which knows the board of each task.
    /// @param staking_ Staking, which knows the operators of accounts.
    constructor(ITaskManager tasks_, IStaking staking_) PanelStorage(tasks_, staking_) { }

    /// @inheritdoc IArenaPanels
    function termsOf(uint256 taskId) external view returns (PanelTerms memory) {
        return _terms[taskId];
    }

    /// @inheritdoc IArenaPanels
    function progressOf(uint256 taskId)
        external
        view
        returns (uint16 window, uint16 judged, uint16 validators)
    {
        Progress memory progress = _progress[taskId];
        return (progress.window, progress.judged, progress.validators);
    }

    /// @inheritdoc IArenaPanels
    function isIdle(uint256 taskId) external view returns (bool) {
        Progress memory progress = _progress[taskId];
        if (progress.window == 0) return true;
        bool isJudged = progress.judged == _windows[taskId][progress.window].count;
        return isJudged && _lastPhase(taskId) > WindowPhase.Reveal;
    }

    /// @inheritdoc IArenaPanels
    function dutyOf(uint256 taskId, address account) external view returns (uint16) {
        Validator memory validator = _validator(taskId, account);
        if (!validator.isListed || validator.isSuspended) return 0;
        uint16 last = _progress[taskId].window;
        bool isDrawn =
            validator.settledWindow < last && validator.position < _windows[taskId][last].validators;
        return isDrawn ? last : 0;
    }

    /// @inheritdoc IArenaPanels
    function validatorOf(uint256 taskId, address account) external view returns (ValidatorView memory view_) {
        Validator memory validator = _validator(taskId, account);
        (view_.isListed, view_.isSuspended) = (validator.isListed, validator.isSuspended);
        (view_.stake, view_.position) = (uint96(validator.stake), uint16(validator.position));
        view_.settledWindow = uint16(validator.settledWindow);
        if (validator.hasCommitted) view_.committedWindow = uint16(validator.settledWindow + 1);
        view_.hasRevealed = validator.hasRevealed;
        (view_.strikes, view_.absences) = (uint16(validator.strikes), uint8(validator.absences));
    }

    /// @inheritdoc IArenaPanels
    function windowOf(uint256 taskId, uint16 number) external view returns (WindowView memory view_) {
        Window memory window = _windows[taskId][number];
        bool isLast = number == _progress[taskId].window;
        view_.phase =
            isLast || window.openedAt == 0 ? _phaseOf(window, _terms[taskId].restSeconds) : WindowPhase.Over;
        view_.queue = window.queue;
        (view_.first, view_.count, view_.validators) = (window.first, window.count, window.validators);
        (view_.seedBlock, view_.openedAt) = (window.seedBlock, window.openedAt);
        view_.commitEndsAt = window.commitEndsAt;
        view_.replaceEndsAt = window.replaceEndsAt;
        view_.revealEndsAt = window.revealEndsAt;
        (view_.seed, view_.secondSeed) = (_seeds[taskId][number], _secondSeeds[taskId][number]);
    }

    /// @inheritdoc IArenaPanels
    function validatorAt(uint256 taskId, uint256 position) external view returns (address) {
        return position < _progress[taskId].validators ? _list[taskId][position] : address(0);
    }

    /// @inheritdoc IArenaPanels
    function scoresOf(uint256 taskId, uint16 number, uint256 order) external view returns (uint256) {
        return _scores[taskId][number][order];
    }

    /// @inheritdoc IArenaPanels
    function seatsOf(uint256 taskId, uint16 number, address account)
        external
        view
        returns (uint256 seats, uint256 count)
    {
        Window memory window = _windows[taskId][number];
        Validator memory validator = _validator(taskId, account);
        bool isDrawn = validator.isListed && validator.position < window.validators;
        if (!isDrawn || _seeds[taskId][number] == 0) return (0, 0);
        return _drawnSeats(taskId, number, window, validator.position);
    }
}
