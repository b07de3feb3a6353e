// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ModelMarket } from "../src/ModelMarket.sol";
import { Subscriptions } from "../src/Subscriptions.sol";
import { FlockToken } from "../src/FlockToken.sol";
import { Splitter } from "../src/market/Splitter.sol";
import { VersionState } from "../src/interfaces/IModelMarket.sol";
import { Checks } from "./Checks.sol";
import { MarketBase } from "./MarketBase.t.sol";

/// @notice Random payers, hosts, owners and buyers; keeps what each owner must have had credited.
contract MarketHandler is Checks {
    uint256 private constant OWNER = 2;
    uint256 private constant VERSIONS = 3;

    ModelMarket private immutable market;
    Subscriptions private immutable subscriptions;
    FlockToken private immutable token;
    address private immutable bank;
    address private immutable host;
    address[3] private people;
    uint256 private clock;

    /// @notice All that was paid for versions and subscriptions, and not given back.
    uint256 public paid;
    /// @notice How often something was sold of a version that was retired.
    uint256 public soldRetired;

    constructor(
        ModelMarket market_,
        Subscriptions subscriptions_,
        FlockToken token_,
        address bank_,
        address host_,
        address[3] memory people_,
        uint256 clock_
    ) {
        (market, subscriptions, token, bank, host) = (market_, subscriptions_, token_, bank_, host_);
        (people, clock) = (people_, clock_);
    }

    function pay(uint256 version, bool isRoyalty, uint96 amount) external {
        amount %= 1e24;
        paid += amount;
        address to = market.splitterOf(1 + version % VERSIONS, isRoyalty ? address(0) : host);
        vm.prank(bank);
        token.transfer(to, amount);
    }

    function release(uint256 version, bool isRoyalty, uint256 payee) external {
        Splitter at = Splitter(market.deploySplitter(1 + version % VERSIONS, isRoyalty ? address(0) : host));
        payee %= at.payeeCount();
        (, uint256 due) = at.releasable(token, payee);
        if (due != 0) at.release(token, payee);
    }

    /// @dev A sale: the seller's credit must be what it was, and the buyer's start at nothing.
    function sell(uint256 version, uint256 to) external {
        version = 1 + version % VERSIONS;
        uint256 model = market.versionOf(version).model;
        (address seller, address buyer) = (market.ownerOf(model), people[to % 3]);
        Splitter at = Splitter(market.deploySplitter(version, host));
        (, uint256 accrued) = at.releasable(token, OWNER);
        vm.prank(seller);
        market.transferFrom(seller, buyer, model);
        at.sync(token);
        assertEq(at.owedTo(address(token), seller), accrued, "the seller keeps what had accrued");
    }

    function releaseFormer(uint256 version, uint256 who) external {
        Splitter at = Splitter(market.deploySplitter(1 + version % VERSIONS, host));
        at.sync(token);
        if (at.owedTo(address(token), people[who % 3]) != 0) at.releaseFormer(token, people[who % 3]);
    }

    function retire(uint256 version) external {
        version = 2 + version % 2;
        if (market.versionOf(version).state != VersionState.Listed) return;
        address owner = market.ownerOf(market.versionOf(version).model);
        vm.prank(owner);
        market.retire(version);
    }

    function subscribe(uint256 version, uint256 periods) external {
        version = 1 + version % VERSIONS;
        bool isSold = market.versionOf(version).state == VersionState.Listed;
        uint256 cost = (1 + periods % 12) * 30e18;
        vm.prank(bank);
        token.approve(address(subscriptions), cost);
        vm.prank(bank);
        try subscriptions.subscribe(version, host, address(token), 1 + periods % 12, cost) {
            paid += cost;
            if (!isSold) ++soldRetired;
        } catch {
            assertTrue(!isSold, "what is sold can be subscribed to");
        }
    }

    function cancel(uint256 id) external {
        uint256 count = subscriptions.subscriptionCount();
        if (count == 0) return;
        id = 1 + id % count;
        if (!subscriptions.isRunning(id)) return;
        vm.prank(bank);
        paid -= subscriptions.cancel(id);
    }

    function collect(uint256 id) external {
        uint256 count = subscriptions.subscriptionCount();
        if (count == 0) return;
        try subscriptions.collect(1 + id % count) { } catch { }
    }

    function pass(uint24 seconds_) external {
        clock += seconds_ % 20 days;
        vm.warp(clock);
    }
}

/// @notice What must always hold of money in the market: docs/protocol.md, "What must always hold".
contract MarketInvariants is MarketBase {
    MarketHandler private handler;

    function setUp() public override {
        super.setUp();
        uint256 first = served("first");
        uint256 second = publish(buyer, 0, childOf(first, "second", 3_333));
        uint256 third = publish(stranger, 0, childOf(second, "third", 5_001));
        serve(second, host);
        serve(third, host);
        for (uint256 version = first; version <= third; ++version) {
            address owner = market.ownerOf(version);
            vm.prank(owner);
            market.setPrice(version, address(token), price());
        }
        handler =
            new MarketHandler(market, subscriptions, token, bank, host, [creator, buyer, stranger], clock);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_conservation() external view {
        uint256 held = token.balanceOf(address(subscriptions));
        for (uint256 version = 1; version <= 3; ++version) {
            held += token.balanceOf(market.splitterOf(version, host));
            held += token.balanceOf(market.splitterOf(version, address(0)));
        }
        uint256 out = token.balanceOf(treasury) + token.balanceOf(host) + token.balanceOf(creator)
            + token.balanceOf(buyer) + token.balanceOf(stranger);
        assertEq(held + out, handler.paid(), "what was paid");
    }

    function invariant_solvency() external view {
        uint256 held = token.balanceOf(address(subscriptions));
        assertEq(held, subscriptions.heldIn(address(token)), "subscriptions");
        for (uint256 version = 1; version <= 3; ++version) {
            _requireSolvent(market.splitterOf(version, host));
            _requireSolvent(market.splitterOf(version, address(0)));
        }
    }

    function invariant_a_retired_model_sells_nothing() external view {
        assertEq(handler.soldRetired(), 0, "sold");
    }

    /// @dev All payees and former owners can be paid at once.
    function _requireSolvent(address place) private view {
        if (place.code.length == 0) return;
        Splitter at = Splitter(place);
        uint256 owed;
        address owner;
        for (uint256 payee = 0; payee < at.payeeCount(); ++payee) {
            (address account, uint256 due) = at.releasable(token, payee);
            owed += due;
            if (payee == OWNER) owner = account;
        }
        address[3] memory people = [creator, buyer, stranger];
        for (uint256 i = 0; i < 3; ++i) {
            if (people[i] != owner) owed += at.owedTo(address(token), people[i]);
        }
        assertAtMost(owed, token.balanceOf(place), "owed by a splitter");
    }
}
