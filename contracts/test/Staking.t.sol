// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { IStaking, Position, Role } from "../src/interfaces/IStaking.sol";
import { Base } from "./Base.t.sol";

contract StakingTest is Base {
    address private immutable owner = member(0);
    uint256 private constant TASK = 7;

    // --- lock ---

    function test_lock_upToThirtyDaysIsOneToOne() public {
        lock(owner, 100e18, 30);
        Position memory position = staking.positionOf(owner);
        assertEq(position.gm, 100e18, "gm");
        assertEq(position.flock, 100e18, "flock");
        assertEq(position.unlockAt, block.timestamp + 30 days, "unlockAt");
        assertEq(token.balanceOf(address(staking)), 100e18, "custody");
    }

    function test_lock_aYearGivesThreefold() public {
        lock(owner, 100e18, 365);
        assertEq(staking.positionOf(owner).gm, 301e18, "100 * (1 + 2.19 * 335 / 365)");
    }

    function test_lock_addingUsesTheTimeLeftOfTheLongerLock() public {
        lock(owner, 100e18, 365);
        vm.warp(block.timestamp + 100 days);
        lock(owner, 100e18, 1);
        Position memory position = staking.positionOf(owner);
        assertEq(position.gm, 301e18 + staking.multiplierFor(265) * 100, "rated by the 265 days left");
        assertEq(position.unlockAt, block.timestamp + 265 days, "unlockAt was shortened");
    }

    function test_lock_dustDoesNotReviveAnExpiredMultiplier() public {
        lock(owner, 100e18, 365);
        vm.warp(block.timestamp + 366 days);
        lock(owner, 1, 1);
        assertEq(staking.positionOf(owner).gm, 100e18 + 1, "gm kept the year's multiplier");
    }

    function test_lock_refusesWhatIsOutOfRange() public {
        expectError(IStaking.AmountIsZero.selector);
        staking.lock(0, 30);
        expectError(IStaking.LockDaysOutOfRange.selector, 0);
        staking.lock(1, 0);
        expectError(IStaking.LockDaysOutOfRange.selector, 366);
        staking.lock(1, 366);
    }

    // --- redeem ---

    function test_redeem_paysBackAfterTheLock() public {
        lock(owner, 100e18, 365);
        vm.warp(block.timestamp + 365 days);
        vm.prank(owner);
        staking.redeem(301e18);
        assertEq(token.balanceOf(owner), 100e18, "paid");
        assertEq(staking.positionOf(owner).flock, 0, "left behind");
    }

    function test_redeem_refusedWhileLocked() public {
        lock(owner, 100e18, 30);
        expectError(IStaking.StillLocked.selector, block.timestamp + 30 days);
        vm.prank(owner);
        staking.redeem(1);
    }

    function test_redeem_leavesWhatIsOnTasks() public {
        stake(owner, TASK, 100e18);
        vm.warp(block.timestamp + 30 days);
        expectError(IStaking.NotEnoughAvailable.selector, 1, 0);
        vm.prank(owner);
        staking.redeem(1);
    }

    function testFuzz_redeem_inPartsPaysNoMoreThanAtOnce(uint96 amount, uint96 first, uint16 lockDays)
        public
    {
        uint256 flock = 1 + amount % 1e26;
        lock(owner, flock, 1 + lockDays % 365);
        vm.warp(block.timestamp + 366 days);
        uint256 gm = staking.positionOf(owner).gm;
        uint256 part = 1 + first % gm;
        vm.prank(owner);
        staking.redeem(part);
        if (part < gm) {
            vm.prank(owner);
            staking.redeem(gm - part);
        }
        assertEq(token.balanceOf(owner), flock, "the last redemption pays all that is left");
        assertEq(token.balanceOf(address(staking)), 0, "dust stayed");
    }

    // --- allocate, deallocate ---

    function test_allocate_movesGmFromFreeToTheTask() public {
        stake(owner, TASK, 100e18);
        assertEq(staking.availableOf(owner), 0, "available");
        assertEq(staking.allocationOf(owner, TASK, Role.Member).amount, 100e18, "allocation");
    }

    function test_allocate_needsFreeGmAndALiveLock() public {
        lock(owner, 100e18, 30);
        expectError(IStaking.NotEnoughAvailable.selector, 100e18 + 1, 100e18);
        vm.prank(owner);
        staking.allocate(TASK, Role.Member, 100e18 + 1);
        uint256 unlockAt = block.timestamp + 30 days;
        vm.warp(unlockAt);
        expectError(IStaking.LockHasExpired.selector, unlockAt);
        vm.prank(owner);
        staking.allocate(TASK, Role.Member, 1);
    }

    function test_deallocate_refusedWhileHeldAndAllowedAfter() public {
        stake(owner, TASK, 100e18);
        _settle();
        staking.hold(owner, TASK, Role.Member, 100e18);
        expectError(IStaking.StakeIsHeld.selector, TASK);
        vm.prank(owner);
        staking.deallocate(TASK, Role.Member, 1);
        staking.release(owner, TASK, Role.Member);
        vm.prank(owner);
        staking.deallocate(TASK, Role.Member, 100e18);
        assertEq(staking.availableOf(owner), 100e18, "available");
    }

    function test_deallocate_onlyWhatIsThere() public {
        stake(owner, TASK, 100e18);
        expectError(IStaking.NotEnoughAllocated.selector, 100e18 + 1, 100e18);
        vm.prank(owner);
        staking.deallocate(TASK, Role.Member, 100e18 + 1);
    }

    // --- operators ---

    function test_setOperator_actsForItsOwnerUntilRotated() public {
        vm.prank(owner);
        staking.setOperator(stranger);
        assertTrue(staking.actsFor(owner, stranger) && staking.actsFor(owner, owner), "acts for its owner");
        vm.prank(owner);
        staking.setOperator(address(0));
        assertTrue(!staking.actsFor(owner, stranger), "a rotated key still acts");
        assertTrue(!staking.isOperatorOf(owner, address(0)), "nobody's key is everybody's");
    }

    function test_setOperator_keepsTheFlock() public {
        lock(owner, 100e18, 30);
        vm.prank(owner);
        staking.setOperator(stranger);
        assertEq(staking.positionOf(owner).flock, 100e18, "flock shares a word with the operator");
    }

    // --- hold, slash ---

    function test_hold_needsTheMinimumAndOneHolder() public {
        stake(owner, TASK, 100e18);
        _settle();
        expectError(IStaking.StakeBelowMinimum.selector, 100e18, 100e18 + 1);
        staking.hold(owner, TASK, Role.Member, 100e18 + 1);
        staking.hold(owner, TASK, Role.Member, 100e18);
        expectError(IStaking.StakeIsHeld.selector, TASK);
        staking.hold(owner, TASK, Role.Member, 1);
    }

    function test_slash_splitsBetweenKeeperAndTreasury() public {
        stake(owner, TASK, 100e18);
        _settle();
        staking.slash(owner, TASK, Role.Member, 10e18, keeper);
        assertEq(token.balanceOf(treasury), 9e18, "treasury");
        assertEq(staking.keeperCreditOf(keeper), 1e18, "keeper");
        Position memory position = staking.positionOf(owner);
        assertEq(position.flock, 90e18, "flock");
        assertEq(position.gm, 90e18, "gm");
        assertEq(position.allocated, 90e18, "allocated");
    }

    function test_slash_takesWhatIsThereAndNeverReverts() public {
        stake(owner, TASK, 100e18);
        _settle();
        (uint256 gm, uint256 flock, uint256 left) = staking.slash(owner, TASK, Role.Member, 1e30, keeper);
        assertEq(gm, 100e18, "gm");
        assertEq(flock, 100e18, "flock");
        assertEq(left, 0, "left");
        (gm, flock,) = staking.slash(owner, TASK, Role.Member, 1e30, keeper);
        assertEq(gm + flock, 0, "slashed twice");
    }

    function testFuzz_slash_neverTakesMoreThanItsShare(uint96 amount, uint96 taken, uint16 lockDays) public {
        uint256 flock = 2 + amount % 1e26;
        lock(owner, flock, 1 + lockDays % 365);
        uint256 gm = staking.positionOf(owner).gm;
        vm.prank(owner);
        staking.allocate(TASK, Role.Member, uint96(gm));
        _settle();
        (uint256 gmSlashed, uint256 flockSlashed,) = staking.slash(owner, TASK, Role.Member, taken, keeper);
        assertTrue(flockSlashed * gm >= flock * gmSlashed || flockSlashed == flock, "rounded for the victim");
        assertTrue(flockSlashed <= flock, "more than there was");
        uint256 owed = staking.positionOf(owner).flock + staking.keeperCreditOf(keeper);
        assertEq(token.balanceOf(address(staking)), owed, "custody differs from what is owed");
    }

    function test_withdrawKeeperCredit_paysOnce() public {
        stake(owner, TASK, 100e18);
        _settle();
        staking.slash(owner, TASK, Role.Member, 10e18, keeper);
        vm.prank(keeper);
        staking.withdrawKeeperCredit();
        assertEq(token.balanceOf(keeper), 1e18, "paid");
        expectError(IStaking.NothingToWithdraw.selector);
        vm.prank(keeper);
        staking.withdrawKeeperCredit();
    }

    // --- who may ---

    function test_restricted_settlersAndGovernanceOnly() public {
        bytes memory unauthorised =
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        vm.expectRevert(unauthorised);
        vm.prank(stranger);
        staking.hold(owner, TASK, Role.Member, 0);
        vm.expectRevert(unauthorised);
        vm.prank(stranger);
        staking.release(owner, TASK, Role.Member);
        vm.expectRevert(unauthorised);
        vm.prank(stranger);
        staking.slash(owner, TASK, Role.Member, 1, stranger);
        vm.expectRevert(unauthorised);
        vm.prank(stranger);
        staking.setTreasury(stranger);
    }

    function test_setTreasury_refusesZero() public {
        expectError(IStaking.TreasuryIsZero.selector);
        staking.setTreasury(address(0));
        staking.setTreasury(stranger);
        assertEq(staking.treasury(), stranger, "treasury");
    }

    /// @dev This test becomes the settler.
    function _settle() private {
        _makeSettler(address(this));
    }
}
