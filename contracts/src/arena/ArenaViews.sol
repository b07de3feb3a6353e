// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ArenaView,
    MemberView,
    Place,
    Queue,
    Role,
    Stage,
    SubmissionState,
    SubmissionView
} from "../interfaces/IArenaBoard.sol";
import { IArenaPanels } from "../interfaces/IArenaPanels.sol";
import { ITaskManager } from "../interfaces/ITaskManager.sol";
import { Ranking } from "../libraries/Ranking.sol";
import { Arena, Books, Member, ON_A, ON_B, Owed, Purse, Submission, Trainer } from "./ArenaStorage.sol";

/// @title What there is to read of an Arena
/// @dev A separately deployed library that only ArenaBoard calls, which has no room for it (docs/adr/0024).
library ArenaViews {
    /// @notice An Arena as of now: see IArenaBoard.
    /// @param books The caller's books.
    /// @param tasks The TaskManager.
    /// @param taskId The task.
    /// @return view_ What there is to know.
    function arenaView(Books storage books, ITaskManager tasks, uint256 taskId)
        external
        view
        returns (ArenaView memory view_)
    {
        Arena memory arena = books.arenas[taskId];
        Purse memory purse = books.purses[taskId];
        view_.stage = arena.stage;
        view_.stageEndsAt = _stageEndsAt(tasks, taskId, arena);
        view_.submissions = arena.submissions;
        (view_.taken, view_.queued) = (books.taken[taskId], books.queued[taskId]);
        view_.bonded = purse.bondsman != address(0);
        (view_.keyIsOpen, view_.keyIsLost) = (arena.keyIsOpen, arena.keyIsLost);
        view_.streamedDays = purse.streamedDays;
        if (purse.streamedDays == purse.dayCount) return view_;
        view_.bountyLeft = purse.pool - purse.pool / purse.dayCount * purse.streamedDays;
    }

    /// @notice What a task knows about an account: see IArenaBoard.
    /// @param books The caller's books.
    /// @param taskId The task.
    /// @param account The account.
    /// @return view_ What there is to know.
    function memberOf(Books storage books, uint256 taskId, address account)
        external
        view
        returns (MemberView memory view_)
    {
        Member memory member = books.members[taskId][account];
        Owed memory owed = books.owed[taskId][account];
        (view_.id, view_.role, view_.standing) = (member.id, member.role, member.standing);
        (view_.owed, view_.stake) = (owed.byTask + owed.byBoard, member.stake);
        view_.retainedUntil = member.retainedUntil;
        if (member.role == Role.Trainer) view_.quotaLeft = _quotaLeft(books, taskId, member.id);
    }

    /// @notice A submission as of now: see IArenaBoard.
    /// @param books The caller's books.
    /// @param tasks The TaskManager.
    /// @param panels The caller's panels.
    /// @param taskId The task.
    /// @param id Its id.
    /// @return view_ What there is to know.
    function submissionOf(
        Books storage books,
        ITaskManager tasks,
        IArenaPanels panels,
        uint256 taskId,
        uint32 id
    ) external view returns (SubmissionView memory view_) {
        Submission memory submission = books.submissions[taskId][id];
        view_.trainer = books.accounts[taskId][submission.trainer];
        (view_.state, view_.isSealed) = (submission.state, submission.isSealed);
        (view_.isDisclosed, view_.isFinal) = (submission.isDisclosed, submission.isFinal);
        (view_.submittedAt, view_.index) = (submission.submittedAt, submission.index);
        (view_.median, view_.mad) = (submission.median, submission.mad);
        (view_.finalMedian, view_.finalMad) = (submission.finalMedian, submission.finalMad);
        view_.deadline = _deadlineOf(books, tasks, panels, taskId, submission);
        (view_.commitment, view_.digest) = (books.commitments[taskId][id], books.digests[taskId][id]);
    }

    /// @notice A ranking: see IArenaBoard.
    /// @param books The caller's books.
    /// @param taskId The task.
    /// @param isOnB The ranking on set B, and not that on set A.
    /// @return places What there is to know.
    function placesOf(Books storage books, uint256 taskId, bool isOnB)
        external
        view
        returns (Place[] memory places)
    {
        uint256 most = books.terms[taskId].finalists;
        places = new Place[](most);
        uint256 count;
        for (; count < most; ++count) {
            (uint256 id, uint256 score) = Ranking.at(books.places[taskId][isOnB ? ON_B : ON_A], count);
            if (id == 0) break;
            places[count] = Place(uint32(id), uint32(score));
        }
        assembly ("memory-safe") {
            mstore(places, count)
        }
    }

    function _quotaLeft(Books storage books, uint256 taskId, uint256 trainer) private view returns (uint16) {
        Trainer memory today = books.trainers[taskId][trainer];
        uint16 quota = books.terms[taskId].quotaADay;
        return today.day == block.timestamp / 1 days ? quota + today.givenBack - today.used : quota;
    }

    function _stageEndsAt(ITaskManager tasks, uint256 taskId, Arena memory arena)
        private
        view
        returns (uint40)
    {
        return arena.stage == Stage.Running ? uint40(tasks.endsAtOf(taskId)) : arena.stageEndsAt;
    }

    /// @dev In a window: when it can be judged, known once the panels are drawn.
    function _deadlineOf(
        Books storage books,
        ITaskManager tasks,
        IArenaPanels panels,
        uint256 taskId,
        Submission memory submission
    ) private view returns (uint40) {
        Arena memory arena = books.arenas[taskId];
        if (submission.state == SubmissionState.Hidden) return _stageEndsAt(tasks, taskId, arena);
        if (submission.state != SubmissionState.Queued) return 0;
        Queue queue = submission.isSealed ? Queue.Sealed : Queue.Open;
        bool isTaken = submission.index < books.taken[taskId][uint256(queue)];
        if (isTaken) return panels.windowOf(taskId, arena.window).revealEndsAt;
        if (!submission.isSealed) return submission.submittedAt + uint40(books.terms[taskId].queueSeconds);
        return arena.stageEndsAt + uint40(books.terms[taskId].finalSeconds);
    }
}
