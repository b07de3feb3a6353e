// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Delegation, Pool } from "../src/interfaces/IStaking.sol";
import { BoardPlay } from "./BoardPlay.t.sol";

/// @notice One operator with its own stake on one task, some delegators, and this test as the board whose duties hold
/// the stake.
abstract contract PoolPlay is BoardPlay {
    uint96 internal constant OWN = 1_000e18;
    uint16 internal constant SIGMA = 5_000;

    address internal immutable operator = member(0);
    uint256 internal task;

    function setUp() public virtual override {
        super.setUp();
        task = openTask();
        stake(operator, task, OWN);
        openPool(task);
    }

    // --- Steps ---

    function passCooldown() internal {
        pass(staking.cooldown());
    }

    function openPool(uint256 taskId) internal {
        vm.prank(operator);
        staking.setPool(taskId, SIGMA, true);
    }

    /// @dev Another task on which the operator has stake and a pool.
    function openNext() internal returns (uint256 next) {
        next = openTask();
        stake(operator, next, OWN);
        openPool(next);
    }

    /// @dev The operator takes a seat that lasts until `endDuty`.
    function takeSeat() internal {
        staking.hold(operator, task);
        beginDuty();
    }

    /// @dev Locks for 30 days, which gives one gm per FLOCK, and delegates all of it.
    function back(address delegator, uint96 gm) internal {
        lock(delegator, gm, 30);
        moveIn(delegator, gm);
    }

    function moveIn(address delegator, uint96 gm) internal {
        vm.prank(delegator);
        staking.delegateTo(operator, task, gm, 10_000);
    }

    function undelegate(address delegator, uint96 gm) internal {
        vm.prank(delegator);
        staking.undelegate(operator, task, gm);
    }

    function collect(address delegator) internal {
        staking.collect(delegator, operator, task);
    }

    function leave(address delegator, uint96 gm) internal {
        undelegate(delegator, gm);
        passCooldown();
        collect(delegator);
    }

    /// @dev Slashes `slashBps` of the operator's stake and of what is delegated to it, as a board.
    function slash(uint256 slashBps) internal returns (uint256 fromOwn) {
        (fromOwn,,) = staking.slash(operator, task, 0, slashBps);
    }

    // --- Reading ---

    function pool() internal view returns (Pool memory) {
        return staking.poolOf(operator, task);
    }

    function record(address delegator) internal view returns (Delegation memory) {
        return staking.delegationOf(delegator, operator, task);
    }

    function ownStake() internal view returns (uint256) {
        return staking.allocationOf(operator, task).gm;
    }

    /// @dev Everything Staking owes to members 0 to `last`; the operator is the first.
    function owed(uint256 last) internal view returns (uint256 sum) {
        sum = pool().flock + staking.owedToTreasury();
        for (uint256 i = 0; i <= last; ++i) {
            sum += staking.positionOf(member(i)).flock + staking.allocationOf(member(i), task).flock;
        }
    }
}
