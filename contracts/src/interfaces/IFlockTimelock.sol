// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The executor of what governance has decided, and its treasury
/// @notice OpenZeppelin's TimelockController with bounds on its delay: too short a one would leave nobody the time to
/// leave, too long a one would end governance for good. The bounds hold from the construction on. Only the governor
/// is to be a canceller: a guardian that were one could stop its own removal here.
interface IFlockTimelock {
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    /// @notice Seconds, as is the longest.
    function MIN_DELAY() external view returns (uint256); // 1 days
    function MAX_DELAY() external view returns (uint256); // 30 days
}
