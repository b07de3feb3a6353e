// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Staking } from "../src/Staking.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { BoardPlay } from "./BoardPlay.t.sol";
import { BlockingToken, FeeToken, PlainToken } from "./FindingsTokens.sol";

/// @notice What audits of stake, reward and slash systems found, against Staking (docs/security.md; the number of a
/// finding is in the name of its test). The other findings are tested, or ruled out, here:
/// | finding | where |
/// |---|---|
/// | 3, 5, 25, 27, 34 | FindingsTasks: custody |
/// | 9, 10, 42 | FindingsToken: signatures; FindingsRounds: replay of sealed votes |
/// | 7, 8, 12, 28 | FindingsLocks |
/// | 1–4, 6–8, 11–17, 19–24, 26–29, 32, 36–38, 41, 42, 46 | FindingsPools, FindingsPoolSlashes, FindingsPoolTokens |
/// | 4, 11, 14, 18, 19, 26, 32, 35, 36, 37, 39, 40 | FindingsRounds |
/// | 30 return-data bomb | no hooks: only our own contracts and the token are ever called |
/// | 31 address after a reorg | deployment by CREATE2, tested with the deployment |
/// | 33 off-chain reward job | no off-chain rewards in an Alliance: finalise pays |
/// | 45 emission without stake | FindingsRewards |
/// | 48, 49, 50, 56, 57, 59, 60, 61, 64 | AuditStaking |
contract FindingsStakingTest is BoardPlay {
    address private immutable owner_ = member(0);
    uint256 private _task;

    function setUp() public override {
        super.setUp();
        _task = openTask();
    }

    function test_F01_ADonationDoesNotChangeWhatAPositionRedeems() public {
        lock(owner_, 1_000e18, 30);
        give(address(staking), 777e18);
        assertEq(_redeemAll(owner_), 1_000e18, "redeemed");
        assertEq(token.balanceOf(address(staking)), 777e18, "the donation stays out of every position");
    }

    function test_F02_WhatIsBookedHasMoved() public {
        uint256 before = token.balanceOf(address(staking));
        lock(owner_, 1_000e18, 100);
        assertEq(token.balanceOf(address(staking)) - before, staking.positionOf(owner_).flock, "locked");
        vm.expectRevert();
        vm.prank(stranger);
        staking.lock(1e18, 30);
        assertEq(staking.positionOf(stranger).flock, 0, "nothing moved, nothing booked");
    }

    function test_F03_ABoardCannotReachTheStakeOfAnother() public {
        uint256 theirs = openTask(terms(), BOUNTY);
        stake(owner_, theirs, MINIMUM_STAKE);
        vm.expectRevert(
            abi.encodeWithSelector(IStaking.OnlyTheBoardOf.selector, theirs, address(rounds), address(this))
        );
        staking.slash(owner_, theirs, 0, 10_000);
        (uint256 gm,,) = staking.slash(owner_, _task, MINIMUM_STAKE, 10_000);
        assertEq(gm, 0, "slashed on another task");
        assertEq(staking.allocationOf(owner_, theirs).gm, MINIMUM_STAKE, "allocation");
    }

    function test_F04_AnAllocationIsGivenBackOnce() public {
        stake(owner_, _task, 1_000e18);
        deallocate(owner_, _task, 1_000e18);
        expectError(IStaking.NotEnoughAllocated.selector, 1_000e18, 0);
        deallocate(owner_, _task, 1_000e18);
    }

    function test_F06_NothingTheVictimSetsMakesItsSlashRevert() public {
        stake(owner_, _task, 1_000e18);
        vm.prank(owner_);
        staking.setOperator(address(staking));
        pass(400 days);
        (uint256 gm,,) = staking.slash(owner_, _task, 0, 1_000);
        assertEq(gm, 100e18, "slashed");
        staking.poke(owner_);
        pass(7 days);
        (gm,,) = staking.slash(owner_, _task, 0, 1_000);
        assertEq(gm, 90e18, "slashed without a lock");
    }

    function test_F13_NothingIsCutOffASlash() public {
        stake(owner_, _task, 1_000e18);
        (, uint256 flock,) = staking.slash(owner_, _task, 0, 1_000);
        assertEq(flock, 100e18, "slashed");
        assertEq(staking.owedToTreasury(), 100e18, "all of it is the treasury's");
    }

    function test_F14_TheSameSlashTwiceTakesTheSameTwice() public {
        stake(owner_, _task, 1_000e18);
        staking.slash(owner_, _task, 1_000e18, 2_500);
        staking.slash(owner_, _task, 1_000e18, 2_500);
        assertEq(staking.allocationOf(owner_, _task).gm, 500e18, "gm");
    }

    function test_F15_SlashAboveBalanceIsCapped() public {
        stake(owner_, _task, 1_000e18);
        lock(owner_, 500e18, 30);
        (uint256 gm, uint256 flock, uint256 left) = staking.slash(owner_, _task, 5_000e18, 10_000);
        assertEq(gm, 1_000e18, "gm");
        assertEq(flock, 1_000e18, "FLOCK");
        assertEq(left, 0, "left");
        assertEq(staking.positionOf(owner_).gm, 500e18, "what is not on the task is untouched");
    }

    function test_F16_NothingStaleIsLeftAfterAFullSlash() public {
        stake(owner_, _task, 1_000e18);
        staking.hold(owner_, _task);
        staking.slash(owner_, _task, 0, 10_000);
        staking.release(owner_, _task);
        expectError(IStaking.StakeBelowMinimum.selector, 0, LEAST);
        staking.hold(owner_, _task);
    }

    function test_F17_StakeBelowTheMinimumIsStillSlashable() public {
        stake(owner_, _task, 1e18);
        staking.hold(owner_, _task);
        staking.slash(owner_, _task, 0, 9_990);
        (uint256 gm,, uint256 left) = staking.slash(owner_, _task, 1e18, 10_000);
        assertEq(gm, 1e15, "slashed");
        assertEq(left, 0, "left");
    }

    function test_F20_TheSmallestSlashTakesFlock() public {
        lock(owner_, 1e18, 365);
        allocate(owner_, _task, 3e18);
        staking.slash(owner_, _task, 0, 9_999);
        for (uint256 i = 0; i < 3; ++i) {
            staking.slash(owner_, _task, 0, 9_999);
        }
        assertTrue(staking.allocationOf(owner_, _task).gm < 1_000, "a few wei");
        (uint256 gm, uint256 flock,) = staking.slash(owner_, _task, 0, 1);
        assertEq(gm, 1, "gm rounded up");
        assertEq(flock, 1, "FLOCK rounded up");
    }

    function test_F21_NoCastNarrows() public {
        PlainToken wide = new PlainToken();
        Staking other = new Staking(wide, tasks, treasury, address(access));
        wide.mint(owner_, 1 << 100);
        vm.prank(owner_);
        wide.approve(address(other), 1 << 100);
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 96, 1 << 96));
        vm.prank(owner_);
        other.lock(1 << 96, 30);
        lock(owner_, 1e18, 30);
        expectError(IStaking.NotEnoughAvailable.selector, type(uint96).max, 1e18);
        allocate(owner_, _task, type(uint96).max);
    }

    function test_F22_AReceiverThatIsRefusedBlocksNobodyElse() public {
        BlockingToken picky = new BlockingToken();
        Staking on = _stakingOn(picky, 1_000e18);
        vm.prank(owner_);
        on.allocate(_task, 1_000e18);
        picky.refuse(treasury);
        picky.refuse(owner_);
        on.slash(owner_, _task, 0, 1_000);
        assertEq(on.owedToTreasury(), 100e18, "the treasury's part waits for it");
        vm.expectRevert();
        on.payTreasury();
        on.setTreasury(stranger);
        on.payTreasury();
        assertEq(picky.balanceOf(stranger), 100e18, "paid");
    }

    function test_F24_ATokenThatRefusesToMoveNothingBlocksNoSlash() public {
        Staking on = _stakingOn(new BlockingToken(), 1e18);
        vm.prank(owner_);
        on.allocate(_task, 1e18);
        on.slash(owner_, _task, 0, 10_000);
        on.payTreasury();
        on.slash(owner_, _task, 0, 10_000);
        expectError(IStaking.NothingToWithdraw.selector);
        on.payTreasury();
    }

    function test_F29_NothingLeavesBetweenAnOffenceAndItsSlash() public {
        stake(owner_, _task, 1_000e18);
        staking.hold(owner_, _task);
        pass(31 days);
        expectError(IStaking.StakeIsHeld.selector, _task);
        deallocate(owner_, _task, 1);
        staking.poke(owner_);
        pass(7 days);
        expectError(IStaking.NotEnoughAvailable.selector, 1, 0);
        redeem(owner_, 1);
    }

    function test_F38_AFeeOnTransferTokenIsRefused() public {
        FeeToken fee = new FeeToken();
        Staking other = new Staking(fee, tasks, treasury, address(access));
        fee.mint(owner_, 1_000e18);
        vm.prank(owner_);
        fee.approve(address(other), 1_000e18);
        expectError(IStaking.TokenTookAFee.selector, 1_000e18, 990e18);
        vm.prank(owner_);
        other.lock(1_000e18, 30);
    }

    function test_F43_NoOneRescuesStake() public {
        stake(owner_, _task, 1_000e18);
        bytes4[5] memory guesses = [
            bytes4(keccak256("rescue(address,uint256)")),
            bytes4(keccak256("recoverERC20(address,uint256)")),
            bytes4(keccak256("sweep(address,uint256)")),
            bytes4(keccak256("emergencyWithdraw()")),
            IERC20.transferFrom.selector
        ];
        for (uint256 i = 0; i < guesses.length; ++i) {
            (bool done,) = address(staking).call(abi.encodeWithSelector(guesses[i], address(token), 1e18));
            assertTrue(!done, "the administrator moved stake");
        }
    }

    function test_F44_ThereIsNothingToUpgrade() public {
        bytes4 upgrade = bytes4(keccak256("upgradeToAndCall(address,bytes)"));
        (bool done,) = address(staking).call(abi.encodeWithSelector(upgrade, address(token), ""));
        assertTrue(!done, "upgraded");
    }

    function test_F46_StakeComesHomeEvenIfTheRoundsAreShutOut() public {
        stake(owner_, _task, 1_000e18);
        tasks.setBoard(address(this), false);
        access.setTargetClosed(address(staking), true);
        access.setTargetClosed(address(tasks), true);
        deallocate(owner_, _task, 1_000e18);
        assertEq(_redeemAll(owner_), 1_000e18, "redeemed");
    }

    function test_F11_OnlyTheBoardHoldsReleasesAndSlashes() public {
        stake(owner_, _task, 1_000e18);
        bytes memory refusal =
            abi.encodeWithSelector(IStaking.OnlyTheBoardOf.selector, _task, address(this), stranger);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        staking.hold(owner_, _task);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        staking.release(owner_, _task);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        staking.slash(owner_, _task, 0, 1);
    }

    // --- Steps ---

    function _redeemAll(address account) private returns (uint256) {
        pass(31 days);
        return pokeAndRedeem(account);
    }

    /// @dev The same board and tasks, with stake in another token.
    function _stakingOn(PlainToken other, uint256 amount) private returns (Staking on) {
        on = new Staking(other, tasks, treasury, address(access));
        other.mint(owner_, amount);
        vm.prank(owner_);
        other.approve(address(on), amount);
        vm.prank(owner_);
        on.lock(amount, 30);
    }
}
