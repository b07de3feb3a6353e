// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The daily budget of FLOCK for tasks that governance has given a weight
/// @notice Days are counted from the Unix epoch (timestamp / 86_400). A day is emitted once it is over. The budget
/// falls by `decayBps` every 30 days. See docs/protocol.md, "Emissions".
interface IEmissions {
    event Emitted(uint256 indexed taskId, uint256 indexed day, uint256 amount);
    /// @notice `amount` of the day's `budget` went to tasks; the rest was never minted, or stayed in the reserve.
    event DayEmitted(uint256 indexed day, uint256 budget, uint256 amount);
    /// @notice `amount` of what was emitted went to the distributor, as a served root says that it was earned.
    event Released(uint256 amount);
    event WeightSet(uint256 indexed taskId, uint256 weight);
    event DailyBudgetSet(uint256 dailyBudget);
    event DecayBpsSet(uint256 decayBps);

    error NothingIsDue(uint256 nextDay);
    error TooManyTasks(uint256 most);
    error UnknownTask(uint256 taskId);
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    /// @notice Emits every day that is over, at most MAX_DAYS at once, and fewer where that would be more than
    /// MAX_PAYMENTS; another call emits the next. Each day's budget, at most what may still be minted or is in the
    /// reserve, is split by their weights over all tasks that ran on that day, from the one on which they began to
    /// the one on which they were closed, and had a weight on it; a task on which nobody had stake that day gets
    /// nothing, and its part is not emitted. The weight is that at the call, also for a day missed. Anyone may;
    /// refused while paused.
    /// @return dayCount how many days were emitted.
    /// @return amount wei of FLOCK emitted; they stay here until a root that gives them to somebody is served.
    function emitDue() external returns (uint256 dayCount, uint256 amount);

    /// @notice Sends `amount` of what was emitted to the distributor, or what is left of it if that is less. Also while
    /// paused. For Settlement.
    /// @param amount wei.
    function release(uint256 amount) external;

    /// @notice Zero takes a task off the list, with all days that are not yet emitted. Governance.
    /// @param taskId a task that exists, unless the weight is 0.
    /// @param weight relative to those of the others, at most MAX_WEIGHT.
    function setWeight(uint256 taskId, uint256 weight) external;

    /// @notice From `nextDay` on. Governance.
    /// @param dailyBudget wei a day, at most MAX_DAILY_BUDGET.
    function setDailyBudget(uint256 dailyBudget) external;

    /// @notice From the next end of a month of 30 days on. Governance.
    /// @param decayBps by how much the budget falls every 30 days, at most MAX_DECAY_BPS.
    function setDecayBps(uint256 decayBps) external;

    /// @notice Stops `emitDue`; the days stay due. Guardian.
    function pause() external;
    function unpause() external;

    function MAX_DAYS() external view returns (uint256); // 30
    function MAX_PAYMENTS() external view returns (uint256); // 512
    function MAX_TASKS() external view returns (uint256); // 64
    function MAX_WEIGHT() external view returns (uint256); // 10_000
    function MAX_DAILY_BUDGET() external view returns (uint256); // 1_000_000e18
    function MAX_DECAY_BPS() external view returns (uint256); // 2_000

    /// @notice Whether FLOCK is minted; otherwise what this contract holds is paid out.
    function mints() external view returns (bool);
    /// @notice The day of deployment, from which the months are counted.
    function firstDay() external view returns (uint256);
    /// @notice The first day not yet emitted.
    function nextDay() external view returns (uint256);
    /// @notice Budget of `nextDay`, in wei.
    function dailyBudget() external view returns (uint256);
    function decayBps() external view returns (uint256); // 100
    /// @notice All that was ever emitted, in wei.
    function emitted() external view returns (uint256);
    /// @notice What of it has gone to the distributor, in wei.
    function released() external view returns (uint256);
    function weightOf(uint256 taskId) external view returns (uint256);
    /// @notice The tasks with a weight, in the order in which they got it.
    function weightedTasks() external view returns (uint256[] memory);
}
