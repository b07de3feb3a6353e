// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The executor of what governance decides, and its treasury
/// @notice OpenZeppelin's TimelockController with bounds on its delay: with too short a delay nobody would have the
/// time to leave, too long a delay would end governance for good. The bounds hold from construction on. Only the
/// governor should be a canceller: a guardian with that role could stop its own removal here.
interface IFlockTimelock {
    /// @notice A number is outside of its bounds.
    /// @param parameter Its name.
    /// @param value The value given.
    /// @param least The lowest value possible.
    /// @param most The highest value possible.
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    /// @notice The shortest delay.
    /// @return Seconds; 1 day.
    function MIN_DELAY() external view returns (uint256);

    /// @notice The longest delay.
    /// @return Seconds; 30 days.
    function MAX_DELAY() external view returns (uint256);
}
