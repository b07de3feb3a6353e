// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Staking } from "flock/Staking.sol";
import { Allocation, Delegation, Pool, Position } from "flock/interfaces/IStaking.sol";
import { ITaskManager } from "flock/interfaces/ITaskManager.sol";
import { PlainAuthority, PlainTasks, PlainToken, Vm } from "./Stubs.sol";

/// @notice The unmodified Staking: what is locked comes back or goes to the treasury by a slash, to the wei.
contract StakeProofs {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant BPS = 10_000;
    uint96 private constant AMOUNT = 1e24;
    address private constant TREASURY = address(0x7);
    address private constant OWNER = address(0xa);
    address private constant DELEGATOR = address(0xb);

    PlainToken private token;
    Staking private staking;

    function setUp() public {
        token = new PlainToken();
        ITaskManager tasks = ITaskManager(address(new PlainTasks(address(this))));
        staking = new Staking(IERC20(address(token)), tasks, TREASURY, address(new PlainAuthority()));
        vm.warp(1 days);
    }

    function check_lock_pokedAndRedeemed_paysWhatWasLocked(uint88 amount, uint16 lockDays) external {
        _lock(OWNER, amount, lockDays);
        assert(token.balanceOf(OWNER) == 0);
        vm.warp(1 days + uint256(lockDays) * 1 days);
        staking.poke(OWNER);
        assert(staking.getVotes(OWNER) == 0);
        vm.warp(8 days + uint256(lockDays) * 1 days);
        vm.prank(OWNER);
        staking.redeem(amount);
        assert(token.balanceOf(OWNER) == amount);
    }

    /// @dev A stake of 10^24 wei locked for a year; any slash, and any part of it on the task.
    function check_slash_everyWeiIsTheOwnersOrTheTreasurys(uint88 gm, uint16 bps) external {
        if (bps > BPS) return;
        _lock(OWNER, AMOUNT, 365);
        vm.prank(OWNER);
        staking.allocate(1, gm);
        uint256 flock = staking.allocationOf(OWNER, 1).flock;
        (uint256 taken, uint256 flockTaken, uint256 left) = staking.slash(OWNER, 1, 0, bps);
        assert(taken + left == gm);
        assert(flockTaken * gm >= flock * taken);
        Position memory position = staking.positionOf(OWNER);
        Allocation memory allocation = staking.allocationOf(OWNER, 1);
        assert(allocation.gm == left && position.allocated == left);
        assert(position.flock + allocation.flock + staking.owedToTreasury() == AMOUNT);
    }

    /// @dev As much delegated as the operator's own stake; any slash.
    function check_poolSlash_everyWeiIsSomebodys(uint16 bps) external {
        if (bps > BPS) return;
        _lock(OWNER, AMOUNT, 365);
        _lock(DELEGATOR, AMOUNT, 365);
        vm.prank(OWNER);
        staking.allocate(1, AMOUNT);
        vm.prank(OWNER);
        staking.setPool(1, 0, true);
        vm.prank(DELEGATOR);
        staking.delegateTo(OWNER, 1, AMOUNT, 0);
        staking.slash(OWNER, 1, 0, bps);
        Pool memory pool = staking.poolOf(OWNER, 1);
        Delegation memory record = staking.delegationOf(DELEGATOR, OWNER, 1);
        assert(record.gm <= pool.gm && pool.gm <= record.gm + 1);
        assert((record.gm + 2) * BPS >= AMOUNT * (BPS - bps));
        uint256 owners = staking.positionOf(OWNER).flock + staking.allocationOf(OWNER, 1).flock;
        uint256 delegators = staking.positionOf(DELEGATOR).flock + pool.flock;
        assert(owners + delegators + staking.owedToTreasury() == 2 * AMOUNT);
    }

    function _lock(address account, uint256 amount, uint256 lockDays) private {
        token.mint(account, amount);
        vm.prank(account);
        staking.lock(amount, lockDays);
    }
}
