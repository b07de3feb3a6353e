// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { ISettlement, PostedRoot, RewardTerms, RootState } from "../src/interfaces/ISettlement.sol";
import { RewardsBase } from "./RewardsBase.t.sol";

/// @notice Roots are posted, wait, are served. Disputes are in Disputes.t.sol, replacements by
/// governance in Replacements.t.sol.
contract SettlementTest is RewardsBase {
    bytes32 private constant ROOT = keccak256("root");
    bytes32 private constant TREE = keccak256("tree");
    uint32 private constant DAY = FIRST_DAY + 1;
    uint256 private constant EMITTED = 1_000e18;

    function setUp() public override {
        super.setUp();
        emitDay(EMITTED);
        deposit(settler, 2 * BOND);
    }

    // --- Bonds ---

    function test_ABondIsFreeUntilItStands() public {
        assertEq(settlement.freeBondOf(settler), 2 * BOND, "before");
        _post(ROOT, 10e18, DAY);
        assertEq(settlement.freeBondOf(settler), BOND, "while it stands");
        expectError(ISettlement.BondTooSmall.selector, BOND, BOND + 1);
        vm.prank(settler);
        settlement.withdrawBond(BOND + 1);
        passDays(1);
        settlement.activate();
        assertEq(settlement.freeBondOf(settler), 2 * BOND, "after");
    }

    function test_FreeBondIsWithdrawn() public {
        vm.prank(settler);
        settlement.withdrawBond(2 * BOND);
        assertEq(token.balanceOf(settler), 2 * BOND, "settler");
        assertEq(token.balanceOf(address(settlement)), 0, "held");
        expectError(ISettlement.BondTooSmall.selector, 0, 1);
        vm.prank(settler);
        settlement.withdrawBond(1);
    }

    function test_F24_NothingIsNoBond() public {
        expectError(ISettlement.AmountIsZero.selector);
        settlement.depositBond(0);
        expectError(ISettlement.AmountIsZero.selector);
        settlement.withdrawBond(0);
    }

    function test_APostNeedsAFreeBond() public {
        deposit(stranger, BOND - 1);
        expectError(ISettlement.BondTooSmall.selector, BOND - 1, BOND);
        vm.prank(stranger);
        settlement.post(ROOT, TREE, 10e18, DAY);
    }

    // --- Posting ---

    function test_ARootWaitsItsWindowAndIsServed() public {
        uint256 id = _post(ROOT, 10e18, DAY);
        assertEq(id, 1, "id");
        assertEq(settlement.pendingId(), 1, "pending");
        PostedRoot memory posted = settlement.rootOf(id);
        assertEq(uint256(posted.state), uint256(RootState.Pending), "state");
        assertEq(posted.activeAt, clock + WINDOW, "active at");
        warp(clock + WINDOW - 1);
        expectError(ISettlement.WindowIsOpen.selector, id, posted.activeAt);
        settlement.activate();
        assertEq(distributor.root(), bytes32(0), "served inside the window");
        warp(clock + 1);
        vm.prank(stranger);
        settlement.activate();
        assertEq(distributor.root(), ROOT, "root");
        assertEq(settlement.servedDay(), DAY, "day");
        assertEq(settlement.servedTotal(), 10e18, "total");
        assertEq(settlement.pendingId(), 0, "pending");
        assertEq(uint256(settlement.rootOf(id).state), uint256(RootState.Served), "state");
        assertEq(settlement.rootOf(id).root, ROOT, "the newest root is still known");
    }

    function test_PostingServesTheLastOneFirst() public {
        _post(ROOT, 10e18, DAY);
        nextDay();
        uint256 second = _post(keccak256("second"), 20e18, DAY + 1);
        assertEq(distributor.root(), ROOT, "root");
        assertEq(settlement.servedDay(), DAY, "day");
        assertEq(settlement.pendingId(), second, "pending");
        assertEq(settlement.freeBondOf(settler), BOND, "one bond stands");
        assertEq(uint256(settlement.rootOf(1).state), uint256(RootState.Served), "state of the first");
        assertEq(settlement.rootOf(second).root, keccak256("second"), "the second");
    }

    function test_OnlyOneRootIsPending() public {
        uint256 id = _post(ROOT, 10e18, DAY);
        expectError(ISettlement.AnotherRootIsPending.selector, id);
        _post(keccak256("another"), 10e18, DAY);
    }

    function test_ARootCoversAllDaysThatAreEmitted() public {
        passDays(3);
        emissions.emitDue();
        expectError(ISettlement.RootMustCover.selector, DAY + 2, DAY + 3);
        _post(ROOT, 10e18, DAY + 2);
        expectError(ISettlement.RootMustCover.selector, DAY + 4, DAY + 3);
        _post(ROOT, 10e18, DAY + 4);
        _post(ROOT, 10e18, DAY + 3);
    }

    function test_ADayThatIsOverButNotEmittedIsNotCovered() public {
        passDays(1);
        expectError(ISettlement.RootMustCover.selector, DAY + 1, DAY);
        _post(ROOT, 10e18, DAY + 1);
        _post(ROOT, 10e18, DAY);
    }

    function test_ARootIsOfALaterDayThanTheOneServed() public {
        _post(ROOT, 10e18, DAY);
        passDays(1);
        expectError(ISettlement.DayIsSettled.selector, DAY, DAY);
        _post(ROOT, 10e18, DAY);
        expectError(ISettlement.DayIsSettled.selector, DAY - 1, DAY);
        _post(ROOT, 10e18, DAY - 1);
    }

    function test_ATotalNeverFalls() public {
        _post(ROOT, 10e18, DAY);
        nextDay();
        expectError(ISettlement.TotalBelowServed.selector, 10e18 - 1, 10e18);
        _post(ROOT, 10e18 - 1, DAY + 1);
        _post(ROOT, 10e18, DAY + 1);
    }

    function test_F25_ATotalIsAtMostWhatWasEmitted() public {
        expectError(ISettlement.TotalAboveEmitted.selector, EMITTED + 1, EMITTED);
        _post(ROOT, uint128(EMITTED) + 1, DAY);
        _post(ROOT, uint128(EMITTED), DAY);
    }

    // --- What comes to the distributor ---

    function test_ARootBringsTheDistributorWhatItGivesOutBeyondTheLast() public {
        assertEq(token.balanceOf(address(emissions)), EMITTED, "all that was emitted");
        _post(ROOT, 10e18, DAY);
        nextDay();
        _post(keccak256("second"), 25e18, DAY + 1);
        assertEq(token.balanceOf(address(distributor)), 10e18, "of the first");
        assertEq(emissions.released(), 10e18, "released");
        nextDay();
        _post(keccak256("third"), 25e18, DAY + 2);
        assertEq(token.balanceOf(address(distributor)), 25e18, "of both");
        nextDay();
        settlement.activate();
        assertEq(emissions.released(), 25e18, "the third gives out nothing more");
        assertEq(token.balanceOf(address(emissions)), emissions.emitted() - 25e18, "what nobody has earned");
    }

    function test_ThereIsNothingToActivateBeforeAPost() public {
        expectError(ISettlement.UnknownRoot.selector, 0);
        settlement.activate();
        expectError(ISettlement.UnknownRoot.selector, 1);
        settlement.rootOf(1);
        expectError(ISettlement.UnknownRoot.selector, 0);
        settlement.rootOf(0);
    }

    // --- Governance ---

    function test_F34_EveryGovernedNumberIsBounded() public {
        expectOutOfBounds("bond", 100e18 - 1, 100e18, 1_000_000e18);
        settlement.setBond(100e18 - 1);
        expectOutOfBounds("bond", 1_000_000e18 + 1, 100e18, 1_000_000e18);
        settlement.setBond(1_000_000e18 + 1);
        expectOutOfBounds("window", 1 hours - 1, 1 hours, 7 days);
        settlement.setWindow(1 hours - 1);
        expectOutOfBounds("window", 7 days + 1, 1 hours, 7 days);
        settlement.setWindow(7 days + 1);
        expectOutOfBounds("epsilonBps", 10_001, 0, 10_000);
        settlement.setTerms(RewardTerms(10_001, 0, 0, 0));
        expectOutOfBounds("operatorFeeBps", 2_001, 0, 2_000);
        settlement.setTerms(RewardTerms(0, 2_001, 0, 0));
        expectOutOfBounds("delegatorFeeBps", 3_001, 0, 3_000);
        settlement.setTerms(RewardTerms(0, 0, 3_001, 0));
        expectOutOfBounds("dailyBps", 10_001, 0, 10_000);
        settlement.setTerms(RewardTerms(0, 0, 0, 10_001));
    }

    function test_GovernedNumbersAreSet() public {
        settlement.setBond(100e18);
        settlement.setWindow(7 days);
        settlement.setTerms(RewardTerms(10_000, 2_000, 3_000, 9_999));
        assertEq(settlement.bond(), 100e18, "bond");
        assertEq(settlement.window(), 7 days, "window");
        RewardTerms memory terms = settlement.terms();
        assertEq(terms.epsilonBps, 10_000, "epsilon");
        assertEq(terms.operatorFeeBps, 2_000, "operators' fee");
        assertEq(terms.delegatorFeeBps, 3_000, "delegators' fee");
        assertEq(terms.dailyBps, 9_999, "daily");
    }

    function test_ANewWindowOrBondIsForLaterRoots() public {
        uint256 id = _post(ROOT, 10e18, DAY);
        settlement.setWindow(7 days);
        settlement.setBond(BOND / 2);
        assertEq(settlement.rootOf(id).activeAt, clock + 1 days, "active at");
        nextDay();
        _post(keccak256("second"), 20e18, DAY + 1);
        assertEq(settlement.freeBondOf(settler), 2 * BOND - BOND / 2, "the first came back in full");
    }

    function test_StrangersGovernNothing() public {
        _expectStranger();
        settlement.setBond(BOND);
        _expectStranger();
        settlement.setWindow(WINDOW);
        _expectStranger();
        settlement.setTerms(RewardTerms(0, 0, 0, 0));
        _expectStranger();
        settlement.resolve(1, true);
        _expectStranger();
        settlement.disable(1);
        _expectStranger();
        settlement.replace(ROOT, TREE, 0, DAY, 0);
    }

    function _expectStranger() private {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
    }

    function _post(bytes32 root, uint128 total, uint32 day) private returns (uint256) {
        vm.prank(settler);
        return settlement.post(root, TREE, total, day);
    }
}
