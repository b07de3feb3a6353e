// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ISettlement, RootState } from "../src/interfaces/ISettlement.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { RewardTree } from "./RewardTree.sol";
import { Earned, RewardsBase } from "./RewardsBase.t.sol";

/// @notice The findings of the second audit that concern emission and roots: each attack, and what it gains now.
/// Finding 64 is in AuditGovernance.t.sol.
contract AuditRewardsTest is RewardsBase {
    using RewardTree for bytes32[];

    bytes32 private constant LIE = keccak256("a lie");
    bytes32 private constant RIGHT = keccak256("right");
    uint32 private constant DAY = FIRST_DAY + 1;

    /// @dev Another account of the settler, who cheats in all of these.
    address private immutable alias_ = actor("the settler's other name");
    address private immutable third = actor("the settler's third name");
    address private immutable honest = actor("honest settler");

    function setUp() public override {
        super.setUp();
        emitDay(BUDGET);
        deposit(settler, 9 * BOND);
        deposit(alias_, 9 * BOND);
    }

    // --- 51: a liar disputes itself ---

    function test_F51_ALiarWhoDisputesItselfLosesHalfOfItsBond() public {
        uint256 id = _post(settler, LIE, 10e18);
        _dispute(id, alias_);
        deposit(challenger, BOND);
        expectError(ISettlement.RootIsNotPending.selector, id, uint256(RootState.Parked));
        _dispute(id, challenger);
        settlement.resolve(id, false);
        assertEq(18 * BOND - _freeOfTheSettler(), BOND / 2, "lost");
        assertEq(settlement.owedToTreasury(), BOND / 2, "by the treasury won");
        assertEq(settlement.freeBondOf(challenger), BOND, "the honest one who came late loses nothing");
    }

    function test_F51_NobodyJoinsADispute() public {
        uint256 id = _post(settler, LIE, 10e18);
        deposit(challenger, BOND);
        _dispute(id, challenger);
        expectError(ISettlement.RootIsNotPending.selector, id, uint256(RootState.Parked));
        _dispute(id, alias_);
        settlement.resolve(id, false);
        assertEq(_freeOfTheSettler(), 17 * BOND, "the settler's names");
        assertEq(settlement.freeBondOf(challenger), BOND + BOND / 2, "the only challenger");
    }

    // --- 52: a lie that was served ---

    function test_F52_AServedLieTakesNoMoreThanTheTotalItWasPostedWith() public {
        bytes32[] memory lie = _servedLie();
        for (uint256 i = 0; i < 10; ++i) {
            distributor.claim(member(i), 10_000e18, 0, lie.proofOf(i));
        }
        assertEq(token.balanceOf(address(distributor)), 0, "what it declared is gone");
        emitDay(20_000e18);
        assertEq(
            token.balanceOf(address(emissions)),
            20_000e18 + BUDGET,
            "what came since is not there to be taken"
        );
        bytes32[] memory proof = lie.proofOf(10);
        vm.expectRevert();
        distributor.claim(member(10), 10_000e18, 0, proof);
    }

    function test_F52_GovernanceServesTheTruthInPlaceOfALieOfAHigherTotal() public {
        bytes32[] memory lie = _servedLie();
        for (uint256 i = 0; i < 10; ++i) {
            distributor.claim(member(i), 10_000e18, 0, lie.proofOf(i));
        }
        emitDay(20_000e18);
        Earned[] memory all = new Earned[](2);
        (all[0], all[1]) = (Earned(member(80), 60_000e18, 0), Earned(member(81), 12_000e18, 0));
        bytes32[] memory truth = treeOf(all);
        deposit(honest, BOND);
        uint32 day = today();
        expectError(ISettlement.TotalBelowServed.selector, 72_000e18, 100_000e18);
        vm.prank(honest);
        settlement.post(truth[0], 0, 72_000e18, day);
        settlement.replace(truth[0], 0, 72_000e18, day, 72_000e18);
        claim(all[0], truth.proofOf(0));
        claim(all[1], truth.proofOf(1));
        assertEq(token.balanceOf(member(80)), 60_000e18, "the one");
        assertEq(token.balanceOf(member(81)), 12_000e18, "the other");
        bytes32[] memory proof = lie.proofOf(11);
        vm.expectRevert();
        distributor.claim(member(11), 10_000e18, 0, proof);
    }

    /// @dev Otherwise what was claimed would be in the distributor a second time, exposed to the next false root.
    function test_F52_AReplacementRefillsNoMoreThanGovernanceSays() public {
        _servedLie();
        emitDay(BUDGET);
        settlement.replace(RIGHT, 0, 100_000e18, today(), 0);
        assertEq(token.balanceOf(address(distributor)), 100_000e18, "nothing was claimed and nothing lacks");
        vm.prank(address(distributor));
        token.transfer(stranger, 90_000e18);
        settlement.replace(RIGHT, 0, 100_000e18, today(), 5_000e18);
        assertEq(token.balanceOf(address(distributor)), 15_000e18, "what was asked for");
    }

    // --- 53: right roots, and nobody is paid ---

    function test_F53_ARootOfFewerDaysThanAreEmittedIsRefused() public {
        passDays(9);
        emissions.emitDue();
        expectError(ISettlement.RootMustCover.selector, DAY, DAY + 9);
        vm.prank(settler);
        settlement.post(RIGHT, 0, 0, DAY);
        _post(settler, RIGHT, 0);
        passDays(1);
        settlement.activate();
        assertEq(settlement.servedDay(), DAY + 9, "all days that were emitted at once");
    }

    function test_F53_EveryDisputeOfOnesOwnRootCostsHalfABond() public {
        for (uint256 i = 0; i < 8; ++i) {
            uint256 id = _post(settler, keccak256(abi.encode(RIGHT, i)), 1e18);
            warp(clock + WINDOW - 1);
            _dispute(id, alias_);
            warp(clock + 1);
            emissions.emitDue();
        }
        for (uint256 id = 1; id <= 8; ++id) {
            settlement.resolve(id, true);
        }
        assertEq(18 * BOND - _freeOfTheSettler(), 4 * BOND, "lost");
    }

    function test_F53_WhoeverRepeatsADisputedRootServesItAQuarterOfAWindowLater() public {
        deposit(honest, BOND);
        uint256 id = _post(settler, RIGHT, 1e18);
        warp(clock + WINDOW - 1);
        _dispute(id, alias_);
        warp(clock + 1);
        emissions.emitDue();
        uint256 repeat = _postOfDay(honest, RIGHT, 1e18, DAY);
        assertEq(settlement.rootOf(repeat).activeAt, clock + WINDOW / 4, "though a later day is emitted");
        warp(clock + WINDOW / 4);
        settlement.activate();
        assertEq(distributor.root(), RIGHT, "root");
        assertEq(settlement.servedDay(), DAY, "day");
        _post(honest, keccak256("the next"), 1e18);
    }

    function test_F53_OtherDisputesDoNotKeepARootFromBeingRepeated() public {
        deposit(honest, BOND);
        _parkLate(settler, RIGHT);
        _parkLate(settler, keccak256("something else"));
        _expectQuarter(RIGHT, 1e18);
    }

    function test_F53_OnlyTheSameRootAndTotalIsARepeat() public {
        deposit(honest, 2 * BOND);
        _parkLate(settler, RIGHT);
        _expectWholeWindow(honest, RIGHT, 1e18 + 1);
        _dispute(settlement.pendingId(), alias_);
        _expectWholeWindow(honest, keccak256("another"), 1e18);
    }

    function test_F53_OnlyOneOfTheSameDayIsARepeat() public {
        deposit(honest, BOND);
        _parkLate(settler, RIGHT);
        nextDay();
        expectError(ISettlement.RootMustCover.selector, DAY, DAY + 1);
        vm.prank(honest);
        settlement.post(keccak256("another"), 0, 1e18, DAY);
        _expectWholeWindow(honest, RIGHT, 1e18);
    }

    function test_F53_NobodyRepeatsItsOwnRoot() public {
        _parkLate(settler, RIGHT);
        _expectWholeWindow(settler, RIGHT, 1e18);
    }

    function test_F53_WhatGovernanceHasDecidedIsNoRepeat() public {
        deposit(honest, BOND);
        _parkLate(settler, RIGHT);
        uint256 id = _parkLate(settler, LIE);
        settlement.resolve(id, false);
        _expectWholeWindow(honest, LIE, 1e18);
    }

    function test_F53_WhatTheGuardianHasParkedIsNoRepeat() public {
        deposit(honest, BOND);
        uint256 id = _post(settler, LIE, 1e18);
        vm.prank(guardian);
        settlement.disable(id);
        _parkLate(settler, RIGHT);
        _expectWholeWindow(honest, LIE, 1e18);
    }

    /// @dev Three accounts, one false root: it is served no sooner than without the dispute, so watchers have the whole
    /// window.
    function test_F53_ADisputeOfOnesOwnLieWinsItNoTime() public {
        deposit(third, BOND);
        uint256 id = _post(settler, LIE, 1e18);
        uint256 activeAt = settlement.rootOf(id).activeAt;
        _dispute(id, alias_);
        uint256 repeat = _post(third, LIE, 1e18);
        assertEq(settlement.rootOf(repeat).activeAt, activeAt, "active at");
        deposit(challenger, BOND);
        warp(activeAt - 1);
        _dispute(repeat, challenger);
    }

    // --- 61: a task on which nobody earns ---

    function test_F61_OneWeiIsNoStake() public {
        uint256 taskId = runningTask();
        emissions.setWeight(taskId, 1);
        give(stranger, 1);
        approve(stranger, address(staking), 1);
        vm.prank(stranger);
        staking.lock(1, 1);
        expectError(IStaking.StakeBelowMinimum.selector, 1, 1_000e18);
        vm.prank(stranger);
        staking.allocate(taskId, 1);
    }

    function test_F61_WhatNobodyEarnsIsNeverGivenOut() public {
        deposit(honest, BOND);
        _post(honest, RIGHT, 0);
        nextDay();
        settlement.activate();
        assertEq(emissions.emitted(), 2 * BUDGET, "emitted");
        assertEq(token.balanceOf(address(distributor)), 0, "given out");
        assertEq(token.balanceOf(address(emissions)), 2 * BUDGET, "kept");
    }

    // --- 63: stake that leaves after its day ---

    function test_F63_ADayIsEmittedThoughItsStakeHasLeftSince() public {
        emissions.setDailyBudget(0);
        nextDay();
        emissions.setDailyBudget(BUDGET);
        uint256 taskId = stakedTask(9_999);
        board.close(taskId);
        passDays(1);
        vm.prank(member(taskId));
        staking.deallocate(taskId, 1_000e18);
        (, uint256 amount) = emissions.emitDue();
        assertEq(
            amount, BUDGET / 10_000 * 9_999 + BUDGET / 10_000, "for its last day, with that of the other task"
        );
        passDays(1);
        (, amount) = emissions.emitDue();
        assertEq(amount, BUDGET, "later days are the other task's");
    }

    // --- Steps ---

    /// @dev 64 leaves of 10,000, posted with a total of 100,000 and disputed by nobody.
    function _servedLie() private returns (bytes32[] memory lie) {
        lie = new bytes32[](64);
        for (uint256 i = 0; i < 64; ++i) {
            lie[i] = distributor.leafOf(member(i), 10_000e18, 0);
        }
        lie = lie.build();
        _post(settler, lie[0], 100_000e18);
        nextDay();
        settlement.activate();
    }

    function _post(address who, bytes32 root, uint128 total) private returns (uint256) {
        return _postOfDay(who, root, total, today());
    }

    function _postOfDay(address who, bytes32 root, uint128 total, uint32 day) private returns (uint256) {
        vm.prank(who);
        return settlement.post(root, 0, total, day);
    }

    function _dispute(uint256 id, address who) private {
        vm.prank(who);
        settlement.dispute(id, 0);
    }

    /// @dev Posted, and parked by its settler's other account when its window is almost over; still on the same day.
    function _parkLate(address who, bytes32 root) private returns (uint256 id) {
        settlement.setWindow(1 hours);
        id = _post(who, root, 1e18);
        warp(clock + 1 hours - 1);
        _dispute(id, alias_);
        settlement.setWindow(WINDOW);
    }

    function _expectQuarter(bytes32 root, uint128 total) private {
        uint256 id = _post(honest, root, total);
        assertEq(settlement.rootOf(id).activeAt, clock + WINDOW / 4, "active at");
    }

    function _expectWholeWindow(address who, bytes32 root, uint128 total) private {
        uint256 id = _post(who, root, total);
        assertEq(settlement.rootOf(id).activeAt, clock + WINDOW, "active at");
    }

    function _freeOfTheSettler() private view returns (uint256) {
        return settlement.freeBondOf(settler) + settlement.freeBondOf(alias_);
    }
}
