// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { IBoard } from "./interfaces/IBoard.sol";
import { ITaskManager, NewTask, Task, TaskState } from "./interfaces/ITaskManager.sol";
import { TokenTransfers } from "./libraries/TokenTransfers.sol";

/// @title The tasks of every product and their bounties
/// @notice See ITaskManager.
contract TaskManager is ITaskManager, AccessManaged, Pausable, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using TokenTransfers for IERC20;

    /// @dev What a task gives back: `left` wei for the backers who put in `shares` wei and have not withdrawn yet.
    struct Refund {
        uint96 left;
        uint96 shares;
    }

    /// @inheritdoc ITaskManager
    uint256 public constant MAX_CREATION_FEE = 10_000e18;
    /// @inheritdoc ITaskManager
    uint256 public constant MIN_STAKE = 1e18;
    /// @inheritdoc ITaskManager
    uint256 public constant MAX_STAKE = 1e26;
    /// @inheritdoc ITaskManager
    uint256 public constant MAX_TASK_SECONDS = 730 days;
    /// @inheritdoc ITaskManager
    uint256 public constant MAX_BOUNTY = 2 ** 92 - 1;
    uint256 private constant BPS = 10_000;

    IERC20 public immutable token;
    address public treasury;
    uint256 public creationFee;
    uint256 public taskCount;
    /// @inheritdoc ITaskManager
    uint256 public owedToTreasury;

    /// @inheritdoc ITaskManager
    mapping(address board => bool) public isBoard;
    /// @inheritdoc ITaskManager
    mapping(bytes32 model => uint256 taskId) public taskOfModel;
    /// @inheritdoc ITaskManager
    mapping(uint256 taskId => mapping(address backer => uint256)) public contributionOf;
    mapping(uint256 taskId => Task) private _tasks;
    mapping(uint256 taskId => Refund) private _refunds;

    /// @param token_ FLOCK.
    /// @param treasury_ Who gets creation fees and what tasks leave it.
    /// @param authority The access manager.
    constructor(IERC20 token_, address treasury_, address authority) AccessManaged(authority) {
        token = token_;
        _setTreasury(treasury_);
    }

    // --- For creators and backers ---

    /// @inheritdoc ITaskManager
    function create(NewTask calldata task, bytes calldata terms)
        external
        nonReentrant
        whenNotPaused
        returns (uint256 taskId)
    {
        require(isBoard[task.board], BoardIsNotRegistered(task.board));
        _checkBounds(task);
        taskId = ++taskCount;
        _keep(taskId, task, keccak256(terms));
        IBoard(task.board).open(taskId, terms);
        if (creationFee != 0) token.safeTransferFrom(msg.sender, treasury, creationFee);
        if (task.bounty != 0) token.pull(task.bounty);
    }

    /// @inheritdoc ITaskManager
    function fund(uint256 taskId, uint96 amount) external nonReentrant whenNotPaused {
        Task storage task = _inState(taskId, TaskState.Open);
        require(amount != 0, AmountIsZero());
        _requireWithin("bounty", uint256(task.bounty) + amount, 0, MAX_BOUNTY);
        task.bounty += amount;
        task.balance += amount;
        contributionOf[taskId][msg.sender] += amount;
        emit TaskFunded(taskId, msg.sender, amount);
        token.pull(amount);
    }

    /// @inheritdoc ITaskManager
    function cancel(uint256 taskId) external {
        Task storage task = _inState(taskId, TaskState.Open);
        uint256 startBy = task.startBy;
        require(
            msg.sender == task.creator || block.timestamp > startBy, OnlyTheCreatorMayCancelBefore(startBy)
        );
        uint96 refund = task.balance;
        task.state = TaskState.Cancelled;
        task.balance = 0;
        _refunds[taskId] = Refund(refund, task.bounty);
        emit TaskCancelled(taskId, refund);
    }

    /// @inheritdoc ITaskManager
    function withdrawRefund(uint256 taskId, address backer) external nonReentrant {
        Refund storage refund = _refunds[taskId];
        uint256 shares = contributionOf[taskId][backer];
        require(refund.left != 0 && shares != 0, NothingToWithdraw());
        // A part that rounds to zero gives up its shares all the same: the last backer gets everything that is left.
        uint256 amount = refund.left * shares / refund.shares;
        refund.left -= uint96(amount);
        refund.shares -= uint96(shares);
        contributionOf[taskId][backer] = 0;
        emit RefundWithdrawn(taskId, backer, amount);
        token.send(backer, amount);
    }

    // --- For the task's board ---

    /// @inheritdoc ITaskManager
    function begin(uint256 taskId, address starter) external whenNotPaused returns (uint96 bounty) {
        Task storage task = _ofCaller(taskId, TaskState.Open);
        (uint256 startsAt, uint256 startBy) = (task.startsAt, task.startBy);
        require(block.timestamp <= startBy, TooLateToStart(startBy));
        require(
            block.timestamp >= startsAt || starter == task.creator, OnlyTheCreatorMayStartBefore(startsAt)
        );
        (task.state, task.beganAt) = (TaskState.Running, uint40(block.timestamp));
        bounty = task.bounty;
        emit TaskBegun(taskId, bounty);
    }

    /// @inheritdoc ITaskManager
    function pay(uint256 taskId, address to, uint96 amount) external nonReentrant {
        Task storage task = _tasks[taskId];
        _requireBoard(taskId, task);
        _takeOut(task, amount);
        emit TaskPaid(taskId, to, amount);
        token.send(to, amount);
    }

    /// @inheritdoc ITaskManager
    function close(uint256 taskId, uint96 refund, uint96 toTreasury, bytes32 model) external {
        Task storage task = _ofCaller(taskId, TaskState.Running);
        (task.state, task.closedAt) = (TaskState.Closed, uint40(block.timestamp));
        _takeOut(task, uint256(refund) + toTreasury);
        _refunds[taskId] = Refund(refund, task.bounty);
        owedToTreasury += toTreasury;
        if (model != 0 && taskOfModel[model] == 0) taskOfModel[model] = taskId;
        emit TaskClosed(taskId, refund, toTreasury, model);
    }

    // --- For everybody ---

    /// @inheritdoc ITaskManager
    function payTreasury() external nonReentrant {
        uint256 amount = owedToTreasury;
        require(amount != 0, NothingToWithdraw());
        owedToTreasury = 0;
        emit TreasuryPaid(treasury, amount);
        token.send(treasury, amount);
    }

    // --- For the guardian and for governance ---

    /// @inheritdoc ITaskManager
    function pause() external restricted {
        _pause();
    }

    /// @inheritdoc ITaskManager
    function unpause() external restricted {
        _unpause();
    }

    /// @inheritdoc ITaskManager
    function setBoard(address board, bool isRegistered) external restricted {
        isBoard[board] = isRegistered;
        emit BoardSet(board, isRegistered);
    }

    /// @inheritdoc ITaskManager
    function setTreasury(address treasury_) external restricted {
        _setTreasury(treasury_);
    }

    /// @inheritdoc ITaskManager
    function setCreationFee(uint256 creationFee_) external restricted {
        _requireWithin("creationFee", creationFee_, 0, MAX_CREATION_FEE);
        creationFee = creationFee_;
        emit CreationFeeSet(creationFee_);
    }

    // --- Views ---

    /// @inheritdoc ITaskManager
    function taskOf(uint256 taskId) external view returns (Task memory) {
        return _tasks[taskId];
    }

    /// @inheritdoc ITaskManager
    function stateOf(uint256 taskId) external view returns (TaskState) {
        return _tasks[taskId].state;
    }

    /// @inheritdoc ITaskManager
    function boardOf(uint256 taskId) external view returns (address) {
        return _tasks[taskId].board;
    }

    /// @inheritdoc ITaskManager
    function spanOf(uint256 taskId) external view returns (uint256 beganAt, uint256 closedAt) {
        Task storage task = _tasks[taskId];
        return (task.beganAt, task.closedAt);
    }

    /// @inheritdoc ITaskManager
    function stakingOf(uint256 taskId) external view returns (TaskState state, uint96 minimumStake) {
        Task storage task = _tasks[taskId];
        return (task.state, task.minimumStake);
    }

    /// @inheritdoc ITaskManager
    function endsAtOf(uint256 taskId) external view returns (uint256) {
        require(_tasks[taskId].state != TaskState.None, UnknownTask(taskId));
        return _tasks[taskId].endsAt;
    }

    /// @inheritdoc ITaskManager
    function refundOf(uint256 taskId, address backer) external view returns (uint256) {
        Refund memory refund = _refunds[taskId];
        if (refund.shares == 0) return 0;
        return refund.left * contributionOf[taskId][backer] / refund.shares;
    }

    // --- Inside ---

    function _checkBounds(NewTask calldata task) private view {
        _requireWithin("startBy", task.startBy, block.timestamp + 1, type(uint40).max);
        _requireWithin("startsAt", task.startsAt, 0, task.startBy);
        _requireWithin("endsAt", task.endsAt, uint256(task.startBy) + 1, block.timestamp + MAX_TASK_SECONDS);
        _requireWithin("minimumStake", task.minimumStake, MIN_STAKE, MAX_STAKE);
        _requireWithin("makersBps", task.makersBps, 0, BPS);
        _requireWithin("bounty", task.bounty, 0, MAX_BOUNTY);
    }

    function _keep(uint256 taskId, NewTask calldata task, bytes32 termsHash) private {
        _tasks[taskId] = Task({
            creator: msg.sender,
            startsAt: task.startsAt,
            startBy: task.startBy,
            state: TaskState.Open,
            board: task.board,
            endsAt: task.endsAt,
            beganAt: 0,
            makersBps: task.makersBps,
            closedAt: 0,
            minimumStake: task.minimumStake,
            balance: task.bounty,
            bounty: task.bounty,
            metadata: task.metadata,
            termsHash: termsHash
        });
        contributionOf[taskId][msg.sender] = task.bounty;
        emit TaskCreated(
            taskId,
            msg.sender,
            task.board,
            task.startsAt,
            task.startBy,
            task.endsAt,
            task.minimumStake,
            task.makersBps,
            task.metadata,
            task.bounty,
            termsHash
        );
    }

    function _ofCaller(uint256 taskId, TaskState wanted) private view returns (Task storage task) {
        task = _inState(taskId, wanted);
        _requireBoard(taskId, task);
    }

    function _requireBoard(uint256 taskId, Task storage task) private view {
        address board = task.board;
        require(msg.sender == board, OnlyTheBoardOf(taskId, board, msg.sender));
    }

    function _inState(uint256 taskId, TaskState wanted) private view returns (Task storage task) {
        task = _tasks[taskId];
        TaskState state = task.state;
        if (state == wanted) return task;
        if (state == TaskState.None) revert UnknownTask(taskId);
        if (wanted == TaskState.Open) revert TaskIsNotOpen(taskId, state);
        revert TaskIsNotRunning(taskId, state);
    }

    function _takeOut(Task storage task, uint256 amount) private {
        uint96 balance = task.balance;
        require(amount <= balance, PaymentAboveBalance(amount, balance));
        task.balance = balance - uint96(amount);
    }

    function _requireWithin(string memory parameter, uint256 value, uint256 least, uint256 most)
        private
        pure
    {
        require(value >= least && value <= most, OutOfBounds(parameter, value, least, most));
    }

    function _setTreasury(address treasury_) private {
        require(treasury_ != address(0), TreasuryIsZero());
        treasury = treasury_;
        emit TreasurySet(treasury_);
    }
}
