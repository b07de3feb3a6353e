// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import {
    IModelMarket,
    NewVersion,
    Parent,
    Price,
    PriceView,
    Share,
    Version,
    VersionState
} from "../src/interfaces/IModelMarket.sol";
import { MarketBase } from "./MarketBase.t.sol";

/// @notice Publishing, prices, and who would gain by doing it otherwise.
contract ModelMarketTest is MarketBase {
    function test_AnUploadIsPublishedAsTheFirstVersionOfAModel() public {
        uint256 version = upload("bytes");
        Version memory stored = market.versionOf(version);
        assertEq(stored.digest, "bytes", "digest");
        assertEq(stored.feeBps, 250, "fee of 2.5%");
        assertEq(market.ownerOf(stored.model), creator, "owner");
        assertEq(market.newestOf(stored.model), version, "newest");
        assertEq(market.uploadOf("bytes"), version, "found by digest");
    }

    function test_TheNextVersionNamesTheOneBefore() public {
        uint256 first = upload("one");
        uint256 model = market.versionOf(first).model;
        market.commit(commitmentOf(creator, "two"));
        pass(10);
        expectError(IModelMarket.FormerIsNoParent.selector, first);
        vm.prank(creator);
        market.publish(model, terms("two"), SALT);
        vm.prank(creator);
        uint256 second = market.publish(model, childOf(first, "two", 1_000), SALT);
        assertEq(market.versionOf(second).model, model, "the same model");
    }

    // --- The first-comer ---

    function test_WhoSeesAnUploadInFlightCannotBeFirst() public {
        market.commit(commitmentOf(creator, "bytes"));
        pass(10);
        // The creator's transaction is seen, and the digest with it.
        vm.prank(stranger);
        market.commit(commitmentOf(stranger, "bytes"));
        vm.expectRevert(
            abi.encodeWithSelector(
                IModelMarket.CommitFirst.selector, commitmentOf(stranger, "bytes"), clock + 10
            )
        );
        vm.prank(stranger);
        market.publish(0, terms("bytes"), SALT);
        vm.prank(creator);
        market.publish(0, terms("bytes"), SALT);
        pass(10);
        vm.expectRevert(abi.encodeWithSelector(IModelMarket.DigestIsTaken.selector, bytes32("bytes"), 1));
        vm.prank(stranger);
        market.publish(0, terms("bytes"), SALT);
    }

    function test_ACommitmentServesNobodyElseAndCannotBeMadeTwice() public {
        bytes32 commitment = commitmentOf(creator, "bytes");
        market.commit(commitment);
        pass(9);
        vm.expectRevert(abi.encodeWithSelector(IModelMarket.CommittedAlready.selector, commitment));
        vm.prank(stranger);
        market.commit(commitment);
        pass(1);
        vm.prank(creator);
        market.publish(0, terms("bytes"), SALT);
    }

    // --- Results of tasks ---

    function test_ATasksResultIsPublishedOnlyThroughTheTask() public {
        uint256 taskId = closedTask("result", 4_000);
        market.commit(commitmentOf(creator, "result"));
        pass(10);
        vm.expectRevert(
            abi.encodeWithSelector(IModelMarket.DigestIsOfTask.selector, bytes32("result"), taskId)
        );
        vm.prank(creator);
        market.publish(0, terms("result"), SALT);
        vm.prank(creator);
        uint256 version = market.publishResult(0, taskId, terms("result"));
        assertEq(market.resultOf(taskId), version, "found by task");
    }

    function test_OnlyTheCreatorPublishesOnceAndOnlyWhatTheTaskMade() public {
        uint256 taskId = closedTask("result", 4_000);
        vm.expectRevert(
            abi.encodeWithSelector(IModelMarket.OnlyTheCreator.selector, taskId, creator, stranger)
        );
        vm.prank(stranger);
        market.publishResult(0, taskId, terms("result"));
        vm.expectRevert(
            abi.encodeWithSelector(
                IModelMarket.NotTheResult.selector, taskId, bytes32("other"), bytes32("result")
            )
        );
        vm.prank(creator);
        market.publishResult(0, taskId, terms("other"));
        vm.prank(creator);
        market.publishResult(0, taskId, terms("result"));
        expectError(IModelMarket.ResultIsPublished.selector, taskId, 1);
        vm.prank(creator);
        market.publishResult(0, taskId, terms("result"));
    }

    function test_ATaskThatRunsHasNoResult() public {
        uint256 taskId = beganTask(4_000);
        board.make(taskId, "result");
        vm.expectRevert(
            abi.encodeWithSelector(IModelMarket.NotTheResult.selector, taskId, bytes32("result"), bytes32(0))
        );
        vm.prank(creator);
        market.publishResult(0, taskId, terms("result"));
    }

    /// @dev The creator would leave its makers a tenth by hosting the model itself for nine tenths.
    function test_ACreatorCannotHostItsMakersShareAway() public {
        uint256 taskId = closedTask("result", 4_000);
        NewVersion memory v = terms("result");
        v.hostBps = 3_001;
        expectOutOfBounds("hostBps", 3_001, 0, 3_000);
        vm.prank(creator);
        market.publishResult(0, taskId, v);
    }

    function test_ACreatorCannotGiveAwayMoreThanTheMakersLeave() public {
        uint256 taskId = closedTask("result", 4_000);
        NewVersion memory v = terms("result");
        v.shares = new Share[](1);
        v.shares[0] = Share(stranger, 6_001);
        expectError(IModelMarket.SharesAboveAll.selector, 10_001);
        vm.prank(creator);
        market.publishResult(0, taskId, v);
    }

    /// @dev A version with one number changed would owe the makers nothing.
    function test_AResultAsksItsChildrenForTheMakersRoyalty() public {
        uint256 taskId = closedTask("result", 4_000);
        NewVersion memory v = terms("result");
        v.royaltyBps = 999;
        expectOutOfBounds("royaltyBps", 999, 1_000, 10_000);
        vm.prank(creator);
        market.publishResult(0, taskId, v);
    }

    /// @dev The creator, or a member, knows the model before the task closes, and uploads it to keep it all.
    function test_AnUploadMadeWhileTheTaskRanIsContested() public {
        uint256 taskId = beganTask(4_000);
        uint256 version = publish(stranger, 0, terms("result"));
        expectError(IModelMarket.NotContestable.selector, version, taskId);
        market.contest(version, taskId);
        close(taskId, "result");
        vm.prank(trainer);
        market.contest(version, taskId);
        vm.expectRevert(
            abi.encodeWithSelector(IModelMarket.NotSold.selector, version, VersionState.Contested)
        );
        vm.prank(host);
        market.serve(version, host);
        vm.prank(creator);
        market.publishResult(0, taskId, terms("result"));
        market.resolveContest(version, false);
        assertTrue(market.versionOf(version).state == VersionState.Retired, "retired");
    }

    /// @dev Whoever makes a task "make" the model of another cannot stop what was there before.
    function test_AnUploadFromBeforeTheTaskIsNotContested() public {
        uint256 version = upload("mine");
        pass(1);
        uint256 taskId = closedTask("mine", 0);
        expectError(IModelMarket.NotContestable.selector, version, taskId);
        vm.prank(stranger);
        market.contest(version, taskId);
    }

    function test_AnUploadThatStandsIsNotContestedAgain() public {
        uint256 first = beganTask(0);
        uint256 second = beganTask(0);
        uint256 version = upload("mine");
        close(first, "mine");
        close(second, "mine");
        market.contest(version, first);
        market.resolveContest(version, true);
        expectError(IModelMarket.NotContestable.selector, version, second);
        market.contest(version, second);
    }

    function test_AResultCannotBeContested() public {
        uint256 taskId = closedTask("result", 4_000);
        vm.prank(creator);
        uint256 version = market.publishResult(0, taskId, terms("result"));
        expectError(IModelMarket.NotContestable.selector, version, taskId);
        market.contest(version, taskId);
    }

    // --- Terms that cannot be ---

    function test_ParentsExistAndAreNamedOnceAndGetWhatTheyAsk() public {
        uint256 parent = upload("parent");
        market.commit(commitmentOf(stranger, "child"));
        pass(10);
        NewVersion memory v = childOf(parent, "child", 999);
        vm.expectRevert(
            abi.encodeWithSelector(IModelMarket.RoyaltyTooLow.selector, parent, uint256(999), uint256(1_000))
        );
        vm.prank(stranger);
        market.publish(0, v, SALT);
        v = childOf(parent + 1, "child", 1_000);
        expectError(IModelMarket.UnknownVersion.selector, parent + 1);
        vm.prank(stranger);
        market.publish(0, v, SALT);
        v.parents = new Parent[](2);
        (v.parents[0], v.parents[1]) = (Parent(uint64(parent), 1_000), Parent(uint64(parent), 1_000));
        expectError(IModelMarket.ParentsNotAscending.selector, parent);
        vm.prank(stranger);
        market.publish(0, v, SALT);
    }

    function test_SharesNeedAnAccountAndAPart() public {
        market.commit(commitmentOf(creator, "bytes"));
        pass(10);
        NewVersion memory v = terms("bytes");
        v.shares = new Share[](1);
        vm.expectRevert(abi.encodeWithSelector(IModelMarket.ShareIsEmpty.selector, address(0), uint256(0)));
        vm.prank(creator);
        market.publish(0, v, SALT);
        v.shares = new Share[](9);
        expectOutOfBounds("shares", 9, 0, 8);
        vm.prank(creator);
        market.publish(0, v, SALT);
        v = terms("bytes");
        v.hostBps = 9_001;
        expectOutOfBounds("hostBps", 9_001, 0, 9_000);
        vm.prank(creator);
        market.publish(0, v, SALT);
        v = terms(0);
        market.commit(commitmentOf(creator, 0));
        pass(10);
        expectError(IModelMarket.DigestIsZero.selector);
        vm.prank(creator);
        market.publish(0, v, SALT);
    }

    // --- Prices ---

    function test_AFormerPriceIsHonouredAndCannotBeVoidedByASecondChange() public {
        uint256 version = upload("bytes");
        setPrice(version, address(token), 10e18);
        expectError(IModelMarket.PriceIsFresh.selector, clock + 300);
        setPrice(version, address(token), 20e18);
        pass(301);
        setPrice(version, address(token), 20e18);
        PriceView memory prices = market.priceOf(version, address(token));
        assertEq(prices.current.perPeriod, 20e18, "current");
        assertEq(prices.former.perPeriod, 10e18, "former");
        assertEq(prices.honouredUntil, clock + 300, "until");
    }

    function test_PricesAreInListedTokensByTheOwnerOfWhatIsSold() public {
        uint256 version = upload("bytes");
        expectError(IModelMarket.TokenIsNotListed.selector, stranger);
        setPrice(version, stranger, 1);
        vm.expectRevert(abi.encodeWithSelector(IModelMarket.OnlyTheOwner.selector, 1, creator, stranger));
        vm.prank(stranger);
        market.setPrice(version, address(token), Price(1, 1, 1, 1));
        vm.prank(creator);
        market.retire(version);
        vm.expectRevert(abi.encodeWithSelector(IModelMarket.NotSold.selector, version, VersionState.Retired));
        setPrice(version, address(token), 1);
    }

    function test_ATokenTakenOffTheListCanStillBeUnpriced() public {
        uint256 version = upload("bytes");
        setPrice(version, address(dollar), 5);
        market.setToken(address(dollar), false);
        pass(301);
        vm.prank(creator);
        market.setPrice(version, address(dollar), Price(0, 0, 0, 0));
        assertEq(market.priceOf(version, address(dollar)).current.perCall, 0, "not sold for it");
    }

    // --- What is retired or paused sells nothing ---

    function test_ARetiredModelSellsNothingAndPaysWhatItOwes() public {
        uint256 version = served("bytes");
        setPrice(version, address(token), 10e18);
        pay(version, host, 100e18);
        vm.prank(creator);
        market.retire(version);
        assertTrue(!market.isServed(version, host), "served");
        assertEq(market.priceOf(version, address(token)).current.perCall, 0, "price");
        vm.expectRevert(abi.encodeWithSelector(IModelMarket.NotSold.selector, version, VersionState.Retired));
        market.requireSold(version);
        releaseAll(version, host);
        assertEq(token.balanceOf(creator), 78e18, "the owner's part");
    }

    function test_APauseStopsWhatBeginsAndNoPayment() public {
        uint256 version = served("bytes");
        pay(version, host, 100e18);
        market.pause();
        expectError(Pausable.EnforcedPause.selector);
        market.commit("x");
        expectError(Pausable.EnforcedPause.selector);
        market.requireSold(version);
        expectError(Pausable.EnforcedPause.selector);
        vm.prank(host);
        market.serve(version, host);
        releaseAll(version, host);
        assertEq(token.balanceOf(treasury), 2.5e18, "fee");
        market.unpause();
    }

    // --- Governance ---

    function test_EachNumberHasItsBounds() public {
        expectOutOfBounds("feeBps", 99, 100, 1_000);
        market.setFeeBps(99);
        expectOutOfBounds("feeBps", 1_001, 100, 1_000);
        market.setFeeBps(1_001);
        expectOutOfBounds("quoteSeconds", 59, 60, 3_600);
        market.setQuoteSeconds(59);
        expectOutOfBounds("maxResultHostBps", 5_001, 0, 5_000);
        market.setMaxResultHostBps(5_001);
        expectError(IModelMarket.TreasuryIsZero.selector);
        market.setTreasury(address(0));
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        market.setFeeBps(200);
    }

    function test_AFeeThatChangesLeavesPublishedVersionsAlone() public {
        uint256 before = upload("before");
        address at = market.splitterOf(before, host);
        market.setFeeBps(1_000);
        uint256 later = upload("later");
        assertEq(market.splitterOf(before, host), at, "splitter");
        assertEq(market.versionOf(before).feeBps, 250, "before");
        assertEq(market.versionOf(later).feeBps, 1_000, "later");
    }
}
