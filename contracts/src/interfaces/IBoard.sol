// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A product: what TaskManager, Staking and buyers of models ask of the contract that runs a task
/// @notice Governance registers boards with TaskManager. A task belongs to one board for good. Only that board
/// begins, pays and closes it, and only that board holds, releases and slashes the stake on it.
interface IBoard {
    /// @notice Only TaskManager can do this.
    /// @param caller Who tried.
    error OnlyTaskManager(address caller);

    /// @notice Takes in a task that is being created: decodes its terms, checks their bounds and keeps them.
    /// @dev For TaskManager, which calls it once per task, before anybody can act on the task, and has the task's
    /// schedule, minimum stake and bounty already. Reverts with OnlyTaskManager for anyone else, and with errors of
    /// the board's own if a term is malformed or out of bounds.
    /// @param taskId The new task.
    /// @param terms The terms, ABI-encoded in the board's own form; TaskManager keeps their keccak256.
    function open(uint256 taskId, bytes calldata terms) external;

    /// @notice The duty of an account on a task now, such as a seat in the open round.
    /// @dev While an operator has a duty, what is delegated to it leaves only if it asked to before the duty began.
    /// @param taskId The task.
    /// @param account The account.
    /// @return duty A number that names the duty: never 0, and never used again for another duty of this account on
    /// this task; 0 if it has none.
    function dutyOf(uint256 taskId, address account) external view returns (uint16 duty);

    /// @notice The model that a task has made.
    /// @param taskId The task.
    /// @return model The sha256 of the model's bytes; 0 if the task has made none yet.
    function modelOf(uint256 taskId) external view returns (bytes32 model);

    /// @notice What an account has earned by its work on a task, withdrawn or not, without the fees for moving it on.
    /// @param taskId The task.
    /// @param account The account.
    /// @return earned Wei of FLOCK.
    function earnedOf(uint256 taskId, address account) external view returns (uint256 earned);

    /// @notice What all accounts have earned by their work on a task: the sum of `earnedOf`.
    /// @param taskId The task.
    /// @return earned Wei of FLOCK.
    function totalEarnedOf(uint256 taskId) external view returns (uint256 earned);
}
