// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Staking } from "../src/Staking.sol";
import { IStaking, Role } from "../src/interfaces/IStaking.sol";
import { Base } from "./Base.t.sol";
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
/// | 30 return-data bomb | no hooks: the only contracts ever called are our own and the token |
/// | 31 address after a reorg | deployment by CREATE2, tested with the deployment |
/// | 33 off-chain reward job | no off-chain rewards in an Alliance: finalise pays |
/// | 45 emission without stake | FindingsRewards |
contract FindingsStakingTest is Base {
    uint256 private constant TASK = 1;
    address private immutable owner_ = member(0);
    /// @dev Kept here: the compiler may take block.timestamp for a constant of a whole test.
    uint256 private _time = 1_800_000_000;

    /// @dev The test itself is a settler, so that it can hold, release and slash.
    function setUp() public override {
        super.setUp();
        _makeSettler(address(this));
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

    function test_F03_ASettlerOfOneTaskCannotReachTheStakeOfAnother() public {
        stake(owner_, TASK, 1_000e18);
        (uint256 gm,,) = staking.slash(owner_, TASK + 1, Role.Member, 1_000e18, keeper);
        assertEq(gm, 0, "slashed on another task");
        (gm,,) = staking.slash(owner_, TASK, Role.Validator, 1_000e18, keeper);
        assertEq(gm, 0, "slashed in another role");
        assertEq(staking.allocationOf(owner_, TASK, Role.Member).amount, 1_000e18, "allocation");
    }

    function test_F04_AnAllocationIsGivenBackOnce() public {
        stake(owner_, TASK, 1_000e18);
        vm.prank(owner_);
        staking.deallocate(TASK, Role.Member, 1_000e18);
        expectError(IStaking.NotEnoughAllocated.selector, 1_000e18, 0);
        vm.prank(owner_);
        staking.deallocate(TASK, Role.Member, 1_000e18);
    }

    function test_F06_NothingTheVictimSetsMakesItsSlashRevert() public {
        stake(owner_, TASK, 1_000e18);
        vm.prank(owner_);
        staking.setOperator(address(staking));
        _wait(400 days);
        (uint256 gm,,) = staking.slash(owner_, TASK, Role.Member, 100e18, keeper);
        assertEq(gm, 100e18, "slashed");
    }

    function test_F13_TheKeepersCutIsATenthOfTheSlash() public {
        stake(owner_, TASK, 1_000e18);
        (, uint256 flock,) = staking.slash(owner_, TASK, Role.Member, 100e18, keeper);
        assertEq(flock, 100e18, "slashed");
        assertEq(staking.keeperCreditOf(keeper), 10e18, "keeper");
        assertEq(token.balanceOf(treasury), 90e18, "treasury");
    }

    function test_F15_SlashAboveBalanceIsCapped() public {
        stake(owner_, TASK, 1_000e18);
        lock(owner_, 500e18, 30);
        (uint256 gm, uint256 flock, uint256 left) = staking.slash(owner_, TASK, Role.Member, 5_000e18, keeper);
        assertEq(gm, 1_000e18, "gm");
        assertEq(flock, 1_000e18, "FLOCK");
        assertEq(left, 0, "left");
        assertEq(staking.availableOf(owner_), 500e18, "what is not on the task is untouched");
    }

    function test_F16_NothingStaleIsLeftAfterAFullSlash() public {
        stake(owner_, TASK, 1_000e18);
        staking.hold(owner_, TASK, Role.Member, 1_000e18);
        staking.slash(owner_, TASK, Role.Member, 1_000e18, keeper);
        staking.release(owner_, TASK, Role.Member);
        expectError(IStaking.StakeBelowMinimum.selector, 0, 1);
        staking.hold(owner_, TASK, Role.Member, 1);
    }

    function test_F17_StakeBelowTheMinimumIsStillSlashable() public {
        stake(owner_, TASK, 1_000e18);
        staking.hold(owner_, TASK, Role.Member, 1_000e18);
        staking.slash(owner_, TASK, Role.Member, 999e18, keeper);
        (uint256 gm,, uint256 left) = staking.slash(owner_, TASK, Role.Member, 1e18, keeper);
        assertEq(gm, 1e18, "slashed");
        assertEq(left, 0, "left");
    }

    function test_F20_TheSmallestSlashTakesFlock() public {
        lock(owner_, 1_000e18, 365);
        vm.prank(owner_);
        staking.allocate(TASK, Role.Member, 1_000e18);
        (, uint256 flock,) = staking.slash(owner_, TASK, Role.Member, 1, keeper);
        assertEq(flock, 1, "rounded up");
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
        vm.prank(owner_);
        staking.allocate(TASK, Role.Member, type(uint96).max);
    }

    function test_F22_AReceiverThatIsRefusedBlocksNobodyElse() public {
        BlockingToken picky = new BlockingToken();
        Staking other = _stakingOn(picky);
        picky.refuse(keeper);
        picky.refuse(owner_);
        other.slash(owner_, TASK, Role.Member, 100e18, keeper);
        assertEq(picky.balanceOf(treasury), 90e18, "treasury");
        vm.expectRevert();
        vm.prank(keeper);
        other.withdrawKeeperCredit();
        assertEq(other.keeperCreditOf(keeper), 10e18, "the keeper's credit waits for it");
    }

    function test_F24_ATokenThatRefusesToMoveNothingBlocksNoSlash() public {
        BlockingToken picky = new BlockingToken();
        Staking other = new Staking(picky, tasks, treasury, address(access));
        _permitSlashing(other);
        picky.mint(owner_, 1);
        vm.prank(owner_);
        picky.approve(address(other), 1);
        vm.prank(owner_);
        other.lock(1, 365);
        assertEq(other.positionOf(owner_).gm, 3, "one wei for a year gives three gm");
        vm.prank(owner_);
        other.allocate(TASK, Role.Member, 3);
        other.slash(owner_, TASK, Role.Member, 1, keeper);
        (uint256 gm, uint256 flock,) = other.slash(owner_, TASK, Role.Member, 1, keeper);
        assertEq(gm, 1, "gm");
        assertEq(flock, 0, "no FLOCK is left behind it");
    }

    function test_F29_NothingLeavesBetweenAnOffenceAndItsSlash() public {
        stake(owner_, TASK, 1_000e18);
        staking.hold(owner_, TASK, Role.Member, 1_000e18);
        _wait(31 days);
        expectError(IStaking.StakeIsHeld.selector, TASK);
        vm.prank(owner_);
        staking.deallocate(TASK, Role.Member, 1);
        expectError(IStaking.NotEnoughAvailable.selector, 1, 0);
        vm.prank(owner_);
        staking.redeem(1);
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
        stake(owner_, TASK, 1_000e18);
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
        stake(owner_, TASK, 1_000e18);
        access.revokeRole(SETTLER_ROLE, address(rounds));
        access.setTargetClosed(address(staking), true);
        _wait(31 days);
        vm.prank(owner_);
        staking.deallocate(TASK, Role.Member, 1_000e18);
        assertEq(_redeemAll(owner_), 1_000e18, "redeemed");
    }

    function test_F11_OnlySettlersHoldReleaseAndSlash() public {
        stake(owner_, TASK, 1_000e18);
        bytes memory refusal =
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        staking.hold(owner_, TASK, Role.Member, 1);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        staking.release(owner_, TASK, Role.Member);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        staking.slash(owner_, TASK, Role.Member, 1, stranger);
    }

    // --- Steps ---

    function _wait(uint256 duration) private {
        _time += duration;
        vm.warp(_time);
    }

    function _redeemAll(address account) private returns (uint256) {
        _wait(31 days);
        uint256 before = token.balanceOf(account);
        uint256 gm = staking.availableOf(account);
        vm.prank(account);
        staking.redeem(gm);
        return token.balanceOf(account) - before;
    }

    function _stakingOn(BlockingToken picky) private returns (Staking other) {
        other = new Staking(picky, tasks, treasury, address(access));
        _permitSlashing(other);
        picky.mint(owner_, 1_000e18);
        vm.prank(owner_);
        picky.approve(address(other), 1_000e18);
        vm.prank(owner_);
        other.lock(1_000e18, 30);
        vm.prank(owner_);
        other.allocate(TASK, Role.Member, 1_000e18);
    }

    function _permitSlashing(Staking other) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IStaking.slash.selector;
        access.setTargetFunctionRole(address(other), selectors, SETTLER_ROLE);
    }
}
