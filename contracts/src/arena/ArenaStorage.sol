// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {
    ArenaTerms,
    IArenaBoard,
    Queue,
    Role,
    Stage,
    Standing,
    SubmissionState
} from "../interfaces/IArenaBoard.sol";
import { IArenaPanels } from "../interfaces/IArenaPanels.sol";
import { IEmissions } from "../interfaces/IEmissions.sol";
import { IStaking } from "../interfaces/IStaking.sol";
import { ITaskManager, TaskState } from "../interfaces/ITaskManager.sol";

/// @dev The rankings: on set A, and on set B.
uint256 constant ON_A = 0;
uint256 constant ON_B = 1;

/// @notice An Arena's course. `windowQueue` and `windowFirst` say what the last window scores. `stageEndsAt` is the
/// deadline to disclose, or that of the key, or else of the finals' scores. `hidden` counts the sealed submissions that
/// are not disclosed. The bounty is streamed from `firstScoreDay` on.
struct Arena {
    Stage stage;
    Queue windowQueue;
    uint16 window;
    uint32 windowFirst;
    uint32 members;
    uint32 submissions;
    uint32 hidden;
    uint40 stageEndsAt;
    uint24 firstScoreDay;
    bool keyIsOpen;
    bool keyIsLost;
}

/// @notice An Arena's money, in wei of FLOCK. `pool` is the bounty without the reserve for keepers; it is for `dayCount`
/// days from `firstDay`, of which `streamedDays` were streamed, or passed over: `passedOver`. `feesKept` waits for the
/// next stream.
struct Purse {
    uint96 pool;
    uint96 passedOver;
    uint24 firstDay;
    uint16 dayCount;
    uint16 streamedDays;
    uint96 keepersLeft;
    uint96 feesKept;
    address bondsman;
}

/// @notice What the board knows of an account; more of a validator is with the panels.
struct Member {
    uint32 id;
    Role role;
    Standing standing;
    uint96 stake;
    uint40 retainedUntil;
}

/// @notice A submission, in one word: see SubmissionView. `trainer` is a member id.
struct Submission {
    uint32 trainer;
    uint32 submittedAt;
    SubmissionState state;
    bool isSealed;
    bool isDisclosed;
    bool isFinal;
    uint32 index;
    uint32 median;
    uint32 mad;
    uint32 finalMedian;
    uint32 finalMad;
}

/// @notice A trainer's day, and the submissions that have its places in the rankings on set A and set B.
struct Trainer {
    uint24 day;
    uint16 used;
    uint16 givenBack;
    uint32[2] placed;
}

/// @notice What an account is owed, in wei of FLOCK: of the task's balance at TaskManager, and of what is here.
struct Owed {
    uint96 byTask;
    uint96 byBoard;
}

/// @notice All that the board keeps, by task. `accounts` and `trainers` go by member id, `firstWith` by digest. `taken`,
/// `queued` and `waiting` go by Queue: how many are, or were, in windows, how many there are, and how many are in no
/// window and neither cancelled nor void. `places` goes by ranking: ON_A, ON_B. `copies` has, for a finalist that its
/// panel found to be a copy, what of.
struct Books {
    mapping(uint256 taskId => ArenaTerms) terms;
    mapping(uint256 taskId => Arena) arenas;
    mapping(uint256 taskId => Purse) purses;
    mapping(uint256 taskId => mapping(address account => Owed)) owed;
    mapping(uint256 taskId => mapping(address account => Member)) members;
    mapping(uint256 taskId => mapping(uint256 memberId => address)) accounts;
    mapping(uint256 taskId => mapping(uint256 memberId => Trainer)) trainers;
    mapping(uint256 taskId => mapping(uint256 submission => Submission)) submissions;
    mapping(uint256 taskId => mapping(uint256 submission => bytes32)) commitments;
    mapping(uint256 taskId => mapping(uint256 submission => bytes32)) digests;
    mapping(uint256 taskId => mapping(bytes32 digest => uint32)) firstWith;
    mapping(uint256 taskId => uint32[3]) taken;
    mapping(uint256 taskId => uint32[3]) queued;
    mapping(uint256 taskId => uint32[3]) waiting;
    mapping(uint256 taskId => mapping(Queue => mapping(uint256 word => uint256))) queues;
    mapping(uint256 taskId => mapping(uint256 ranking => mapping(uint256 word => uint256))) places;
    mapping(uint256 taskId => mapping(uint256 submission => uint32)) copies;
    mapping(uint256 taskId => uint32) winners;
}

using Bookkeeping for Books global;

