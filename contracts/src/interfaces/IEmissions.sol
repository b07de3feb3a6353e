// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The daily budget of FLOCK for tasks that governance has given a weight
/// @notice Days are counted from the Unix epoch (timestamp / 86_400). A day is emitted once it is over. The budget
/// falls by `decayBps` every 30 days. See docs/protocol.md, "Emissions".
/// @dev Amounts are in wei of FLOCK. Functions "for governance", "for the guardian" and "for Settlement" revert with
/// AccessManagedUnauthorized for anyone else.
interface IEmissions {
    /// @notice A task was given its part of a day's budget.
    /// @param taskId The task.
    /// @param day The day.
    /// @param amount FLOCK emitted to it, in wei.
    event Emitted(uint256 indexed taskId, uint256 indexed day, uint256 amount);

    /// @notice A day was emitted.
    /// @param day The day.
    /// @param budget Its budget, in wei of FLOCK.
    /// @param amount FLOCK that went to tasks, in wei; the rest was never minted or stayed in the reserve.
    event DayEmitted(uint256 indexed day, uint256 budget, uint256 amount);

    /// @notice Emitted FLOCK went to the distributor, because a served root says that it was earned.
    /// @param amount FLOCK sent, in wei.
    event Released(uint256 amount);

    /// @notice Somebody paid in what is to be given out beside the budgets of days.
    /// @param from Who paid.
    /// @param amount FLOCK, in wei.
    event Funded(address indexed from, uint256 amount);

    /// @notice The weight of a task changed.
    /// @param taskId The task.
    /// @param weight The new weight, relative to the weights of the other tasks; 0 if it was taken off the list.
    event WeightSet(uint256 indexed taskId, uint256 weight);

    /// @notice The daily budget was set.
    /// @param dailyBudget The new budget, in wei of FLOCK.
    event DailyBudgetSet(uint256 dailyBudget);

    /// @notice The decay of the budget was set.
    /// @param decayBps The new decay every 30 days, in basis points.
    event DecayBpsSet(uint256 decayBps);

    /// @notice No day is over that was not emitted.
    /// @param nextDay The next day to be emitted.
    error NothingIsDue(uint256 nextDay);

    /// @notice The list of tasks with a weight is full.
    /// @param most How many tasks it can have.
    error TooManyTasks(uint256 most);

    /// @notice The task does not exist.
    /// @param taskId Its number.
    error UnknownTask(uint256 taskId);

    /// @notice A number is outside of its bounds.
    /// @param parameter Its name.
    /// @param value The value given.
    /// @param least The lowest value possible.
    /// @param most The highest value possible.
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    /// @notice Emits the days that are over, at most MAX_DAYS per call, and fewer where that would take more than
    /// MAX_PAYMENTS; another call emits the next ones.
    /// @dev Each day's budget, at most what can still be minted or is in the reserve, is split by weight among all
    /// tasks that had a weight on that day and ran on it: from the day they began to the day they were closed. The
    /// part of a task on which nobody had stake that day is not emitted. The weights are those at the call, also for
    /// missed days. Anyone can call. Refused while paused (EnforcedPause). Reverts with NothingIsDue.
    /// @return dayCount How many days were emitted.
    /// @return amount FLOCK emitted, in wei; it stays here until a root that gives it to somebody is served.
    function emitDue() external returns (uint256 dayCount, uint256 amount);

    /// @notice Takes FLOCK from the caller and counts it as emitted: an Arena's bounty comes to served roots this way.
    /// @dev Anyone can call who has approved the amount. Works while paused. Reverts with TokenTookAFee.
    /// @param amount FLOCK, in wei.
    function fund(uint256 amount) external;

    /// @notice Sends emitted FLOCK to the distributor: the amount asked for, or what is left if that is less.
    /// @dev For Settlement. Works while paused.
    /// @param amount FLOCK to send, in wei.
    function release(uint256 amount) external;

    /// @notice Sets the weight of a task; 0 takes it off the list, for all days not emitted yet.
    /// @dev For governance. Reverts with OutOfBounds; for a task that gets its first weight, also with UnknownTask
    /// and TooManyTasks.
    /// @param taskId The task.
    /// @param weight Relative to the weights of the other tasks, at most MAX_WEIGHT.
    function setWeight(uint256 taskId, uint256 weight) external;

    /// @notice Sets the daily budget from `nextDay` on.
    /// @dev For governance. Reverts with OutOfBounds.
    /// @param dailyBudget Wei of FLOCK per day, at most MAX_DAILY_BUDGET.
    function setDailyBudget(uint256 dailyBudget) external;

    /// @notice Sets the decay of the budget from the end of the current 30 days on.
    /// @dev For governance. Reverts with OutOfBounds.
    /// @param decayBps By how much the budget falls every 30 days, in basis points; at most MAX_DECAY_BPS.
    function setDecayBps(uint256 decayBps) external;

    /// @notice Stops `emitDue`; the days stay due.
    /// @dev For the guardian. Reverts with EnforcedPause if paused already.
    function pause() external;

    /// @notice Ends the pause.
    /// @dev For the guardian. Reverts with ExpectedPause if not paused.
    function unpause() external;

    /// @notice How many days one call of `emitDue` emits at most.
    /// @return Days; 30.
    function MAX_DAYS() external view returns (uint256);

    /// @notice How many payments to tasks one call of `emitDue` makes at most.
    /// @return Payments, one for each task on each day; 512.
    function MAX_PAYMENTS() external view returns (uint256);

    /// @notice How many tasks can have a weight.
    /// @return Tasks; 64.
    function MAX_TASKS() external view returns (uint256);

    /// @notice The highest weight.
    /// @return A weight; 10_000.
    function MAX_WEIGHT() external view returns (uint256);

    /// @notice The highest daily budget.
    /// @return Wei of FLOCK; 1_000_000e18.
    function MAX_DAILY_BUDGET() external view returns (uint256);

    /// @notice The highest decay.
    /// @return Basis points every 30 days; 2_000.
    function MAX_DECAY_BPS() external view returns (uint256);

    /// @notice Whether FLOCK is minted for emissions.
    /// @return True if it is; false if the FLOCK that this contract holds is paid out.
    function mints() external view returns (bool);

    /// @notice The day of deployment, from which the periods of 30 days are counted.
    /// @return A day (timestamp / 86_400).
    function firstDay() external view returns (uint256);

    /// @notice The first day not emitted yet.
    /// @return A day (timestamp / 86_400).
    function nextDay() external view returns (uint256);

    /// @notice The budget of `nextDay`.
    /// @return Wei of FLOCK.
    function dailyBudget() external view returns (uint256);

    /// @notice By how much the budget falls every 30 days.
    /// @return Basis points; 100 at deployment.
    function decayBps() external view returns (uint256);

    /// @notice All that was ever emitted.
    /// @return Wei of FLOCK.
    function emitted() external view returns (uint256);

    /// @notice The part of `emitted` that went to the distributor.
    /// @return Wei of FLOCK.
    function released() external view returns (uint256);

    /// @notice The weight of a task.
    /// @param taskId The task.
    /// @return Its weight; 0 if it has none.
    function weightOf(uint256 taskId) external view returns (uint256);

    /// @notice The tasks that have a weight.
    /// @return Their numbers, in the order in which they got a weight.
    function weightedTasks() external view returns (uint256[] memory);
}
