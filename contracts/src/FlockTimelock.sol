// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { TimelockController } from "@openzeppelin/contracts/governance/TimelockController.sol";
import { IFlockTimelock } from "./interfaces/IFlockTimelock.sol";

/// @title The timelock and treasury of governance
/// @notice See IFlockTimelock for what differs from OpenZeppelin's TimelockController.
contract FlockTimelock is IFlockTimelock, TimelockController {
    /// @inheritdoc IFlockTimelock
    uint256 public constant MIN_DELAY = 1 days;
    /// @inheritdoc IFlockTimelock
    uint256 public constant MAX_DELAY = 30 days;

    /// @param delay From queueing a proposal to its execution, in seconds.
    /// @param proposers Who can queue and cancel.
    /// @param executors Who can execute; the zero address for anyone.
    /// @param admin Who can grant roles besides the timelock itself; zero for nobody.
    constructor(uint256 delay, address[] memory proposers, address[] memory executors, address admin)
        TimelockController(delay, proposers, executors, admin)
    {
        _within(delay);
    }

    /// @notice Changes the delay.
    /// @dev For the timelock itself, through a proposal; reverts with TimelockUnauthorizedCaller for anyone else, and
    /// with OutOfBounds.
    /// @param newDelay Seconds, from MIN_DELAY to MAX_DELAY.
    function updateDelay(uint256 newDelay) public override {
        _within(newDelay);
        super.updateDelay(newDelay);
    }

    function _within(uint256 delay) private pure {
        require(delay >= MIN_DELAY && delay <= MAX_DELAY, OutOfBounds("delay", delay, MIN_DELAY, MAX_DELAY));
    }
}
