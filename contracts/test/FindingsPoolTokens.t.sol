// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { FlockToken } from "../src/FlockToken.sol";
import { Staking } from "../src/Staking.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { BlockingToken, FeeToken, HookToken, PlainToken } from "./FindingsTokens.sol";
import { PoolPlay } from "./PoolPlay.t.sol";

/// @notice Delegated stake on tokens that call back, refuse receivers, or keep a fee.
contract FindingsPoolTokensTest is PoolPlay {
    address private immutable one = member(1);
    address private immutable other = member(2);

    function test_F22_AReceiverThatIsRefusedBlocksNoDelegatorAndNoSlash() public {
        BlockingToken picky = new BlockingToken();
        _playOn(picky);
        back(one, 100e18);
        back(other, 100e18);
        picky.refuse(treasury);
        picky.refuse(one);
        picky.refuse(operator);
        slash(1_000);
        leave(one, 90e18);
        leave(other, 90e18);
        assertEq(staking.positionOf(one).gm + staking.positionOf(other).gm, 180e18, "gm");
        vm.expectRevert();
        staking.payTreasury();
        staking.setTreasury(stranger);
        staking.payTreasury();
        assertEq(token.balanceOf(stranger), 120e18, "what waited for a treasury that takes it");
    }

    function test_F24_NothingIsNotMovedOutOfAPool() public {
        _playOn(new BlockingToken());
        back(one, 100e18);
        leave(one, 100e18);
        lock(one, 1e18, 365);
        moveIn(one, 3e18);
        slash(9_999);
        slash(10_000);
        assertEq(pool().generation, 2, "emptied twice");
    }

    function test_F37_ASlashCallsNobody() public {
        HookToken hook = new HookToken();
        _playOn(hook);
        back(one, 100e18);
        undelegate(one, 100e18);
        passCooldown();
        hook.arm(treasury, address(staking), abi.encodeCall(IStaking.collect, (one, operator, task)));
        slash(5_000);
        assertEq(hook.calls(), 0, "a token moved");
        collect(one);
        assertEq(staking.positionOf(one).flock, 50e18, "what the slash left, and no more");
        assertEq(token.balanceOf(address(staking)), owed(1), "custody");
    }

    function test_F37_ARedemptionThatCallsBackLeavesTheBooksRight() public {
        HookToken hook = new HookToken();
        _playOn(hook);
        back(one, 100e18);
        lock(one, 20e18, 30);
        undelegate(one, 100e18);
        pass(30 days);
        staking.poke(one);
        pass(7 days);
        hook.arm(one, address(staking), abi.encodeCall(IStaking.collect, (one, operator, task)));
        redeem(one, 20e18);
        assertEq(hook.cameThrough(), 1, "collected in between");
        assertEq(staking.positionOf(one).gm, 100e18, "gm");
        assertEq(token.balanceOf(address(staking)), owed(1), "custody");
    }

    function test_F38_AFeeOnTransferTokenIsRefusedBesideTheEntryFee() public {
        FeeToken fee = new FeeToken();
        Staking on = new Staking(fee, tasks, treasury, address(access));
        on.setEntryFeeBps(100);
        fee.mint(one, 100e18);
        vm.prank(one);
        fee.approve(address(on), 100e18);
        expectError(IStaking.TokenTookAFee.selector, 99e18, 98.01e18);
        vm.prank(one);
        on.lock(100e18, 30);
    }

    // --- Steps ---

    /// @dev The same setup on another token. The bounty stays in FLOCK, as the task is the same.
    function _playOn(PlainToken other_) private {
        other_.mint(bank, GENESIS);
        token = FlockToken(address(other_));
        staking = new Staking(other_, tasks, treasury, address(access));
        stake(operator, task, OWN);
        openPool(task);
    }
}
