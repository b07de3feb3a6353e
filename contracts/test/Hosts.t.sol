// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { ChannelConfig } from "../src/interfaces/IBatchSettlement.sol";
import { IFeedbackRoots } from "../src/interfaces/IFeedbackRoots.sol";
import { IHostBonds } from "../src/interfaces/IHostBonds.sol";
import { IHostTills, Receipt } from "../src/interfaces/IHostTills.sol";
import { IModelMarket } from "../src/interfaces/IModelMarket.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { NewTask } from "../src/interfaces/ITaskManager.sol";
import { Till } from "../src/market/Till.sol";
import { HostPlay } from "./HostPlay.t.sol";

/// @notice Hosts: their bonds, their tills, and how one that lies about who earned what is caught.
contract HostsTest is HostPlay {
    // --- Bonds ---

    function test_AHostHasABondWhileItServesAndForTwoWeeksAfter() public {
        assertTrue(bonds.isHost(host), "a host");
        vm.prank(host);
        bonds.leave(host);
        assertTrue(!market.isServed(honest, host), "serves nothing new");
        uint256 taskId = bonds.taskId();
        expectError(IStaking.StakeIsHeld.selector, taskId);
        vm.prank(host);
        staking.deallocate(taskId, BOND);
        expectError(IHostBonds.NotLeavingBefore.selector, clock + 14 days);
        bonds.free(host);
        pass(14 days);
        bonds.free(host);
        vm.prank(host);
        staking.deallocate(taskId, BOND);
    }

    function test_WithoutABondNobodyServes() public {
        expectError(IModelMarket.HostIsNotBonded.selector, stranger);
        vm.prank(stranger);
        market.serve(honest, stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IHostBonds.HostBondTooSmall.selector, uint256(0), uint256(BOND))
        );
        vm.prank(stranger);
        bonds.bond(stranger);
        vm.expectRevert(abi.encodeWithSelector(IHostBonds.NotActingFor.selector, host, stranger));
        vm.prank(stranger);
        bonds.leave(host);
    }

    function test_NobodyServesInAnothersName() public {
        uint256 version = upload("third");
        expectError(IModelMarket.HostIsNotBonded.selector, host);
        vm.prank(stranger);
        market.serve(version, host);
    }

    function test_NobodyMakesAnotherTaskOfTheBondsBoard() public {
        NewTask memory task;
        (task.board, task.startBy, task.endsAt) =
        (address(bonds), uint40(clock + 1 days), uint40(clock + 2 days));
        task.minimumStake = 1e18;
        expectError(IHostBonds.NoTasksHere.selector);
        vm.prank(stranger);
        tasks.create(task, "");
        expectError(IHostBonds.BondsAreOpen.selector, bonds.taskId());
        bonds.openBonds();
    }

    function test_OnlyTheJudgeExpels() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        bonds.expel(host, "grudge");
    }

    function test_AnExpelledHostLosesItsPartAndItsListingAndKeepsItsEarnings() public {
        pay(honest, host, 100e18);
        uint256 before = staking.owedToTreasury();
        bonds.expel(host, "another model");
        assertEq(staking.owedToTreasury() - before, BOND / 2, "to the treasury");
        assertTrue(!market.isServed(honest, host), "listing");
        releaseAll(honest, host);
        assertEq(token.balanceOf(host), 19.5e18, "what it had earned");
        expectError(IHostBonds.NotAHost.selector, host);
        bonds.expel(host, "twice");
    }

    function test_NumbersHaveBounds() public {
        expectOutOfBounds("minimumBond", 1e18 - 1, 1e18, 1_000_000e18);
        bonds.setMinimumBond(1e18 - 1);
        expectOutOfBounds("slashBps", 999, 1_000, 10_000);
        bonds.setSlashBps(999);
    }

    // --- Tills ---

    function test_ATillPaysSplittersOfItsHostOnly() public {
        dollar.give(address(till), 100e6);
        distribute(honest, 60e6);
        assertEq(dollar.balanceOf(market.splitterOf(honest, host)), 60e6, "splitter");
        assertEq(till.attributedTo(address(dollar), honest), 60e6, "attributed");
        uint256 other = upload("never served");
        vm.expectRevert(abi.encodeWithSelector(IModelMarket.NeverServed.selector, other, host));
        distribute(other, 1);
        expectError(Till.AboveSettled.selector, 40e6 + 1, 40e6);
        distribute(honest, 40e6 + 1);
    }

    function test_OnlyTheHostDistributes() public {
        dollar.give(address(till), 100e6);
        vm.expectRevert(abi.encodeWithSelector(Till.NotActingFor.selector, host, stranger));
        vm.prank(stranger);
        till.distribute(dollar, new uint256[](1), new uint256[](1));
        expectError(Till.ListsDiffer.selector);
        vm.prank(host);
        till.distribute(dollar, new uint256[](1), new uint256[](2));
    }

    /// @dev A stranger's dust between the host's reading and its transaction.
    function test_DustDoesNotStopADistribution() public {
        dollar.give(address(till), 100e6);
        dollar.give(address(till), 1);
        distribute(honest, 100e6);
        assertEq(dollar.balanceOf(address(till)), 1, "dust");
    }

    function test_WhatNobodyAttributedGoesToTheTreasury() public {
        dollar.give(address(till), 100e6);
        till.mark(dollar);
        dollar.give(address(till), 50e6);
        distribute(honest, 70e6);
        expectError(Till.NothingToSweepBefore.selector, clock + 30 days);
        till.sweep(dollar);
        expectError(Till.MarkedAlready.selector, clock);
        till.mark(dollar);
        pass(30 days);
        till.sweep(dollar);
        assertEq(dollar.balanceOf(treasury), 30e6, "what was left of the marked");
        assertEq(dollar.balanceOf(address(till)), 50e6, "what came later");
    }

    // --- Misattribution ---

    /// @dev It serves the creator's model and says that its own earned the money.
    function test_AHostThatAttributesToItselfIsExpelled() public {
        ChannelConfig memory channel = claimedChannel("a", 30e6);
        Receipt[] memory receipts = twoReceipts(channel);
        distribute(own, 10e6);
        distribute(honest, 20e6);
        vm.prank(stranger);
        prove(receipts, channel, HOST_KEY);
        assertTrue(!bonds.isHost(host), "expelled");
        assertEq(staking.owedToTreasury(), BOND / 2, "slashed");
    }

    function test_AnHonestHostCannotBeFramed() public {
        ChannelConfig memory channel = claimedChannel("a", 30e6);
        Receipt[] memory receipts = twoReceipts(channel);
        bytes memory none = nothingIsMissing(30e6, 0, 30e6);
        prove(receipts, channel, HOST_KEY, none);
        distribute(honest, 30e6);
        none = nothingIsMissing(30e6, 30e6, 0);
        prove(receipts, channel, HOST_KEY, none);
    }

    function test_AReceiptCountsOnceAndWhenItsMoneyWasClaimed() public {
        ChannelConfig memory channel = claimedChannel("a", 29e6);
        Receipt[] memory receipts = twoReceipts(channel);
        prove(receipts, channel, HOST_KEY, unfit(1, "The host has not claimed what it charged."));
        receipts[1] = receipts[0];
        prove(receipts, channel, HOST_KEY, unfit(1, "It repeats or overlaps the one before."));
        receipts[1] = receiptOf(channel, 15e6, 20e6);
        prove(receipts, channel, HOST_KEY, unfit(1, "It repeats or overlaps the one before."));
    }

    function test_ReceiptsOfOthersShowNothing() public {
        ChannelConfig memory channel = claimedChannel("a", 30e6);
        Receipt[] memory receipts = twoReceipts(channel);
        prove(receipts, channel, WARM_KEY, unfit(0, "It was not signed by the host or a receipt key of it."));
        channel = channelOf("a");
        channel.receiver = stranger;
        prove(
            receipts,
            channel,
            HOST_KEY,
            unfit(0, "Its payment is not this channel, or the channel does not pay the host's till.")
        );
        receipts[1].version = own;
        prove(
            receipts,
            channelOf("a"),
            HOST_KEY,
            unfit(1, "It is of another host, version or token than the first.")
        );
        bytes memory differ = abi.encodeWithSelector(IHostTills.ListsDiffer.selector);
        prove(new Receipt[](0), channel, HOST_KEY, differ);
    }

    /// @dev A host that rotates its keys cannot disown what it signed.
    function test_AReceiptKeyStaysOne() public {
        vm.expectRevert(abi.encodeWithSelector(IHostTills.OnlyTheHost.selector, host, stranger));
        vm.prank(stranger);
        tills.addReceiptKey(host, stranger);
        vm.prank(host);
        tills.addReceiptKey(host, vm.addr(WARM_KEY));
        ChannelConfig memory channel = claimedChannel("a", 30e6);
        Receipt[] memory receipts = twoReceipts(channel);
        distribute(own, 30e6);
        prove(receipts, channel, WARM_KEY);
        assertTrue(!bonds.isHost(host), "expelled");
    }

    // --- Feedback ---

    function test_EachBondedPosterHasASequenceOfDaysThatAreOver() public {
        uint64 today = uint64(clock / 1 days);
        vm.expectRevert(abi.encodeWithSelector(IFeedbackRoots.NotAPoster.selector, stranger, stranger));
        vm.prank(stranger);
        feedback.post(stranger, today - 1, "root", "document", 3);
        vm.expectRevert(
            abi.encodeWithSelector(
                IFeedbackRoots.DayOutOfOrder.selector, uint256(today), uint256(0), uint256(today)
            )
        );
        vm.prank(host);
        feedback.post(host, today, "root", "document", 3);
        vm.prank(host);
        feedback.post(host, today - 1, "root", "document", 3);
        assertEq(feedback.rootOf(host, today - 1), "root", "root");
        vm.expectRevert(
            abi.encodeWithSelector(
                IFeedbackRoots.DayOutOfOrder.selector, uint256(today - 1), uint256(today - 1), uint256(today)
            )
        );
        vm.prank(host);
        feedback.post(host, today - 1, "other", "document", 3);
    }
}
