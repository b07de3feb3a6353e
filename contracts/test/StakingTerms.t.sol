// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { PoolPlay } from "./PoolPlay.t.sol";

/// @notice Governed numbers keep their bounds; a pause stops what begins something and nothing that gives back.
contract StakingTermsTest is PoolPlay {
    address private immutable one = member(1);

    // --- Numbers ---

    function test_terms_haveTheirDefaults() public view {
        assertEq(staking.entryFeeBps(), 0, "entry fee");
        assertEq(staking.operatorDelay(), 1 hours, "operator delay");
        assertEq(staking.cooldown(), 14 days, "cool-down");
        assertEq(staking.sigmaFreeze(), 2 days, "freeze");
        assertEq(staking.delegationRatio(), 10, "ratio");
    }

    function test_terms_refuseWhatIsOutOfBounds() public {
        expectOutOfBounds("entryFeeBps", 1_001, 0, 1_000);
        staking.setEntryFeeBps(1_001);
        expectOutOfBounds("operatorDelay", 7 days + 1, 0, 7 days);
        staking.setOperatorDelay(7 days + 1);
        expectOutOfBounds("cooldown", 1 hours - 1, 1 hours, 14 days);
        staking.setCooldown(1 hours - 1);
        expectOutOfBounds("cooldown", 14 days + 1, 1 hours, 14 days);
        staking.setCooldown(14 days + 1);
        expectOutOfBounds("sigmaFreeze", 14 days + 1, 0, 14 days);
        staking.setSigmaFreeze(14 days + 1);
        expectOutOfBounds("delegationRatio", 0, 1, 100);
        staking.setDelegationRatio(0);
        expectOutOfBounds("delegationRatio", 101, 1, 100);
        staking.setDelegationRatio(101);
    }

    function test_terms_takeEffect() public {
        staking.setDelegationRatio(staking.MAX_DELEGATION_RATIO());
        staking.setCooldown(staking.MIN_COOLDOWN());
        staking.setOperatorDelay(0);
        staking.setSigmaFreeze(0);
        back(one, 100 * OWN);
        undelegate(one, 90e18);
        assertEq(record(one).leavesAt, time + 1 hours, "cool-down");
        vm.warp(tasks.endsAtOf(task) - 1);
        vm.prank(operator);
        staking.setPool(task, 1, true);
        assertEq(pool().commissionBps, 1, "frozen for the very second of the end only");
    }

    function test_terms_areGovernancesAlone() public {
        bytes[8] memory calls = [
            abi.encodeCall(IStaking.setTreasury, (stranger)),
            abi.encodeCall(IStaking.setEntryFeeBps, (0)),
            abi.encodeCall(IStaking.setOperatorDelay, (0)),
            abi.encodeCall(IStaking.setCooldown, (1 days)),
            abi.encodeCall(IStaking.setSigmaFreeze, (0)),
            abi.encodeCall(IStaking.pause, ()),
            abi.encodeCall(IStaking.setDelegationRatio, (1)),
            abi.encodeCall(IStaking.unpause, ())
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(stranger);
            (bool done, bytes memory answer) = address(staking).call(calls[i]);
            assertTrue(!done, "a stranger governs");
            assertTrue(bytes4(answer) == IAccessManaged.AccessManagedUnauthorized.selector, "another refusal");
        }
    }

    // --- Pause ---

    function test_pause_stopsWhatBegins() public {
        lock(one, 200e18, 30);
        moveIn(one, 100e18);
        give(one, 1e18);
        approve(one, address(staking), 1e18);
        uint256 next = openNext();
        staking.pause();
        expectError(Pausable.EnforcedPause.selector);
        vm.prank(one);
        staking.lock(1e18, 30);
        expectError(Pausable.EnforcedPause.selector);
        allocate(one, task, 1e18);
        expectError(Pausable.EnforcedPause.selector);
        moveIn(one, 1e18);
        expectError(Pausable.EnforcedPause.selector);
        staking.hold(operator, task);
        endTask(task);
        expectError(Pausable.EnforcedPause.selector);
        vm.prank(one);
        staking.redelegate(operator, task, operator, next, 1e18, 10_000);
        staking.unpause();
        _moveOnTo(next);
    }

    function test_pause_stopsNothingThatGivesBack() public {
        back(one, 100e18);
        takeSeat();
        staking.pause();
        slash(1_000);
        endDuty();
        staking.release(operator, task);
        staking.sync(one, operator, task);
        leave(one, 90e18);
        extend(one, 31);
        deallocate(operator, task, 900e18);
        pass(31 days);
        assertEq(pokeAndRedeem(one), 90e18, "redeemed");
        staking.payTreasury();
        assertEq(token.balanceOf(treasury), 110e18, "paid");
        vm.prank(one);
        staking.setOperator(stranger);
        assertTrue(staking.isOperatorOf(one, stranger), "named");
    }

    // --- Steps ---

    function _moveOnTo(uint256 next) private {
        vm.prank(one);
        staking.redelegate(operator, task, operator, next, 1e18, 10_000);
        assertEq(staking.stakedOn(next), OWN + 1e18, "goes on");
    }
}
