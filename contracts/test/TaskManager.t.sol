// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { ITaskManager, NewTask, Task, TaskState } from "../src/interfaces/ITaskManager.sol";
import { Base } from "./Base.t.sol";

/// @notice Tasks of any product. The board is the test itself, and AllianceRounds is the other one.
contract TaskManagerTest is Base {
    bytes private constant TERMS = "the terms of a product";
    uint256 private constant START = 1_800_000_000;

    /// @dev What the board was passed when a task was created, and what it could read then.
    uint256 private _openedTask;
    bytes private _openedTerms;
    Task private _foundTask;

    function setUp() public override {
        super.setUp();
        tasks.setBoard(address(this), true);
    }

    // --- IBoard. Not inherited: forge would then build the code of every `new` into the tests. ---

    function open(uint256 taskId, bytes calldata given) external {
        (_openedTask, _openedTerms) = (taskId, given);
        _foundTask = tasks.taskOf(taskId);
    }

    // --- create ---

    function test_create_keepsTheTaskAndTakesTheBountyIntoCustody() public {
        NewTask memory wanted = _newTask();
        (wanted.startsAt, wanted.makersBps) = (uint40(START + 1 hours), 2_500);
        give(creator, BOUNTY);
        approve(creator, address(tasks), BOUNTY);
        _expectCreated(wanted);
        vm.prank(creator);
        uint256 taskId = tasks.create(wanted, TERMS);
        _assertKept(tasks.taskOf(taskId), wanted);
        assertEq(token.balanceOf(address(tasks)), BOUNTY, "custody");
        assertEq(tasks.contributionOf(taskId, creator), BOUNTY, "what the creator put in");
        assertEq(tasks.boardOf(taskId), address(this), "its board");
        assertEq(tasks.endsAtOf(taskId), wanted.endsAt, "its end");
    }

    function test_create_handsTheTermsToTheBoardOnceTheTaskIsThere() public {
        uint256 taskId = _create(_newTask());
        assertEq(_openedTask, taskId, "the task");
        assertEq(keccak256(_openedTerms), keccak256(TERMS), "the terms, as they came");
        assertEq(uint256(_foundTask.state), uint256(TaskState.Open), "the board finds it open");
        assertEq(_foundTask.bounty, BOUNTY, "with its bounty");
        assertEq(_foundTask.minimumStake, MINIMUM_STAKE, "and its stake");
    }

    function test_create_needsARegisteredBoard() public {
        NewTask memory task = _newTask();
        task.board = stranger;
        expectError(ITaskManager.BoardIsNotRegistered.selector, stranger);
        tasks.create(task, TERMS);
        task.board = address(0);
        expectError(ITaskManager.BoardIsNotRegistered.selector, address(0));
        tasks.create(task, TERMS);
    }

    function test_create_withoutABounty() public {
        NewTask memory task = _newTask();
        task.bounty = 0;
        uint256 taskId = tasks.create(task, TERMS);
        assertEq(uint256(tasks.stateOf(taskId)), uint256(TaskState.Open), "open");
    }

    function test_create_sendsTheFeeToTheTreasury() public {
        tasks.setCreationFee(5e18);
        give(creator, BOUNTY + 5e18);
        approve(creator, address(tasks), BOUNTY + 5e18);
        vm.prank(creator);
        tasks.create(_newTask(), TERMS);
        assertEq(token.balanceOf(treasury), 5e18, "fee");
        assertEq(token.balanceOf(address(tasks)), BOUNTY, "bounty");
    }

    function test_create_boundsTheSchedule() public {
        NewTask memory task = _newTask();
        task.startBy = uint40(START);
        _refused(task, "startBy", START, START + 1, type(uint40).max);
        task = _newTask();
        task.startsAt = task.startBy + 1;
        _refused(task, "startsAt", task.startsAt, 0, task.startBy);
        task = _newTask();
        task.endsAt = task.startBy;
        _refused(task, "endsAt", task.startBy, task.startBy + 1, START + 730 days);
        task.endsAt = uint40(START + 730 days + 1);
        _refused(task, "endsAt", task.endsAt, task.startBy + 1, START + 730 days);
    }

    function test_create_boundsTheStakeAndTheMakersPart() public {
        NewTask memory task = _newTask();
        task.minimumStake = 1e18 - 1;
        _refused(task, "minimumStake", task.minimumStake, 1e18, 1e26);
        task.minimumStake = 1e26 + 1;
        _refused(task, "minimumStake", task.minimumStake, 1e18, 1e26);
        task = _newTask();
        task.makersBps = 10_001;
        _refused(task, "makersBps", 10_001, 0, 10_000);
    }

    /// @dev What a member's credit can hold; more FLOCK than there will ever be.
    function test_bounty_isBounded() public {
        NewTask memory task = _newTask();
        task.bounty = 2 ** 92;
        _refused(task, "bounty", 2 ** 92, 0, 2 ** 92 - 1);
        uint256 taskId = _create(_newTask());
        expectOutOfBounds("bounty", 2 ** 92, 0, 2 ** 92 - 1);
        tasks.fund(taskId, 2 ** 92 - BOUNTY);
    }

    function test_create_takesWhatIsJustWithinTheBounds() public {
        NewTask memory task = _newTask();
        (task.startBy, task.startsAt) = (uint40(START + 1), uint40(START + 1));
        (task.endsAt, task.minimumStake, task.makersBps) = (uint40(START + 2), 1e18, 10_000);
        _create(task);
        (task.startBy, task.startsAt) = (uint40(START + 730 days - 1), 0);
        (task.endsAt, task.minimumStake, task.makersBps) = (uint40(START + 730 days), 1e26, 0);
        _create(task);
        assertEq(tasks.taskCount(), 2, "tasks");
    }

    // --- fund ---

    function test_fund_isBookedForEachBackerWhileOpen() public {
        uint256 taskId = _create(_newTask());
        _fund(taskId, stranger, 1e18);
        _fund(taskId, stranger, 2e18);
        _fund(taskId, creator, 5e18);
        assertEq(tasks.taskOf(taskId).bounty, BOUNTY + 8e18, "bounty");
        assertEq(tasks.taskOf(taskId).balance, BOUNTY + 8e18, "balance");
        assertEq(tasks.contributionOf(taskId, stranger), 3e18, "the backer");
        assertEq(tasks.contributionOf(taskId, creator), BOUNTY + 5e18, "the creator");
        expectError(ITaskManager.AmountIsZero.selector);
        tasks.fund(taskId, 0);
        tasks.begin(taskId, creator);
        _expectState(ITaskManager.TaskIsNotOpen.selector, taskId, TaskState.Running);
        tasks.fund(taskId, 1e18);
    }

    // --- cancel ---

    function test_cancel_givesEachBackerItsOwnBack() public {
        uint256 taskId = _create(_newTask());
        _fund(taskId, stranger, 3e18);
        assertEq(tasks.refundOf(taskId, stranger), 0, "nothing while it is open");
        vm.expectEmit(address(tasks));
        emit ITaskManager.TaskCancelled(taskId, BOUNTY + 3e18);
        vm.prank(creator);
        tasks.cancel(taskId);
        assertEq(token.balanceOf(creator), 0, "nothing is pushed");
        assertEq(tasks.refundOf(taskId, stranger), 3e18, "the backer's part");
        _withdrawn(taskId, stranger, 3e18);
        _withdrawn(taskId, creator, BOUNTY);
        assertEq(token.balanceOf(address(tasks)), 0, "custody is empty");
        _expectState(ITaskManager.TaskIsNotOpen.selector, taskId, TaskState.Cancelled);
        vm.prank(creator);
        tasks.cancel(taskId);
    }

    function test_cancel_byAnyoneOnceTheStartIsMissed() public {
        NewTask memory task = _newTask();
        uint256 taskId = _create(task);
        vm.warp(task.startBy);
        expectError(ITaskManager.OnlyTheCreatorMayCancelBefore.selector, task.startBy);
        vm.prank(stranger);
        tasks.cancel(taskId);
        vm.warp(task.startBy + 1);
        vm.prank(stranger);
        tasks.cancel(taskId);
        _withdrawn(taskId, creator, BOUNTY);
    }

    /// @dev A board can pay in every state; backers share what is left.
    function test_cancel_afterAPaymentGivesTheRestBackInProportion() public {
        uint256 taskId = _create(_newTask());
        _fund(taskId, stranger, BOUNTY);
        tasks.pay(taskId, keeper, 10e18);
        vm.prank(creator);
        tasks.cancel(taskId);
        _withdrawn(taskId, stranger, BOUNTY - 5e18);
        _withdrawn(taskId, creator, BOUNTY - 5e18);
    }

    // --- refunds ---

    function test_withdrawRefund_onceAndOnlyWhatIsThere() public {
        uint256 taskId = _create(_newTask());
        expectError(ITaskManager.NothingToWithdraw.selector);
        tasks.withdrawRefund(taskId, creator);
        vm.prank(creator);
        tasks.cancel(taskId);
        _withdrawn(taskId, creator, BOUNTY);
        expectError(ITaskManager.NothingToWithdraw.selector);
        tasks.withdrawRefund(taskId, creator);
        expectError(ITaskManager.NothingToWithdraw.selector);
        tasks.withdrawRefund(taskId, stranger);
        expectError(ITaskManager.NothingToWithdraw.selector);
        tasks.withdrawRefund(99, creator);
    }

    /// @dev Whatever they put in, whatever is refunded, and in whatever order they ask: nobody gets a wei too much, and
    /// nothing of it stays here.
    function testFuzz_withdrawRefund_addsUpToTheWei(uint96[5] memory parts, uint96 refund, uint256 order)
        public
    {
        NewTask memory task = _newTask();
        task.bounty = _part(parts[0]);
        uint256 taskId = _create(task);
        uint256 bounty = task.bounty;
        for (uint256 i = 1; i < 5; ++i) {
            _fund(taskId, member(i), _part(parts[i]));
            bounty += _part(parts[i]);
        }
        uint256 given = refund % (bounty + 1);
        tasks.begin(taskId, creator);
        tasks.close(taskId, uint96(given), uint96(bounty - given), 0);
        if (given != bounty) tasks.payTreasury();
        for (uint256 i = 0; i < 5; ++i) {
            uint256 next = (i + order % 5) % 5;
            _withdrawnInProportion(taskId, next == 0 ? creator : member(next), given, bounty);
        }
        assertEq(token.balanceOf(address(tasks)), 0, "custody is empty to the wei");
    }

    // --- begin ---

    function test_begin_theCreatorAloneBeforeStartsAt() public {
        NewTask memory task = _newTask();
        task.startsAt = uint40(START + 1 hours);
        (uint256 early, uint256 late) = (_create(task), _create(task));
        vm.warp(task.startsAt - 1);
        expectError(ITaskManager.OnlyTheCreatorMayStartBefore.selector, task.startsAt);
        tasks.begin(early, stranger);
        tasks.begin(early, creator);
        vm.warp(task.startsAt);
        vm.expectEmit(address(tasks));
        emit ITaskManager.TaskBegun(late, BOUNTY);
        tasks.begin(late, stranger);
    }

    function test_begin_untilStartBy() public {
        NewTask memory task = _newTask();
        (uint256 inTime, uint256 late) = (_create(task), _create(task));
        vm.warp(task.startBy);
        tasks.begin(inTime, stranger);
        vm.warp(task.startBy + 1);
        expectError(ITaskManager.TooLateToStart.selector, task.startBy);
        tasks.begin(late, creator);
    }

    // --- pay, close ---

    function test_pay_staysWithinTheTasksOwnBalance() public {
        uint256 taskId = _begun();
        _create(_newTask());
        tasks.pay(taskId, stranger, BOUNTY);
        assertEq(token.balanceOf(stranger), BOUNTY, "paid");
        expectError(ITaskManager.PaymentAboveBalance.selector, 1, 0);
        tasks.pay(taskId, stranger, 1);
    }

    function test_close_splitsAndKeepsTheRestPayable() public {
        uint256 taskId = _begun();
        vm.expectEmit(address(tasks));
        emit ITaskManager.TaskClosed(taskId, 10e18, 20e18, "model");
        tasks.close(taskId, 10e18, 20e18, "model");
        assertEq(token.balanceOf(address(tasks)), BOUNTY, "nothing is pushed");
        assertEq(tasks.taskOf(taskId).balance, BOUNTY - 30e18, "what may still be paid");
        expectError(ITaskManager.PaymentAboveBalance.selector, BOUNTY, BOUNTY - 30e18);
        tasks.pay(taskId, stranger, BOUNTY);
        tasks.pay(taskId, stranger, BOUNTY - 30e18);
        _withdrawn(taskId, creator, 10e18);
        tasks.payTreasury();
        assertEq(token.balanceOf(treasury), 20e18, "treasury");
        _expectState(ITaskManager.TaskIsNotRunning.selector, taskId, TaskState.Closed);
        tasks.close(taskId, 0, 0, 0);
    }

    function test_close_givesBackNoMoreThanIsThere() public {
        uint256 taskId = _begun();
        _create(_newTask());
        tasks.pay(taskId, stranger, 1e18);
        expectError(ITaskManager.PaymentAboveBalance.selector, BOUNTY, BOUNTY - 1e18);
        tasks.close(taskId, BOUNTY - 1e18, 1e18, 0);
    }

    function test_payTreasury_allThatTasksHaveLeftItOnce() public {
        (uint256 first, uint256 second) = (_begun(), _begun());
        tasks.close(first, 0, 3e18, 0);
        tasks.close(second, 0, 4e18, 0);
        assertEq(tasks.owedToTreasury(), 7e18, "owed");
        vm.expectEmit(address(tasks));
        emit ITaskManager.TreasuryPaid(treasury, 7e18);
        vm.prank(stranger);
        tasks.payTreasury();
        assertEq(token.balanceOf(treasury), 7e18, "paid");
        expectError(ITaskManager.NothingToWithdraw.selector);
        tasks.payTreasury();
    }

    function test_payTreasury_toTheTreasuryOfThen() public {
        tasks.close(_begun(), 0, 3e18, 0);
        tasks.setTreasury(stranger);
        tasks.payTreasury();
        assertEq(token.balanceOf(stranger), 3e18, "the new treasury");
    }

    function test_taskOfModel_isTheFirstThatClosedWithIt() public {
        (uint256 first, uint256 second, uint256 third) = (_begun(), _begun(), _begun());
        tasks.close(second, 0, 0, "model");
        assertEq(tasks.taskOfModel("model"), second, "the first to close");
        tasks.close(first, 0, 0, "model");
        assertEq(tasks.taskOfModel("model"), second, "not the later one");
        tasks.close(third, 0, 0, 0);
        assertEq(tasks.taskOfModel(0), 0, "no model is nobody's");
    }

    // --- boards ---

    function test_board_nobodyElseBeginsPaysOrCloses() public {
        uint256 open_ = _create(_newTask());
        uint256 running = _begun();
        address[3] memory others = [stranger, creator, address(rounds)];
        for (uint256 i = 0; i < 3; ++i) {
            _expectOnlyTheBoard(open_, address(this), others[i]);
            vm.prank(others[i]);
            tasks.begin(open_, creator);
            _expectOnlyTheBoard(running, address(this), others[i]);
            vm.prank(others[i]);
            tasks.pay(running, others[i], 1);
            _expectOnlyTheBoard(running, address(this), others[i]);
            vm.prank(others[i]);
            tasks.close(running, 0, BOUNTY, 0);
        }
    }

    function test_board_hasNoSayOverTasksOfAnother() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        _expectOnlyTheBoard(taskId, address(rounds), address(this));
        tasks.begin(taskId, creator);
        _expectOnlyTheBoard(taskId, address(rounds), address(this));
        tasks.pay(taskId, stranger, 1);
        _expectOnlyTheBoard(99, address(0), address(this));
        tasks.pay(99, stranger, 1);
    }

    function test_setBoard_whatIsNoLongerRegisteredKeepsItsTasks() public {
        uint256 taskId = _create(_newTask());
        vm.expectEmit(address(tasks));
        emit ITaskManager.BoardSet(address(this), false);
        tasks.setBoard(address(this), false);
        assertTrue(!tasks.isBoard(address(this)), "no longer");
        expectError(ITaskManager.BoardIsNotRegistered.selector, address(this));
        tasks.create(_newTask(), TERMS);
        tasks.begin(taskId, creator);
        tasks.pay(taskId, stranger, 1e18);
        tasks.close(taskId, BOUNTY - 1e18, 0, 0);
    }

    // --- views ---

    function test_spanOf_isWhenATaskBeganAndWasClosed() public {
        uint256 taskId = _create(_newTask());
        _expectSpan(taskId, 0, 0);
        vm.warp(START + 100);
        tasks.begin(taskId, creator);
        _expectSpan(taskId, START + 100, 0);
        vm.warp(START + 200_000);
        tasks.close(taskId, BOUNTY, 0, 0);
        _expectSpan(taskId, START + 100, START + 200_000);
        Task memory task = tasks.taskOf(taskId);
        assertEq(task.beganAt, START + 100, "as its task says");
        assertEq(task.closedAt, START + 200_000, "both");
        assertEq(task.creator, creator, "beside the creator");
    }

    function test_spanOf_aTaskThatIsCancelledOrIsNoneHasNone() public {
        uint256 taskId = _create(_newTask());
        vm.prank(creator);
        tasks.cancel(taskId);
        _expectSpan(taskId, 0, 0);
        _expectSpan(99, 0, 0);
    }

    function test_stakingOf_isWhatStakesDependOn() public {
        uint256 taskId = _create(_newTask());
        (TaskState state, uint96 minimumStake) = tasks.stakingOf(taskId);
        assertEq(uint256(state), uint256(TaskState.Open), "state");
        assertEq(minimumStake, MINIMUM_STAKE, "minimum");
        (state, minimumStake) = tasks.stakingOf(99);
        assertEq(uint256(state), uint256(TaskState.None), "none");
        assertEq(minimumStake, 0, "of no task");
    }

    function test_unknownTask_isNamed() public {
        expectError(ITaskManager.UnknownTask.selector, 9);
        tasks.fund(9, 1);
        expectError(ITaskManager.UnknownTask.selector, 9);
        tasks.cancel(9);
        expectError(ITaskManager.UnknownTask.selector, 9);
        tasks.begin(9, creator);
        expectError(ITaskManager.UnknownTask.selector, 9);
        tasks.endsAtOf(9);
        assertEq(tasks.boardOf(9), address(0), "no board");
    }

    // --- pause ---

    function test_pause_stopsWhatBegins() public {
        uint256 taskId = _create(_newTask());
        tasks.pause();
        expectError(Pausable.EnforcedPause.selector);
        tasks.create(_newTask(), TERMS);
        expectError(Pausable.EnforcedPause.selector);
        tasks.fund(taskId, 1);
        expectError(Pausable.EnforcedPause.selector);
        tasks.begin(taskId, creator);
        tasks.unpause();
        tasks.begin(taskId, creator);
    }

    function test_pause_stopsNothingThatPays() public {
        uint256 open_ = _create(_newTask());
        uint256 running = _begun();
        tasks.pause();
        tasks.pay(running, stranger, 1e18);
        tasks.close(running, 10e18, 1e18, 0);
        tasks.pay(running, stranger, 1e18);
        vm.prank(creator);
        tasks.cancel(open_);
        _withdrawn(open_, creator, BOUNTY);
        _withdrawn(running, creator, 10e18);
        tasks.payTreasury();
        assertEq(token.balanceOf(treasury), 1e18, "treasury");
    }

    // --- permissions ---

    function test_restricted_toGovernanceAndTheGuardian() public {
        bytes[5] memory calls = [
            abi.encodeCall(ITaskManager.setCreationFee, (0)),
            abi.encodeCall(ITaskManager.setTreasury, (stranger)),
            abi.encodeCall(ITaskManager.setBoard, (stranger, true)),
            abi.encodeCall(ITaskManager.pause, ()),
            abi.encodeCall(ITaskManager.unpause, ())
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(stranger);
            (bool done, bytes memory reason) = address(tasks).call(calls[i]);
            assertTrue(
                !done && bytes4(reason) == IAccessManaged.AccessManagedUnauthorized.selector, "refused"
            );
        }
    }

    function test_setters_areBounded() public {
        expectOutOfBounds("creationFee", 10_000e18 + 1, 0, 10_000e18);
        tasks.setCreationFee(10_000e18 + 1);
        tasks.setCreationFee(10_000e18);
        expectError(ITaskManager.TreasuryIsZero.selector);
        tasks.setTreasury(address(0));
    }

    // --- Steps ---

    function _newTask() private view returns (NewTask memory task) {
        task = newTask();
        task.board = address(this);
    }

    function _create(NewTask memory task) private returns (uint256) {
        give(creator, task.bounty);
        approve(creator, address(tasks), task.bounty);
        vm.prank(creator);
        return tasks.create(task, TERMS);
    }

    function _begun() private returns (uint256 taskId) {
        taskId = _create(_newTask());
        tasks.begin(taskId, creator);
    }

    function _fund(uint256 taskId, address backer, uint96 amount) private {
        give(backer, amount);
        approve(backer, address(tasks), amount);
        vm.prank(backer);
        tasks.fund(taskId, amount);
    }

    /// @dev From one wei to some ten thousand FLOCK.
    function _part(uint96 any) private pure returns (uint96) {
        return uint96(1 + any % (any % 2 == 0 ? 9 : 1e22));
    }

    // --- Claims ---

    function _withdrawn(uint256 taskId, address backer, uint256 amount) private {
        uint256 before = token.balanceOf(backer);
        vm.expectEmit(address(tasks));
        emit ITaskManager.RefundWithdrawn(taskId, backer, amount);
        vm.prank(keeper);
        tasks.withdrawRefund(taskId, backer);
        assertEq(token.balanceOf(backer) - before, amount, "refund");
        assertEq(tasks.refundOf(taskId, backer), 0, "nothing is left for it");
    }

    function _withdrawnInProportion(uint256 taskId, address backer, uint256 given, uint256 bounty) private {
        if (given == 0) {
            expectError(ITaskManager.NothingToWithdraw.selector);
            tasks.withdrawRefund(taskId, backer);
            return;
        }
        uint256 fair = given * tasks.contributionOf(taskId, backer) / bounty;
        uint256 amount = tasks.refundOf(taskId, backer);
        assertTrue(amount + 5 >= fair && amount <= fair + 5, "within a wei for each backer");
        _withdrawn(taskId, backer, amount);
    }

    function _refused(NewTask memory task, string memory name, uint256 value, uint256 least, uint256 most)
        private
    {
        expectOutOfBounds(name, value, least, most);
        tasks.create(task, TERMS);
    }

    function _expectCreated(NewTask memory task) private {
        vm.expectEmit(address(tasks));
        emit ITaskManager.TaskCreated(
            1,
            creator,
            address(this),
            task.startsAt,
            task.startBy,
            task.endsAt,
            MINIMUM_STAKE,
            task.makersBps,
            task.metadata,
            BOUNTY,
            keccak256(TERMS)
        );
    }

    function _assertKept(Task memory task, NewTask memory wanted) private view {
        bytes memory schedule = abi.encode(task.startsAt, task.startBy, task.endsAt);
        assertEq(
            keccak256(schedule),
            keccak256(abi.encode(wanted.startsAt, wanted.startBy, wanted.endsAt)),
            "schedule"
        );
        assertEq(uint256(task.state), uint256(TaskState.Open), "state");
        assertEq(task.creator, creator, "creator");
        assertEq(task.board, address(this), "board");
        assertEq(task.minimumStake, wanted.minimumStake, "minimum stake");
        assertEq(task.makersBps, wanted.makersBps, "makers' part");
        assertEq(task.metadata, wanted.metadata, "metadata");
        assertEq(task.termsHash, keccak256(TERMS), "terms");
        assertEq(task.bounty, BOUNTY, "bounty");
        assertEq(task.balance, BOUNTY, "balance");
    }

    function _expectState(bytes4 selector, uint256 taskId, TaskState state) private {
        vm.expectRevert(abi.encodeWithSelector(selector, taskId, state));
    }

    function _expectOnlyTheBoard(uint256 taskId, address board, address caller) private {
        vm.expectRevert(abi.encodeWithSelector(ITaskManager.OnlyTheBoardOf.selector, taskId, board, caller));
    }

    function _expectSpan(uint256 taskId, uint256 began, uint256 closed) private view {
        (uint256 beganAt, uint256 closedAt) = tasks.spanOf(taskId);
        assertEq(beganAt, began, "began");
        assertEq(closedAt, closed, "closed");
    }
}
