// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Staking } from "../src/Staking.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { PoolPlay } from "./PoolPlay.t.sol";

/// @notice The findings that concern stake entering and leaving pools; those about slashes are in
/// FindingsPoolSlashes. The table of all findings is in FindingsStaking.
contract FindingsPoolsTest is PoolPlay {
    address private immutable one = member(1);
    address private immutable other = member(2);

    function test_F01_ADonationDoesNotChangeWhatAPoolIsWorth() public {
        back(one, 100e18);
        give(address(staking), 1_000e18);
        back(other, 100e18);
        leave(one, 100e18);
        assertEq(staking.positionOf(one).flock, 100e18, "of who was there before");
        assertEq(record(other).flock, 100e18, "of who came after");
    }

    function test_F02_DelegatingBooksWhatStaysWhereItIs() public {
        lock(one, 100e18, 365);
        uint256 custody = token.balanceOf(address(staking));
        moveIn(one, 200e18);
        assertEq(token.balanceOf(address(staking)), custody, "custody");
        assertEq(owed(1), custody, "booked");
        leave(one, 200e18);
        assertEq(owed(1), custody, "and back");
    }

    function test_F04_WhatLeftIsCollectedOnce() public {
        back(one, 100e18);
        back(other, 100e18);
        leave(one, 100e18);
        expectError(IStaking.NothingIsLeaving.selector);
        collect(one);
        endTask(task);
        expectError(IStaking.NothingIsLeaving.selector);
        collect(one);
        assertEq(pool().delegators, 1, "delegators");
    }

    function test_F07_AddingDoesNotShortenTheWayOut() public {
        back(one, 100e18);
        undelegate(one, 100e18);
        uint256 leavesAt = record(one).leavesAt;
        pass(23 hours);
        back(one, 10e18);
        assertEq(record(one).leavesAt, leavesAt, "leavesAt");
        assertEq(record(one).leaving, 100e18, "leaving");
    }

    function test_F07_ParkingStakeInAPoolDoesNotKeepTheMultiplier() public {
        lock(one, 100e18, 365);
        moveIn(one, 301e18);
        pass(366 days);
        lock(one, 1, 1);
        leave(one, 301e18);
        assertEq(staking.positionOf(one).gm, 100e18 + 1, "gm");
    }

    function test_F11_OnlyTheDelegatorTakesItsStakeOut() public {
        back(one, 100e18);
        expectError(IStaking.NotEnoughDelegated.selector, 1, 0);
        vm.prank(stranger);
        staking.undelegate(operator, task, 1);
        expectError(IStaking.NothingIsLeaving.selector);
        vm.prank(stranger);
        staking.collect(one, operator, task);
    }

    function test_F12_TheSameStakeIsNotDelegatedTwice() public {
        lock(one, 100e18, 30);
        moveIn(one, 60e18);
        expectError(IStaking.NotEnoughAvailable.selector, 60e18, 40e18);
        allocate(one, task, 60e18);
        pass(30 days);
        staking.poke(one);
        pass(7 days);
        expectError(IStaking.NotEnoughAvailable.selector, 41e18, 40e18);
        redeem(one, 41e18);
    }

    function test_F19_NobodyElseMakesWhatLeavesWaitAnew() public {
        back(one, 100e18);
        undelegate(one, 100e18);
        passCooldown();
        vm.expectRevert();
        vm.prank(operator);
        staking.undelegate(operator, task, 1);
        vm.prank(operator);
        staking.setPool(task, 0, false);
        staking.pause();
        collect(one);
        assertEq(staking.positionOf(one).gm, 100e18, "gm");
    }

    function test_F21_NoCastNarrowsADelegation() public {
        lock(one, 1e18, 30);
        expectError(IStaking.NotEnoughAvailable.selector, type(uint96).max, 1e18);
        moveIn(one, type(uint96).max);
        moveIn(one, 1e18);
        expectError(IStaking.NotEnoughDelegated.selector, type(uint96).max, 1e18);
        undelegate(one, type(uint96).max);
    }

    function test_F27_TheDustOfAPoolGoesToTheTreasuryWithTheLast() public {
        back(one, 1e18 + 1);
        back(other, 2e18 + 1);
        slash(3_333);
        uint256 before = staking.owedToTreasury();
        uint96 left = record(one).gm;
        leave(one, left);
        left = record(other).gm;
        leave(other, left);
        assertTrue(staking.owedToTreasury() > before, "there was no dust");
        assertEq(token.balanceOf(address(staking)), owed(2), "dust is locked for ever");
        assertEq(staking.stakedOn(task), ownStake(), "dust counts as stake");
    }

    function test_F32_VotesAreReadInThePast() public {
        lock(one, 100e18, 30);
        vm.expectRevert();
        staking.getPastVotes(one, time);
        pass(1);
        assertEq(staking.getPastVotes(one, time - 1), 100e18, "a second later");
    }

    function test_F36_WhoComesForARewardStaysForTheCooldown() public {
        back(one, 100e18);
        undelegate(one, 100e18);
        expectError(IStaking.StillCoolingDown.selector, time + staking.cooldown());
        collect(one);
        expectOutOfBounds("cooldown", 0, 1 hours, 14 days);
        staking.setCooldown(0);
    }

    function test_F41_StakeDoesNotHopBetweenPools() public {
        uint256 next = openNext();
        back(one, 100e18);
        expectError(IStaking.TaskHasNotEnded.selector, task);
        vm.prank(one);
        staking.redelegate(operator, task, operator, next, 100e18, 10_000);
        undelegate(one, 100e18);
        pass(staking.cooldown() - 1);
        expectError(IStaking.StillCoolingDown.selector, time + 1);
        collect(one);
    }

    function test_F42_AVoteNamedByASignatureIsForOneChainAndOneContract() public {
        address signer = vm.addr(0xB0B);
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(0xB0B, _namingDigest(address(staking), block.chainid, other));
        Staking fork = new Staking(token, tasks, treasury, address(access));
        fork.delegateBySig(other, 0, type(uint256).max, v, r, s);
        assertEq(fork.delegates(signer), signer, "another contract took it");
        vm.chainId(8_453);
        staking.delegateBySig(other, 0, type(uint256).max, v, r, s);
        assertEq(staking.delegates(signer), signer, "another chain took it");
    }

    function test_F46_APauseHoldsBackNothingThatIsDelegated() public {
        back(one, 100e18);
        staking.pause();
        slash(5_000);
        leave(one, 50e18);
        pass(31 days);
        assertEq(pokeAndRedeem(one), 50e18, "redeemed");
    }

    // --- Steps ---

    function _namingDigest(address verifier, uint256 chain, address delegatee)
        private
        pure
        returns (bytes32)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("flock staking"),
                keccak256("1"),
                chain,
                verifier
            )
        );
        bytes32 naming = keccak256("Delegation(address delegatee,uint256 nonce,uint256 expiry)");
        return keccak256(
            abi.encodePacked(
                hex"1901", domain, keccak256(abi.encode(naming, delegatee, uint256(0), type(uint256).max))
            )
        );
    }
}
