// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { ArenaTerms, IArenaBoard, Queue, Stage, SubmissionState } from "../interfaces/IArenaBoard.sol";
import { IArenaPanels } from "../interfaces/IArenaPanels.sol";
import { IEmissions } from "../interfaces/IEmissions.sol";
import { ITaskManager } from "../interfaces/ITaskManager.sol";
import { Ranking } from "../libraries/Ranking.sol";
import { Arena, Bookkeeping, Books, ON_A, ON_B, Purse, Submission } from "./ArenaStorage.sol";

/// @notice The contracts that the close speaks with.
struct Others {
    ITaskManager tasks;
    IArenaPanels panels;
    IEmissions emissions;
    IERC20 token;
}

/// @title The close: disclosures, finals, the winner; and the streams of the bounty
/// @dev A separately deployed library that only ArenaBoard calls, which has no room for it (docs/adr/0024). Its
/// functions are those of IArenaBoard.
library ArenaClosing {
    using SafeERC20 for IERC20;

    /// @dev Days that one call streams at most; `finish` streams all that are left.
    uint256 private constant MAX_DAYS = 30;

    /// @notice See IArenaBoard.beginClosing.
    /// @param books The caller's books.
    /// @param others The contracts that it speaks with.
    /// @param taskId The task.
    function beginClosing(Books storage books, Others memory others, uint256 taskId) external {
        books.requireStage(taskId, Stage.Running);
        uint256 endsAt = others.tasks.endsAtOf(taskId);
        require(block.timestamp >= endsAt, IArenaBoard.TooEarly(endsAt));
        _requireScored(books, others, taskId, Queue.Open);
        uint256 discloseBy = block.timestamp + books.terms[taskId].discloseSeconds;
        _enter(books, taskId, Stage.Disclosing, discloseBy);
        emit IArenaBoard.ClosingBegan(taskId, discloseBy);
    }

    /// @notice See IArenaBoard.disclose.
    /// @param books The caller's books.
    /// @param taskId The task.
    /// @param id Its id.
    /// @param digest The sha256 of its artifact.
    /// @param salt The commitment's salt.
    function disclose(Books storage books, uint256 taskId, uint32 id, bytes32 digest, bytes32 salt) external {
        books.requireStage(taskId, Stage.Disclosing);
        Arena storage arena = books.arenas[taskId];
        uint256 deadline = arena.stageEndsAt;
        require(block.timestamp < deadline, IArenaBoard.TooLate(deadline));
        Submission storage submission = books.submissions[taskId][id];
        SubmissionState state = submission.state;
        require(!submission.isDisclosed, IArenaBoard.AlreadyDisclosed(id));
        bool isHidden = state == SubmissionState.Hidden;
        require(isHidden || state == SubmissionState.Scored, IArenaBoard.WrongState(id, state));
        address trainer = books.accounts[taskId][submission.trainer];
        bytes32 commitment =
            keccak256(abi.encode(block.chainid, address(this), taskId, trainer, digest, salt));
        require(digest != 0 && commitment == books.commitments[taskId][id], IArenaBoard.WrongOpening());
        submission.isDisclosed = true;
        books.digests[taskId][id] = digest;
        uint32 first = books.firstWith[taskId][digest];
        if (first == 0 || id < first) first = books.firstWith[taskId][digest] = id;
        if (isHidden) {
            --arena.hidden;
            submission.state = SubmissionState.Queued;
            submission.index = books.enqueue(taskId, Queue.Sealed, id);
        }
        emit IArenaBoard.Disclosed(taskId, id, digest, first);
    }

    /// @notice See IArenaBoard.beginFinals.
    /// @param books The caller's books.
    /// @param others The contracts that it speaks with.
    /// @param taskId The task.
    function beginFinals(Books storage books, Others memory others, uint256 taskId) external {
        books.requireStage(taskId, Stage.Disclosing);
        Arena storage arena = books.arenas[taskId];
        ArenaTerms storage terms = books.terms[taskId];
        uint256 notBefore = arena.stageEndsAt;
        require(block.timestamp >= notBefore, IArenaBoard.TooEarly(notBefore));
        if (block.timestamp < notBefore + terms.finalSeconds) {
            _requireScored(books, others, taskId, Queue.Sealed);
        } else {
            _requireIdle(others, taskId);
        }
        // What was never disclosed has paid for an evaluation that nobody waits for.
        books.purses[taskId].feesKept += uint96(arena.hidden * uint256(terms.evaluationFee));
        uint256 keyBy = block.timestamp + terms.keySeconds;
        _enter(books, taskId, Stage.Finals, keyBy);
        emit IArenaBoard.FinalsBegan(taskId, _nameFinalists(books, taskId, terms.finalists), keyBy);
    }

    /// @notice See IArenaBoard.openKey.
    /// @param books The caller's books.
    /// @param taskId The task.
    /// @param key What decrypts set B.
    function openKey(Books storage books, uint256 taskId, bytes32 key) external {
        books.requireStage(taskId, Stage.Finals);
        Arena storage arena = books.arenas[taskId];
        _requireKey(books, taskId, arena, key);
        uint256 keyBy = arena.stageEndsAt;
        require(block.timestamp < keyBy, IArenaBoard.TooLate(keyBy));
        arena.keyIsOpen = true;
        arena.stageEndsAt = uint40(block.timestamp + books.terms[taskId].finalSeconds);
        emit IArenaBoard.KeyOpened(taskId, key);
    }

    /// @notice See IArenaBoard.reportLeak.
    /// @param books The caller's books.
    /// @param others The contracts that it speaks with.
    /// @param taskId The task.
    /// @param key What decrypts set B.
    function reportLeak(Books storage books, Others memory others, uint256 taskId, bytes32 key) external {
        Arena storage arena = books.arenas[taskId];
        Stage stage = arena.stage;
        bool isEarly = stage == Stage.Running || stage == Stage.Disclosing;
        require(isEarly, IArenaBoard.WrongStage(Stage.Running, stage));
        _requireKey(books, taskId, arena, key);
        _loseKey(books, others, taskId, key);
    }

    /// @notice See IArenaBoard.declareLeak.
    /// @param books The caller's books.
    /// @param others The contracts that it speaks with.
    /// @param taskId The task.
    function declareLeak(Books storage books, Others memory others, uint256 taskId) external {
        Arena storage arena = books.arenas[taskId];
        Stage stage = arena.stage;
        bool isOn = stage >= Stage.Running && stage <= Stage.Finals;
        require(isOn, IArenaBoard.WrongStage(Stage.Finals, stage));
        require(books.terms[taskId].keyHashB != 0 && !arena.keyIsLost, IArenaBoard.KeyIsKnown());
        // What set B says counts no more, and no further window scores anything on it.
        arena.keyIsOpen = false;
        _loseKey(books, others, taskId, 0);
    }

    /// @notice See IArenaBoard.finish.
    /// @param books The caller's books.
    /// @param others The contracts that it speaks with.
    /// @param taskId The task.
    function finish(Books storage books, Others memory others, uint256 taskId) external {
        books.requireStage(taskId, Stage.Finals);
        _requireFinal(books, others, taskId);
        Arena storage arena = books.arenas[taskId];
        bool isUnopened = books.terms[taskId].keyHashB != 0 && !arena.keyIsOpen && !arena.keyIsLost;
        if (isUnopened && books.queued[taskId][uint256(Queue.Final)] != 0) {
            _loseKey(books, others, taskId, 0);
        }
        if (books.purses[taskId].bondsman != address(0)) {
            books.releaseBond(taskId, books.purses[taskId].bondsman);
        }
        uint32 winner = arena.keyIsOpen ? _submissionAt(books, taskId, 0, ON_B) : 0;
        bool isOnB = winner != 0;
        if (!isOnB) winner = _firstOriginal(books, taskId);
        bytes32 model = books.digests[taskId][winner];
        books.winners[taskId] = winner;
        _enter(books, taskId, Stage.Finished, 0);
        emit IArenaBoard.ArenaFinished(taskId, isOnB, winner, model);
        _stream(books, others, taskId, type(uint256).max);
        Purse storage purse = books.purses[taskId];
        // Fees that no day is left for.
        books.owed[taskId][others.tasks.treasury()].byBoard += purse.feesKept;
        uint96 refund = purse.passedOver + purse.keepersLeft;
        (purse.feesKept, purse.keepersLeft) = (0, 0);
        others.tasks.close(taskId, refund, 0, model);
    }

    /// @notice See IArenaBoard.streamBounty.
    /// @param books The caller's books.
    /// @param others The contracts that it speaks with.
    /// @param taskId The task.
    function streamBounty(Books storage books, Others memory others, uint256 taskId) external {
        Stage stage = books.arenas[taskId].stage;
        require(
            stage > Stage.Enrolling && stage < Stage.Finished, IArenaBoard.WrongStage(Stage.Running, stage)
        );
        Purse storage purse = books.purses[taskId];
        bool isDue = purse.streamedDays < purse.dayCount
            && uint256(purse.firstDay) + purse.streamedDays < Bookkeeping.today();
        require(isDue, IArenaBoard.NothingIsDue());
        _stream(books, others, taskId, MAX_DAYS);
    }

    // --- Inside ---

    function _submissionAt(Books storage books, uint256 taskId, uint256 place, uint256 ranking)
        private
        view
        returns (uint32)
    {
        (uint256 id,) = Ranking.at(books.places[taskId][ranking], place);
        return uint32(id);
    }

    /// @dev The best on set A of the finalists that no panel found to be a copy. The earliest of all is none.
    function _firstOriginal(Books storage books, uint256 taskId) private view returns (uint32 id) {
        uint256 place;
        do {
            id = books.inQueue(taskId, Queue.Final, place++);
        } while (books.copies[taskId][id] != 0);
    }

    function _enter(Books storage books, uint256 taskId, Stage stage, uint256 endsAt) private {
        (books.arenas[taskId].stage, books.arenas[taskId].stageEndsAt) = (stage, uint40(endsAt));
    }

    /// @dev Nothing of a queue waits, and nothing of it is in a window.
    function _requireScored(Books storage books, Others memory others, uint256 taskId, Queue queue)
        private
        view
    {
        require(books.waiting[taskId][uint256(queue)] == 0, IArenaBoard.ScoringGoesOn());
        _requireIdle(others, taskId);
    }

    function _requireIdle(Others memory others, uint256 taskId) private view {
        require(others.panels.isIdle(taskId), IArenaBoard.ScoringGoesOn());
    }

    /// @dev Those with places on set A that were disclosed, and with a digest that is nobody's before.
    function _nameFinalists(Books storage books, uint256 taskId, uint256 places)
        private
        returns (uint32[] memory finalists)
    {
        finalists = new uint32[](places);
        uint256 count;
        for (uint256 place = 0; place < places; ++place) {
            uint32 id = _submissionAt(books, taskId, place, ON_A);
            if (id == 0) break;
            bytes32 digest = books.digests[taskId][id];
            if (digest == 0 || books.firstWith[taskId][digest] != id) continue;
            finalists[count++] = id;
            books.enqueue(taskId, Queue.Final, id);
        }
        assembly ("memory-safe") {
            mstore(finalists, count)
        }
    }

    function _requireKey(Books storage books, uint256 taskId, Arena storage arena, bytes32 key) private view {
        bytes32 keyHash = books.terms[taskId].keyHashB;
        require(keyHash != 0 && !arena.keyIsOpen && !arena.keyIsLost, IArenaBoard.KeyIsKnown());
        require(keccak256(abi.encode(key)) == keyHash, IArenaBoard.WrongOpening());
    }

    function _loseKey(Books storage books, Others memory others, uint256 taskId, bytes32 key) private {
        books.arenas[taskId].keyIsLost = true;
        emit IArenaBoard.KeyLost(taskId, key);
        if (books.purses[taskId].bondsman != address(0)) books.releaseBond(taskId, others.tasks.treasury());
    }

    /// @dev There is nothing to wait for: no set B or no finalist, or all were scored, or the time has passed.
    function _requireFinal(Books storage books, Others memory others, uint256 taskId) private view {
        _requireIdle(others, taskId);
        Arena storage arena = books.arenas[taskId];
        bool isScored = books.waiting[taskId][uint256(Queue.Final)] == 0;
        bool awaitsB = books.terms[taskId].keyHashB != 0 && !arena.keyIsLost;
        uint256 deadline = arena.stageEndsAt;
        require(isScored || !awaitsB || block.timestamp >= deadline, IArenaBoard.TooEarly(deadline));
    }

    /// @dev Sends the parts of up to `most` days that are over (all, once finished) to where rewards are paid.
    function _stream(Books storage books, Others memory others, uint256 taskId, uint256 most) private {
        Purse memory purse = books.purses[taskId];
        uint256 firstScoreDay = books.arenas[taskId].firstScoreDay;
        uint256 end = books.arenas[taskId].stage == Stage.Finished ? type(uint256).max : Bookkeeping.today();
        (uint96 parts, uint96 fees) = (0, purse.feesKept);
        for (; most != 0 && purse.streamedDays < purse.dayCount; --most) {
            uint256 day = uint256(purse.firstDay) + purse.streamedDays;
            if (day >= end) break;
            uint96 part = _partOf(purse);
            ++purse.streamedDays;
            if (firstScoreDay == 0 || day < firstScoreDay) {
                purse.passedOver += part;
            } else {
                emit IArenaBoard.BountyStreamed(taskId, day, part + purse.feesKept);
                (parts, purse.feesKept) = (parts + part, 0);
            }
        }
        fees -= purse.feesKept;
        books.purses[taskId] = purse;
        if (parts + fees == 0) return;
        if (parts != 0) others.tasks.pay(taskId, address(this), parts);
        others.token.forceApprove(address(others.emissions), parts + fees);
        others.emissions.fund(parts + fees);
    }

    /// @dev The parts add up to the pool: the last day has what rounding leaves.
    function _partOf(Purse memory purse) private pure returns (uint96) {
        uint96 part = purse.pool / purse.dayCount;
        bool isLast = purse.streamedDays + 1 == purse.dayCount;
        return isLast ? purse.pool - part * (purse.dayCount - 1) : part;
    }
}
