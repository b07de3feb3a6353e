// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IModelMarket, VersionState } from "../src/interfaces/IModelMarket.sol";
import { ISubscriptions } from "../src/interfaces/ISubscriptions.sol";
import { TokenTransfers } from "../src/libraries/TokenTransfers.sol";
import { MarketBase } from "./MarketBase.t.sol";

/// @notice Subscriptions: what has vested is the payees', the rest the subscriber's, whatever happens.
contract SubscriptionsTest is MarketBase {
    uint256 private version;

    function setUp() public override {
        super.setUp();
        version = served("bytes");
        setPrice(version, address(token), 30e18);
        setPrice(version, address(dollar), 30e6);
        give(payer, 1_000e18);
        vm.prank(payer);
        token.approve(address(subscriptions), type(uint256).max);
    }

    function _subscribe(uint256 periods, uint256 most) private returns (uint256) {
        vm.prank(payer);
        return subscriptions.subscribe(version, host, address(token), periods, most);
    }

    function test_APeriodVestsByTheSecondAndTheRestGoesBack() public {
        uint256 id = _subscribe(1, 30e18);
        pass(10 days);
        assertEq(subscriptions.collect(id), 10e18, "a third");
        pass(5 days);
        vm.prank(payer);
        assertEq(subscriptions.cancel(id), 15e18, "half goes back");
        assertEq(subscriptions.collect(id), 5e18, "what had vested");
        assertEq(token.balanceOf(market.splitterOf(version, host)), 15e18, "splitter");
        assertEq(subscriptions.heldIn(address(token)), 0, "held");
        assertTrue(!subscriptions.isRunning(id), "over");
        expectError(ISubscriptions.NothingToCollect.selector, id);
        subscriptions.collect(id);
    }

    /// @dev The owner retires, the host is expelled and the market is paused: the subscriber gets the rest back.
    function test_CancellingAlwaysWorks() public {
        uint256 id = _subscribe(12, 360e18);
        pass(30 days);
        vm.prank(creator);
        market.retire(version);
        bonds.expel(host, "gone");
        market.pause();
        vm.prank(payer);
        assertEq(subscriptions.cancel(id), 330e18, "eleven twelfths");
    }

    function test_NobodyElseCancelsAndNobodyTwice() public {
        uint256 id = _subscribe(1, 30e18);
        vm.expectRevert(
            abi.encodeWithSelector(ISubscriptions.OnlyTheSubscriber.selector, id, payer, stranger)
        );
        vm.prank(stranger);
        subscriptions.cancel(id);
        vm.prank(payer);
        subscriptions.cancel(id);
        expectError(ISubscriptions.NothingToRefund.selector, id);
        vm.prank(payer);
        subscriptions.cancel(id);
        expectError(ISubscriptions.NothingToCollect.selector, id);
        subscriptions.collect(id);
    }

    function test_OnlyWhatIsSoldAndServedCanBeSubscribedTo() public {
        vm.expectRevert(abi.encodeWithSelector(ISubscriptions.NotServed.selector, version, stranger));
        vm.prank(payer);
        subscriptions.subscribe(version, stranger, address(token), 1, 30e18);
        vm.expectRevert(abi.encodeWithSelector(ISubscriptions.NoSubscriptions.selector, version, stranger));
        vm.prank(payer);
        subscriptions.subscribe(version, host, stranger, 1, 30e18);
        expectError(ISubscriptions.PeriodsOutOfRange.selector, 13);
        _subscribe(13, type(uint256).max);
        vm.prank(creator);
        market.retire(version);
        vm.expectRevert(abi.encodeWithSelector(IModelMarket.NotSold.selector, version, VersionState.Retired));
        _subscribe(1, 30e18);
    }

    /// @dev The owner raises the price in front of a subscriber.
    function test_ARaiseNeverTakesMoreThanWasAgreedAndHonoursTheFormerPrice() public {
        pass(301);
        setPrice(version, address(token), 60e18);
        _subscribe(1, 30e18);
        pass(301);
        expectError(ISubscriptions.PriceIsAbove.selector, 60e18, 30e18);
        _subscribe(1, 30e18);
    }

    function test_ACutCountsAtOnce() public {
        pass(301);
        setPrice(version, address(token), 20e18);
        _subscribe(1, 20e18);
        assertEq(token.balanceOf(payer), 980e18, "paid");
    }

    function test_ATokenThatTakesAFeeIsRefused() public {
        dollar.give(payer, 100e6);
        dollar.setFeeBps(100);
        vm.prank(payer);
        dollar.approve(address(subscriptions), 100e6);
        expectError(TokenTransfers.TokenTookAFee.selector, 30e6, 29.7e6);
        vm.prank(payer);
        subscriptions.subscribe(version, host, address(dollar), 1, 30e6);
    }

    function test_ABlockedPayeeDoesNotStopACancel() public {
        dollar.give(payer, 30e6);
        vm.prank(payer);
        dollar.approve(address(subscriptions), 30e6);
        vm.prank(payer);
        uint256 id = subscriptions.subscribe(version, host, address(dollar), 1, 30e6);
        dollar.block_(market.splitterOf(version, host), true);
        pass(15 days);
        vm.prank(payer);
        assertEq(subscriptions.cancel(id), 15e6, "back");
    }
}
