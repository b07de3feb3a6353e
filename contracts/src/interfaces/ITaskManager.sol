// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Where a task is in its life. None: it does not exist. Open: created, can be funded, cancelled or begun.
/// Running: begun. Closed: ended after it ran. Cancelled: ended before it ran.
enum TaskState {
    None,
    Open,
    Running,
    Closed,
    Cancelled
}

/// @notice What the creator of a task chooses, whatever the product; bounds in brackets. The terms of the product
/// itself are passed separately, in the board's own form.
/// @param board Contract that runs the task [a registered board].
/// @param startsAt Until then only the creator can begin the task; Unix seconds [0, startBy].
/// @param startBy Last moment at which the task can begin; Unix seconds (now, endsAt).
/// @param endsAt When no more work is begun; Unix seconds (startBy, now + 730 days].
/// @param minimumStake The least gmFLOCK an account must have on the task to take part [1e18, 1e26].
/// @param makersBps Share of later sales of the model for those who made it, in basis points [0, 10_000].
/// @param metadata The sha256 of the metadata document in the blob store.
/// @param bounty FLOCK taken from the creator, in wei [0, 2^92 - 1].
struct NewTask {
    address board;
    uint40 startsAt;
    uint40 startBy;
    uint40 endsAt;
    uint96 minimumStake;
    uint16 makersBps;
    bytes32 metadata;
    uint96 bounty;
}

/// @notice A task as stored.
/// @param creator Who created it.
/// @param startsAt Until then only the creator can begin the task; Unix seconds.
/// @param startBy Last moment at which the task can begin; Unix seconds.
/// @param state Where it is in its life.
/// @param board Contract that runs it.
/// @param endsAt When no more work is begun; Unix seconds.
/// @param beganAt When it began, in Unix seconds; 0 if it has not.
/// @param makersBps Share of later sales of the model for those who made it, in basis points.
/// @param closedAt When it was closed, in Unix seconds; 0 if it was not, also if it was cancelled.
/// @param minimumStake The least gmFLOCK an account must have on the task to take part.
/// @param balance FLOCK still held for pay, in wei.
/// @param bounty All FLOCK that was put in before the task began, in wei.
/// @param metadata The sha256 of the metadata document in the blob store.
/// @param termsHash The keccak256 of the board's terms.
struct Task {
    address creator;
    uint40 startsAt;
    uint40 startBy;
    TaskState state;
    address board;
    uint40 endsAt;
    uint40 beganAt;
    uint16 makersBps;
    uint40 closedAt;
    uint96 minimumStake;
    uint96 balance;
    uint96 bounty;
    bytes32 metadata;
    bytes32 termsHash;
}

/// @title The tasks of every product, and the only contract that holds their bounties
/// @notice It knows no product: each task names a board (IBoard), which alone can begin, pay and close it. Refunds
/// and the treasury's part are booked and paid on request, so a receiver that refuses payment blocks nobody else.
/// @dev Amounts are in wei of FLOCK. Functions "for governance" and "for the guardian" revert with
/// AccessManagedUnauthorized for anyone else; functions that are "refused while paused" revert with EnforcedPause.
interface ITaskManager {
    /// @notice A task was created.
    /// @param taskId The task.
    /// @param creator Who created it.
    /// @param board Contract that runs it.
    /// @param startsAt Until then only the creator can begin the task; Unix seconds.
    /// @param startBy Last moment at which the task can begin; Unix seconds.
    /// @param endsAt When no more work is begun; Unix seconds.
    /// @param minimumStake The least gmFLOCK an account must have on the task to take part.
    /// @param makersBps Share of later sales of the model for those who made it, in basis points.
    /// @param metadata The sha256 of the metadata document.
    /// @param bounty FLOCK the creator put in, in wei.
    /// @param termsHash The keccak256 of the board's terms.
    event TaskCreated(
        uint256 indexed taskId,
        address indexed creator,
        address indexed board,
        uint256 startsAt,
        uint256 startBy,
        uint256 endsAt,
        uint256 minimumStake,
        uint256 makersBps,
        bytes32 metadata,
        uint256 bounty,
        bytes32 termsHash
    );

