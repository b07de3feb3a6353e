// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ISettlement, PostedRoot, RootState } from "../src/interfaces/ISettlement.sol";
import { RewardsBase } from "./RewardsBase.t.sol";

/// @notice Governance replaces the served root.
contract ReplacementsTest is RewardsBase {
    bytes32 private constant LIE = keccak256("a lie");
    bytes32 private constant TRUTH = keccak256("the truth");
    bytes32 private constant LATER = keccak256("later");
    uint32 private constant DAY = FIRST_DAY + 1;
    uint256 private constant EMITTED = 1_000e18;
    uint256 private constant ALL_IT_LACKS = type(uint256).max;

    function setUp() public override {
        super.setUp();
        emitDay(EMITTED);
        deposit(settler, 2 * BOND);
        _post(LIE, 100e18, DAY);
        nextDay();
        settlement.activate();
    }

    function test_AnotherRootIsServedInPlaceOfTheOneServed() public {
        uint256 id = settlement.replace(TRUTH, 0, 60e18, DAY, 0);
        assertEq(id, 2, "id");
        assertEq(distributor.root(), TRUTH, "root");
        assertEq(settlement.servedDay(), DAY, "day");
        assertEq(settlement.servedTotal(), 60e18, "a total that fell");
        assertEq(settlement.pendingId(), 0, "pending");
        PostedRoot memory put = settlement.rootOf(id);
        assertEq(put.root, TRUTH, "kept");
        assertEq(uint256(put.state), uint256(RootState.Served), "state");
        assertEq(put.settler, address(this), "governance answers for it");
        assertEq(put.bond, 0, "without a bond");
        assertEq(uint256(settlement.rootOf(1).state), uint256(RootState.Served), "the one before");
    }

    function test_AReplacementStaysWithinTheDaysAndTheAmountThatAreEmitted() public {
        expectError(ISettlement.DayIsNotEmitted.selector, DAY + 2, DAY + 1);
        settlement.replace(TRUTH, 0, 60e18, DAY + 2, 0);
        expectError(ISettlement.TotalAboveEmitted.selector, 2 * EMITTED + 1, 2 * EMITTED);
        settlement.replace(TRUTH, 0, uint128(2 * EMITTED) + 1, DAY + 1, 0);
        settlement.replace(TRUTH, 0, uint128(2 * EMITTED), DAY + 1, 0);
    }

    function test_AnotherLieThatIsServedMeanwhileDoesNotStopAReplacement() public {
        settlement.replace(TRUTH, 0, 60e18, DAY - 1, 0);
        assertEq(settlement.servedDay(), DAY - 1, "the day that was decided on");
        assertEq(distributor.root(), TRUTH, "served");
    }

    // --- Money ---

    function test_ARefillComesFromWhatWasEmitted() public {
        _takeOut(70e18);
        settlement.replace(TRUTH, 0, 60e18, DAY, 20e18);
        assertEq(token.balanceOf(address(distributor)), 50e18, "30 that were left, and 20");
        assertEq(emissions.released(), 120e18, "released");
    }

    function test_ARefillIsAtMostWhatTheDistributorHoldsLessThanTheTotal() public {
        _takeOut(70e18);
        settlement.replace(TRUTH, 0, 60e18, DAY, ALL_IT_LACKS);
        assertEq(token.balanceOf(address(distributor)), 60e18, "held");
        settlement.replace(TRUTH, 0, 55e18, DAY, ALL_IT_LACKS);
        assertEq(token.balanceOf(address(distributor)), 60e18, "it lacked nothing");
    }

    function test_ARefillIsAtMostWhatIsNotReleased() public {
        settlement.replace(LIE, 0, uint128(2 * EMITTED), DAY, ALL_IT_LACKS);
        _takeOut(2 * EMITTED);
        settlement.replace(TRUTH, 0, 60e18, DAY, ALL_IT_LACKS);
        assertEq(token.balanceOf(address(distributor)), 0, "there was nothing left");
        assertEq(distributor.root(), TRUTH, "served all the same");
        nextDay();
        settlement.replace(TRUTH, 0, 60e18, DAY, ALL_IT_LACKS);
        assertEq(token.balanceOf(address(distributor)), 60e18, "repeated once there is more");
    }

    function test_TheNextRootBringsWhatItGivesOutBeyondTheReplacement() public {
        settlement.replace(TRUTH, 0, 60e18, DAY, 0);
        _post(LATER, 75e18, DAY + 1);
        nextDay();
        settlement.activate();
        assertEq(token.balanceOf(address(distributor)), 115e18, "100 of the lie and 15");
    }

    function test_TheNextRootIsNotBelowTheReplacement() public {
        settlement.replace(TRUTH, 0, 150e18, DAY, 0);
        expectError(ISettlement.TotalBelowServed.selector, 149e18, 150e18);
        _post(LATER, 149e18, DAY + 1);
    }

    // --- A root that is pending at the same time ---

    function test_APendingRootOfALaterDayFollowsTheReplacement() public {
        uint256 pending = _post(LATER, 110e18, DAY + 1);
        uint256 id = settlement.replace(TRUTH, 0, 60e18, DAY, 0);
        assertEq(settlement.pendingId(), pending, "still pending");
        assertEq(settlement.rootOf(pending).root, LATER, "known by its number");
        assertEq(uint256(settlement.rootOf(pending).state), uint256(RootState.Pending), "its state");
        assertEq(settlement.rootOf(id).root, TRUTH, "the replacement");
        nextDay();
        settlement.activate();
        assertEq(distributor.root(), LATER, "root");
        assertEq(emissions.released(), 150e18, "100 of the lie, and 50 beyond the replacement");
        assertEq(uint256(settlement.rootOf(pending).state), uint256(RootState.Served), "in the end");
        _post(keccak256("next"), 110e18, DAY + 2);
        assertEq(settlement.rootOf(pending).root, bytes32(0), "only its state, once there is a newer one");
    }

    function test_APendingRootMayBeDisputedAfterAReplacement() public {
        uint256 pending = _post(LATER, 110e18, DAY + 1);
        settlement.replace(TRUTH, 0, 60e18, DAY, 0);
        deposit(challenger, BOND);
        vm.prank(challenger);
        settlement.dispute(pending, 0);
        assertEq(settlement.rootOf(pending).root, LATER, "parked");
        settlement.resolve(pending, true);
        assertEq(distributor.root(), LATER, "root");
    }

    function test_APendingRootOfTheSameDayDoesNotUndoTheReplacement() public {
        _post(LATER, 110e18, DAY + 1);
        settlement.replace(TRUTH, 0, 60e18, DAY + 1, 0);
        _activateAndExpectTheTruth(60e18);
    }

    /// @dev Otherwise a later root would release the difference to the higher total twice.
    function test_APendingRootOfALowerTotalDoesNotUndoTheReplacement() public {
        _post(LATER, 110e18, DAY + 1);
        settlement.replace(TRUTH, 0, 150e18, DAY, ALL_IT_LACKS);
        _activateAndExpectTheTruth(150e18);
        _post(keccak256("next"), 160e18, DAY + 2);
        nextDay();
        settlement.activate();
        assertEq(token.balanceOf(address(distributor)), 160e18, "the whole of its total, and no more");
    }

    // --- Steps ---

    function _activateAndExpectTheTruth(uint256 total) private {
        nextDay();
        settlement.activate();
        assertEq(distributor.root(), TRUTH, "root");
        assertEq(settlement.servedTotal(), total, "total");
        assertEq(settlement.freeBondOf(settler), 2 * BOND, "its settler has its bond back");
    }

    function _post(bytes32 root, uint128 total, uint32 day) private returns (uint256) {
        vm.prank(settler);
        return settlement.post(root, 0, total, day);
    }

    /// @dev What claims take.
    function _takeOut(uint256 amount) private {
        vm.prank(address(distributor));
        token.transfer(stranger, amount);
    }
}
