// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { IVesting, Stream } from "../src/interfaces/IVesting.sol";
import { RewardsBase } from "./RewardsBase.t.sol";

contract VestingTest is RewardsBase {
    address private immutable account = actor("account");

    function setUp() public override {
        super.setUp();
        access.grantRole(STREAMER_ROLE, address(this), 0);
        give(address(this), 100_000_000e18);
        token.approve(address(vesting), type(uint256).max);
    }

    function test_AStreamVestsLinearlyFromNow() public {
        vesting.open(account, 30e18);
        Stream memory stream = vesting.streamsOf(account)[0];
        assertEq(stream.start, clock, "start");
        assertEq(stream.end, clock + 30 days, "end");
        assertEq(vesting.releasableOf(account), 0, "at once");
        passDays(10);
        assertEq(vesting.releasableOf(account), 10e18, "after a third");
        vesting.release(account);
        assertEq(token.balanceOf(account), 10e18, "paid");
        passDays(1_000);
        vesting.release(account);
        assertEq(token.balanceOf(account), 30e18, "all of it");
        assertEq(token.balanceOf(address(vesting)), 0, "left");
    }

    function test_AnyoneReleasesToTheAccount() public {
        vesting.open(account, 30e18);
        passDays(15);
        vm.prank(stranger);
        vesting.release(account);
        assertEq(token.balanceOf(account), 15e18, "account");
        assertEq(token.balanceOf(stranger), 0, "stranger");
    }

    function test_ReleasingNothingIsRefused() public {
        expectError(IVesting.NothingToRelease.selector, account);
        vesting.release(account);
        vesting.open(account, 30e18);
        expectError(IVesting.NothingToRelease.selector, account);
        vesting.release(account);
        passDays(30);
        expectError(IVesting.NothingToRelease.selector, account);
        vesting.releaseSome(account, 0);
        vesting.release(account);
        expectError(IVesting.NothingToRelease.selector, account);
        vesting.release(account);
    }

    function test_ReleaseSomePaysTheOldestFirst() public {
        vesting.open(account, 30e18);
        passDays(30);
        vesting.open(account, 60e18);
        passDays(15);
        vesting.releaseSome(account, 1);
        assertEq(token.balanceOf(account), 30e18, "the first");
        vesting.releaseSome(account, 1);
        assertEq(token.balanceOf(account), 60e18, "half of the second");
    }

    function test_AFinishedStreamBehindALongOneIsPaidOnce() public {
        vesting.setVestingSeconds(100 days);
        vesting.open(account, 100e18);
        vesting.setVestingSeconds(0);
        vesting.open(account, 7e18);
        vesting.release(account);
        assertEq(token.balanceOf(account), 7e18, "vested at once");
        passDays(50);
        vesting.release(account);
        assertEq(token.balanceOf(account), 57e18, "half of the long one");
        passDays(50);
        vesting.release(account);
        assertEq(token.balanceOf(account), 107e18, "all");
    }

    /// @dev The pointer: a year of finished streams costs no more than none.
    function test_F26_FinishedStreamsCostNothing() public {
        address other = actor("other");
        for (uint256 i = 0; i < 60; ++i) {
            vesting.open(account, 1e18);
        }
        vesting.open(other, 1e18);
        passDays(30);
        vesting.release(account);
        vesting.release(other);
        vesting.open(account, 30e18);
        vesting.open(other, 30e18);
        passDays(10);
        uint256 gas = gasleft();
        vesting.release(other);
        uint256 ofOne = gas - gasleft();
        gas = gasleft();
        vesting.release(account);
        assertAtMost(gas - gasleft(), ofOne + 1_000, "gas with sixty finished streams");
    }

    function test_ANewVestingTimeIsForNewStreams() public {
        vesting.open(account, 30e18);
        vesting.setVestingSeconds(365 days);
        vesting.open(account, 365e18);
        passDays(30);
        assertEq(vesting.releasableOf(account), 60e18, "30 of each");
    }

    function test_F34_VestingTimeIsBounded() public {
        expectOutOfBounds("vestingSeconds", 365 days + 1, 0, 365 days);
        vesting.setVestingSeconds(365 days + 1);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vesting.setVestingSeconds(0);
    }

    function test_OnlyTheDistributorOpensStreams() public {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vesting.open(stranger, 1e18);
    }

    function test_F24_AStreamOfNothingIsNotOpened() public {
        vesting.open(account, 0);
        assertEq(vesting.streamsOf(account).length, 0, "streams");
    }

    function test_F21_AnAmountThatDoesNotFitIsRefused() public {
        vm.expectRevert();
        vesting.open(account, uint256(type(uint96).max) + 1);
    }

    function testFuzz_AStreamPaysAllOfItHoweverOftenItIsReleased(uint96 amount, uint32[4] memory waits)
        public
    {
        amount = uint96(1e6 + amount % 1_000_000e18);
        vesting.open(account, amount);
        uint256 end = clock + 30 days;
        for (uint256 i = 0; i < waits.length; ++i) {
            warp(clock + waits[i] % 12 days);
            uint256 due = vesting.releasableOf(account);
            if (due != 0) vesting.release(account);
            uint256 vested = clock >= end ? amount : uint256(amount) * (clock + 30 days - end) / 30 days;
            assertEq(token.balanceOf(account), vested, "paid so far");
        }
        passDays(30);
        if (vesting.releasableOf(account) != 0) vesting.release(account);
        assertEq(token.balanceOf(account), amount, "in the end");
        assertEq(token.balanceOf(address(vesting)), 0, "left");
    }

    function testFuzz_WhatIsHeldCoversAllStreams(uint96[6] memory amounts, uint32 wait, uint8 most) public {
        for (uint256 i = 0; i < amounts.length; ++i) {
            vesting.open(account, amounts[i] % 1_000e18);
            warp(clock + wait % 9 days);
        }
        if (vesting.releasableOf(account) != 0 && most != 0) {
            try vesting.releaseSome(account, most) { } catch { }
        }
        Stream[] memory streams = vesting.streamsOf(account);
        uint256 owed;
        for (uint256 i = 0; i < streams.length; ++i) {
            owed += streams[i].amount - streams[i].released;
        }
        assertEq(token.balanceOf(address(vesting)), owed, "held");
        passDays(60);
        assertEq(vesting.releasableOf(account), owed, "releasable in the end");
    }
}