    /// @notice Somebody added to the bounty of an open task.
    /// @param taskId The task.
    /// @param from The backer.
    /// @param amount FLOCK added, in wei.
    event TaskFunded(uint256 indexed taskId, address indexed from, uint256 amount);

    /// @notice An open task was cancelled.
    /// @param taskId The task.
    /// @param refund All FLOCK that was put in, in wei; each backer withdraws its own.
    event TaskCancelled(uint256 indexed taskId, uint256 refund);

    /// @notice A task began.
    /// @param taskId The task.
    /// @param bounty All FLOCK that was put in, in wei; fixed from now on.
    event TaskBegun(uint256 indexed taskId, uint256 bounty);

    /// @notice A board paid somebody from a task's balance.
    /// @param taskId The task.
    /// @param to Receiver.
    /// @param amount FLOCK paid, in wei.
    event TaskPaid(uint256 indexed taskId, address indexed to, uint256 amount);

    /// @notice A running task was closed.
    /// @param taskId The task.
    /// @param refund FLOCK that backers can withdraw, in wei.
    /// @param toTreasury FLOCK owed to the treasury, in wei.
    /// @param model The sha256 of the model that the task made; 0 if none.
    event TaskClosed(uint256 indexed taskId, uint256 refund, uint256 toTreasury, bytes32 model);

    /// @notice A backer was paid its part of a refund.
    /// @param taskId The task.
    /// @param backer Who was paid.
    /// @param amount FLOCK paid, in wei.
    event RefundWithdrawn(uint256 indexed taskId, address indexed backer, uint256 amount);

    /// @notice The treasury was paid what it was owed.
    /// @param treasury Receiver.
    /// @param amount FLOCK paid, in wei.
    event TreasuryPaid(address indexed treasury, uint256 amount);

    /// @notice A board was registered or removed.
    /// @param board The board.
    /// @param isRegistered Whether new tasks can name it.
    event BoardSet(address indexed board, bool isRegistered);

    /// @notice The treasury changed.
    /// @param treasury The new treasury.
    event TreasurySet(address treasury);

    /// @notice The creation fee changed.
    /// @param creationFee The new fee, in wei of FLOCK.
    event CreationFeeSet(uint256 creationFee);

    /// @notice The task does not exist.
    /// @param taskId Its number.
    error UnknownTask(uint256 taskId);

    /// @notice The task is not open.
    /// @param taskId The task.
    /// @param state Its state.
    error TaskIsNotOpen(uint256 taskId, TaskState state);

    /// @notice The task is not running.
    /// @param taskId The task.
    /// @param state Its state.
    error TaskIsNotRunning(uint256 taskId, TaskState state);

    /// @notice New tasks cannot name this board.
    /// @param board The contract named.
    error BoardIsNotRegistered(address board);

    /// @notice Only the task's board can do this.
    /// @param taskId The task.
    /// @param board Its board; zero if the task does not exist.
    /// @param caller Who tried.
    error OnlyTheBoardOf(uint256 taskId, address board, address caller);

    /// @notice Until the time to start has passed, only the creator can cancel the task.
    /// @param startBy When it passes, in Unix seconds.
    error OnlyTheCreatorMayCancelBefore(uint256 startBy);

    /// @notice Until the task's start, only the creator can begin it.
    /// @param startsAt The start, in Unix seconds.
    error OnlyTheCreatorMayStartBefore(uint256 startsAt);

    /// @notice The time to start has passed.
    /// @param startBy When it passed, in Unix seconds.
    error TooLateToStart(uint256 startBy);

    /// @notice The amount is zero.
    error AmountIsZero();

    /// @notice There is nothing to pay out.
    error NothingToWithdraw();

    /// @notice The token delivered less than was sent.
    /// @param sent Wei sent.
    /// @param received Wei received.
    error TokenTookAFee(uint256 sent, uint256 received);

    /// @notice The task holds less than this.
    /// @param amount Wei asked for.
    /// @param balance Wei the task holds.
    error PaymentAboveBalance(uint256 amount, uint256 balance);

    /// @notice The treasury cannot be the zero address.
    error TreasuryIsZero();

    /// @notice A number is outside of its bounds.
    /// @param parameter Its name.
    /// @param value The value given.
    /// @param least The lowest value possible.
    /// @param most The highest value possible.
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    // --- For creators and backers ---

