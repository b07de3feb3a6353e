// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {
    ArenaTerms,
    IArenaBoard,
    Queue,
    Role,
    Stage,
    Standing,
    SubmissionState
} from "../interfaces/IArenaBoard.sol";
import { TokenTransfers } from "../libraries/TokenTransfers.sol";
import { Arena, ArenaStorage, Bookkeeping, Member, Purse, Submission, Trainer } from "./ArenaStorage.sol";

/// @title Beginning a task, and the submissions of trainers until they are judged
abstract contract ArenaSubmissions is ArenaStorage {
    using TokenTransfers for IERC20;

    /// @dev Ids have to fit into the places of the ranking.
    uint256 private constant MAX_SUBMISSIONS = (1 << 28) - 1;
    uint256 private constant KEEPERS_PART = 10;

    /// @inheritdoc IArenaBoard
    function start(uint256 taskId) external nonReentrant {
        _books.requireStage(taskId, Stage.Enrolling);
        ArenaTerms storage terms = _books.terms[taskId];
        Purse storage purse = _books.purses[taskId];
        uint256 creatorBond = terms.creatorBond;
        require(creatorBond == 0 || purse.bondsman != address(0), BondFirst(creatorBond));
        _books.arenas[taskId].stage = Stage.Running;
        uint96 bounty = tasks.begin(taskId, msg.sender);
        uint256 lastDay = (tasks.endsAtOf(taskId) - 1) / 1 days;
        purse.keepersLeft = terms.keeperFee == 0 ? 0 : uint96(bounty / KEEPERS_PART);
        purse.pool = bounty - purse.keepersLeft;
        purse.firstDay = Bookkeeping.today();
        purse.dayCount = uint16(lastDay + 1 - Bookkeeping.today());
        emit ArenaBegan(taskId, purse.pool, purse.keepersLeft, purse.dayCount);
    }

    /// @inheritdoc IArenaBoard
    function submit(uint256 taskId, address account, bytes32 commitment, bool isSealed)
        external
        nonReentrant
        returns (uint32 id)
    {
        _requireActsFor(account);
        _books.requireStage(taskId, Stage.Running);
        uint256 endsAt = tasks.endsAtOf(taskId);
        require(block.timestamp < endsAt, TooLate(endsAt));
        Member memory member = _books.members[taskId][account];
        bool isIn = member.role == Role.Trainer && member.standing == Standing.Active;
        require(isIn, NotEnrolled(account, Role.Trainer));
        require(commitment != 0, CommitmentIsZero());
        _useQuota(taskId, member.id);
        Arena storage arena = _books.arenas[taskId];
        id = ++arena.submissions;
        require(id <= MAX_SUBMISSIONS, TooManySubmissions(MAX_SUBMISSIONS));
        Submission memory submission;
        (submission.trainer, submission.submittedAt) = (member.id, uint32(block.timestamp));
        submission.isSealed = isSealed;
        submission.state = isSealed ? SubmissionState.Hidden : SubmissionState.Queued;
        if (isSealed) ++arena.hidden;
        else submission.index = _books.enqueue(taskId, Queue.Open, id);
        _books.submissions[taskId][id] = submission;
        _books.commitments[taskId][id] = commitment;
        emit Submitted(taskId, id, account, commitment, isSealed);
        uint96 fee = _books.terms[taskId].evaluationFee;
        if (fee != 0) token.pull(fee);
    }

    /// @inheritdoc IArenaBoard
    function cancel(uint256 taskId, uint32 id) external nonReentrant {
        Submission storage submission = _books.submissions[taskId][id];
        SubmissionState state = submission.state;
        bool isHidden = state == SubmissionState.Hidden;
        require(isHidden || state == SubmissionState.Queued, WrongState(id, state));
        uint256 trainer = submission.trainer;
        _requireActsFor(_books.accounts[taskId][trainer]);
        Arena storage arena = _books.arenas[taskId];
        // What nobody wishes to disclose after the end could be had for nothing.
        if (isHidden) _books.requireStage(taskId, Stage.Running);
        submission.state = SubmissionState.Cancelled;
        bool isWaiting = isHidden || !_books.isTaken(taskId, submission);
        if (isHidden) --arena.hidden;
        else if (isWaiting) --_books.waiting[taskId][uint256(Bookkeeping.queueOf(submission))];
        bool isUnseen =
            isWaiting || panels.scoresOf(taskId, arena.window, submission.index - arena.windowFirst) == 0;
        if (isUnseen) _books.giveQuotaBack(taskId, trainer);
        emit SubmissionCancelled(taskId, id, isUnseen);
        if (isWaiting) _books.giveFeeBack(taskId, trainer);
        else _books.keepFee(taskId);
    }

    /// @inheritdoc IArenaBoard
    function expire(uint256 taskId, uint32[] calldata submissions) external {
        uint256 patience = _books.terms[taskId].queueSeconds;
        for (uint256 i = 0; i < submissions.length; ++i) {
            Submission storage submission = _books.submissions[taskId][submissions[i]];
            SubmissionState state = submission.state;
            require(state == SubmissionState.Queued, WrongState(submissions[i], state));
            require(!_books.isTaken(taskId, submission), IsInAWindow(submissions[i]));
            _requireExpired(taskId, submission, patience);
            submission.state = SubmissionState.Void;
            --_books.waiting[taskId][uint256(Bookkeeping.queueOf(submission))];
            emit SubmissionExpired(taskId, submissions[i]);
            _books.giveQuotaBack(taskId, submission.trainer);
            _books.giveFeeBack(taskId, submission.trainer);
        }
    }

    // --- Inside ---

    /// @dev Sealed submissions wait for as long as they are scored.
    function _requireExpired(uint256 taskId, Submission storage submission, uint256 patience) private view {
        if (submission.isSealed) {
            Stage stage = _books.arenas[taskId].stage;
            require(stage >= Stage.Finals, WrongStage(Stage.Finals, stage));
        } else {
            uint256 deadline = submission.submittedAt + patience;
            require(block.timestamp >= deadline, TooEarly(deadline));
        }
    }

    function _useQuota(uint256 taskId, uint256 trainer) private {
        Trainer storage record = _books.trainers[taskId][trainer];
        if (record.day != Bookkeeping.today()) {
            (record.day, record.used, record.givenBack) = (Bookkeeping.today(), 0, 0);
        }
        uint256 most = uint256(_books.terms[taskId].quotaADay) + record.givenBack;
        require(record.used < most, QuotaIsUsed(most));
        ++record.used;
    }
}
