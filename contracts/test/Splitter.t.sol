// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IModelMarket, NewVersion, Share } from "../src/interfaces/IModelMarket.sol";
import { Makers } from "../src/market/Makers.sol";
import { Splitter } from "../src/market/Splitter.sol";
import { MarketBase } from "./MarketBase.t.sol";
import { Vm } from "./Vm.sol";

/// @notice Who is paid what of a payment, whoever is blocked, sold to, or asks first.
contract SplitterTest is MarketBase {
    function test_APaymentIsDividedAmongFeeHostSharesAndOwner() public {
        NewVersion memory v = terms("bytes");
        v.shares = new Share[](1);
        v.shares[0] = Share(stranger, 2_500);
        uint256 version = publish(creator, 0, v);
        serve(version, host);
        pay(version, host, 100e18);
        releaseAll(version, host);
        assertEq(token.balanceOf(treasury), 2.5e18, "fee: 2.5%");
        assertEq(token.balanceOf(host), 19.5e18, "host: a fifth of 97.5");
        assertEq(token.balanceOf(stranger), 19.5e18, "share: a quarter of 78");
        assertEq(token.balanceOf(creator), 58.5e18, "owner: the rest");
    }

    function test_ItIsPaidBeforeItIsDeployed() public {
        uint256 version = served("bytes");
        address at = market.splitterOf(version, host);
        assertEq(at.code.length, 0, "no code");
        pay(version, host, 100e18);
        market.release(version, host, address(token), OWNER);
        assertEq(token.balanceOf(creator), 78e18, "owner");
        assertEq(address(splitter(version, host)), at, "the same address");
    }

    function test_WhatWasPaidForAHostThatNeverServedWaitsForIt() public {
        uint256 version = upload("bytes");
        pay(version, host, 100e18);
        vm.expectRevert(abi.encodeWithSelector(IModelMarket.NeverServed.selector, version, host));
        market.release(version, host, address(token), OWNER);
        serve(version, host);
        market.release(version, host, address(token), HOST);
        assertEq(token.balanceOf(host), 19.5e18, "host");
    }

    function test_ATasksMakersShareByWhatEachEarned() public {
        uint256 taskId = closedTask("result", 4_000);
        vm.prank(creator);
        uint256 version = market.publishResult(0, taskId, terms("result"));
        serve(version, host);
        pay(version, host, 100e18);
        releaseAll(version, host);
        Makers makers = Makers(market.deployMakers(taskId));
        assertEq(token.balanceOf(address(makers)), 31.2e18, "40% of 78");
        makers.release(token, trainer);
        makers.release(token, voter);
        assertEq(token.balanceOf(trainer), 23.4e18, "three quarters");
        assertEq(token.balanceOf(voter), 7.8e18, "a quarter");
        vm.expectRevert(abi.encodeWithSelector(Makers.NothingToRelease.selector, address(token), stranger));
        makers.release(token, stranger);
    }

    function test_WhereNobodyEarnedTheOwnerGetsTheMakersShare() public {
        uint256 taskId = beganTask(4_000);
        board.make(taskId, "result");
        board.close(taskId);
        vm.prank(creator);
        uint256 version = market.publishResult(0, taskId, terms("result"));
        serve(version, host);
        pay(version, host, 100e18);
        releaseAll(version, host);
        assertEq(token.balanceOf(creator), 78e18, "owner");
    }

    /// @dev Three generations: each is a payee of the next, at one release a payee however deep.
    function test_AParentIsAPayeeOfItsChild() public {
        uint256 first = upload("first");
        uint256 second = publish(buyer, 0, childOf(first, "second", 5_000));
        uint256 third = publish(stranger, 0, childOf(second, "third", 5_000));
        serve(third, host);
        pay(third, host, 100e18);
        releaseAll(third, host);
        assertEq(token.balanceOf(stranger), 39e18, "half of 78");
        releaseAll(second, address(0));
        assertEq(token.balanceOf(buyer), 19.5e18, "half of that");
        releaseAll(first, address(0));
        assertEq(token.balanceOf(creator), 19.5e18, "the rest, without a second fee");
        assertEq(token.balanceOf(treasury), 2.5e18, "one fee");
    }

    function test_ABlockedPayeeBlocksNobody() public {
        uint256 version = served("bytes");
        dollar.give(market.splitterOf(version, host), 100e6);
        Splitter at = splitter(version, host);
        dollar.block_(host, true);
        vm.expectRevert("blocked");
        at.release(dollar, HOST);
        at.release(dollar, OWNER);
        at.release(dollar, TREASURY);
        assertEq(dollar.balanceOf(creator), 78e6, "owner");
        dollar.block_(host, false);
        at.release(dollar, HOST);
        assertEq(dollar.balanceOf(host), 19.5e6, "host, later");
    }

    function test_ATokenThatTakesAFeeIsCountedByWhatArrives() public {
        uint256 version = served("bytes");
        dollar.setFeeBps(1_000);
        dollar.give(payer, 100e6);
        address to = market.splitterOf(version, host);
        vm.prank(payer);
        dollar.transfer(to, 100e6);
        Splitter at = splitter(version, host);
        uint256 paid;
        for (uint256 payee = 0; payee < FIRST; ++payee) {
            paid += at.release(dollar, payee);
        }
        assertEq(paid, 90e6, "what arrived");
    }

    function test_NobodyIsPaidTwice() public {
        uint256 version = served("bytes");
        pay(version, host, 100e18);
        Splitter at = splitter(version, host);
        at.release(token, HOST);
        vm.expectRevert(abi.encodeWithSelector(Splitter.NothingToRelease.selector, address(token), HOST));
        at.release(token, HOST);
        expectError(Splitter.UnknownPayee.selector, FIRST);
        at.release(token, FIRST);
    }

    // --- The owner sells ---

    function _sell(uint256 version, address from, address to) private {
        uint256 model = market.versionOf(version).model;
        vm.prank(from);
        market.transferFrom(from, to, model);
    }

    function test_ATransferLeavesTheSellerWhatHadAccrued() public {
        uint256 version = served("bytes");
        pay(version, host, 100e18);
        _sell(version, creator, buyer);
        Splitter at = splitter(version, host);
        at.sync(token);
        pay(version, host, 50e18);
        at.release(token, OWNER);
        assertEq(token.balanceOf(buyer), 39e18, "what came after");
        at.releaseFormer(token, creator);
        assertEq(token.balanceOf(creator), 78e18, "what came before");
    }

    /// @dev A buyer that releases before anybody has credited the seller.
    function test_ABuyerCannotTakeWhatHadAccrued() public {
        uint256 version = served("bytes");
        pay(version, host, 100e18);
        _sell(version, creator, buyer);
        Splitter at = splitter(version, host);
        vm.expectRevert(abi.encodeWithSelector(Splitter.NothingToRelease.selector, address(token), OWNER));
        at.release(token, OWNER);
        assertEq(at.releaseFormer(token, creator), 78e18, "the seller's");
    }

    /// @dev A seller that sells between its own accounts, or twice, takes nothing from its makers, host or buyer.
    function test_TransfersBackAndForthLoseAndMakeNothing() public {
        uint256 version = served("bytes");
        Splitter at = splitter(version, host);
        pay(version, host, 100e18);
        at.sync(token);
        _sell(version, creator, buyer);
        at.sync(token);
        pay(version, host, 100e18);
        _sell(version, buyer, creator);
        at.sync(token);
        pay(version, host, 100e18);
        at.release(token, OWNER);
        assertEq(token.balanceOf(creator), 156e18, "first and third");
        at.releaseFormer(token, buyer);
        assertEq(token.balanceOf(buyer), 78e18, "second");
        at.release(token, HOST);
        assertEq(token.balanceOf(host), 58.5e18, "host");
    }

    function test_AHostThatComesAfterASaleEarnsForTheBuyer() public {
        uint256 version = upload("bytes");
        _sell(version, creator, buyer);
        serve(version, host);
        pay(version, host, 100e18);
        market.release(version, host, address(token), OWNER);
        assertEq(token.balanceOf(buyer), 78e18, "buyer");
    }

    function testFuzz_EveryPaymentIsConserved(
        uint96[4] memory paid,
        uint16 feeBps,
        uint16 hostBps,
        uint16 shareBps,
        uint8 order
    ) public {
        market.setFeeBps(100 + feeBps % 901);
        NewVersion memory v = terms("bytes");
        v.hostBps = hostBps % 9_001;
        v.shares = new Share[](1);
        v.shares[0] = Share(stranger, 1 + shareBps % 10_000);
        uint256 version = publish(creator, 0, v);
        serve(version, host);
        Splitter at = splitter(version, host);
        uint256 all;
        for (uint256 i = 0; i < paid.length; ++i) {
            uint256 amount = paid[i] % 1e24;
            all += amount;
            pay(version, host, amount);
            uint256 payee = (order >> 2 * i) % 4;
            (, uint256 due) = at.releasable(token, payee);
            if (due != 0) at.release(token, payee);
        }
        releaseAll(version, host);
        uint256 out = token.balanceOf(treasury) + token.balanceOf(host) + token.balanceOf(stranger)
            + token.balanceOf(creator);
        assertEq(out + token.balanceOf(address(at)), all, "conserved");
        assertAtMost(token.balanceOf(address(at)), 3, "left by rounding");
        assertEq(token.balanceOf(treasury), (all * market.feeBps() + 9_999) / 10_000, "fee, rounded up");
    }
}
