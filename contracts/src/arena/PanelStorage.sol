// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { IArenaBoard, Queue } from "../interfaces/IArenaBoard.sol";
import { IArenaPanels, PanelTerms, WindowPhase } from "../interfaces/IArenaPanels.sol";
import { IStaking } from "../interfaces/IStaking.sol";
import { ITaskManager } from "../interfaces/ITaskManager.sol";
import { Panels } from "../libraries/Panels.sol";
import { Validator, ValidatorWord, Validators } from "./Validators.sol";

/// @notice A task's course: the last window, how many of its submissions are judged, and how long the list is.
struct Progress {
    uint16 window;
    uint16 judged;
    uint16 validators;
}

/// @notice A window, in one word: see WindowView. `hasReveals`: somebody has revealed in it.
struct Window {
    uint32 first;
    uint16 count;
    uint16 validators;
    Queue queue;
    bool hasReveals;
    uint40 seedBlock;
    uint32 openedAt;
    uint32 commitEndsAt;
    uint32 replaceEndsAt;
    uint32 revealEndsAt;
}

/// @title The state of panels, and how it is read and written
abstract contract PanelStorage is IArenaPanels, ReentrancyGuardTransient {
    ITaskManager public immutable tasks;
    IStaking public immutable staking;

    mapping(uint256 taskId => PanelTerms) internal _terms;
    mapping(uint256 taskId => Progress) internal _progress;
    mapping(uint256 taskId => mapping(address account => ValidatorWord)) private _validators;
    mapping(uint256 taskId => mapping(uint256 position => address)) internal _list;
    mapping(uint256 taskId => mapping(uint256 window => Window)) internal _windows;
    mapping(uint256 taskId => mapping(uint256 window => bytes32)) internal _seeds;
    mapping(uint256 taskId => mapping(uint256 window => bytes32)) internal _secondSeeds;
    /// @dev Slots are reused window after window; the validator's word says whether they hold anything.
    mapping(uint256 taskId => mapping(address account => bytes32)) internal _commitments;
    mapping(uint256 taskId => mapping(address account => bytes32)) internal _substituteCommitments;
    mapping(uint256 taskId => mapping(uint256 window => mapping(uint256 order => uint256))) internal _scores;
    /// @dev In the finals, laid out as scores are: of which submission each seat says that this one is a copy.
    mapping(uint256 taskId => mapping(uint256 window => mapping(uint256 order => uint256))) internal _names;

    constructor(ITaskManager tasks_, IStaking staking_) {
        (tasks, staking) = (tasks_, staking_);
    }

    // --- Validators ---

    function _validator(uint256 taskId, address account) internal view returns (Validator memory) {
        return _validators[taskId][account].unpack();
    }

    function _store(uint256 taskId, address account, Validator memory validator) internal {
        _validators[taskId][account] = Validators.pack(validator);
    }

    function _requireActsFor(address account) internal view {
        require(
            msg.sender == account || staking.isOperatorOf(account, msg.sender),
            NotActingFor(account, msg.sender)
        );
    }

    // --- The board ---

    function _boardOf(uint256 taskId) internal view returns (IArenaBoard) {
        return IArenaBoard(_terms[taskId].board);
    }

    function _requireBoard(uint256 taskId) internal view {
        require(msg.sender == _terms[taskId].board, OnlyTheBoard(msg.sender));
    }

    // --- Where things are ---

    /// @dev The phases follow from the draw by time alone.
    function _phaseOf(Window memory window, uint256 restSeconds) internal view returns (WindowPhase) {
        if (window.openedAt == 0) return WindowPhase.None;
        if (window.commitEndsAt == 0) return WindowPhase.Seeded;
        if (block.timestamp < window.commitEndsAt) return WindowPhase.Commit;
        if (block.timestamp < window.replaceEndsAt) return WindowPhase.Replace;
        if (block.timestamp < window.revealEndsAt) return WindowPhase.Reveal;
        return
            block.timestamp < uint256(window.revealEndsAt) + restSeconds ? WindowPhase.Rest : WindowPhase.Over;
    }

    function _lastPhase(uint256 taskId) internal view returns (WindowPhase) {
        return _phaseOf(_windows[taskId][_progress[taskId].window], _terms[taskId].restSeconds);
    }

    /// @dev Of the last window, for what can be done in one phase only.
    function _requireLastPhase(uint256 taskId, WindowPhase expected) internal view {
        WindowPhase actual = _lastPhase(taskId);
        require(actual == expected, WrongWindowPhase(expected, actual));
    }

    /// @dev Windows do not overlap, so that one in this phase is the last.
    function _requireIn(uint256 taskId, uint256 number, Window memory window, WindowPhase expected)
        internal
        view
    {
        if (_phaseOf(window, 0) == expected) return;
        uint256 last = _progress[taskId].window;
        require(number == last, NotTheLastWindow(number, last));
        revert WrongWindowPhase(expected, _lastPhase(taskId));
    }

    /// @dev No window is open: the list can change.
    function _requireAtRest(uint256 taskId) internal view {
        WindowPhase phase = _lastPhase(taskId);
        bool isOpen = phase != WindowPhase.None && phase < WindowPhase.Rest;
        require(!isOpen, WrongWindowPhase(WindowPhase.Rest, phase));
    }

    // --- Seats ---

    function _drawnSeats(uint256 taskId, uint256 number, Window memory window, uint256 position)
        internal
        view
        returns (uint256 seats, uint256 count)
    {
        return _seatsBy(_seeds[taskId][number], taskId, window, position);
    }

    /// @dev Those of the second seed's that the validator stands in for.
    function _substituteSeats(
        uint256 taskId,
        uint256 number,
        Window memory window,
        Validator memory validator
    ) internal view returns (uint256 seats, uint256 count) {
        (uint256 all, uint256 total) = _seatsBy(
            _secondSeeds[taskId][number], taskId, window, validator.position
        );
        for (uint256 i = 0; i < total; ++i) {
            if (validator.standsInFor >> i & 1 == 0) continue;
            seats |= Panels.slotAt(all, i) << Panels.SLOT_BITS * count++;
        }
    }

    function _seatsBy(bytes32 seed, uint256 taskId, Window memory window, uint256 position)
        internal
        view
        returns (uint256 seats, uint256 count)
    {
        uint256 slots = uint256(window.count) * _terms[taskId].panelSeats;
        return Panels.slotsOf(seed, position, slots, window.validators);
    }
}
