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
    { }

    /// @dev Only the timelock itself may change the delay, so every change comes through here.
    function _execute(address target, uint256 value, bytes calldata data) internal override {
        if (target == address(this) && bytes4(data) == this.updateDelay.selector) {
            _checkDelay(abi.decode(data[4:], (uint256)));
        }
        super._execute(target, value, data);
    }

    function _checkDelay(uint256 delay) private pure {
        require(delay >= MIN_DELAY && delay <= MAX_DELAY, OutOfBounds("delay", delay, MIN_DELAY, MAX_DELAY));
    }
}
