// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { NewTask } from "../src/interfaces/ITaskManager.sol";
import { Base } from "./Base.t.sol";

/// @notice This test is a board: it holds, releases and slashes the stake on its tasks.
abstract contract BoardPlay is Base {
    uint96 internal constant LEAST = 1e18;

    /// @dev Kept in storage: the compiler can treat block.timestamp as constant within a test.
    uint256 internal time = 1_800_000_000;
    /// @dev The duty of everybody on every task; 0 for none.
    uint16 internal duty;
    uint16 private _duties;

    function setUp() public virtual override {
        super.setUp();
        tasks.setBoard(address(this), true);
    }

    // --- IBoard. Not inherited: forge would then build the code of every `new` into the tests. ---

    function open(uint256, bytes calldata) external { }

    function dutyOf(uint256, address) external view returns (uint16) {
        return duty;
    }

    // --- Steps ---

    /// @dev A task of this board, with a minimum stake of one unit.
    function openTask() internal returns (uint256) {
        NewTask memory task = newTask();
        (task.board, task.minimumStake, task.bounty) = (address(this), LEAST, 0);
        return openTask(task, terms());
    }

    /// @dev Cancelled, which is one way to end.
    function endTask(uint256 taskId) internal {
        vm.prank(creator);
        tasks.cancel(taskId);
    }

    function beginDuty() internal {
        duty = ++_duties;
    }

    function endDuty() internal {
        duty = 0;
    }

    function pass(uint256 duration) internal {
        time += duration;
        vm.warp(time);
    }

    function allocate(address account, uint256 taskId, uint96 gm) internal {
        vm.prank(account);
        staking.allocate(taskId, gm);
    }

    function deallocate(address account, uint256 taskId, uint96 gm) internal {
        vm.prank(account);
        staking.deallocate(taskId, gm);
    }

    function extend(address account, uint256 lockDays) internal {
        vm.prank(account);
        staking.extend(lockDays);
    }

    function redeem(address account, uint256 gm) internal {
        vm.prank(account);
        staking.redeem(gm);
    }

    /// @dev Once its lock has ended, everything free is redeemed for FLOCK.
    function pokeAndRedeem(address account) internal returns (uint256 flock) {
        staking.poke(account);
        pass(staking.EXIT_DELAY());
        uint256 before = token.balanceOf(account);
        redeem(account, staking.positionOf(account).gm);
        return token.balanceOf(account) - before;
    }
}
