// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Allocation, IStaking } from "../src/interfaces/IStaking.sol";
import { BoardPlay } from "./BoardPlay.t.sol";

/// @notice The findings that concern what a lock gives and keeps. The table of all findings is in FindingsStaking.
contract FindingsLocksTest is BoardPlay {
    address private immutable owner_ = member(0);
    uint256 private _task;

    function setUp() public override {
        super.setUp();
        _task = openTask();
    }

    function test_F07_AddingNeverShortensOrRestartsTheLock() public {
        lock(owner_, 1_000e18, 365);
        uint256 unlockAt = staking.positionOf(owner_).unlockAt;
        pass(300 days);
        lock(owner_, 1, 30);
        assertEq(staking.positionOf(owner_).unlockAt, unlockAt, "unlockAt");
    }

    function test_F07_ADustLockDoesNotReviveAnExpiredMultiplier() public {
        lock(owner_, 1_000e18, 365);
        pass(366 days);
        lock(owner_, 1, 1);
        assertEq(staking.positionOf(owner_).gm, 1_000e18 + 1, "gm of a day");
    }

    function test_F07_ParkingStakeOverTheExpiryDoesNotKeepTheMultiplier() public {
        lock(owner_, 1_000e18, 365);
        allocate(owner_, _task, 3_010e18);
        pass(366 days);
        lock(owner_, 1, 1);
        deallocate(owner_, _task, 3_010e18);
        assertEq(staking.positionOf(owner_).gm, 1_000e18 + 1, "gm of a day");
    }

    function test_F07_ParkedStakeIsRatedByTheTimeThatIsLeftWhenItComesBack() public {
        lock(owner_, 1_000e18, 365);
        allocate(owner_, _task, 3_010e18);
        pass(366 days);
        lock(owner_, 1e18, 365);
        pass(100 days);
        deallocate(owner_, _task, 3_010e18);
        uint256 gm = 3.01e18 + 1_000 * staking.multiplierFor(265);
        assertEq(staking.positionOf(owner_).gm, gm, "gm of 265 days");
    }

    function test_F08_TheAllocationOutlivesItsLastUnit() public {
        stake(owner_, _task, 1_000e18);
        staking.slash(owner_, _task, 0, 10_000);
        Allocation memory allocation = staking.allocationOf(owner_, _task);
        uint256 left = uint256(allocation.gm) + allocation.flock + staking.positionOf(owner_).allocated;
        assertEq(left, 0, "emptied");
        staking.slash(owner_, _task, 1_000e18, 10_000);
        pass(31 days);
        stake(owner_, _task, 5e18);
        deallocate(owner_, _task, 5e18);
        pass(30 days);
        assertEq(pokeAndRedeem(owner_), 5e18, "redeemed");
    }

    function test_F28_TheOrderOfSlashesDoesNotMatter() public {
        uint256 left = _leftAfter(member(1), 3_000, 700);
        assertEq(_leftAfter(member(2), 700, 3_000), left, "FLOCK left");
    }

    function test_F12_TheSameStakeDoesNotCountTwice() public {
        lock(owner_, 1_000e18, 30);
        allocate(owner_, _task, 600e18);
        uint256 next = openTask();
        expectError(IStaking.NotEnoughAvailable.selector, 600e18, 400e18);
        allocate(owner_, next, 600e18);
    }

    // --- Steps ---

    function _leftAfter(address account, uint256 first, uint256 second) private returns (uint256) {
        stake(account, _task, 1_000e18);
        staking.slash(account, _task, 1_000e18, first);
        staking.slash(account, _task, 1_000e18, second);
        return staking.allocationOf(account, _task).flock;
    }
}
