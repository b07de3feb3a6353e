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

enum TaskKind {
    Alliance
}

/// @notice `beganAt` and `closedAt` are zero until it happens. `bounty` is what was put in before the task began,
/// `balance` what is still in custody; both in wei.
struct Task {
    address creator;
    TaskState state;
    TaskKind kind;
    uint40 beganAt;
    uint40 closedAt;
    uint96 bounty;
    uint96 balance;
    bytes32 metadata;
}

/// @notice The terms of an Alliance, fixed when the task is made. Bounds in brackets.
struct AllianceParameters {
    uint16 plannedRounds; // [1, 10_000]
    uint8 proposerSeats; // P [1, 32]
    uint8 voterSeats; // V [1, 63]
    uint16 maxMembers; // [P + V, 65_000]
    uint32 proposeSeconds; // each phase [2, 604_800]
    uint32 attestSeconds;
    uint32 commitSeconds;
    uint32 revealSeconds;
    uint40 startBy; // now < startBy < endsAt
    uint40 endsAt; // within two years
    uint96 minimumStake; // gmFLOCK [1e18, 1e26]
    uint96 keeperFee; // wei; 4 · plannedRounds · keeperFee within a tenth of the bounty
    uint128 normClip; // WAD, 0 = none
    uint8 rule; // aggregation rule [0, 6]; + 128 = nearest-neighbour mixing first
    uint16 byzantineBps; // [0, 4_900]
    uint16 voteToleranceBps; // [0, 2_000]
    uint8 strikeWindow; // W [1, 16]
    uint8 strikeLimit; // L [1, W]
    uint16 slashBps; // [0, 5_000]
    uint16 makersBps; // [0, 10_000]
    bytes32 allowListRoot; // 0 = open to all; else OpenZeppelin's Merkle tree of double-hashed accounts
    bytes32 initialModel; // sha256 of the canonical bytes of the first model
}

/// @title Tasks and the only holder of their bounties
interface ITaskManager {
    event TaskCreated(
        uint256 indexed taskId,
        address indexed creator,
        bytes32 metadata,
        uint256 bounty,
        AllianceParameters parameters
    );
    event TaskFunded(uint256 indexed taskId, address indexed from, uint256 amount);
    event TaskCancelled(uint256 indexed taskId, uint256 refund);
    event TaskBegun(uint256 indexed taskId, uint256 bounty);
    event TaskPaid(uint256 indexed taskId, address indexed to, uint256 amount);
    event TaskClosed(uint256 indexed taskId, uint256 refund, uint256 toTreasury);
    event TreasurySet(address treasury);
    event CreationFeeSet(uint256 creationFee);

    error ParameterOutOfBounds(string parameter);
    error UnknownTask(uint256 taskId);
    error TaskIsNotOpen(uint256 taskId, TaskState state);
    error TaskIsNotRunning(uint256 taskId, TaskState state);
    error OnlyTheCreatorMayCancelBefore(uint256 startBy);
    error TooLateToStart(uint256 startBy);
    error AmountIsZero();
    error TokenTookAFee(uint256 sent, uint256 received);
    error PaymentAboveBalance(uint256 amount, uint256 balance);
    error TreasuryIsZero();
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    /// @notice Makes a task from bounded terms, takes the creation fee and `bounty` wei of FLOCK into custody. Refused
    /// while paused.
    /// @param metadata sha256 of the metadata document in the blob store.
    function create(AllianceParameters calldata parameters, bytes32 metadata, uint96 bounty)
        external
        returns (uint256 taskId);

    /// @notice Adds to the bounty of an open task. Anyone may. Refused while paused.
    function fund(uint256 taskId, uint96 amount) external;

    /// @notice Ends an open task and refunds everything to its creator. The creator may at any time while it is
    /// open, anyone once `startBy` has passed.
    function cancel(uint256 taskId) external;

    /// @notice Open to Running; from now on the bounty is fixed. Restricted to settlers; refused while paused.
    function begin(uint256 taskId) external;

    /// @notice Pays from the task's custody. Restricted to settlers.
    function pay(uint256 taskId, address to, uint96 amount) external;

    /// @notice Running to Closed: `refund` to the creator, `toTreasury` to the treasury; what is left stays payable.
    /// Restricted to settlers.
    function close(uint256 taskId, uint96 refund, uint96 toTreasury) external;

    /// @notice Stops `create`, `fund` and `begin`. What runs goes on, so that no deadline shifts. Restricted to the
    /// guardian.
    function pause() external;
    function unpause() external;

    /// @notice Not zero. Restricted to governance.
    function setTreasury(address treasury) external;

    /// @notice At most MAX_CREATION_FEE. Restricted to governance.
    function setCreationFee(uint256 creationFee) external;

    function MAX_CREATION_FEE() external view returns (uint256);
    function token() external view returns (IERC20);
    function treasury() external view returns (address);
    function creationFee() external view returns (uint256);
    function taskCount() external view returns (uint256);
    function taskOf(uint256 taskId) external view returns (Task memory);
    function stateOf(uint256 taskId) external view returns (TaskState);
    /// @notice When a task began and when it was closed; zero for what has not happened, also of a task that is none.
    function spanOf(uint256 taskId) external view returns (uint256 beganAt, uint256 closedAt);
    /// @notice When no more rounds are opened.
    function endsAtOf(uint256 taskId) external view returns (uint256);
    function allianceParametersOf(uint256 taskId) external view returns (AllianceParameters memory);
}
