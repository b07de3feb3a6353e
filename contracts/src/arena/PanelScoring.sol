// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Queue } from "../interfaces/IArenaBoard.sol";
import { IArenaPanels, PanelTerms, Reveal, WindowPhase } from "../interfaces/IArenaPanels.sol";
import { Panels } from "../libraries/Panels.sol";
import { ScoreMath } from "../libraries/ScoreMath.sol";
import { PanelSettling, Settling } from "./PanelSettling.sol";
import { Window } from "./PanelStorage.sol";
import { Validator } from "./Validators.sol";

/// @title Commit, replace, reveal
abstract contract PanelScoring is PanelSettling {
    /// @dev What all reveals of a call have in common.
    struct Revealing {
        uint256 taskId;
        uint16 number;
        Window window;
        uint256 panelSeats;
        bytes32 set;
    }

    /// @inheritdoc IArenaPanels
    function commit(uint256 taskId, uint16 number, address account, bytes32 commitment)
        external
        nonReentrant
    {
        _requireIn(taskId, number, _windows[taskId][number], WindowPhase.Commit);
        Validator memory validator = _committing(taskId, number, account, commitment);
        require(!validator.hasCommitted, AlreadyDone(account));
        validator.hasCommitted = true;
        _store(taskId, account, validator);
        _commitments[taskId][account] = commitment;
        emit ScoresCommitted(taskId, number, account, commitment);
    }

    /// @inheritdoc IArenaPanels
    function enter(uint256 taskId, uint16 number, address account, bytes32 commitment) external nonReentrant {
        Window memory window = _windows[taskId][number];
        _requireIn(taskId, number, window, WindowPhase.Replace);
        require(_secondSeeds[taskId][number] != 0, SeedIsNotReady(window.seedBlock));
        Validator memory validator = _committing(taskId, number, account, commitment);
        require(validator.standsInFor == 0, AlreadyDone(account));
        validator.standsInFor = _seatsToStandInFor(taskId, number, window, validator);
        require(validator.standsInFor != 0, HasNoSeat(account));
        _store(taskId, account, validator);
        _substituteCommitments[taskId][account] = commitment;
        (uint256 seats,) = _substituteSeats(taskId, number, window, validator);
        emit SubstituteCommitted(taskId, number, account, seats, commitment);
    }

    /// @inheritdoc IArenaPanels
    function reveal(uint256 taskId, uint16 number, Reveal[] calldata reveals) external {
        Revealing memory now_;
        (now_.taskId, now_.number, now_.window) = (taskId, number, _windows[taskId][number]);
        _requireIn(taskId, number, now_.window, WindowPhase.Reveal);
        PanelTerms storage terms = _terms[taskId];
        now_.panelSeats = terms.panelSeats;
        now_.set = now_.window.queue == Queue.Final ? terms.setB : terms.setA;
        for (uint256 i = 0; i < reveals.length; ++i) {
            _reveal(now_, reveals[i]);
        }
        if (!now_.window.hasReveals && reveals.length != 0) _windows[taskId][number].hasReveals = true;
    }

    // --- Inside ---

    /// @dev The validator that commits, settled for the windows before.
    function _committing(uint256 taskId, uint256 number, address account, bytes32 commitment)
        private
        returns (Validator memory validator)
    {
        _requireActsFor(account);
        require(commitment != 0, CommitmentIsZero());
        validator = _validator(taskId, account);
        if (validator.settledWindow < number - 1) {
            Settling memory at;
            _settleThrough(at, taskId, account, validator, number - 1);
        }
        require(validator.isListed && !validator.isSuspended, NotAValidator(account));
        // It has enrolled since the window opened.
        require(validator.settledWindow < number, HasNoSeat(account));
    }

    /// @dev A bit for each slot of the second seed's whose validator has not committed, if this one is neither absent
    /// itself nor on that panel already.
    function _seatsToStandInFor(
        uint256 taskId,
        uint256 number,
        Window memory window,
        Validator memory validator
    ) private view returns (uint256 bits) {
        (uint256 own, uint256 ownCount) = _drawnSeats(taskId, number, window, validator.position);
        if (ownCount != 0 && !validator.hasCommitted) return 0;
        uint256 panelSeats = _terms[taskId].panelSeats;
        (uint256 seats, uint256 count) =
            _seatsBy(_secondSeeds[taskId][number], taskId, window, validator.position);
        for (uint256 i = 0; i < count; ++i) {
            uint256 slot = Panels.slotAt(seats, i);
            if (_isOnPanel(own, ownCount, slot / panelSeats, panelSeats)) continue;
            if (_isAbsent(taskId, number, window, slot)) bits |= 1 << i;
        }
    }

    function _isOnPanel(uint256 seats, uint256 count, uint256 order, uint256 panelSeats)
        private
        pure
        returns (bool)
    {
        for (uint256 i = 0; i < count; ++i) {
            if (Panels.slotAt(seats, i) / panelSeats == order) return true;
        }
        return false;
    }

    /// @dev Whether the validator that was drawn for a slot has not committed.
    function _isAbsent(uint256 taskId, uint256 number, Window memory window, uint256 slot)
        private
        view
        returns (bool)
    {
        uint256 size = window.validators;
        uint256 position = Panels.shuffled(_seeds[taskId][number], slot % size, size);
        Validator memory holder = _validator(taskId, _list[taskId][position]);
        return !holder.hasCommitted || holder.settledWindow != number - 1;
    }

    function _reveal(Revealing memory now_, Reveal calldata revealed) private {
        address account = revealed.account;
        Validator memory validator = _validator(now_.taskId, account);
        bool standsIn = revealed.standsIn;
        bool hasCommitted = standsIn ? validator.standsInFor != 0 : validator.hasCommitted;
        require(hasCommitted && validator.settledWindow == now_.number - 1, CommitFirst(account));
        if (standsIn ? validator.hasRevealedAsSubstitute : validator.hasRevealed) return;
        (uint256 seats, uint256 count) = standsIn
            ? _substituteSeats(now_.taskId, now_.number, now_.window, validator)
            : _drawnSeats(now_.taskId, now_.number, now_.window, validator.position);
        require(count != 0, HasNoSeat(account));
        _requireMatches(now_, revealed, seats, count);
        if (standsIn) validator.hasRevealedAsSubstitute = true;
        else validator.hasRevealed = true;
        _store(now_.taskId, account, validator);
        _write(now_, revealed, seats, count);
        if (now_.window.queue == Queue.Final && revealed.duplicates != 0) {
            _writeNames(now_, revealed.duplicates, seats, count);
        }
        emit ScoresRevealed(
            now_.taskId,
            now_.number,
            account,
            standsIn,
            seats,
            revealed.scores,
            revealed.duplicates,
            revealed.artifacts,
            revealed.lossRoots
        );
    }

    function _requireMatches(Revealing memory now_, Reveal calldata revealed, uint256 seats, uint256 count)
        private
        view
    {
        bool isWhole = revealed.artifacts.length == count && revealed.lossRoots.length == count;
        bytes32 commitment = revealed.standsIn
            ? _substituteCommitments[now_.taskId][revealed.account]
            : _commitments[now_.taskId][revealed.account];
        require(isWhole && _hash(now_, revealed, seats) == commitment, RevealDoesNotMatch(revealed.account));
    }

    function _hash(Revealing memory now_, Reveal calldata revealed, uint256 seats)
        private
        view
        returns (bytes32)
    {
        bytes32 artifacts = keccak256(abi.encodePacked(revealed.artifacts));
        bytes32 lossRoots = keccak256(abi.encodePacked(revealed.lossRoots));
        return keccak256(
            abi.encode(
                block.chainid,
                address(this),
                now_.taskId,
                now_.number,
                revealed.account,
                revealed.standsIn,
                now_.set,
                seats,
                revealed.scores,
                revealed.duplicates,
                artifacts,
                lossRoots,
                revealed.salt
            )
        );
    }

    /// @dev Writes each score at its seat; nobody else can have written there.
    function _write(Revealing memory now_, Reveal calldata revealed, uint256 seats, uint256 count) private {
        uint256 scores = revealed.scores;
        mapping(uint256 => uint256) storage words = _scores[now_.taskId][now_.number];
        for (uint256 i = 0; i < count; ++i) {
            uint256 code = ScoreMath.codeAt(scores, i);
            require(ScoreMath.isCode(code), NotAScore(revealed.account, code));
            uint256 slot = Panels.slotAt(seats, i);
            words[slot / now_.panelSeats] |= code << ScoreMath.CODE_BITS * (slot % now_.panelSeats);
        }
        require(scores >> ScoreMath.CODE_BITS * count == 0, NotAScore(revealed.account, scores));
    }

    function _writeNames(Revealing memory now_, uint256 duplicates, uint256 seats, uint256 count) private {
        mapping(uint256 => uint256) storage words = _names[now_.taskId][now_.number];
        for (uint256 i = 0; i < count; ++i) {
            uint256 name = ScoreMath.codeAt(duplicates, i);
            if (name == 0) continue;
            uint256 slot = Panels.slotAt(seats, i);
            words[slot / now_.panelSeats] |= name << ScoreMath.CODE_BITS * (slot % now_.panelSeats);
        }
    }
}
