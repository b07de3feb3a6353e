// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What every contract that holds stake for duties answers
interface IDuties {
    /// @notice Whether `account` has a duty open on the task: a seat in the current round, a score to reveal. While it
    /// does, its stake and what is delegated to it cannot shrink but by a slash.
    function hasDuty(uint256 taskId, address account) external view returns (bool);
}
