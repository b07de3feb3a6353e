// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { ArenaTerms, IArenaBoard, Queue, Stage, SubmissionState } from "../interfaces/IArenaBoard.sol";
import { Candidate, Contest, Ranking } from "../libraries/Ranking.sol";
import { Outcome, Verdict } from "../libraries/ScoreMath.sol";
import { Arena, ArenaStorage, Bookkeeping, ON_A, ON_B, Purse, Submission } from "./ArenaStorage.sol";

/// @title What windows take and what they make of it: states, places, fees
abstract contract ArenaRecords is ArenaStorage {
    uint256 private constant MAX_SKIPS = 256;

    /// @inheritdoc IArenaBoard
    function take(uint256 taskId, uint16 window, uint256 most)
        external
        onlyPanels
        returns (Queue queue, uint32 first, uint32[] memory ids)
    {
        Arena storage arena = _books.arenas[taskId];
        queue = _queueNow(taskId, arena);
        require(_books.waiting[taskId][uint256(queue)] != 0, NothingWaits());
        first = _skipEnded(taskId, queue);
        uint256 count = Math.min(_books.queued[taskId][uint256(queue)] - first, most);
        ids = new uint32[](count);
        uint32 waiting;
        for (uint256 i = 0; i < count; ++i) {
            ids[i] = _books.inQueue(taskId, queue, first + i);
            if (_waits(taskId, queue, ids[i])) ++waiting;
        }
        _books.taken[taskId][uint256(queue)] = uint32(first + count);
        _books.waiting[taskId][uint256(queue)] -= waiting;
        (arena.window, arena.windowQueue, arena.windowFirst) = (window, queue, first);
    }

    /// @inheritdoc IArenaBoard
    function record(uint256 taskId, uint16 window, uint256 from, Verdict[] calldata verdicts)
        external
        onlyPanels
    {
        Arena memory arena = _books.arenas[taskId];
        for (uint256 i = 0; i < verdicts.length; ++i) {
            Verdict calldata verdict = verdicts[i];
            uint32 id = _books.inQueue(taskId, arena.windowQueue, arena.windowFirst + from + i);
            bool isFinal = arena.windowQueue == Queue.Final;
            // A cancelled one has no state to win.
            if (!isFinal && _books.submissions[taskId][id].state != SubmissionState.Queued) continue;
            emit Judged(
                taskId, window, id, _stateOf(verdict.outcome), uint32(verdict.median), uint32(verdict.mad)
            );
            if (isFinal) _recordFinal(taskId, id, verdict);
            else _record(taskId, id, verdict);
        }
    }

    /// @inheritdoc IArenaBoard
    function payKeeper(uint256 taskId, address keeper) external onlyPanels {
        uint96 fee = _books.terms[taskId].keeperFee;
        Purse storage purse = _books.purses[taskId];
        if (fee == 0 || purse.keepersLeft < fee) return;
        purse.keepersLeft -= fee;
        _books.owed[taskId][keeper].byTask += fee;
    }

    // --- Inside ---

    /// @dev What is scored now.
    function _queueNow(uint256 taskId, Arena storage arena) private view returns (Queue) {
        Stage stage = arena.stage;
        if (stage == Stage.Running) return Queue.Open;
        uint256 stageEndsAt = arena.stageEndsAt;
        if (stage == Stage.Disclosing) {
            require(block.timestamp >= stageEndsAt, TooEarly(stageEndsAt));
            uint256 deadline = stageEndsAt + _books.terms[taskId].finalSeconds;
            require(block.timestamp < deadline, TooLate(deadline));
            return Queue.Sealed;
        }
        require(stage == Stage.Finals && arena.keyIsOpen, WrongStage(Stage.Finals, stage));
        require(block.timestamp < stageEndsAt, TooLate(stageEndsAt));
        return Queue.Final;
    }

    /// @dev What was cancelled or is void at the head of a queue takes no seats; what else is of it does, unscored.
    /// @return index Place of the first that waits.
    function _skipEnded(uint256 taskId, Queue queue) private view returns (uint32 index) {
        index = _books.taken[taskId][uint256(queue)];
        for (uint256 skips = 0; skips < MAX_SKIPS; ++skips) {
            if (_waits(taskId, queue, _books.inQueue(taskId, queue, index))) break;
            ++index;
        }
    }

    function _waits(uint256 taskId, Queue queue, uint256 id) private view returns (bool) {
        return queue == Queue.Final || _books.submissions[taskId][id].state == SubmissionState.Queued;
    }

    function _record(uint256 taskId, uint32 id, Verdict calldata verdict) private {
        Submission storage submission = _books.submissions[taskId][id];
        submission.state = _stateOf(verdict.outcome);
        (submission.median, submission.mad) = (uint32(verdict.median), uint32(verdict.mad));
        uint256 trainer = submission.trainer;
        bool isVoid = verdict.outcome == Outcome.Void;
        bool isAhead;
        if (verdict.outcome == Outcome.Scored) {
            if (_books.arenas[taskId].firstScoreDay == 0) {
                _books.arenas[taskId].firstScoreDay = Bookkeeping.today();
            }
            isAhead = _place(taskId, id, trainer, verdict.median, ON_A);
        }
        if (isVoid) _books.giveQuotaBack(taskId, trainer);
        if (isVoid || isAhead) _books.giveFeeBack(taskId, trainer);
        else _books.keepFee(taskId);
    }

    /// @dev A finalist whose panel is void, which is nobody's fault, waits for another while there is time. A copy of an
    /// earlier finalist gets no place, so that it holds nobody back; naming anything else accuses nobody.
    function _recordFinal(uint256 taskId, uint32 id, Verdict calldata verdict) private {
        if (verdict.outcome == Outcome.Void) _books.enqueue(taskId, Queue.Final, id);
        if (verdict.outcome != Outcome.Scored) return;
        Submission storage submission = _books.submissions[taskId][id];
        submission.isFinal = true;
        (submission.finalMedian, submission.finalMad) = (uint32(verdict.median), uint32(verdict.mad));
        uint32 original = uint32(verdict.copyOf);
        if (original != 0 && original < id && _books.isFinalist(taskId, original)) {
            _books.copies[taskId][id] = original;
            emit FoundToBeCopy(taskId, id, original);
            return;
        }
        _place(taskId, id, submission.trainer, verdict.median, ON_B);
    }

    /// @return isAhead Whether the submission beats the baseline; only then can it have a place.
    function _place(uint256 taskId, uint32 id, uint256 trainer, uint256 score, uint256 ranking)
        private
        returns (bool isAhead)
    {
        ArenaTerms storage terms = _books.terms[taskId];
        Contest memory contest = Contest(terms.tolerance, terms.higherIsBetter);
        isAhead = Ranking.leads(contest, score, terms.baseline, 0);
        if (!isAhead) return false;
        uint32[2] storage placed = _books.trainers[taskId][trainer].placed;
        (bool isPlaced, uint256 place) = Ranking.insert(
            _books.places[taskId][ranking], terms.finalists, contest, Candidate(id, score), placed[ranking]
        );
        if (!isPlaced) return true;
        placed[ranking] = id;
        emit Placed(taskId, id, place, ranking == ON_B);
    }

    function _stateOf(Outcome outcome) private pure returns (SubmissionState) {
        if (outcome == Outcome.Scored) return SubmissionState.Scored;
        return outcome == Outcome.Failed ? SubmissionState.Failed : SubmissionState.Void;
    }
}
