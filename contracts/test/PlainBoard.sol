// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IBoard } from "../src/interfaces/IBoard.sol";
import { ITaskManager } from "../src/interfaces/ITaskManager.sol";

/// @notice A board without work: its tasks have no terms, begin and are closed when anybody says so, and pay nobody.
contract PlainBoard is IBoard {
    ITaskManager private immutable _tasks;

    constructor(ITaskManager tasks) {
        _tasks = tasks;
    }

    function begin(uint256 taskId) external {
        _tasks.begin(taskId, msg.sender);
    }

    function close(uint256 taskId) external {
        _tasks.close(taskId, 0, 0, 0);
    }

    function open(uint256, bytes calldata) external { }

    function dutyOf(uint256, address) external pure returns (uint16) {
        return 0;
    }

    function modelOf(uint256) external pure returns (bytes32) {
        return 0;
    }

    function earnedOf(uint256, address) external pure returns (uint256) {
        return 0;
    }

    function totalEarnedOf(uint256) external pure returns (uint256) {
        return 0;
    }
}
