// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { PoolPlay } from "./PoolPlay.t.sol";

/// @notice What staking and delegating cost: whole transactions, storage cold. Committed under snapshots/.
contract PoolsGasTest is PoolPlay {
    address private immutable one = member(1);

    function test_gas_locks() public {
        give(one, 1_000e18);
        approve(one, address(staking), 1_000e18);
        vm.prank(one);
        staking.lock(100e18, 30);
        vm.snapshotGasLastCall("staking", "lock, first");
        pass(1);
        vm.prank(one);
        staking.lock(100e18, 30);
        vm.snapshotGasLastCall("staking", "lock, again");
        allocate(one, task, 100e18);
        vm.snapshotGasLastCall("staking", "stake");
        pass(1);
        extend(one, 365);
        vm.snapshotGasLastCall("staking", "extend");
        pass(365 days);
        staking.poke(one);
        vm.snapshotGasLastCall("staking", "poke");
        pass(7 days);
        vm.prank(one);
        staking.redeem(100e18);
        vm.snapshotGasLastCall("staking", "redeem");
    }

    function test_gas_slashOfOwnStakeAlone() public {
        back(one, 100e18);
        leave(one, 100e18);
        slash(1_000);
        pass(1);
        slash(1_000);
        vm.snapshotGasLastCall("staking", "slash, own stake alone");
    }

    function test_gas_pools() public {
        back(member(2), 100e18);
        lock(one, 200e18, 30);
        moveIn(one, 100e18);
        vm.snapshotGasLastCall("staking", "delegate, first");
        moveIn(one, 100e18);
        vm.snapshotGasLastCall("staking", "delegate, again");
        pass(1);
        slash(1_000);
        vm.snapshotGasLastCall("staking", "slash, own stake and pool");
        staking.payTreasury();
        vm.snapshotGasLastCall("staking", "pay the treasury");
        staking.sync(one, operator, task);
        vm.snapshotGasLastCall("staking", "sync");
        undelegate(one, 50e18);
        vm.snapshotGasLastCall("staking", "undelegate");
        passCooldown();
        collect(one);
        vm.snapshotGasLastCall("staking", "collect");
    }
}
