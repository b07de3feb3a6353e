// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Queue } from "../interfaces/IArenaBoard.sol";
import { IArenaPanels, PanelTerms, WindowPhase } from "../interfaces/IArenaPanels.sol";
import { Panels } from "../libraries/Panels.sol";
import { ScoreMath, Verdict } from "../libraries/ScoreMath.sol";
import { PanelStorage, Progress, Window } from "./PanelStorage.sol";
import { Validator } from "./Validators.sol";

/// @title The list, the windows, and the seeds of their panels
abstract contract PanelWindows is PanelStorage {
    /// @dev A seed is the hash of the second block after it was named: nobody who acts before can know it.
    uint256 private constant SEED_DELAY = 2;
    /// @dev For how many blocks a block's hash can be read.
    uint256 private constant READABLE_BLOCKS = 256;

    // --- For the board ---

    /// @inheritdoc IArenaPanels
    function open(uint256 taskId, PanelTerms calldata terms) external {
        bool isBoard = msg.sender == terms.board && msg.sender == tasks.boardOf(taskId);
        require(isBoard && _terms[taskId].board == address(0), OnlyTheBoard(msg.sender));
        _terms[taskId] = terms;
    }

    /// @inheritdoc IArenaPanels
    function enlist(uint256 taskId, address account, uint96 stake) external returns (uint16 position) {
        _requireBoard(taskId);
        Progress storage progress = _progress[taskId];
        position = progress.validators;
        uint256 most = _terms[taskId].maxValidators;
        require(position < most, ListIsFull(most));
        progress.validators = position + 1;
        _list[taskId][position] = account;
        Validator memory validator;
        validator.strikes = _validator(taskId, account).strikes;
        (validator.isListed, validator.position, validator.stake) = (true, position, stake);
        validator.settledWindow = progress.window;
        _store(taskId, account, validator);
    }

    /// @inheritdoc IArenaPanels
    function delist(uint256 taskId, address account) external {
        _requireBoard(taskId);
        _requireAtRest(taskId);
        Progress storage progress = _progress[taskId];
        uint256 window = progress.window;
        Validator memory validator = _validator(taskId, account);
        _requireSettled(account, validator, window);
        validator.isListed = false;
        _store(taskId, account, validator);
        uint256 last = --progress.validators;
        address moved = _list[taskId][last];
        if (moved != account) {
            // Positions say who had which seats, so whoever moves must be settled.
            Validator memory other = _validator(taskId, moved);
            _requireSettled(moved, other, window);
            other.position = validator.position;
            _store(taskId, moved, other);
            _list[taskId][validator.position] = moved;
        }
        emit Delisted(taskId, account, uint16(validator.position), moved);
    }

    // --- Windows ---

    /// @inheritdoc IArenaPanels
    function openWindow(uint256 taskId) external nonReentrant returns (uint16 number) {
        Progress memory progress = _progress[taskId];
        PanelTerms memory terms = _terms[taskId];
        if (progress.window != 0) _requireOver(taskId, progress, terms.windowSeconds);
        uint256 validators = progress.validators;
        uint256 needed = terms.minimumValidators;
        require(needed != 0 && validators >= needed, TooFewValidators(validators, needed));
        number = progress.window + 1;
        (progress.window, progress.judged) = (number, 0);
        _progress[taskId] = progress;
        Window memory window;
        uint32[] memory ids;
        (window.queue, window.first, ids) =
            _boardOf(taskId).take(taskId, number, Panels.MAX_SLOTS * validators / terms.panelSeats);
        (window.count, window.validators) = (uint16(ids.length), uint16(validators));
        window.openedAt = uint32(block.timestamp);
        _windows[taskId][number] = window;
        emit WindowOpened(taskId, number, window.queue, ids, validators);
        _nameSeed(taskId, number);
    }

    /// @inheritdoc IArenaPanels
    function draw(uint256 taskId) external nonReentrant {
        _requireLastPhase(taskId, WindowPhase.Seeded);
        uint16 number = _progress[taskId].window;
        bytes32 seed = _seed(taskId, number, false);
        PanelTerms storage terms = _terms[taskId];
        Window storage window = _windows[taskId][number];
        uint256 commitEndsAt = block.timestamp + terms.commitSeconds;
        uint256 replaceEndsAt = commitEndsAt + terms.replaceSeconds;
        uint256 revealEndsAt = replaceEndsAt + terms.revealSeconds;
        _seeds[taskId][number] = seed;
        (window.seedBlock, window.commitEndsAt) = (0, uint32(commitEndsAt));
        (window.replaceEndsAt, window.revealEndsAt) = (uint32(replaceEndsAt), uint32(revealEndsAt));
        emit PanelsDrawn(taskId, number, seed, commitEndsAt, replaceEndsAt, revealEndsAt, msg.sender);
        _boardOf(taskId).payKeeper(taskId, msg.sender);
    }

    /// @inheritdoc IArenaPanels
    function reseed(uint256 taskId) external {
        _requireLastPhase(taskId, WindowPhase.Seeded);
        _renameSeed(taskId, _progress[taskId].window);
    }

    /// @inheritdoc IArenaPanels
    function callSubstitutes(uint256 taskId) external {
        _requireLastPhase(taskId, WindowPhase.Replace);
        uint16 number = _progress[taskId].window;
        require(_secondSeeds[taskId][number] == 0, SeedIsStillReadable(0));
        _renameSeed(taskId, number);
    }

    /// @inheritdoc IArenaPanels
    function drawSubstitutes(uint256 taskId) external {
        _requireLastPhase(taskId, WindowPhase.Replace);
        uint16 number = _progress[taskId].window;
        bytes32 seed = _seed(taskId, number, true);
        _secondSeeds[taskId][number] = seed;
        _windows[taskId][number].seedBlock = 0;
        emit SubstitutesDrawn(taskId, number, seed);
    }

    /// @inheritdoc IArenaPanels
    function judge(uint256 taskId, uint256 most) external nonReentrant {
        Progress storage progress = _progress[taskId];
        (uint16 number, uint256 judged) = (progress.window, progress.judged);
        WindowPhase phase = _lastPhase(taskId);
        require(phase > WindowPhase.Reveal, WrongWindowPhase(WindowPhase.Rest, phase));
        uint256 left = _windows[taskId][number].count - judged;
        bool isFinal = _windows[taskId][number].queue == Queue.Final;
        uint256 count = most < left ? most : left;
        uint256 panelSeats = _terms[taskId].panelSeats;
        Verdict[] memory verdicts = new Verdict[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 word = _scores[taskId][number][judged + i];
            verdicts[i] = ScoreMath.judge(word, panelSeats);
            if (isFinal) {
                verdicts[i].copyOf = ScoreMath.namedByMost(word, _names[taskId][number][judged + i]);
            }
        }
        progress.judged = uint16(judged + count);
        _boardOf(taskId).record(taskId, number, judged, verdicts);
    }

    // --- Inside ---

    function _requireSettled(address account, Validator memory validator, uint256 window) private pure {
        require(validator.settledWindow >= window, SettleFirst(account, validator.settledWindow));
    }

    function _requireOver(uint256 taskId, Progress memory progress, uint256 windowSeconds) private view {
        _requireLastPhase(taskId, WindowPhase.Over);
        Window storage last = _windows[taskId][progress.window];
        require(progress.judged == last.count, JudgeFirst(progress.window, progress.judged));
        uint256 notBefore = last.openedAt + windowSeconds;
        require(block.timestamp >= notBefore, TooEarly(notBefore));
    }

    function _renameSeed(uint256 taskId, uint16 number) private {
        uint256 seedBlock = _windows[taskId][number].seedBlock;
        bool isUnreadable = seedBlock == 0 || block.number > seedBlock + READABLE_BLOCKS;
        require(isUnreadable, SeedIsStillReadable(seedBlock));
        _nameSeed(taskId, number);
    }

    function _nameSeed(uint256 taskId, uint16 number) private {
        uint256 seedBlock = block.number + SEED_DELAY;
        _windows[taskId][number].seedBlock = uint40(seedBlock);
        emit SeedNamed(taskId, number, seedBlock);
    }

    function _seed(uint256 taskId, uint256 number, bool isSecond) private view returns (bytes32) {
        uint256 seedBlock = _windows[taskId][number].seedBlock;
        require(seedBlock != 0 && block.number > seedBlock, SeedIsNotReady(seedBlock));
        bytes32 hash = blockhash(seedBlock);
        require(hash != 0, SeedIsGone(seedBlock));
        return keccak256(abi.encode(hash, block.chainid, address(this), taskId, number, isSecond));
    }
}
