// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A product: what TaskManager, Staking and whoever sells models ask of the contract that runs a task
/// @notice Governance registers boards with TaskManager. A task belongs to one board for good; only that board begins,
/// pays and closes it, and only that board holds, frees and slashes the stake that stands on it.
interface IBoard {
    error OnlyTaskManager(address caller);

    /// @notice Takes in a task that is being made: decodes, bounds and keeps its terms. Reverts if one is out of bounds.
    /// Only TaskManager calls it, once a task, before anybody can act on the task.
    /// @param taskId the new task; TaskManager has its schedule, minimum stake and bounty already.
    /// @param terms ABI-encoded in this board's own form; TaskManager keeps their keccak256.
    function open(uint256 taskId, bytes calldata terms) external;

    /// @notice The duty that `account` has on a task now, such as a seat in the round of this number. While it has one,
    /// what is delegated to it leaves only if it asked to before the duty began.
    /// @return duty a number that names the duty: never 0, and never used again for another of this account on this task;
    /// 0 if it has none.
    function dutyOf(uint256 taskId, address account) external view returns (uint16 duty);

    /// @notice The model that a task has made: the sha256 of its bytes; 0 if it has made none (yet).
    function modelOf(uint256 taskId) external view returns (bytes32 model);

    /// @notice All that `account` has earned by its work on a task, in wei, whether it was withdrawn or not. Fees for
    /// pushing the task on are not in it.
    function earnedOf(uint256 taskId, address account) external view returns (uint256 earned);

    /// @notice What all accounts have earned by their work on a task, in wei: the sum of `earnedOf`.
    function totalEarnedOf(uint256 taskId) external view returns (uint256 earned);
}
