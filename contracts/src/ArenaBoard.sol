// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ArenaClosing, Others } from "./arena/ArenaClosing.sol";
import { ArenaMembership } from "./arena/ArenaMembership.sol";
import { ArenaOpening } from "./arena/ArenaOpening.sol";
import { ArenaRecords } from "./arena/ArenaRecords.sol";
import { ArenaStorage, Owed } from "./arena/ArenaStorage.sol";
import { ArenaSubmissions } from "./arena/ArenaSubmissions.sol";
import { ArenaViews } from "./arena/ArenaViews.sol";
import {
    ArenaTerms,
    ArenaView,
    IArenaBoard,
    MemberView,
    Place,
    Queue,
    Stage,
    SubmissionView
} from "./interfaces/IArenaBoard.sol";
import { IArenaPanels } from "./interfaces/IArenaPanels.sol";
import { IBoard } from "./interfaces/IBoard.sol";
import { IEmissions } from "./interfaces/IEmissions.sol";
import { IStaking } from "./interfaces/IStaking.sol";
import { ITaskManager } from "./interfaces/ITaskManager.sol";
import { TokenTransfers } from "./libraries/TokenTransfers.sol";

/// @title The board of Arenas
/// @notice Runs a competition: see IArenaBoard. Its layers are in `arena/`.
contract ArenaBoard is ArenaMembership, ArenaSubmissions, ArenaRecords, AccessManaged {
    using TokenTransfers for IERC20;

    /// @param tasks_ The TaskManager, which has to register this board.
    /// @param staking_ Staking, which holds the members' stake.
    /// @param emissions_ Emissions, which keeps the streamed bounty until a served root gives it to somebody.
    /// @param panels_ The panels that score the submissions.
    /// @param authority The access manager.
    constructor(
        ITaskManager tasks_,
        IStaking staking_,
        IEmissions emissions_,
        IArenaPanels panels_,
        address authority
    ) ArenaStorage(tasks_, staking_, emissions_, panels_) AccessManaged(authority) { }

    /// @inheritdoc IBoard
    function open(uint256 taskId, bytes calldata encoded) external {
        require(msg.sender == address(tasks), OnlyTaskManager(msg.sender));
        _books.arenas[taskId].stage = Stage.Enrolling;
        ArenaOpening.open(_books.terms, panels, taskId, encoded);
    }

    // --- The close and the money ---

    /// @inheritdoc IArenaBoard
    function beginClosing(uint256 taskId) external {
        ArenaClosing.beginClosing(_books, _others(), taskId);
    }

    /// @inheritdoc IArenaBoard
    function disclose(uint256 taskId, uint32 id, bytes32 digest, bytes32 salt) external {
        ArenaClosing.disclose(_books, taskId, id, digest, salt);
    }

    /// @inheritdoc IArenaBoard
    function beginFinals(uint256 taskId) external {
        ArenaClosing.beginFinals(_books, _others(), taskId);
    }

    /// @inheritdoc IArenaBoard
    function openKey(uint256 taskId, bytes32 key) external {
        ArenaClosing.openKey(_books, taskId, key);
    }

    /// @inheritdoc IArenaBoard
    function reportLeak(uint256 taskId, bytes32 key) external {
        ArenaClosing.reportLeak(_books, _others(), taskId, key);
    }

    /// @inheritdoc IArenaBoard
    function declareLeak(uint256 taskId) external restricted {
        ArenaClosing.declareLeak(_books, _others(), taskId);
    }

    /// @inheritdoc IArenaBoard
    function finish(uint256 taskId) external nonReentrant {
        ArenaClosing.finish(_books, _others(), taskId);
    }

    /// @inheritdoc IArenaBoard
    function streamBounty(uint256 taskId) external nonReentrant {
        ArenaClosing.streamBounty(_books, _others(), taskId);
    }

    /// @inheritdoc IArenaBoard
    function withdraw(uint256 taskId, address account) external nonReentrant {
        Owed memory owed = _books.owed[taskId][account];
        uint256 amount = uint256(owed.byTask) + owed.byBoard;
        require(amount != 0, NothingToWithdraw());
        delete _books.owed[taskId][account];
        emit Withdrawn(taskId, account, amount);
        if (owed.byTask != 0) tasks.pay(taskId, account, owed.byTask);
        token.send(account, owed.byBoard);
    }

    // --- Views ---

    /// @inheritdoc IBoard
    function modelOf(uint256 taskId) external view returns (bytes32) {
        return _books.digests[taskId][_books.winners[taskId]];
    }

    /// @inheritdoc IBoard
    /// @dev What later sales of the model leave for those who made it is all its trainer's, who counts as having earned
    /// the whole bounty; what anybody is paid is in the settled roots.
    function earnedOf(uint256 taskId, address account) external view returns (uint256) {
        uint32 trainer = _books.submissions[taskId][_books.winners[taskId]].trainer;
        return trainer != 0 && _books.accounts[taskId][trainer] == account ? totalEarnedOf(taskId) : 0;
    }

    /// @inheritdoc IBoard
    function totalEarnedOf(uint256 taskId) public view returns (uint256) {
        return _books.winners[taskId] == 0 ? 0 : uint256(_books.purses[taskId].pool) + 1;
    }

    /// @inheritdoc IArenaBoard
    function termsOf(uint256 taskId) external view returns (ArenaTerms memory) {
        return ArenaOpening.termsOf(_books.terms, taskId);
    }

    /// @inheritdoc IArenaBoard
    function arenaView(uint256 taskId) external view returns (ArenaView memory) {
        return ArenaViews.arenaView(_books, tasks, taskId);
    }

    /// @inheritdoc IArenaBoard
    function memberOf(uint256 taskId, address account) external view returns (MemberView memory) {
        return ArenaViews.memberOf(_books, taskId, account);
    }

    /// @inheritdoc IArenaBoard
    function accountOf(uint256 taskId, uint32 memberId) external view returns (address) {
        return _books.accounts[taskId][memberId];
    }

    /// @inheritdoc IArenaBoard
    function submissionOf(uint256 taskId, uint32 id) external view returns (SubmissionView memory) {
        return ArenaViews.submissionOf(_books, tasks, panels, taskId, id);
    }

    /// @inheritdoc IArenaBoard
    function queuedAt(uint256 taskId, Queue queue, uint256 index) external view returns (uint32) {
        return _books.inQueue(taskId, queue, index);
    }

    /// @inheritdoc IArenaBoard
    function placesOf(uint256 taskId, bool isOnB) external view returns (Place[] memory) {
        return ArenaViews.placesOf(_books, taskId, isOnB);
    }

    function _others() private view returns (Others memory) {
        return Others(tasks, panels, emissions, token);
    }
}
