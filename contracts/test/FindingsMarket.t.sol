// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ChannelConfig } from "../src/interfaces/IBatchSettlement.sol";
import { IModelMarket, NewVersion, Share, VersionState } from "../src/interfaces/IModelMarket.sol";
import { Receipt } from "../src/interfaces/IHostTills.sol";
import { ISubscriptions } from "../src/interfaces/ISubscriptions.sol";
import { Splitter } from "../src/market/Splitter.sol";
import { Till } from "../src/market/Till.sol";
import { HostPlay } from "./HostPlay.t.sol";

/// @notice Plays against the market's money, from its review: what each tries, and what it comes to.
contract FindingsMarketTest is HostPlay {
    // --- A host that leaves ---

    /// @dev It serves, leaves, lets its bond go free, and only then claims and says that its own version earned it all.
    function test_AHostThatClaimsAfterItsBondIsFreeAttributesNothing() public {
        vm.prank(host);
        bonds.leave(host);
        pass(14 days);
        bonds.free(host);
        claimedChannel("a", 30e6);
        expectError(Till.BondIsGone.selector, host);
        distribute(own, 30e6);
        till.mark(dollar);
        pass(30 days);
        till.sweep(dollar);
        assertEq(dollar.balanceOf(treasury), 30e6, "what it could not keep");
    }

    /// @dev It misattributes on the last day it can; a week remains in which its bond answers for it.
    function test_AHostThatMisattributesAsItLeavesIsCaughtBeforeItsBondIsFree() public {
        vm.prank(host);
        bonds.leave(host);
        pass(7 days);
        ChannelConfig memory channel = claimedChannel("a", 30e6);
        Receipt[] memory receipts = twoReceipts(channel);
        distribute(own, 30e6);
        pass(7 days);
        prove(receipts, channel, HOST_KEY);
        assertEq(staking.owedToTreasury(), BOND / 2, "slashed");
    }

    function test_InItsLastWeekAHostThatLeavesAttributesNothing() public {
        dollar.give(address(till), 30e6);
        vm.prank(host);
        bonds.leave(host);
        pass(7 days + 1);
        expectError(Till.BondIsGone.selector, host);
        distribute(honest, 30e6);
    }

    /// @dev An expelled host has nothing left to lose, so it says nothing about the money that is still in its till,
    /// unless it puts up a bond again.
    function test_AnExpelledHostAttributesNothing() public {
        dollar.give(address(till), 30e6);
        bonds.expel(host, "caught");
        expectError(Till.BondIsGone.selector, host);
        distribute(own, 30e6);
    }

    // --- A rival that frames a host ---

    /// @dev The host was away for a month. Its rival proves between its claim and its distribution.
    function test_AHostThatClaimsLateIsNotGuiltyWhileTheMoneyWaits() public {
        ChannelConfig memory channel = channelOf("a");
        Receipt[] memory receipts = twoReceipts(channel);
        pass(30 days);
        claim(channel, 30e6);
        prove(receipts, channel, HOST_KEY, nothingIsMissing(30e6, 0, 30e6));
        channels.settle(address(till), address(dollar));
        prove(receipts, channel, HOST_KEY, nothingIsMissing(30e6, 0, 30e6));
        distribute(honest, 30e6);
        prove(receipts, channel, HOST_KEY, nothingIsMissing(30e6, 30e6, 0));
    }

    /// @dev A host that took 30 dollars lends its till as much whenever somebody is about to prove it.
    function test_AHostCannotHideWhatItTookByLendingItsTillForEver() public {
        ChannelConfig memory channel = claimedChannel("a", 30e6);
        Receipt[] memory receipts = twoReceipts(channel);
        distribute(own, 30e6);
        dollar.give(address(till), 30e6);
        prove(receipts, channel, HOST_KEY, nothingIsMissing(30e6, 0, 30e6));
        pass(45 days);
        prove(receipts, channel, HOST_KEY);
        assertTrue(!bonds.isHost(host), "expelled");
    }

    // --- A host that disowns its receipts ---

    /// @dev The key's account delegates to a contract that accepts no signature (EIP-7702), or is one.
    function test_AHostCannotDisownReceiptsByDelegatingItsKey() public {
        ChannelConfig memory channel = claimedChannel("a", 30e6);
        Receipt[] memory receipts = twoReceipts(channel);
        distribute(own, 30e6);
        vm.etch(host, hex"5f5ffd");
        prove(receipts, channel, HOST_KEY);
        assertTrue(!bonds.isHost(host), "expelled");
    }

    function test_AMalformedSignatureIsNobodys() public {
        ChannelConfig memory channel = claimedChannel("a", 30e6);
        Receipt[] memory receipts = new Receipt[](1);
        receipts[0] = receiptOf(channel, 30e6, 30e6);
        ChannelConfig[] memory same = new ChannelConfig[](1);
        same[0] = channel;
        bytes[] memory signatures = new bytes[](1);
        bytes memory refusal = unfit(0, "It was not signed by the host or a receipt key of it.");
        vm.expectRevert(refusal);
        tills.proveMisattribution(receipts, signatures, same);
        signatures[0] = new bytes(65);
        vm.expectRevert(refusal);
        tills.proveMisattribution(receipts, signatures, same);
    }

    // --- A host that goes on being paid ---

    /// @dev Expelled or gone, it would be paid to the end by whoever does not notice. Anyone can stop that, for the
    /// subscriber; while the bond is there nobody else can.
    function test_AHostThatIsGoneIsPaidNoLonger() public {
        setPrice(honest, address(token), 30e18);
        give(payer, 60e18);
        vm.prank(payer);
        token.approve(address(subscriptions), 60e18);
        vm.prank(payer);
        uint256 id = subscriptions.subscribe(honest, host, address(token), 2, 60e18);
        pass(15 days);
        vm.expectRevert(
            abi.encodeWithSelector(ISubscriptions.OnlyTheSubscriber.selector, id, payer, stranger)
        );
        vm.prank(stranger);
        subscriptions.cancel(id);
        bonds.expel(host, "caught");
        vm.prank(stranger);
        assertEq(subscriptions.cancel(id), 45e18, "what had not vested");
        assertEq(token.balanceOf(payer), 45e18, "went to the subscriber");
        assertEq(subscriptions.collect(id), 15e18, "what had vested stays due");
    }

    // --- Owners and strangers ---

    /// @dev Whoever publishes another's metadata document has only said it again; a digest is taken once.
    function test_MetadataOfAnotherGivesNothing() public {
        NewVersion memory copy = terms("other bytes");
        uint256 version = publish(stranger, 0, copy);
        assertEq(market.versionOf(version).metadata, market.versionOf(honest).metadata, "the same document");
        assertTrue(market.ownerOf(market.versionOf(honest).model) == creator, "whose model it is");
        NewVersion memory same = terms("of the creator");
        market.commit(commitmentOf(stranger, same.digest));
        pass(10);
        vm.expectRevert(abi.encodeWithSelector(IModelMarket.DigestIsTaken.selector, same.digest, honest));
        vm.prank(stranger);
        market.publish(0, same, SALT);
    }

    /// @dev A stranger commits to what it saw before the owner's commitment is in: the commitment is the owner's alone.
    function test_ACommitmentMadeByAnotherHelpsOnlyTheOwner() public {
        bytes32 commitment = commitmentOf(creator, "third");
        vm.prank(stranger);
        market.commit(commitment);
        pass(10);
        vm.prank(creator);
        market.publish(0, terms("third"), SALT);
    }

    /// @dev An owner that retires takes nothing back: what is due stays due, and subscribers get the rest.
    function test_AnOwnerThatSellsGivesTheBuyerNoDebtOfItsOwn() public {
        pay(honest, host, 100e18);
        uint256 model = market.versionOf(honest).model;
        vm.prank(creator);
        market.transferFrom(creator, buyer, model);
        Splitter at = splitter(honest, host);
        (, uint256 due) = at.releasable(token, OWNER);
        assertEq(due, 0, "nothing of it is the buyer's");
        at.sync(token);
        vm.prank(buyer);
        market.retire(honest);
        assertTrue(at.releaseFormer(token, creator) != 0, "the seller is paid after the sale and the end");
    }

    /// @dev Shares to oneself beside the makers' come out of the owner's part only.
    function test_ACreatorsSharesToItselfCostTheMakersNothing() public {
        uint256 taskId = closedTask("result", 4_000);
        NewVersion memory result = terms("result");
        result.shares = new Share[](1);
        result.shares[0] = Share(creator, 6_000);
        vm.prank(creator);
        uint256 version = market.publishResult(0, taskId, result);
        serve(version, host);
        pay(version, host, 100e18);
        (address makers, uint256 due) = splitter(version, host).releasable(token, FIRST);
        assertEq(makers, market.makersOf(taskId), "the makers");
        assertEq(due, 31.2e18, "four tenths of what fee and host leave");
    }

    /// @dev The owner of a contested upload can neither sell nor end it, so it cannot be listed anew elsewhere.
    function test_AContestedUploadIsFrozen() public {
        uint256 taskId = beganTask(4_000);
        uint256 version = upload("leaked");
        close(taskId, "leaked");
        market.contest(version, taskId);
        expectNotSold(version);
        vm.prank(creator);
        market.retire(version);
        expectNotSold(version);
        vm.prank(host);
        market.serve(version, host);
    }

    function expectNotSold(uint256 version) private {
        vm.expectRevert(
            abi.encodeWithSelector(IModelMarket.NotSold.selector, version, VersionState.Contested)
        );
    }
}
