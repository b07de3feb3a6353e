// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { AllianceParameters, ITaskManager, Task, TaskState } from "../src/interfaces/ITaskManager.sol";
import { Base } from "./Base.t.sol";

contract TaskManagerTest is Base {
    // --- create ---

    function test_create_takesTheBountyIntoCustody() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        Task memory task = tasks.taskOf(taskId);
        assertEq(task.creator, creator, "creator");
        assertEq(uint256(task.state), uint256(TaskState.Open), "state");
        assertEq(task.balance, BOUNTY, "balance");
        assertEq(token.balanceOf(address(tasks)), BOUNTY, "custody");
        bytes32 stored = keccak256(abi.encode(tasks.allianceParametersOf(taskId)));
        assertEq(stored, keccak256(abi.encode(parameters())), "parameters");
    }

    function test_spanOf_isWhenATaskBeganAndWasClosed() public {
        _settle();
        uint256 taskId = openTask(parameters(), BOUNTY);
        _expectSpan(taskId, 0, 0);
        vm.warp(1_800_000_100);
        tasks.begin(taskId);
        _expectSpan(taskId, 1_800_000_100, 0);
        vm.warp(1_800_200_000);
        tasks.close(taskId, BOUNTY, 0);
        _expectSpan(taskId, 1_800_000_100, 1_800_200_000);
        Task memory task = tasks.taskOf(taskId);
        assertEq(task.beganAt, 1_800_000_100, "as its task says");
        assertEq(task.closedAt, 1_800_200_000, "both");
        assertEq(task.creator, creator, "beside the creator");
    }

    function test_spanOf_aTaskThatIsCancelledOrIsNoneHasNone() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        vm.prank(creator);
        tasks.cancel(taskId);
        _expectSpan(taskId, 0, 0);
        _expectSpan(99, 0, 0);
    }

    function test_create_sendsTheFeeToTheTreasury() public {
        tasks.setCreationFee(5e18);
        give(creator, 5e18);
        approve(creator, address(tasks), BOUNTY + 5e18);
        give(creator, BOUNTY);
        vm.prank(creator);
        tasks.create(parameters(), 0, BOUNTY);
        assertEq(token.balanceOf(treasury), 5e18, "fee");
    }

    function test_create_refusesEveryParameterOutOfBounds() public {
        AllianceParameters memory p = parameters();
        p.plannedRounds = 0;
        _refused(p, "plannedRounds");
        p = parameters();
        p.proposerSeats = 33;
        _refused(p, "proposerSeats");
        p = parameters();
        p.voterSeats = 64;
        _refused(p, "voterSeats");
        p = parameters();
        p.maxMembers = 4;
        _refused(p, "maxMembers");
        p = parameters();
        p.proposeSeconds = 1;
        _refused(p, "proposeSeconds");
        p = parameters();
        p.attestSeconds = 604_801;
        _refused(p, "attestSeconds");
        p = parameters();
        p.commitSeconds = 0;
        _refused(p, "commitSeconds");
        p = parameters();
        p.revealSeconds = 1;
        _refused(p, "revealSeconds");
        p = parameters();
        p.startBy = uint40(block.timestamp);
        _refused(p, "startBy");
        p = parameters();
        p.endsAt = p.startBy;
        _refused(p, "endsAt");
        p = parameters();
        p.endsAt = uint40(block.timestamp + 731 days);
        _refused(p, "endsAt");
    }

    function test_create_refusesEveryAmountAndRuleOutOfBounds() public {
        AllianceParameters memory p = parameters();
        p.minimumStake = 1e18 - 1;
        _refused(p, "minimumStake");
        p = parameters();
        p.keeperFee = BOUNTY / 160 + 1;
        _refused(p, "keeperFee");
        p = parameters();
        p.slashBps = 5_001;
        _refused(p, "slashBps");
        p = parameters();
        p.makersBps = 10_001;
        _refused(p, "makersBps");
        p = parameters();
        p.rule = 7;
        _refused(p, "rule");
        p = parameters();
        p.rule = 135;
        _refused(p, "rule");
        p = parameters();
        p.byzantineBps = 4_901;
        _refused(p, "byzantineBps");
        p = parameters();
        p.voteToleranceBps = 2_001;
        _refused(p, "voteToleranceBps");
        p = parameters();
        p.strikeWindow = 17;
        _refused(p, "strikeWindow");
        p = parameters();
        p.strikeLimit = 9;
        _refused(p, "strikeLimit");
    }

    // --- fund, cancel ---

    function test_fund_addsToTheBountyWhileOpen() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        give(stranger, 1e18);
        approve(stranger, address(tasks), 1e18);
        vm.prank(stranger);
        tasks.fund(taskId, 1e18);
        assertEq(tasks.taskOf(taskId).bounty, BOUNTY + 1e18, "bounty");
        _settle();
        tasks.begin(taskId);
        _expectState(ITaskManager.TaskIsNotOpen.selector, taskId, TaskState.Running);
        tasks.fund(taskId, 1e18);
    }

    function test_cancel_refundsTheCreator() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        vm.prank(creator);
        tasks.cancel(taskId);
        assertEq(token.balanceOf(creator), BOUNTY, "refund");
        _expectState(ITaskManager.TaskIsNotOpen.selector, taskId, TaskState.Cancelled);
        vm.prank(creator);
        tasks.cancel(taskId);
    }

    function test_cancel_byAnyoneOnceTheStartIsMissed() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        uint256 startBy = parameters().startBy;
        vm.warp(startBy);
        expectError(ITaskManager.OnlyTheCreatorMayCancelBefore.selector, startBy);
        vm.prank(stranger);
        tasks.cancel(taskId);
        vm.warp(startBy + 1);
        vm.prank(stranger);
        tasks.cancel(taskId);
        assertEq(token.balanceOf(creator), BOUNTY, "refund");
    }

    // --- begin, pay, close ---

    function test_begin_refusedAfterTheStartIsMissed() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        uint256 startBy = parameters().startBy;
        _settle();
        vm.warp(startBy + 1);
        expectError(ITaskManager.TooLateToStart.selector, startBy);
        tasks.begin(taskId);
    }

    function test_pay_staysWithinTheTasksOwnBalance() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        openTask(parameters(), BOUNTY);
        _settle();
        tasks.begin(taskId);
        tasks.pay(taskId, stranger, BOUNTY);
        assertEq(token.balanceOf(stranger), BOUNTY, "paid");
        expectError(ITaskManager.PaymentAboveBalance.selector, 1, 0);
        tasks.pay(taskId, stranger, 1);
    }

    function test_close_splitsAndKeepsTheRestPayable() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        _settle();
        tasks.begin(taskId);
        tasks.close(taskId, 10e18, 20e18);
        assertEq(token.balanceOf(creator), 10e18, "refund");
        assertEq(token.balanceOf(treasury), 20e18, "treasury");
        tasks.pay(taskId, stranger, BOUNTY - 30e18);
        _expectState(ITaskManager.TaskIsNotRunning.selector, taskId, TaskState.Closed);
        tasks.close(taskId, 0, 0);
    }

    function test_unknownTask_isNamed() public {
        expectError(ITaskManager.UnknownTask.selector, 9);
        tasks.fund(9, 1);
        expectError(ITaskManager.UnknownTask.selector, 9);
        tasks.allianceParametersOf(9);
    }

    // --- pause ---

    function test_pause_stopsWhatBegins() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        _settle();
        tasks.pause();
        expectError(Pausable.EnforcedPause.selector);
        tasks.create(parameters(), 0, 0);
        expectError(Pausable.EnforcedPause.selector);
        tasks.fund(taskId, 1);
        expectError(Pausable.EnforcedPause.selector);
        tasks.begin(taskId);
        tasks.unpause();
        tasks.begin(taskId);
    }

    function test_pause_stopsNothingThatPays() public {
        uint256 open = openTask(parameters(), BOUNTY);
        uint256 running = openTask(parameters(), BOUNTY);
        _settle();
        tasks.begin(running);
        tasks.pause();
        tasks.pay(running, stranger, 1e18);
        tasks.close(running, 10e18, 0);
        tasks.pay(running, stranger, 1e18);
        vm.prank(creator);
        tasks.cancel(open);
        assertEq(token.balanceOf(creator), BOUNTY + 10e18, "refunds");
    }

    // --- views ---

    function test_endsAtOf_isTheTasksTerm() public {
        AllianceParameters memory p = parameters();
        assertEq(tasks.endsAtOf(openTask(p, BOUNTY)), p.endsAt, "endsAt");
        expectError(ITaskManager.UnknownTask.selector, 9);
        tasks.endsAtOf(9);
    }

    // --- who may ---

    function test_restricted_settlersAndGovernanceOnly() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        bytes memory unauthorised =
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        vm.expectRevert(unauthorised);
        vm.prank(stranger);
        tasks.begin(taskId);
        vm.expectRevert(unauthorised);
        vm.prank(stranger);
        tasks.pay(taskId, stranger, 1);
        vm.expectRevert(unauthorised);
        vm.prank(stranger);
        tasks.close(taskId, 0, 0);
        vm.expectRevert(unauthorised);
        vm.prank(stranger);
        tasks.setCreationFee(0);
        vm.expectRevert(unauthorised);
        vm.prank(stranger);
        tasks.pause();
        vm.expectRevert(unauthorised);
        vm.prank(stranger);
        tasks.unpause();
    }

    function test_setters_areBounded() public {
        expectOutOfBounds("creationFee", 10_000e18 + 1, 0, 10_000e18);
        tasks.setCreationFee(10_000e18 + 1);
        expectError(ITaskManager.TreasuryIsZero.selector);
        tasks.setTreasury(address(0));
    }

    function _refused(AllianceParameters memory p, string memory parameter) private {
        vm.expectRevert(abi.encodeWithSelector(ITaskManager.ParameterOutOfBounds.selector, parameter));
        tasks.create(p, 0, BOUNTY);
    }

    function _expectState(bytes4 selector, uint256 taskId, TaskState state) private {
        vm.expectRevert(abi.encodeWithSelector(selector, taskId, state));
    }

    function _expectSpan(uint256 taskId, uint256 began, uint256 closed) private view {
        (uint256 beganAt, uint256 closedAt) = tasks.spanOf(taskId);
        assertEq(beganAt, began, "began");
        assertEq(closedAt, closed, "closed");
    }

    function _settle() private {
        _makeSettler(address(this));
    }
}