    /// @notice Creates a task: checks its bounds, takes the creation fee and the bounty, and has the board take in
    /// the terms.
    /// @dev Anyone can call who has approved fee and bounty. Refused while paused. Reverts with BoardIsNotRegistered,
    /// OutOfBounds, TokenTookAFee if the token keeps a fee, and as IBoard.open does.
    /// @param task What every task has; see NewTask for the bounds.
    /// @param terms The board's terms, ABI-encoded as the board wants them.
    /// @return taskId Number of the new task, from 1.
    function create(NewTask calldata task, bytes calldata terms) external returns (uint256 taskId);

    /// @notice Adds to the bounty of an open task.
    /// @dev Anyone can call who has approved the amount. What the task gives back later goes back to its backers, in
    /// proportion. Refused while paused. Reverts with UnknownTask, TaskIsNotOpen, AmountIsZero, OutOfBounds above
    /// MAX_BOUNTY, and TokenTookAFee.
    /// @param taskId The task.
    /// @param amount FLOCK to add, in wei; more than 0.
    function fund(uint256 taskId, uint96 amount) external;

    /// @notice Cancels an open task, so that all that was put in can be withdrawn.
    /// @dev The creator can call at any time while the task is open, anyone once `startBy` has passed. Reverts with
    /// UnknownTask, TaskIsNotOpen and OnlyTheCreatorMayCancelBefore.
    /// @param taskId The task.
    function cancel(uint256 taskId) external;

    /// @notice Pays a backer its part of what a cancelled or closed task gives back.
    /// @dev Anyone can call; it always pays the backer. Parts are in proportion to what was put in, and add up to the
    /// wei. Works while paused. Reverts with NothingToWithdraw.
    /// @param taskId The task.
    /// @param backer Who is paid.
    function withdrawRefund(uint256 taskId, address backer) external;

    // --- For the task's board ---

    /// @notice Begins an open task; its bounty is fixed from now on.
    /// @dev For the task's board. Refused while paused. Reverts with UnknownTask, TaskIsNotOpen, OnlyTheBoardOf,
    /// TooLateToStart and OnlyTheCreatorMayStartBefore.
    /// @param taskId The task.
    /// @param starter On whose call the board begins the task; before `startsAt` it must be the creator.
    /// @return bounty All FLOCK that was put in, in wei.
    function begin(uint256 taskId, address starter) external returns (uint96 bounty);

    /// @notice Pays from a task's balance.
    /// @dev For the task's board, in every state. Works while paused. Reverts with OnlyTheBoardOf and
    /// PaymentAboveBalance.
    /// @param taskId The task.
    /// @param to Receiver.
    /// @param amount FLOCK to pay, in wei; at most the task's balance.
    function pay(uint256 taskId, address to, uint96 amount) external;

    /// @notice Closes a running task; what is neither refunded nor the treasury's can still be paid by the board.
    /// @dev For the task's board. Works while paused. Reverts with UnknownTask, TaskIsNotRunning, OnlyTheBoardOf and
    /// PaymentAboveBalance.
    /// @param taskId The task.
    /// @param refund FLOCK that backers can withdraw, in wei.
    /// @param toTreasury FLOCK for the treasury, in wei.
    /// @param model The sha256 of the model that the task made, 0 if none; `taskOfModel` finds the first task to
    /// close with it.
    function close(uint256 taskId, uint96 refund, uint96 toTreasury, bytes32 model) external;

    // --- For everybody ---

    /// @notice Pays the treasury what tasks have left it.
    /// @dev Anyone can call. Reverts with NothingToWithdraw.
    function payTreasury() external;

    // --- For the guardian and for governance ---

    /// @notice Stops `create`, `fund` and `begin`. Running tasks go on, so that no deadline moves.
    /// @dev For the guardian. Reverts with EnforcedPause if paused already.
    function pause() external;

    /// @notice Ends the pause.
    /// @dev For the guardian. Reverts with ExpectedPause if not paused.
    function unpause() external;

    /// @notice Registers a board, or stops new tasks from naming it.
    /// @dev For governance. Tasks that the board has already keep it.
    /// @param board The board.
    /// @param isRegistered Whether new tasks can name it.
    function setBoard(address board, bool isRegistered) external;

