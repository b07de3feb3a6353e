// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ISettlement, PostedRoot, RootState } from "../src/interfaces/ISettlement.sol";
import { RewardsBase } from "./RewardsBase.t.sol";

/// @notice Roots are challenged, disabled, judged: in every order.
contract DisputesTest is RewardsBase {
    bytes32 private constant LIE = keccak256("a lie");
    bytes32 private constant TRUTH = keccak256("the truth");
    bytes32 private constant EVIDENCE = keccak256("evidence");

    address private immutable second = actor("second challenger");
    address private immutable third = actor("third challenger");

    function setUp() public override {
        super.setUp();
        fund(1_000e18);
        deposit(settler, 5 * BOND);
        deposit(challenger, BOND);
        deposit(second, BOND);
        deposit(third, BOND);
    }

    // --- Parking ---

    function test_ADisputeParksARootAndFreesTheWay() public {
        uint256 id = _post(LIE, 10e18);
        _dispute(id, challenger);
        assertEq(settlement.pendingId(), 0, "pending");
        assertEq(settlement.freeBondOf(challenger), 0, "its bond stands");
        _expectState(id, RootState.Parked);
        uint256 next = _post(TRUTH, 9e18);
        assertEq(settlement.pendingId(), next, "the next");
        passDays(30);
        settlement.activate();
        assertEq(distributor.root(), TRUTH, "root");
        _expectState(id, RootState.Parked);
    }

    function test_ADisputeNeedsABond() public {
        uint256 id = _post(LIE, 10e18);
        expectError(ISettlement.BondTooSmall.selector, 0, BOND);
        _dispute(id, stranger);
        _expectState(id, RootState.Pending);
    }

    function test_NobodyDisputesTwice() public {
        deposit(challenger, BOND);
        uint256 id = _post(LIE, 10e18);
        _dispute(id, challenger);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.DisputedAlready.selector, id, challenger));
        _dispute(id, challenger);
    }

    function test_ARootWhoseWindowIsOverStands() public {
        uint256 id = _post(LIE, 10e18);
        passDays(1);
        expectError(ISettlement.WindowIsOver.selector, id, clock);
        _dispute(id, challenger);
        expectError(ISettlement.WindowIsOver.selector, id, clock);
        _disable(id);
        settlement.activate();
        expectError(ISettlement.RootIsNotParked.selector, id, uint256(RootState.Served));
        _dispute(id, challenger);
        expectError(ISettlement.RootIsNotPending.selector, id, uint256(RootState.Served));
        _disable(id);
    }

    function test_UnknownRootsAreNamed() public {
        expectError(ISettlement.UnknownRoot.selector, 0);
        _dispute(0, challenger);
        expectError(ISettlement.UnknownRoot.selector, 1);
        _dispute(1, challenger);
        expectError(ISettlement.UnknownRoot.selector, 1);
        _disable(1);
        expectError(ISettlement.UnknownRoot.selector, 1);
        settlement.resolve(1, true);
    }

    function test_F18_OthersJoinADisputeForOneMoreWindow() public {
        uint256 id = _post(LIE, 10e18);
        warp(clock + WINDOW - 1);
        _dispute(id, challenger);
        assertEq(settlement.rootOf(id).activeAt, clock + WINDOW, "until when others may join");
        warp(clock + WINDOW - 1);
        _dispute(id, second);
        assertEq(settlement.rootOf(id).disputes, 2, "disputes");
        warp(clock + 1);
        expectError(ISettlement.WindowIsOver.selector, id, clock);
        _dispute(id, third);
    }

    // --- The guardian ---

    function test_TheGuardianParksARootWithoutABond() public {
        uint256 id = _post(LIE, 10e18);
        _disable(id);
        _expectState(id, RootState.Parked);
        assertEq(settlement.pendingId(), 0, "pending");
        expectError(ISettlement.RootIsNotPending.selector, id, uint256(RootState.Parked));
        _disable(id);
    }

    function test_WhoChallengesADisabledRootSharesTheBond() public {
        uint256 id = _post(LIE, 10e18);
        _disable(id);
        _dispute(id, challenger);
        settlement.resolve(id, false);
        settlement.settleDispute(id, challenger);
        assertEq(settlement.freeBondOf(challenger), 2 * BOND, "challenger");
        assertEq(token.balanceOf(treasury), 0, "treasury");
    }

    function test_TheBondOfALieNobodyChallengedIsTheTreasurys() public {
        uint256 id = _post(LIE, 10e18);
        _disable(id);
        settlement.resolve(id, false);
        assertEq(token.balanceOf(treasury), BOND, "treasury");
        assertEq(settlement.freeBondOf(settler), 4 * BOND, "settler");
    }

    function test_ADisabledRootThatIsRightIsServedAndCostsNobody() public {
        uint256 id = _post(TRUTH, 10e18);
        _disable(id);
        settlement.resolve(id, true);
        assertEq(distributor.root(), TRUTH, "root");
        assertEq(settlement.freeBondOf(settler), 5 * BOND, "settler");
    }

    // --- Wrong ---

    function test_ALiarLosesItsBondToItsChallenger() public {
        uint256 id = _post(LIE, 10e18);
        _dispute(id, challenger);
        settlement.resolve(id, false);
        _expectState(id, RootState.Rejected);
        vm.prank(stranger);
        settlement.settleDispute(id, challenger);
        assertEq(settlement.freeBondOf(challenger), 2 * BOND, "challenger");
        assertEq(settlement.freeBondOf(settler), 4 * BOND, "settler");
        assertEq(distributor.root(), bytes32(0), "served");
        vm.prank(challenger);
        settlement.withdrawBond(2 * BOND);
        assertEq(token.balanceOf(challenger), 2 * BOND, "withdrawn");
    }

    function test_ChallengersShareInEqualPartsAndTheTreasuryGetsTheRest() public {
        settlement.setBond(BOND - 1);
        uint256 id = _post(LIE, 10e18);
        _dispute(id, third);
        _dispute(id, challenger);
        _dispute(id, second);
        settlement.resolve(id, false);
        settlement.settleDispute(id, second);
        settlement.settleDispute(id, third);
        settlement.settleDispute(id, challenger);
        uint256 share = (BOND - 1) / 3;
        assertEq(settlement.freeBondOf(challenger), BOND + share, "challenger");
        assertEq(settlement.freeBondOf(second), BOND + share, "second");
        assertEq(settlement.freeBondOf(third), BOND + share, "third");
        assertEq(token.balanceOf(treasury), (BOND - 1) % 3, "treasury");
        _expectSolvent();
    }

    function test_ADisputeIsSettledOnce() public {
        uint256 id = _post(LIE, 10e18);
        _dispute(id, challenger);
        expectError(ISettlement.NothingToWithdraw.selector);
        settlement.settleDispute(id, challenger);
        settlement.resolve(id, false);
        settlement.settleDispute(id, challenger);
        expectError(ISettlement.NothingToWithdraw.selector);
        settlement.settleDispute(id, challenger);
        expectError(ISettlement.NothingToWithdraw.selector);
        settlement.settleDispute(id, stranger);
    }

    function test_F04_ARootIsJudgedOnce() public {
        uint256 id = _post(LIE, 10e18);
        expectError(ISettlement.RootIsNotParked.selector, id, uint256(RootState.Pending));
        settlement.resolve(id, false);
        _dispute(id, challenger);
        settlement.resolve(id, false);
        expectError(ISettlement.RootIsNotParked.selector, id, uint256(RootState.Rejected));
        settlement.resolve(id, true);
        expectError(ISettlement.RootIsNotParked.selector, id, uint256(RootState.Rejected));
        _dispute(id, second);
    }

    // --- Right ---

    function test_AFalseDisputeCostsItsBond() public {
        uint256 id = _post(TRUTH, 10e18);
        _dispute(id, challenger);
        _dispute(id, second);
        settlement.resolve(id, true);
        assertEq(settlement.freeBondOf(settler), 5 * BOND + 2 * BOND, "settler");
        assertEq(distributor.root(), TRUTH, "root");
        assertEq(settlement.servedTotal(), 10e18, "total");
        expectError(ISettlement.NothingToWithdraw.selector);
        settlement.settleDispute(id, challenger);
    }

    function test_ARightRootIsNotServedOverALaterOne() public {
        uint256 id = _post(TRUTH, 10e18);
        _dispute(id, challenger);
        passDays(1);
        bytes32 later = keccak256("later");
        _post(later, 20e18);
        passDays(1);
        settlement.activate();
        settlement.resolve(id, true);
        assertEq(distributor.root(), later, "root");
        assertEq(settlement.servedTotal(), 20e18, "total");
        assertEq(settlement.freeBondOf(settler), 6 * BOND, "settler");
    }

    /// @dev The pending one is of an earlier day than the parked one that is found right meanwhile.
    function test_APendingRootThatWasOvertakenIsNotServed() public {
        passDays(5);
        uint256 parked = _post(TRUTH, 20e18);
        _dispute(parked, challenger);
        vm.prank(settler);
        uint256 pending = settlement.post(keccak256("earlier"), 0, 10e18, today() - 2);
        settlement.resolve(parked, true);
        assertEq(distributor.root(), TRUTH, "root");
        passDays(1);
        settlement.activate();
        assertEq(distributor.root(), TRUTH, "root");
        assertEq(settlement.servedTotal(), 20e18, "total");
        _expectState(pending, RootState.Served);
        assertEq(settlement.freeBondOf(settler), 6 * BOND, "settler");
    }

    function test_SeveralRootsAreParkedAtOnceAndJudgedInAnyOrder() public {
        uint256 first = _post(LIE, 10e18);
        _dispute(first, challenger);
        uint256 other = _post(TRUTH, 10e18);
        _dispute(other, second);
        uint256 last = _post(keccak256("another lie"), 11e18);
        _dispute(last, third);
        settlement.resolve(last, false);
        settlement.resolve(other, true);
        settlement.resolve(first, false);
        settlement.settleDispute(first, challenger);
        settlement.settleDispute(last, third);
        assertEq(distributor.root(), TRUTH, "root");
        assertEq(settlement.freeBondOf(settler), 4 * BOND, "settler: two lost, one won");
        assertEq(settlement.freeBondOf(second), 0, "the one who was wrong");
        _expectSolvent();
    }

    // --- Money ---

    /// @dev What stands and what is free is what is held, whatever happens in which order.
    function testFuzz_BondsAreNeitherMadeNorLost(uint256 seed) public {
        deposit(challenger, 8 * BOND);
        deposit(second, 8 * BOND);
        for (uint256 i = 0; i < 10; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _act(seed);
            _expectSolvent();
        }
    }

    /// @dev Posts, disputes, judges or lets time pass; a refusal is as good as an act.
    function _act(uint256 seed) private {
        uint256 id = 1 + seed / 8 % (settlement.rootCount() + 1);
        address who = seed / 64 % 2 == 0 ? challenger : second;
        uint256 act = seed % 8;
        uint32 day = today();
        if (act < 2) vm.prank(settler);
        if (act < 2) try settlement.post(keccak256(abi.encode(seed)), 0, 10e18, day) { } catch { }
        if (act == 2 || act == 3) vm.prank(who);
        if (act == 2 || act == 3) try settlement.dispute(id, EVIDENCE) { } catch { }
        if (act == 4) try settlement.resolve(id, seed & 1024 == 0) { } catch { }
        if (act == 5) try settlement.settleDispute(id, who) { } catch { }
        if (act == 6) passDays(1);
        if (act == 7) settlement.setBond(BOND - seed / 1024 % 7);
    }

    /// @dev Free bonds, bonds of roots that wait, and of challengers who were not settled with.
    function _expectSolvent() private view {
        uint256 owed = settlement.freeBondOf(settler);
        address[3] memory all = [challenger, second, third];
        for (uint256 i = 0; i < all.length; ++i) {
            owed += settlement.freeBondOf(all[i]);
        }
        for (uint256 id = 1; id <= settlement.rootCount(); ++id) {
            owed += _standingOn(settlement.rootOf(id), id, all);
        }
        assertEq(token.balanceOf(address(settlement)), owed, "held");
    }

    function _standingOn(PostedRoot memory posted, uint256 id, address[3] memory all)
        private
        view
        returns (uint256 standing)
    {
        bool waits = posted.state == RootState.Pending || posted.state == RootState.Parked;
        if (waits) standing = posted.bond;
        if (posted.state == RootState.Served) return standing;
        for (uint256 i = 0; i < all.length; ++i) {
            uint256 own = settlement.disputeBondOf(id, all[i]);
            if (own == 0) continue;
            standing += own;
            if (!waits) standing += posted.bond / posted.disputes;
        }
    }

    // --- Steps ---

    function _post(bytes32 root, uint128 total) private returns (uint256) {
        uint32 day = today();
        vm.prank(settler);
        return settlement.post(root, 0, total, day);
    }

    function _dispute(uint256 id, address who) private {
        vm.prank(who);
        settlement.dispute(id, EVIDENCE);
    }

    function _disable(uint256 id) private {
        vm.prank(guardian);
        settlement.disable(id);
    }

    function _expectState(uint256 id, RootState state) private view {
        assertEq(uint256(settlement.rootOf(id).state), uint256(state), "state");
    }
}
