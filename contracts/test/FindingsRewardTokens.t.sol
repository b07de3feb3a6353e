// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ISettlement } from "../src/interfaces/ISettlement.sol";
import { IVesting } from "../src/interfaces/IVesting.sol";
import { BlockingToken, FeeToken, HookToken, PlainToken } from "./FindingsTokens.sol";
import { RewardTree } from "./RewardTree.sol";
import { Earned, RewardsBase } from "./RewardsBase.t.sol";

/// @notice The contracts that pass rewards on, with tokens that refuse, call back or keep a fee.
contract FindingsRewardTokensTest is RewardsBase {
    using RewardTree for bytes32[];

    // --- Tokens that refuse ---

    function test_F22_WhoCannotBePaidHoldsUpNobodyElse() public {
        BlockingToken blocking = new BlockingToken();
        (Earned[] memory all, bytes32[] memory tree) = _servedOn(blocking, 3);
        blocking.refuse(member(1));
        vm.expectRevert(bytes("receiver refused"));
        claim(all[1], tree.proofOf(1));
        claim(all[0], tree.proofOf(0));
        claim(all[2], tree.proofOf(2));
        assertEq(blocking.balanceOf(member(2)), 3e18, "the third");
    }

    function test_F24_NothingIsNotMoved() public {
        BlockingToken blocking = new BlockingToken();
        (Earned[] memory all, bytes32[] memory tree) = _servedOn(blocking, 3);
        (all[0].liquid, all[1].vesting) = (0, 0);
        tree = treeOf(all);
        serve(tree[0]);
        claim(all[0], tree.proofOf(0));
        claim(all[1], tree.proofOf(1));
        assertEq(vesting.streamsOf(member(0)).length, 1, "only a stream");
        assertEq(vesting.streamsOf(member(1)).length, 0, "no stream");
        stakedTask(1);
        emissions.setDailyBudget(0);
        passDays(1);
        emissions.emitDue();
    }

    // --- Re-entrance ---

    function test_F37_AClaimInsideAClaimPaysOnce() public {
        HookToken hook = new HookToken();
        (Earned[] memory all, bytes32[] memory tree) = _servedOn(hook, 3);
        bytes memory again =
            abi.encodeCall(distributor.claim, (member(1), all[1].liquid, all[1].vesting, tree.proofOf(1)));
        hook.arm(member(1), address(distributor), again);
        claim(all[1], tree.proofOf(1));
        assertEq(hook.calls(), 1, "the hook was called");
        assertEq(hook.cameThrough(), 0, "a second claim");
        assertEq(hook.balanceOf(member(1)), all[1].liquid, "paid once");
    }

    /// @dev During the claim of one account another can be paid; each once.
    function test_F37_AnothersClaimInsideAClaimPaysEachOnce() public {
        HookToken hook = new HookToken();
        (Earned[] memory all, bytes32[] memory tree) = _servedOn(hook, 3);
        bytes memory others =
            abi.encodeCall(distributor.claim, (member(2), all[2].liquid, all[2].vesting, tree.proofOf(2)));
        hook.arm(member(1), address(distributor), others);
        claim(all[1], tree.proofOf(1));
        assertEq(hook.balanceOf(member(1)), all[1].liquid, "the one");
        assertEq(hook.balanceOf(member(2)), all[2].liquid, "the other");
        assertEq(
            hook.balanceOf(address(distributor)), all[0].liquid + all[0].vesting, "what the third has to come"
        );
    }

    function test_F37_AReleaseInsideAReleasePaysOnce() public {
        HookToken hook = new HookToken();
        (Earned[] memory all, bytes32[] memory tree) = _servedOn(hook, 3);
        claim(all[1], tree.proofOf(1));
        passDays(15);
        hook.arm(member(1), address(vesting), abi.encodeCall(vesting.release, (member(1))));
        vesting.release(member(1));
        assertEq(hook.cameThrough(), 0, "a second release");
        assertEq(hook.balanceOf(member(1)), all[1].liquid + all[1].vesting / 2, "paid once");
    }

    function test_F37_AWithdrawalInsideAWithdrawalPaysOnce() public {
        HookToken hook = new HookToken();
        deployRewards(hook, false);
        hook.mint(address(hook), BOND);
        vm.prank(address(hook));
        hook.approve(address(settlement), BOND);
        vm.prank(address(hook));
        settlement.depositBond(BOND);
        hook.arm(address(hook), address(settlement), abi.encodeCall(settlement.withdrawBond, (BOND / 2)));
        vm.prank(address(hook));
        settlement.withdrawBond(BOND / 2);
        assertEq(hook.calls(), 1, "the hook was called");
        assertEq(hook.cameThrough(), 0, "a second withdrawal");
        assertEq(settlement.freeBondOf(address(hook)), BOND / 2, "free");
    }

    /// @dev A token that calls back while a root is served finds everything booked.
    function test_F37_ARootIsServedOnceWhoeverCallsInside() public {
        HookToken hook = new HookToken();
        _emittedOn(hook, 10e18);
        _depositOn(hook, settler);
        vm.prank(settler);
        settlement.post(keccak256("root"), 0, 10e18, today());
        passDays(1);
        hook.arm(address(distributor), address(settlement), abi.encodeCall(settlement.activate, ()));
        settlement.activate();
        assertEq(hook.calls(), 1, "the hook was called");
        assertEq(hook.cameThrough(), 0, "a second time");
        assertEq(hook.balanceOf(address(distributor)), 10e18, "released once");
    }

    function test_F37_APaymentToTheTreasuryInsideAnotherPaysOnce() public {
        HookToken hook = new HookToken();
        _emittedOn(hook, 10e18);
        _depositOn(hook, settler);
        vm.prank(settler);
        uint256 id = settlement.post(keccak256("root"), 0, 10e18, today());
        vm.prank(guardian);
        settlement.disable(id);
        settlement.resolve(id, false);
        hook.mint(address(settlement), BOND);
        hook.arm(treasury, address(settlement), abi.encodeCall(settlement.payTreasury, ()));
        settlement.payTreasury();
        assertEq(hook.calls(), 1, "the hook was called");
        assertEq(hook.cameThrough(), 0, "a second payment");
        assertEq(hook.balanceOf(treasury), BOND, "paid once");
    }

    // --- Tokens that keep a fee ---

    function test_F38_TokensThatKeepAFeeAreRefused() public {
        FeeToken fee = new FeeToken();
        deployRewards(fee, false);
        fee.mint(address(this), 3_000e18);
        fee.approve(address(settlement), 1_000e18);
        expectError(ISettlement.TokenTookAFee.selector, 1_000e18, 990e18);
        settlement.depositBond(1_000e18);
        access.grantRole(STREAMER_ROLE, address(this), 0);
        fee.approve(address(vesting), 1_000e18);
        expectError(IVesting.TokenTookAFee.selector, 1_000e18, 990e18);
        vesting.open(stranger, 1_000e18);
    }

    // --- Steps ---

    /// @dev A reserve of this token, with one day emitted.
    function _emittedOn(PlainToken on, uint256 amount) private {
        deployRewards(on, false);
        on.mint(address(emissions), amount);
        emitDay(amount);
    }

    function _depositOn(PlainToken on, address account) private {
        on.mint(account, BOND);
        vm.prank(account);
        on.approve(address(settlement), BOND);
        vm.prank(account);
        settlement.depositBond(BOND);
    }

    /// @dev The same on another token, which must be mintable by anyone.
    function _servedOn(PlainToken on, uint256 count)
        private
        returns (Earned[] memory all, bytes32[] memory tree)
    {
        deployRewards(on, false);
        all = earnings(count, 1);
        tree = treeOf(all);
        on.mint(address(distributor), totalOf(all));
        serve(tree[0]);
    }
}