    /// @notice Sets the treasury, which gets creation fees and what tasks leave it.
    /// @dev For governance. Reverts with TreasuryIsZero.
    /// @param treasury The new treasury.
    function setTreasury(address treasury) external;

    /// @notice Sets the fee for creating a task.
    /// @dev For governance. Reverts with OutOfBounds.
    /// @param creationFee Wei of FLOCK, at most MAX_CREATION_FEE.
    function setCreationFee(uint256 creationFee) external;

    // --- Bounds ---

    /// @notice The highest creation fee.
    /// @return Wei of FLOCK; 10_000e18.
    function MAX_CREATION_FEE() external view returns (uint256);

    /// @notice The lowest minimum stake of a task.
    /// @return gmFLOCK; 1e18.
    function MIN_STAKE() external view returns (uint256);

    /// @notice The highest minimum stake of a task.
    /// @return gmFLOCK; 1e26.
    function MAX_STAKE() external view returns (uint256);

    /// @notice How far ahead a task can end.
    /// @return Seconds; 730 days.
    function MAX_TASK_SECONDS() external view returns (uint256);

    /// @notice The highest bounty of a task.
    /// @return Wei of FLOCK; 2^92 - 1.
    function MAX_BOUNTY() external view returns (uint256);

    // --- Views ---

    /// @notice The token that bounties are paid in.
    /// @return FLOCK.
    function token() external view returns (IERC20);

    /// @notice Who gets creation fees and what tasks leave it.
    /// @return The treasury.
    function treasury() external view returns (address);

    /// @notice What `payTreasury` would pay now.
    /// @return Wei of FLOCK.
    function owedToTreasury() external view returns (uint256);

    /// @notice The fee for creating a task.
    /// @return Wei of FLOCK.
    function creationFee() external view returns (uint256);

    /// @notice How many tasks were created; their numbers are 1 to this.
    /// @return The number of tasks.
    function taskCount() external view returns (uint256);

    /// @notice Whether new tasks can name a board.
    /// @param board The board.
    /// @return True if it is registered.
    function isBoard(address board) external view returns (bool);

    /// @notice A task as stored.
    /// @param taskId The task.
    /// @return The task; all zero if it does not exist.
    function taskOf(uint256 taskId) external view returns (Task memory);

    /// @notice Where a task is in its life.
    /// @param taskId The task.
    /// @return Its state; None if it does not exist.
    function stateOf(uint256 taskId) external view returns (TaskState);

    /// @notice The contract that runs a task.
    /// @param taskId The task.
    /// @return Its board; zero if the task does not exist.
    function boardOf(uint256 taskId) external view returns (address);

    /// @notice When a task began and when it was closed.
    /// @param taskId The task.
    /// @return beganAt Unix seconds; 0 if it has not begun or does not exist.
    /// @return closedAt Unix seconds; 0 if it was not closed or does not exist.
    function spanOf(uint256 taskId) external view returns (uint256 beganAt, uint256 closedAt);

    /// @notice What staking on a task depends on.
    /// @param taskId The task.
    /// @return state Its state; None if it does not exist.
    /// @return minimumStake The least gmFLOCK an account must have on the task.
    function stakingOf(uint256 taskId) external view returns (TaskState state, uint96 minimumStake);

    /// @notice When no more work is begun on a task.
    /// @dev Reverts with UnknownTask.
    /// @param taskId The task.
    /// @return Unix seconds.
    function endsAtOf(uint256 taskId) external view returns (uint256);

    /// @notice The first task that closed with a model.
    /// @dev It is a way to find the task and gives no right to the model: that belongs to every task whose board says
    /// so (IBoard.modelOf).
    /// @param model The sha256 of the model's bytes.
    /// @return The task; 0 if none closed with it.
    function taskOfModel(bytes32 model) external view returns (uint256);

    /// @notice What a backer has put into a task and not withdrawn as a refund.
    /// @param taskId The task.
    /// @param backer The backer.
    /// @return Wei of FLOCK; 0 once its refund was withdrawn.
    function contributionOf(uint256 taskId, address backer) external view returns (uint256);

    /// @notice What `withdrawRefund` would pay a backer now.
    /// @param taskId The task.
    /// @param backer The backer.
    /// @return Wei of FLOCK.
    function refundOf(uint256 taskId, address backer) external view returns (uint256);
}
