// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

enum TaskState {
    None,
    Open,
    Running,
    Closed,
    Cancelled
}

/// @notice What the maker of a task chooses, whatever the product. Bounds in brackets. Terms of the product itself go
/// beside it, in the board's own form.
struct NewTask {
    address board; // registered
    uint40 startsAt; // before it only the creator may have the task started [0, startBy]
    uint40 startBy; // last moment to start (now, endsAt)
    uint40 endsAt; // (startBy, now + 730 days]
    uint96 minimumStake; // gmFLOCK, the least that may stand on the task for one account [1e18, 1e26]
    uint16 makersBps; // of later sales of the model, to those who made it [0, 10_000]
    bytes32 metadata; // sha256 of the metadata document in the blob store
    uint96 bounty; // wei, taken from the caller [0, 2^92 - 1]
}

/// @notice A task as kept. `beganAt` and `closedAt` are zero until it happens. `bounty` is all that was put in before
/// the task began, `balance` what is still in custody for pay; both in wei. `termsHash` is keccak256 of the board's terms.
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

/// @title Tasks of every product, and the only holder of their bounties
/// @notice Knows no product: each task names a board (IBoard), which alone may begin, pay and close it. Nothing is
/// pushed to anybody who could refuse it: refunds and the treasury's part are booked, and paid when asked for.
interface ITaskManager {
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
    event TaskFunded(uint256 indexed taskId, address indexed from, uint256 amount);
    /// @notice `refund` is all that was put in; each backer withdraws its own.
    event TaskCancelled(uint256 indexed taskId, uint256 refund);
    event TaskBegun(uint256 indexed taskId, uint256 bounty);
    event TaskPaid(uint256 indexed taskId, address indexed to, uint256 amount);
    event TaskClosed(uint256 indexed taskId, uint256 refund, uint256 toTreasury, bytes32 model);
    event RefundWithdrawn(uint256 indexed taskId, address indexed backer, uint256 amount);
    event TreasuryPaid(address indexed treasury, uint256 amount);
    event BoardSet(address indexed board, bool isRegistered);
    event TreasurySet(address treasury);
    event CreationFeeSet(uint256 creationFee);

    error UnknownTask(uint256 taskId);
    error TaskIsNotOpen(uint256 taskId, TaskState state);
    error TaskIsNotRunning(uint256 taskId, TaskState state);
    error BoardIsNotRegistered(address board);
    error OnlyTheBoardOf(uint256 taskId, address board, address caller);
    error OnlyTheCreatorMayCancelBefore(uint256 startBy);
    error OnlyTheCreatorMayStartBefore(uint256 startsAt);
    error TooLateToStart(uint256 startBy);
    error AmountIsZero();
    error NothingToWithdraw();
    error TokenTookAFee(uint256 sent, uint256 received);
    error PaymentAboveBalance(uint256 amount, uint256 balance);
    error TreasuryIsZero();
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    // --- For creators and backers ---

    /// @notice Makes a task: checks its bounds, takes the creation fee and the bounty, and has the board take in the
    /// terms. The token must take no fee of its own. Refused while paused.
    /// @param terms ABI-encoded as the board wants them.
    function create(NewTask calldata task, bytes calldata terms) external returns (uint256 taskId);

    /// @notice Adds to the bounty of an open task. Anyone may; what comes back later comes back to the backer, in
    /// proportion. Refused while paused.
    /// @param amount wei, more than 0.
    function fund(uint256 taskId, uint96 amount) external;

    /// @notice Ends an open task. The creator may at any time while it is open, anyone once `startBy` has passed. All
    /// that was put in may be withdrawn.
    function cancel(uint256 taskId) external;

    /// @notice Pays `backer` its part of what a cancelled or closed task gives back. Anyone may; it always pays the
    /// backer. Parts are in proportion to what was put in, and add up to the wei.
    function withdrawRefund(uint256 taskId, address backer) external;

    // --- For the task's board ---

    /// @notice Open to Running; from now on the bounty is fixed. Refused while paused.
    /// @param starter on whose call the board begins the task: before `startsAt` it must be the creator.
    /// @return bounty all that was put in, in wei.
    function begin(uint256 taskId, address starter) external returns (uint96 bounty);

    /// @notice Pays from the task's custody; the board's, in every state.
    /// @param amount wei, at most the task's balance.
    function pay(uint256 taskId, address to, uint96 amount) external;

    /// @notice Running to Closed; what is neither refunded nor the treasury's stays payable.
    /// @param refund wei that backers may withdraw.
    /// @param toTreasury wei for the treasury.
    /// @param model what the task has made, 0 if nothing; the first task to close with it is found by `taskOfModel`.
    function close(uint256 taskId, uint96 refund, uint96 toTreasury, bytes32 model) external;

    // --- For everybody ---

    /// @notice Pays the treasury what tasks have left it. Anyone may.
    function payTreasury() external;

    // --- For the guardian and for governance ---

    /// @notice Stops `create`, `fund` and `begin`. What runs goes on, so that no deadline shifts. Restricted to the
    /// guardian.
    function pause() external;
    function unpause() external;

    /// @notice Lets new tasks name `board`, or no longer. Tasks it has already keep it. Restricted to governance.
    function setBoard(address board, bool isRegistered) external;

    /// @notice Not zero. Restricted to governance.
    function setTreasury(address treasury) external;

    /// @notice At most MAX_CREATION_FEE. Restricted to governance.
    function setCreationFee(uint256 creationFee) external;

    // --- Views ---

    function MAX_CREATION_FEE() external view returns (uint256); // 10_000e18
    function MIN_STAKE() external view returns (uint256); // 1e18
    function MAX_STAKE() external view returns (uint256); // 1e26
    function MAX_TASK_SECONDS() external view returns (uint256); // 730 days
    function MAX_BOUNTY() external view returns (uint256); // 2^92 - 1 wei
    function token() external view returns (IERC20);
    function treasury() external view returns (address);
    /// @notice Wei that `payTreasury` would pay.
    function owedToTreasury() external view returns (uint256);
    function creationFee() external view returns (uint256);
    function taskCount() external view returns (uint256);
    function isBoard(address board) external view returns (bool);
    function taskOf(uint256 taskId) external view returns (Task memory);
    function stateOf(uint256 taskId) external view returns (TaskState);
    /// @notice Zero for a task that is none.
    function boardOf(uint256 taskId) external view returns (address);
    /// @notice When a task began and when it was closed; zero for what has not happened, also of a task that is none.
    function spanOf(uint256 taskId) external view returns (uint256 beganAt, uint256 closedAt);
    /// @notice What staking on a task depends on.
    /// @return state None for a task that is none.
    /// @return minimumStake gmFLOCK.
    function stakingOf(uint256 taskId) external view returns (TaskState state, uint96 minimumStake);
    /// @notice When no more work is begun.
    function endsAtOf(uint256 taskId) external view returns (uint256);
    /// @notice The first task that closed with this model, 0 if none did. A way to find it, no right to it: a model is
    /// that of every task whose board says so (`modelOf`).
    function taskOfModel(bytes32 model) external view returns (uint256);
    /// @notice Wei that `backer` has put into a task.
    function contributionOf(uint256 taskId, address backer) external view returns (uint256);
    /// @notice Wei that `withdrawRefund` would pay `backer` now.
    function refundOf(uint256 taskId, address backer) external view returns (uint256);
}