/// @title How the books are read and written
library Bookkeeping {
    uint256 private constant IDS_PER_WORD = 8;
    uint256 private constant ID_BITS = 32;

    // --- When ---

    function requireStage(Books storage books, uint256 taskId, Stage expected) internal view {
        Stage actual = books.arenas[taskId].stage;
        require(actual == expected, IArenaBoard.WrongStage(expected, actual));
    }

    function today() internal view returns (uint24) {
        return uint24(block.timestamp / 1 days);
    }

    // --- Queues ---

    function inQueue(Books storage books, uint256 taskId, Queue queue, uint256 index)
        internal
        view
        returns (uint32)
    {
        return uint32(books.queues[taskId][queue][index / IDS_PER_WORD] >> ID_BITS * (index % IDS_PER_WORD));
    }

    /// @notice Puts a submission at the end of a queue.
    /// @return index Its place.
    function enqueue(Books storage books, uint256 taskId, Queue queue, uint256 id)
        internal
        returns (uint32 index)
    {
        index = books.queued[taskId][uint256(queue)]++;
        ++books.waiting[taskId][uint256(queue)];
        // Places are written once, in their order.
        books.queues[taskId][queue][index / IDS_PER_WORD] |= id << ID_BITS * (index % IDS_PER_WORD);
    }

    /// @notice Whether a submission is in the finals. Those that are scored once more stand behind all others.
    function isFinalist(Books storage books, uint256 taskId, uint256 id) internal view returns (bool) {
        uint256 queued = books.queued[taskId][uint256(Queue.Final)];
        uint256 most = books.terms[taskId].finalists;
        for (uint256 i = 0; i < queued && i < most; ++i) {
            if (books.inQueue(taskId, Queue.Final, i) == id) return true;
        }
        return false;
    }

    function queueOf(Submission storage submission) internal view returns (Queue) {
        return submission.isSealed ? Queue.Sealed : Queue.Open;
    }

    /// @notice Whether a submission is, or was, in a window.
    function isTaken(Books storage books, uint256 taskId, Submission storage submission)
        internal
        view
        returns (bool)
    {
        return submission.index < books.taken[taskId][uint256(queueOf(submission))];
    }

    // --- Quota and fees ---

    /// @notice One more submission today. No more come back on one day than a day has.
    function giveQuotaBack(Books storage books, uint256 taskId, uint256 trainer) internal {
        Trainer storage record = books.trainers[taskId][trainer];
        if (record.day != today()) (record.day, record.used, record.givenBack) = (today(), 0, 0);
        if (record.givenBack < books.terms[taskId].quotaADay) ++record.givenBack;
    }

    function giveFeeBack(Books storage books, uint256 taskId, uint256 trainer) internal {
        uint96 fee = books.terms[taskId].evaluationFee;
        if (fee != 0) books.owed[taskId][books.accounts[taskId][trainer]].byBoard += fee;
    }

    function keepFee(Books storage books, uint256 taskId) internal {
        uint96 fee = books.terms[taskId].evaluationFee;
        if (fee != 0) books.purses[taskId].feesKept += fee;
    }

    /// @notice Owes the creator's bond, which is here, to `to`.
    function releaseBond(Books storage books, uint256 taskId, address to) internal {
        books.purses[taskId].bondsman = address(0);
        books.owed[taskId][to].byBoard += books.terms[taskId].creatorBond;
    }
}

/// @title The state of Arenas
abstract contract ArenaStorage is IArenaBoard, ReentrancyGuardTransient {
    ITaskManager public immutable tasks;
    IStaking public immutable staking;
    IEmissions public immutable emissions;
    /// @inheritdoc IArenaBoard
    IArenaPanels public immutable panels;
    IERC20 public immutable token;

    Books internal _books;

    constructor(ITaskManager tasks_, IStaking staking_, IEmissions emissions_, IArenaPanels panels_) {
        (tasks, staking, emissions, panels) = (tasks_, staking_, emissions_, panels_);
        token = tasks_.token();
    }

    modifier onlyPanels() {
        _requirePanels();
        _;
    }

    // --- Who and when ---

    function _requireActsFor(address account) internal view {
        require(
            msg.sender == account || staking.isOperatorOf(account, msg.sender),
            NotActingFor(account, msg.sender)
        );
    }

    function _isCancelled(uint256 taskId) internal view returns (bool) {
        return tasks.stateOf(taskId) == TaskState.Cancelled;
    }

    function _requirePanels() private view {
        require(msg.sender == address(panels), OnlyThePanels(msg.sender));
    }
}
