// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { TimelockController } from "@openzeppelin/contracts/governance/TimelockController.sol";
import { IFlockTimelock } from "./interfaces/IFlockTimelock.sol";

contract FlockTimelock is IFlockTimelock, TimelockController {
    /// @inheritdoc IFlockTimelock
    uint256 public constant MIN_DELAY = 1 days;
    /// @inheritdoc IFlockTimelock
    uint256 public constant MAX_DELAY = 30 days;

    constructor(uint256 delay, address[] memory proposers, address[] memory executors, address admin)
        TimelockController(delay, proposers, executors, admin)
    {
        _within(delay);
    }

    function updateDelay(uint256 newDelay) public override {
        _within(newDelay);
        super.updateDelay(newDelay);
    }

    function _within(uint256 delay) private pure {
        require(delay >= MIN_DELAY && delay <= MAX_DELAY, OutOfBounds("delay", delay, MIN_DELAY, MAX_DELAY));
    }
}
