// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { IBoard } from "../src/interfaces/IBoard.sol";
import { ITaskManager } from "../src/interfaces/ITaskManager.sol";

/// @notice A board whose tasks have made what a test says, by whom it says.
contract ResultBoard is IBoard {
    ITaskManager private immutable _tasks;
    mapping(uint256 taskId => bytes32) public modelOf;
    mapping(uint256 taskId => uint256) public totalEarnedOf;
    mapping(uint256 taskId => mapping(address account => uint256)) public earnedOf;

    constructor(ITaskManager tasks) {
        _tasks = tasks;
    }

    function open(uint256, bytes calldata) external { }

    function dutyOf(uint256, address) external pure returns (uint16) {
        return 0;
    }

    function begin(uint256 taskId) external {
        _tasks.begin(taskId, msg.sender);
    }

    function earn(uint256 taskId, address account, uint256 amount) external {
        earnedOf[taskId][account] += amount;
        totalEarnedOf[taskId] += amount;
    }

    function make(uint256 taskId, bytes32 model) external {
        modelOf[taskId] = model;
    }

    function close(uint256 taskId) external {
        _tasks.close(taskId, 0, 0, modelOf[taskId]);
    }
}

/// @notice A dollar that can refuse accounts, and take a fee on the way.
contract Dollar is ERC20("dollar", "USD") {
    mapping(address account => bool) public isBlocked;
    uint256 public feeBps;

    function give(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function block_(address account, bool isBlocked_) external {
        isBlocked[account] = isBlocked_;
    }

    function setFeeBps(uint256 feeBps_) external {
        feeBps = feeBps_;
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function _update(address from, address to, uint256 amount) internal override {
        require(!isBlocked[from] && !isBlocked[to], "blocked");
        uint256 fee = from == address(0) ? 0 : amount * feeBps / 10_000;
        if (fee != 0) super._update(from, address(0xFEE), fee);
        super._update(from, to, amount - fee);
    }
}
