// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IStaking, Position, Role } from "../src/interfaces/IStaking.sol";
import { Base } from "./Base.t.sol";

/// @notice The findings that concern what a lock gives and keeps. The table of all findings is in FindingsStaking.
contract FindingsLocksTest is Base {
    uint256 private constant TASK = 1;
    address private immutable owner_ = member(0);
    /// @dev Kept here: the compiler may take block.timestamp for a constant of a whole test.
    uint256 private _time = 1_800_000_000;

    /// @dev The test itself is a settler, so that it can slash.
    function setUp() public override {
        super.setUp();
        _makeSettler(address(this));
    }

    function test_F07_AddingNeverShortensOrRestartsTheLock() public {
        lock(owner_, 1_000e18, 365);
        uint256 unlockAt = staking.positionOf(owner_).unlockAt;
        _wait(300 days);
        lock(owner_, 1, 30);
        assertEq(staking.positionOf(owner_).unlockAt, unlockAt, "unlockAt");
    }

    function test_F07_ADustLockDoesNotReviveAnExpiredMultiplier() public {
        lock(owner_, 1_000e18, 365);
        _wait(366 days);
        lock(owner_, 1, 1);
        assertEq(staking.positionOf(owner_).gm, 1_000e18 + 1, "gm of a day");
    }

    function test_F07_ParkingStakeOverTheExpiryDoesNotKeepTheMultiplier() public {
        lock(owner_, 1_000e18, 365);
        uint96 gm = staking.positionOf(owner_).gm;
        vm.prank(owner_);
        staking.allocate(99, Role.Trainer, gm);
        _wait(366 days);
        give(owner_, 1);
        approve(owner_, address(staking), 1);
        expectError(IStaking.LockTooShortForStake.selector, gm, 1_000e18 + 1);
        vm.prank(owner_);
        staking.lock(1, 1);
    }

    function test_F07_ParkedStakeIsKeptByALockThatIsWorthIt() public {
        lock(owner_, 1_000e18, 365);
        uint96 gm = staking.positionOf(owner_).gm;
        vm.prank(owner_);
        staking.allocate(99, Role.Trainer, gm);
        _wait(366 days);
        lock(owner_, 1e18, 365);
        assertTrue(staking.positionOf(owner_).gm >= gm, "a year again keeps a year's multiplier");
    }

    function test_F08_ThePositionOutlivesItsLastUnit() public {
        stake(owner_, TASK, 1_000e18);
        staking.slash(owner_, TASK, Role.Member, 1_000e18, keeper);
        Position memory position = staking.positionOf(owner_);
        assertEq(uint256(position.gm) + position.flock + position.allocated, 0, "emptied");
        staking.slash(owner_, TASK, Role.Member, 1, keeper);
        _wait(31 days);
        lock(owner_, 5e18, 10);
        assertEq(_redeemAllAfter(owner_, 10 days), 5e18, "redeemed");
    }

    function test_F28_TheOrderOfSlashesDoesNotMatter() public {
        uint256 left = _leftAfter(member(1), 300e18, 70e18);
        assertEq(_leftAfter(member(2), 70e18, 300e18), left, "FLOCK left");
    }

    function test_F12_TheSameStakeDoesNotCountTwice() public {
        lock(owner_, 1_000e18, 30);
        vm.prank(owner_);
        staking.allocate(TASK, Role.Member, 600e18);
        expectError(IStaking.NotEnoughAvailable.selector, 600e18, 400e18);
        vm.prank(owner_);
        staking.allocate(TASK + 1, Role.Member, 600e18);
    }

    // --- Steps ---

    function _wait(uint256 duration) private {
        _time += duration;
        vm.warp(_time);
    }

    function _redeemAllAfter(address account, uint256 wait) private returns (uint256) {
        _wait(wait);
        uint256 before = token.balanceOf(account);
        uint256 gm = staking.availableOf(account);
        vm.prank(account);
        staking.redeem(gm);
        return token.balanceOf(account) - before;
    }

    function _leftAfter(address account, uint256 first, uint256 second) private returns (uint256) {
        stake(account, TASK, 1_000e18);
        staking.slash(account, TASK, Role.Member, first, keeper);
        staking.slash(account, TASK, Role.Member, second, keeper);
        return staking.positionOf(account).flock;
    }
}
