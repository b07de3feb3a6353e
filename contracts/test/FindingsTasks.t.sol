// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { TaskManager } from "../src/TaskManager.sol";
import { ITaskManager, NewTask, TaskState } from "../src/interfaces/ITaskManager.sol";
import { Base } from "./Base.t.sol";
import { BlockingToken, FeeToken, HookToken, PlainToken } from "./FindingsTokens.sol";

/// @notice The findings that concern the custody of bounties. The table of all findings is in FindingsStaking. The
/// board is the test itself, so that it can begin, pay and close.
contract FindingsTasksTest is Base {
    function setUp() public override {
        super.setUp();
        tasks.setBoard(address(this), true);
    }

    // --- IBoard. Not inherited: forge would then build the code of every `new` into the tests. ---

    function open(uint256, bytes calldata) external { }

    /// @dev What a token with hooks makes the board do.
    function payOnceMore(TaskManager custody, uint256 taskId) external {
        custody.pay(taskId, stranger, 1e18);
    }

    // --- Findings ---

    function test_F01_ADonationBelongsToNoTask() public {
        uint256 taskId = _openTask(BOUNTY);
        give(address(tasks), 55e18);
        vm.prank(creator);
        tasks.cancel(taskId);
        tasks.withdrawRefund(taskId, creator);
        assertEq(token.balanceOf(creator), BOUNTY, "refund");
    }

    function test_F02_ABountyIsBookedOnlyIfItMoved() public {
        vm.expectRevert();
        vm.prank(stranger);
        tasks.create(_newTask(), "");
        assertEq(tasks.taskCount(), 0, "tasks");
        uint256 taskId = _openTask(BOUNTY);
        vm.expectRevert();
        vm.prank(stranger);
        tasks.fund(taskId, 1e18);
        assertEq(tasks.contributionOf(taskId, stranger), 0, "contribution");
        assertEq(token.balanceOf(address(tasks)), tasks.taskOf(taskId).balance, "custody");
    }

    function test_F03_OneTaskIsNeverPaidFromAnother() public {
        uint256 poor = _openTask(1_600e18);
        _openTask(BOUNTY);
        tasks.begin(poor, creator);
        expectError(ITaskManager.PaymentAboveBalance.selector, 1_601e18, 1_600e18);
        tasks.pay(poor, stranger, 1_601e18);
        expectError(ITaskManager.PaymentAboveBalance.selector, 1_601e18, 1_600e18);
        tasks.close(poor, 1_600e18, 1e18, 0);
    }

    function test_F04_ATaskEndsOnce() public {
        uint256 cancelled = _openTask(BOUNTY);
        vm.prank(creator);
        tasks.cancel(cancelled);
        expectError(ITaskManager.TaskIsNotOpen.selector, cancelled, uint256(TaskState.Cancelled));
        vm.prank(creator);
        tasks.cancel(cancelled);
        uint256 closed = _openTask(BOUNTY);
        tasks.begin(closed, creator);
        tasks.close(closed, 1e18, 1e18, 0);
        expectError(ITaskManager.TaskIsNotRunning.selector, closed, uint256(TaskState.Closed));
        tasks.close(closed, 1e18, 1e18, 0);
    }

    function test_F04_ARefundIsWithdrawnOnce() public {
        uint256 taskId = _openTask(BOUNTY);
        _openTask(BOUNTY);
        vm.prank(creator);
        tasks.cancel(taskId);
        tasks.withdrawRefund(taskId, creator);
        expectError(ITaskManager.NothingToWithdraw.selector);
        tasks.withdrawRefund(taskId, creator);
    }

    function test_F11_AStrangerEndsNothingAndPaysNobody() public {
        uint256 taskId = _openTask(BOUNTY);
        expectError(ITaskManager.OnlyTheCreatorMayCancelBefore.selector, newTask().startBy);
        vm.prank(stranger);
        tasks.cancel(taskId);
        bytes memory refusal =
            abi.encodeWithSelector(ITaskManager.OnlyTheBoardOf.selector, taskId, address(this), stranger);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        tasks.begin(taskId, stranger);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        tasks.pay(taskId, stranger, 1);
        tasks.begin(taskId, creator);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        tasks.close(taskId, 0, BOUNTY, 0);
    }

    /// @dev A backer, a creator or a treasury that the token refuses to pay blocks nobody else.
    function test_F22_AReceiverWhomTheTokenRefusesWedgesNothing() public {
        BlockingToken blocking = new BlockingToken();
        TaskManager custody = _custodyOf(blocking);
        uint256 taskId = _openIn(custody);
        _fundIn(custody, blocking, taskId, stranger, 50e18);
        custody.begin(taskId, creator);
        (address[2] memory refused) = [creator, treasury];
        for (uint256 i = 0; i < 2; ++i) {
            blocking.refuse(refused[i]);
        }
        custody.close(taskId, (BOUNTY + 50e18) / 2, 10e18, 0);
        vm.expectRevert("receiver refused");
        custody.withdrawRefund(taskId, creator);
        vm.expectRevert("receiver refused");
        custody.payTreasury();
        custody.withdrawRefund(taskId, stranger);
        assertEq(blocking.balanceOf(stranger), 25e18, "the others have theirs");
        assertEq(custody.refundOf(taskId, creator), BOUNTY / 2, "its own is still there");
        assertEq(custody.owedToTreasury(), 10e18, "and the treasury's");
    }

    function test_F25_PaymentsNeverExceedWhatCameIn() public {
        uint256 taskId = _openTask(BOUNTY);
        tasks.begin(taskId, creator);
        tasks.pay(taskId, stranger, BOUNTY);
        expectError(ITaskManager.PaymentAboveBalance.selector, 1, 0);
        tasks.pay(taskId, stranger, 1);
    }

    function test_F25_ACancelledTaskPaysNobody() public {
        uint256 taskId = _openTask(BOUNTY);
        _openTask(BOUNTY);
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

    /// @dev A creator cannot lure members and then change the terms: there is no setter, and a running task stays.
    function test_F36_TermsAndBountyAreFixedOnceATaskRuns() public {
        uint256 taskId = _openTask(BOUNTY);
        tasks.begin(taskId, creator);
        expectError(ITaskManager.TaskIsNotOpen.selector, taskId, uint256(TaskState.Running));
        vm.prank(creator);
        tasks.cancel(taskId);
        expectError(ITaskManager.TaskIsNotOpen.selector, taskId, uint256(TaskState.Running));
        tasks.fund(taskId, 1e18);
    }

    function test_F37_ATokenWithHooksTakesNoRefundWhileItPaysIn() public {
        HookToken hook = new HookToken();
        TaskManager custody = _custodyOf(hook);
        uint256 first = _openIn(custody);
        vm.prank(creator);
        custody.cancel(first);
        hook.arm(
            address(custody), address(custody), abi.encodeCall(ITaskManager.withdrawRefund, (first, creator))
        );
        uint256 second = _openIn(custody);
        assertEq(hook.calls(), 1, "the hook was called");
        assertEq(hook.cameThrough(), 0, "a refund went out while a bounty came in");
        uint256 owed = custody.refundOf(first, creator) + custody.taskOf(second).balance;
        assertEq(hook.balanceOf(address(custody)), owed, "both bounties are there");
    }

    function test_F37_ATokenWithHooksIsRefundedOnce() public {
        HookToken hook = new HookToken();
        TaskManager custody = _custodyOf(hook);
        uint256 taskId = _openIn(custody);
        _openIn(custody);
        vm.prank(creator);
        custody.cancel(taskId);
        hook.arm(creator, address(custody), abi.encodeCall(ITaskManager.withdrawRefund, (taskId, creator)));
        custody.withdrawRefund(taskId, creator);
        assertEq(hook.calls(), 1, "the hook was called");
        assertEq(hook.cameThrough(), 0, "a second refund came through");
        assertEq(hook.balanceOf(address(custody)), BOUNTY, "the other task's bounty");
    }

    function test_F37_ATokenWithHooksIsPaidOnce() public {
        HookToken hook = new HookToken();
        TaskManager custody = _custodyOf(hook);
        uint256 taskId = _openIn(custody);
        custody.begin(taskId, creator);
        hook.arm(stranger, address(this), abi.encodeCall(this.payOnceMore, (custody, taskId)));
        custody.pay(taskId, stranger, BOUNTY - 1e18);
        assertEq(hook.calls(), 1, "the hook was called");
        assertEq(hook.cameThrough(), 0, "paid while it was being paid");
        assertEq(hook.balanceOf(stranger), BOUNTY - 1e18, "paid once");
    }

    function test_F38_AFeeOnTransferTokenIsRefused() public {
        FeeToken fee = new FeeToken();
        TaskManager custody = _custodyOf(fee);
        NewTask memory task = _newTask();
        expectError(ITaskManager.TokenTookAFee.selector, BOUNTY, BOUNTY - BOUNTY / 100);
        vm.prank(creator);
        custody.create(task, "");
    }

    function test_F43_NoOneRescuesBounties() public {
        _openTask(BOUNTY);
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
        uint256 taskId = _openTask(BOUNTY);
        access.setTargetClosed(address(tasks), true);
        vm.prank(creator);
        tasks.cancel(taskId);
        tasks.withdrawRefund(taskId, creator);
        assertEq(token.balanceOf(creator), BOUNTY, "refund");
    }

    // --- Steps ---

    function _newTask() private view returns (NewTask memory task) {
        task = newTask();
        task.board = address(this);
    }

    function _openTask(uint96 bounty) private returns (uint256) {
        NewTask memory task = _newTask();
        task.bounty = bounty;
        return openTask(task, terms());
    }

    /// @dev A TaskManager for another token, of which the creator has some.
    function _custodyOf(PlainToken other) private returns (TaskManager custody) {
        custody = new TaskManager(other, treasury, address(access));
        custody.setBoard(address(this), true);
        other.mint(creator, 10 * BOUNTY);
        vm.prank(creator);
        other.approve(address(custody), type(uint256).max);
    }

    function _openIn(TaskManager custody) private returns (uint256) {
        NewTask memory task = _newTask();
        vm.prank(creator);
        return custody.create(task, "");
    }

    function _fundIn(TaskManager custody, PlainToken other, uint256 taskId, address backer, uint96 amount)
        private
    {
        other.mint(backer, amount);
        vm.prank(backer);
        other.approve(address(custody), amount);
        vm.prank(backer);
        custody.fund(taskId, amount);
    }
}
