// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { TaskManager } from "../src/TaskManager.sol";
import { AllianceParameters, ITaskManager, TaskState } from "../src/interfaces/ITaskManager.sol";
import { Base } from "./Base.t.sol";
import { FeeToken, HookToken } from "./FindingsTokens.sol";

/// @notice The findings that concern the custody of bounties. The table of all findings is in FindingsStaking.
contract FindingsTasksTest is Base {
    /// @dev The test itself is a settler, so that it can begin, pay and close.
    function setUp() public override {
        super.setUp();
        _makeSettler(address(this));
    }

    function test_F01_ADonationBelongsToNoTask() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        give(address(tasks), 55e18);
        vm.prank(creator);
        tasks.cancel(taskId);
        assertEq(token.balanceOf(creator), BOUNTY, "refund");
    }

    function test_F02_ABountyIsBookedOnlyIfItMoved() public {
        AllianceParameters memory p = parameters();
        vm.expectRevert();
        vm.prank(stranger);
        tasks.create(p, 0, BOUNTY);
        assertEq(tasks.taskCount(), 0, "tasks");
        uint256 taskId = openTask(p, BOUNTY);
        assertEq(token.balanceOf(address(tasks)), tasks.taskOf(taskId).balance, "custody");
    }

    function test_F03_OneTaskIsNeverPaidFromAnother() public {
        uint256 poor = openTask(parameters(), 1_600e18);
        openTask(parameters(), BOUNTY);
        tasks.begin(poor);
        expectError(ITaskManager.PaymentAboveBalance.selector, 1_601e18, 1_600e18);
        tasks.pay(poor, stranger, 1_601e18);
        expectError(ITaskManager.PaymentAboveBalance.selector, 1_601e18, 1_600e18);
        tasks.close(poor, 1_600e18, 1e18);
    }

    function test_F04_ATaskEndsOnce() public {
        uint256 cancelled = openTask(parameters(), BOUNTY);
        vm.prank(creator);
        tasks.cancel(cancelled);
        expectError(ITaskManager.TaskIsNotOpen.selector, cancelled, uint256(TaskState.Cancelled));
        vm.prank(creator);
        tasks.cancel(cancelled);
        uint256 closed = openTask(parameters(), BOUNTY);
        tasks.begin(closed);
        tasks.close(closed, 1e18, 1e18);
        expectError(ITaskManager.TaskIsNotRunning.selector, closed, uint256(TaskState.Closed));
        tasks.close(closed, 1e18, 1e18);
    }

    function test_F11_AStrangerEndsNothingAndPaysNobody() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        expectError(ITaskManager.OnlyTheCreatorMayCancelBefore.selector, parameters().startBy);
        vm.prank(stranger);
        tasks.cancel(taskId);
        bytes memory refusal =
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        tasks.begin(taskId);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        tasks.pay(taskId, stranger, 1);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        tasks.close(taskId, 0, BOUNTY);
    }

    function test_F25_PaymentsNeverExceedWhatCameIn() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        tasks.begin(taskId);
        tasks.pay(taskId, stranger, BOUNTY);
        expectError(ITaskManager.PaymentAboveBalance.selector, 1, 0);
        tasks.pay(taskId, stranger, 1);
    }

    function test_F25_ACancelledTaskPaysNobody() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        openTask(parameters(), BOUNTY);
        vm.prank(creator);
        tasks.cancel(taskId);
        expectError(ITaskManager.PaymentAboveBalance.selector, 1, 0);
        tasks.pay(taskId, stranger, 1);
    }

    function test_F34_GovernedNumbersAreBounded() public {
        uint256 most = tasks.MAX_CREATION_FEE();
        expectOutOfBounds("creationFee", most + 1, 0, most);
        tasks.setCreationFee(most + 1);
        expectError(ITaskManager.TreasuryIsZero.selector);
        tasks.setTreasury(address(0));
        vm.expectRevert();
        staking.setTreasury(address(0));
    }

    /// @dev A creator cannot lure members with terms that change: there is no setter, and a running task stays.
    function test_F36_TermsAndBountyAreFixedOnceATaskRuns() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        tasks.begin(taskId);
        expectError(ITaskManager.TaskIsNotOpen.selector, taskId, uint256(TaskState.Running));
        vm.prank(creator);
        tasks.cancel(taskId);
        expectError(ITaskManager.TaskIsNotOpen.selector, taskId, uint256(TaskState.Running));
        tasks.fund(taskId, 1e18);
    }

    function test_F37_ATokenWithHooksCannotCancelWhileItPaysIn() public {
        (HookToken hook, TaskManager custody, AllianceParameters memory p) = _hooked();
        vm.prank(creator);
        uint256 first = custody.create(p, 0, BOUNTY);
        vm.warp(p.startBy + 1);
        (p.startBy, p.endsAt) = (p.endsAt, p.endsAt + 1 days);
        hook.arm(address(custody), address(custody), abi.encodeCall(ITaskManager.cancel, (first)));
        vm.expectRevert();
        vm.prank(creator);
        custody.create(p, 0, BOUNTY);
        assertEq(hook.balanceOf(address(custody)), custody.taskOf(first).balance, "the first bounty is there");
    }

    function test_F37_ATokenWithHooksIsRefundedOnce() public {
        (HookToken hook, TaskManager custody, AllianceParameters memory p) = _hooked();
        vm.prank(creator);
        uint256 taskId = custody.create(p, 0, BOUNTY);
        vm.prank(creator);
        custody.create(p, 0, BOUNTY);
        vm.warp(p.startBy + 1);
        hook.arm(creator, address(custody), abi.encodeCall(ITaskManager.cancel, (taskId)));
        custody.cancel(taskId);
        assertEq(hook.calls(), 1, "the hook was called");
        assertEq(hook.cameThrough(), 0, "a second refund came through");
        assertEq(hook.balanceOf(address(custody)), BOUNTY, "the other task's bounty");
    }

    function test_F37_ATokenWithHooksIsPaidOnce() public {
        (HookToken hook, TaskManager custody, AllianceParameters memory p) = _hooked();
        _settleOn(custody);
        vm.prank(creator);
        uint256 taskId = custody.create(p, 0, BOUNTY);
        custody.begin(taskId);
        hook.arm(stranger, address(custody), abi.encodeCall(ITaskManager.pay, (taskId, stranger, 1e18)));
        access.grantRole(SETTLER_ROLE, address(hook), 0);
        vm.expectRevert();
        custody.pay(taskId, stranger, BOUNTY + 1);
        custody.pay(taskId, stranger, BOUNTY);
        assertEq(hook.cameThrough(), 0, "paid beyond the bounty");
    }

    function test_F38_AFeeOnTransferTokenIsRefused() public {
        FeeToken fee = new FeeToken();
        TaskManager custody = new TaskManager(fee, treasury, address(access));
        fee.mint(creator, BOUNTY);
        vm.prank(creator);
        fee.approve(address(custody), BOUNTY);
        expectError(ITaskManager.TokenTookAFee.selector, BOUNTY, BOUNTY - BOUNTY / 100);
        vm.prank(creator);
        custody.create(parameters(), 0, BOUNTY);
    }

    function test_F43_NoOneRescuesBounties() public {
        openTask(parameters(), BOUNTY);
        bytes4[4] memory guesses = [
            bytes4(keccak256("rescue(address,uint256)")),
            bytes4(keccak256("recoverERC20(address,uint256)")),
            bytes4(keccak256("withdraw(uint256)")),
            IERC20.transfer.selector
        ];
        for (uint256 i = 0; i < guesses.length; ++i) {
            (bool done,) = address(tasks).call(abi.encodeWithSelector(guesses[i], address(this), 1e18));
            assertTrue(!done, "the administrator moved a bounty");
        }
    }

    function test_F46_ARefundNeedsNobodysLeave() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        access.setTargetClosed(address(tasks), true);
        vm.prank(creator);
        tasks.cancel(taskId);
        assertEq(token.balanceOf(creator), BOUNTY, "refund");
    }

    // --- Steps ---

    function _hooked() private returns (HookToken hook, TaskManager custody, AllianceParameters memory p) {
        hook = new HookToken();
        custody = new TaskManager(hook, treasury, address(access));
        hook.mint(creator, 10 * BOUNTY);
        vm.prank(creator);
        hook.approve(address(custody), type(uint256).max);
        p = parameters();
    }

    function _settleOn(TaskManager custody) private {
        bytes4[] memory selectors = new bytes4[](3);
        (selectors[0], selectors[1], selectors[2]) =
        (ITaskManager.begin.selector, ITaskManager.pay.selector, ITaskManager.close.selector);
        access.setTargetFunctionRole(address(custody), selectors, SETTLER_ROLE);
    }
}
