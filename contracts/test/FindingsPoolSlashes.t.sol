// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IStaking } from "../src/interfaces/IStaking.sol";
import { PoolPlay } from "./PoolPlay.t.sol";

/// @notice The findings that concern slashes of delegated stake. The table of all findings is in FindingsStaking.
contract FindingsPoolSlashesTest is PoolPlay {
    address private immutable one = member(1);
    address private immutable other = member(2);

    function test_F03_ASlashOfOneTaskCannotReachAPoolOfAnother() public {
        uint256 next = openNext();
        back(one, 100e18);
        staking.slash(operator, next, 0, 10_000);
        assertEq(pool().gm, 100e18, "the pool of another task");
        staking.slash(other, task, 0, 10_000);
        assertEq(pool().gm, 100e18, "the pool of another operator");
    }

    function test_F06_NothingTheDelegatedSetMakesASlashRevert() public {
        back(one, 100e18);
        undelegate(one, 100e18);
        vm.prank(operator);
        staking.setPool(task, 0, false);
        vm.prank(one);
        staking.delegate(address(staking));
        pass(400 days);
        lock(one, 1e18, 1);
        slash(5_000);
        slash(10_000);
        assertEq(pool().gm, 0, "slashed");
        staking.sync(one, operator, task);
        assertEq(staking.getVotes(address(staking)), 1e18, "votes");
    }

    function test_F08_APoolThatAllAreLeavingIsSlashedAndEmptied() public {
        back(one, 100e18);
        back(other, 100e18);
        undelegate(one, 100e18);
        undelegate(other, 100e18);
        slash(5_000);
        passCooldown();
        collect(one);
        collect(other);
        slash(1);
        back(one, 5e18);
        assertEq(record(one).gm, 5e18, "and starts afresh");
    }

    function test_F13_NothingIsCutOffASlashOfOwnAndPool() public {
        back(one, 4_000e18);
        slash(4_000);
        assertEq(staking.owedToTreasury(), 2_000e18, "all of it is the treasury's");
    }

    function test_F14_TheSameSlashTwiceTakesTheSameFractionOfAPoolTwice() public {
        back(one, 100e18);
        slash(5_000);
        slash(5_000);
        assertEq(record(one).gm, 25e18, "gm");
    }

    function test_F15_ASlashAboveOwnAndPoolIsCapped() public {
        back(one, 100e18);
        (uint256 gm,,) = staking.slash(operator, task, type(uint128).max, 10_000);
        assertEq(gm, OWN, "own");
        assertEq(pool().gm, 0, "pool");
        slash(10_000);
    }

    function test_F16_NothingStaleIsLeftOfAPoolAfterAFullSlash() public {
        back(one, 100e18);
        undelegate(one, 60e18);
        slash(10_000);
        assertEq(uint256(record(one).gm) + record(one).leaving + record(one).flock, 0, "record");
        stake(operator, task, OWN);
        back(one, 10e18);
        assertEq(record(one).leaving, 0, "leaving of the generation before");
        pass(2 days);
        expectError(IStaking.NothingIsLeaving.selector);
        collect(one);
    }

    function test_F17_ADelegationBelowTheMinimumIsStillSlashed() public {
        back(one, 1e18);
        leave(one, 1e18 - 10);
        slash(5_000);
        assertEq(record(one).gm, 5, "gm");
        assertEq(record(one).flock, 5, "FLOCK");
    }

    function test_F20_TheSmallestSlashOfAPoolTakesFlock() public {
        lock(one, 1e18, 365);
        moveIn(one, 3e18);
        undelegate(one, 3e18 - 3);
        passCooldown();
        collect(one);
        uint256 before = pool().flock;
        slash(1);
        assertEq(before - pool().flock, 1, "rounded up");
    }

    function test_F20_ManySmallSlashesTakeAsMuchAsTheyShould() public {
        back(one, 100e18);
        uint256 left = 100e18;
        for (uint256 i = 0; i < 40; ++i) {
            slash(100);
            left = left * 99 / 100;
        }
        assertTrue(left >= pool().gm && left - pool().gm <= 40, "the pool");
        assertTrue(left >= record(one).gm && left - record(one).gm <= 41, "and who is in it");
    }

    function test_F23_WhatIsLeavingIsSlashedAsWell() public {
        back(one, 100e18);
        back(other, 100e18);
        undelegate(one, 100e18);
        slash(5_000);
        assertEq(record(one).gm, record(other).gm, "leaving or not");
        passCooldown();
        slash(5_000);
        collect(one);
        assertEq(staking.positionOf(one).flock, 25e18, "until it is collected");
    }

    function test_F26_BringingUpToDateCostsTheSameAfterManySlashes() public {
        back(one, 100e18);
        back(other, 100e18);
        slash(100);
        uint256 afterOne = _gasToSync(one);
        for (uint256 i = 0; i < 30; ++i) {
            slash(100);
        }
        assertTrue(_gasToSync(other) <= afterOne + 5_000, "it visits every slash");
    }

    function test_F28_TheOrderOfSlashesDoesNotMatterToADelegator() public {
        back(one, 100e18);
        slash(3_000);
        slash(700);
        uint256 first = record(one).gm;
        uint96 left = record(one).gm;
        leave(one, left);
        back(one, 100e18);
        slash(700);
        slash(3_000);
        assertTrue(_difference(record(one).gm, first) <= 2, "gm");
    }

    function test_F29_NothingDelegatedLeavesBetweenAnOffenceAndItsSlash() public {
        back(one, 100e18);
        undelegate(one, 100e18);
        passCooldown();
        takeSeat();
        collect(one);
        vm.expectRevert(abi.encodeWithSelector(IStaking.OperatorHasADuty.selector, operator, task, 1));
        collect(one);
        slash(10_000);
        endDuty();
        expectError(IStaking.NothingIsLeaving.selector);
        collect(one);
    }

    // --- Steps ---

    function _gasToSync(address delegator) private returns (uint256) {
        uint256 before = gasleft();
        staking.sync(delegator, operator, task);
        return before - gasleft();
    }

    function _difference(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : b - a;
    }
}
