// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { AllianceParameters, ITaskManager, Task, TaskKind, TaskState } from "./interfaces/ITaskManager.sol";
import { AllianceBounds } from "./libraries/AllianceBounds.sol";

contract TaskManager is ITaskManager, AccessManaged, Pausable, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @inheritdoc ITaskManager
    uint256 public constant MAX_CREATION_FEE = 10_000e18;

    IERC20 public immutable token;
    address public treasury;
    uint256 public creationFee;
    uint256 public taskCount;

    mapping(uint256 taskId => Task) private _tasks;
    mapping(uint256 taskId => AllianceParameters) private _parameters;

    constructor(IERC20 token_, address treasury_, address authority) AccessManaged(authority) {
        token = token_;
        _setTreasury(treasury_);
    }

    // --- For creators and backers ---

    /// @inheritdoc ITaskManager
    function create(AllianceParameters calldata parameters, bytes32 metadata, uint96 bounty)
        external
        nonReentrant
        whenNotPaused
        returns (uint256 taskId)
    {
        AllianceBounds.check(parameters, bounty, block.timestamp);
        taskId = ++taskCount;
        _tasks[taskId] = Task(msg.sender, TaskState.Open, TaskKind.Alliance, 0, 0, bounty, bounty, metadata);
        _parameters[taskId] = parameters;
        emit TaskCreated(taskId, msg.sender, metadata, bounty, parameters);
        if (creationFee != 0) token.safeTransferFrom(msg.sender, treasury, creationFee);
        if (bounty != 0) _pull(bounty);
    }

    /// @inheritdoc ITaskManager
    function fund(uint256 taskId, uint96 amount) external nonReentrant whenNotPaused {
        Task storage task = _inState(taskId, TaskState.Open);
        require(amount != 0, AmountIsZero());
        task.bounty += amount;
        task.balance += amount;
        emit TaskFunded(taskId, msg.sender, amount);
        _pull(amount);
    }

    /// @inheritdoc ITaskManager
    function cancel(uint256 taskId) external {
        Task storage task = _inState(taskId, TaskState.Open);
        uint256 startBy = _parameters[taskId].startBy;
        require(
            msg.sender == task.creator || block.timestamp > startBy, OnlyTheCreatorMayCancelBefore(startBy)
        );
        uint96 refund = task.balance;
        task.state = TaskState.Cancelled;
        task.balance = 0;
        emit TaskCancelled(taskId, refund);
        _send(task.creator, refund);
    }

    // --- For settlers ---

    /// @inheritdoc ITaskManager
    function begin(uint256 taskId) external restricted whenNotPaused {
        Task storage task = _inState(taskId, TaskState.Open);
        uint256 startBy = _parameters[taskId].startBy;
        require(block.timestamp <= startBy, TooLateToStart(startBy));
        (task.state, task.beganAt) = (TaskState.Running, uint40(block.timestamp));
        emit TaskBegun(taskId, task.bounty);
    }

    /// @inheritdoc ITaskManager
    function pay(uint256 taskId, address to, uint96 amount) external restricted {
        Task storage task = _tasks[taskId];
        _takeOut(task, amount);
        emit TaskPaid(taskId, to, amount);
        _send(to, amount);
    }

    /// @inheritdoc ITaskManager
    function close(uint256 taskId, uint96 refund, uint96 toTreasury) external restricted {
        Task storage task = _inState(taskId, TaskState.Running);
        (task.state, task.closedAt) = (TaskState.Closed, uint40(block.timestamp));
        _takeOut(task, uint256(refund) + toTreasury);
        emit TaskClosed(taskId, refund, toTreasury);
        _send(task.creator, refund);
        _send(treasury, toTreasury);
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
    function setTreasury(address treasury_) external restricted {
        _setTreasury(treasury_);
    }

    /// @inheritdoc ITaskManager
    function setCreationFee(uint256 creationFee_) external restricted {
        require(
            creationFee_ <= MAX_CREATION_FEE, OutOfBounds("creationFee", creationFee_, 0, MAX_CREATION_FEE)
        );
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
    function spanOf(uint256 taskId) external view returns (uint256 beganAt, uint256 closedAt) {
        Task storage task = _tasks[taskId];
        return (task.beganAt, task.closedAt);
    }

    /// @inheritdoc ITaskManager
    function endsAtOf(uint256 taskId) external view returns (uint256) {
        require(_tasks[taskId].state != TaskState.None, UnknownTask(taskId));
        return _parameters[taskId].endsAt;
    }

    /// @inheritdoc ITaskManager
    function allianceParametersOf(uint256 taskId) external view returns (AllianceParameters memory) {
        require(_tasks[taskId].state != TaskState.None, UnknownTask(taskId));
        return _parameters[taskId];
    }

    // --- Inside ---

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

    /// @dev Some tokens refuse to move nothing; nothing needs no moving.
    function _send(address to, uint256 amount) private {
        if (amount != 0) token.safeTransfer(to, amount);
    }

    function _pull(uint256 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        require(received == amount, TokenTookAFee(amount, received));
    }

    function _setTreasury(address treasury_) private {
        require(treasury_ != address(0), TreasuryIsZero());
        treasury = treasury_;
        emit TreasurySet(treasury_);
    }
}
