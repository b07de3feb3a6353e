// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Delegation, Pool, Role } from "../src/interfaces/IStaking.sol";
import { Base } from "./Base.t.sol";

/// @notice One operator with its own stake on one task, some who delegate to it, and this test as the settler whose
/// duties hold the stake.
abstract contract PoolPlay is Base {
    uint96 internal constant OWN = 1_000e18;
    uint16 internal constant SIGMA = 5_000;

    address internal immutable operator = member(0);
    /// @dev Kept here: the compiler may take block.timestamp for a constant of a whole test.
    uint256 internal time = 1_800_000_000;
    uint256 internal task;
    bool internal isBusy;

    function setUp() public virtual override {
        super.setUp();
        _makeSettler(address(this));
        task = openTask(parameters(), BOUNTY);
        stake(operator, task, OWN);
        openPool(task);
    }

    /// @dev As IDuties says. Not inherited from it: forge would then build the code of every `new` into the tests.
    function hasDuty(uint256, address) external view returns (bool) {
        return isBusy;
    }

    // --- Steps ---

    function pass(uint256 duration) internal {
        time += duration;
        vm.warp(time);
    }

    function passCooldown() internal {
        pass(staking.cooldown());
    }

    function openPool(uint256 taskId) internal {
        vm.prank(operator);
        staking.setPool(taskId, SIGMA, true);
    }

    /// @dev Cancelled, which is one way to end.
    function endTask() internal {
        vm.prank(creator);
        tasks.cancel(task);
    }

    /// @dev The operator takes a seat that lasts until it is released.
    function takeSeat() internal {
        staking.hold(operator, task, Role.Member, 1);
        isBusy = true;
    }

    /// @dev Locks for 30 days, one gm a FLOCK, and delegates it all.
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

    /// @dev As a settler whose rules would take `gm` of the operator's stake had it no delegation.
    function slash(uint256 gm) internal returns (uint256 fromOwn) {
        (fromOwn,,) = staking.slash(operator, task, Role.Member, gm, keeper);
    }

    /// @dev Slashes `gm` of the pool alone: an operator without stake has only what others lent it.
    function slashPool(uint256 gm) internal {
        staking.slash(operator, task, Role.Validator, gm, keeper);
    }

    // --- Reading ---

    function pool() internal view returns (Pool memory) {
        return staking.poolOf(operator, task);
    }

    function record(address delegator) internal view returns (Delegation memory) {
        return staking.delegationOf(delegator, operator, task);
    }

    /// @dev All that Staking owes, for delegators `first` to `first + count - 1` and the operator.
    function owed(uint256 first, uint256 count) internal view returns (uint256 sum) {
        sum = staking.positionOf(operator).flock + pool().flock + staking.keeperCreditOf(keeper);
        for (uint256 i = first; i < first + count; ++i) {
            sum += staking.positionOf(member(i)).flock;
        }
    }
}
