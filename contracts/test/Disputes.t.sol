// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ISettlement, PostedRoot, RootState } from "../src/interfaces/ISettlement.sol";
import { RewardsBase } from "./RewardsBase.t.sol";

/// @notice Roots are disputed, disabled and judged, in every order.
contract DisputesTest is RewardsBase {
    bytes32 private constant LIE = keccak256("a lie");
    bytes32 private constant TRUTH = keccak256("the truth");
    bytes32 private constant EVIDENCE = keccak256("evidence");

    address private immutable second = actor("second challenger");
    address private immutable third = actor("third challenger");

    function setUp() public override {
        super.setUp();
        emitDay(1_000e18);
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
        PostedRoot memory parked = settlement.rootOf(id);
        assertEq(uint256(parked.state), uint256(RootState.Parked), "state");
        assertEq(parked.root, LIE, "root");
        assertEq(parked.challenger, challenger, "challenger");
        assertEq(parked.challengerBond, BOND, "its bond");
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

    /// @dev Whatever bond governance sets for later roots: a false root does not become too expensive to dispute, nor a
    /// dispute cheap.
    function test_ADisputeTakesWhatTheSettlerPutDown() public {
        uint256 id = _post(LIE, 10e18);
        settlement.setBond(5 * BOND);
        _dispute(id, challenger);
        assertEq(settlement.rootOf(id).challengerBond, BOND, "of a root posted before the bond rose");
        settlement.setBond(BOND / 10);
        id = _post(TRUTH, 10e18);
        settlement.setBond(BOND);
        _dispute(id, second);
        assertEq(settlement.freeBondOf(second), BOND * 9 / 10, "of one posted while it was low");
    }

    function test_OneDisputeIsEnough() public {
        uint256 id = _post(LIE, 10e18);
        _dispute(id, challenger);
        expectError(ISettlement.RootIsNotPending.selector, id, uint256(RootState.Parked));
        _dispute(id, second);
    }

    function test_ARootWhoseWindowIsOverStands() public {
        uint256 id = _post(LIE, 10e18);
        passDays(1);
        expectError(ISettlement.WindowIsOver.selector, id, clock);
        _dispute(id, challenger);
        expectError(ISettlement.WindowIsOver.selector, id, clock);
        _disable(id);
        settlement.activate();
        expectError(ISettlement.RootIsNotPending.selector, id, uint256(RootState.Served));
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

    // --- The guardian ---

    function test_TheGuardianParksARootWithoutABond() public {
        uint256 id = _post(LIE, 10e18);
        _disable(id);
        _expectState(id, RootState.Parked);
        assertEq(settlement.rootOf(id).challenger, address(0), "challenger");
        assertEq(settlement.pendingId(), 0, "pending");
        expectError(ISettlement.RootIsNotPending.selector, id, uint256(RootState.Parked));
        _disable(id);
        expectError(ISettlement.RootIsNotPending.selector, id, uint256(RootState.Parked));
        _dispute(id, challenger);
    }

    function test_TheBondOfALieNobodyChallengedIsTheTreasurys() public {
        uint256 id = _post(LIE, 10e18);
        _disable(id);
        vm.expectEmit(address(settlement));
        emit ISettlement.BondForfeited(id, BOND);
        settlement.resolve(id, false);
        assertEq(settlement.owedToTreasury(), BOND, "owed");
        assertEq(settlement.freeBondOf(settler), 4 * BOND, "settler");
        assertEq(settlement.freeBondOf(address(0)), 0, "nobody");
        _expectSolvent();
    }

    function test_ADisabledRootThatIsRightIsServedAndCostsNobody() public {
        uint256 id = _post(TRUTH, 10e18);
        _disable(id);
        settlement.resolve(id, true);
        assertEq(distributor.root(), TRUTH, "root");
        assertEq(token.balanceOf(address(distributor)), 10e18, "with what it gives out");
        assertEq(settlement.freeBondOf(settler), 5 * BOND, "settler");
        assertEq(settlement.owedToTreasury(), 0, "owed");
    }

    // --- Wrong ---

    function test_ALiarLosesItsBondHalfOfItToTheChallenger() public {
        uint256 id = _post(LIE, 10e18);
        _dispute(id, challenger);
        vm.expectEmit(address(settlement));
        emit ISettlement.BondWon(challenger, id, BOND / 2);
        vm.expectEmit(address(settlement));
        emit ISettlement.BondForfeited(id, BOND / 2);
        settlement.resolve(id, false);
        _expectState(id, RootState.Rejected);
        assertEq(settlement.freeBondOf(challenger), BOND + BOND / 2, "challenger");
        assertEq(settlement.freeBondOf(settler), 4 * BOND, "settler");
        assertEq(settlement.owedToTreasury(), BOND / 2, "owed to the treasury");
        assertEq(distributor.root(), bytes32(0), "served");
        assertEq(emissions.released(), 0, "released");
        vm.prank(challenger);
        settlement.withdrawBond(BOND + BOND / 2);
        assertEq(token.balanceOf(challenger), BOND + BOND / 2, "withdrawn");
    }

    function test_TheTreasurysPartOfLostBondsIsPaidWhenAnybodyAsks() public {
        expectError(ISettlement.NothingToWithdraw.selector);
        settlement.payTreasury();
        uint256 id = _post(LIE, 10e18);
        _dispute(id, challenger);
        settlement.resolve(id, false);
        vm.prank(stranger);
        settlement.payTreasury();
        assertEq(token.balanceOf(treasury), BOND / 2, "treasury");
        expectError(ISettlement.NothingToWithdraw.selector);
        settlement.payTreasury();
        _expectSolvent();
    }

    function test_TheTreasurysHalfIsRoundedUp() public {
        settlement.setBond(BOND - 1);
        uint256 id = _post(LIE, 10e18);
        _dispute(id, challenger);
        settlement.resolve(id, false);
        assertEq(settlement.freeBondOf(challenger), BOND + (BOND - 2) / 2, "challenger");
        assertEq(settlement.owedToTreasury(), BOND / 2, "owed");
    }

    function test_F04_ARootIsJudgedOnce() public {
        uint256 id = _post(LIE, 10e18);
        expectError(ISettlement.RootIsNotParked.selector, id, uint256(RootState.Pending));
        settlement.resolve(id, false);
        _dispute(id, challenger);
        settlement.resolve(id, false);
        expectError(ISettlement.RootIsNotParked.selector, id, uint256(RootState.Rejected));
        settlement.resolve(id, true);
        expectError(ISettlement.RootIsNotPending.selector, id, uint256(RootState.Rejected));
        _dispute(id, second);
    }

    // --- Right ---

    function test_AFalseDisputeCostsItsBondHalfOfItForTheSettler() public {
        uint256 id = _post(TRUTH, 10e18);
        _dispute(id, challenger);
        vm.expectEmit(address(settlement));
        emit ISettlement.BondWon(settler, id, BOND / 2);
        settlement.resolve(id, true);
        assertEq(settlement.freeBondOf(settler), 5 * BOND + BOND / 2, "settler");
        assertEq(settlement.freeBondOf(challenger), 0, "challenger");
        assertEq(settlement.owedToTreasury(), BOND / 2, "owed to the treasury");
        assertEq(distributor.root(), TRUTH, "root");
        assertEq(settlement.servedTotal(), 10e18, "total");
        assertEq(token.balanceOf(address(distributor)), 10e18, "with what it gives out");
    }

    function test_ARightRootIsNotServedOverALaterOne() public {
        uint256 id = _post(TRUTH, 10e18);
        _dispute(id, challenger);
        nextDay();
        bytes32 later = keccak256("later");
        _post(later, 20e18);
        passDays(1);
        settlement.activate();
        settlement.resolve(id, true);
        assertEq(distributor.root(), later, "root");
        assertEq(settlement.servedTotal(), 20e18, "total");
        assertEq(emissions.released(), 20e18, "released");
        assertEq(settlement.freeBondOf(settler), 5 * BOND + BOND / 2, "settler");
    }

    /// @dev The pending root is of the same day as the parked one that is found right meanwhile.
    function test_APendingRootThatWasOvertakenIsNotServed() public {
        uint256 parked = _post(TRUTH, 20e18);
        _dispute(parked, challenger);
        uint256 pending = _post(keccak256("another"), 10e18);
        settlement.resolve(parked, true);
        assertEq(distributor.root(), TRUTH, "root");
        passDays(1);
        settlement.activate();
        assertEq(distributor.root(), TRUTH, "root");
        assertEq(settlement.servedTotal(), 20e18, "total");
        assertEq(emissions.released(), 20e18, "released");
        _expectState(pending, RootState.Served);
        assertEq(settlement.freeBondOf(settler), 5 * BOND + BOND / 2, "settler");
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
        assertEq(distributor.root(), TRUTH, "root");
        assertEq(settlement.freeBondOf(settler), 3 * BOND + BOND / 2, "settler: two lost, half of one won");
        assertEq(settlement.freeBondOf(challenger), BOND + BOND / 2, "the first challenger");
        assertEq(settlement.freeBondOf(second), 0, "the one who was wrong");
        _expectSolvent();
    }

    // --- Money ---

    /// @dev Tied-up bonds, free bonds and the treasury's part add up to what is held, whatever happens in which order.
    function testFuzz_BondsAreNeitherMadeNorLost(uint256 seed) public {
        deposit(challenger, 8 * BOND);
        deposit(second, 8 * BOND);
        for (uint256 i = 0; i < 10; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _act(seed);
            _expectSolvent();
        }
    }

    /// @dev Posts, disputes, disables, judges or lets a day pass; reverts are fine.
    function _act(uint256 seed) private {
        uint256 id = 1 + seed / 8 % (settlement.rootCount() + 1);
        address who = seed / 64 % 2 == 0 ? challenger : second;
        uint256 act = seed % 8;
        uint32 day = uint32(emissions.nextDay());
        if (act < 2) vm.prank(settler);
        if (act < 2) try settlement.post(keccak256(abi.encode(seed)), 0, 10e18, day) { } catch { }
        if (act == 2 || act == 3) vm.prank(who);
        if (act == 2 || act == 3) try settlement.dispute(id, EVIDENCE) { } catch { }
        if (act == 4) try settlement.resolve(id, seed & 1024 == 0) { } catch { }
        if (act == 5 && seed & 1024 == 0) vm.prank(guardian);
        if (act == 5 && seed & 1024 == 0) try settlement.disable(id) { } catch { }
        if (act == 5 && seed & 1024 != 0) try settlement.payTreasury() { } catch { }
        if (act == 6) nextDay();
        if (act == 7) settlement.setBond(BOND - seed / 1024 % 7);
    }

    /// @dev Free bonds, bonds of undecided roots and of their challengers, and the treasury's part of lost bonds.
    function _expectSolvent() private view {
        uint256 owed = settlement.freeBondOf(settler) + settlement.owedToTreasury();
        owed += settlement.freeBondOf(challenger) + settlement.freeBondOf(second);
        owed += settlement.freeBondOf(third);
        for (uint256 id = 1; id <= settlement.rootCount(); ++id) {
            PostedRoot memory posted = settlement.rootOf(id);
            bool waits = posted.state == RootState.Pending || posted.state == RootState.Parked;
            if (waits) owed += uint256(posted.bond) + posted.challengerBond;
        }
        assertEq(token.balanceOf(address(settlement)), owed, "held");
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
