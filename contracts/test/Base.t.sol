// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManager } from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { AllianceRounds } from "../src/AllianceRounds.sol";
import { FlockToken } from "../src/FlockToken.sol";
import { Staking } from "../src/Staking.sol";
import { TaskManager } from "../src/TaskManager.sol";
import {
    AllianceTerms,
    IAllianceRounds,
    MemberView,
    Phase,
    RoundView
} from "../src/interfaces/IAllianceRounds.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { ITaskManager, NewTask } from "../src/interfaces/ITaskManager.sol";
import { Deploy } from "./Deploy.sol";
import { Vm } from "./Vm.sol";

/// @notice Deploys the contracts, names the actors, and has the small steps that tests are written in.
abstract contract Base {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 internal constant GENESIS = 500_000_000e18;
    uint96 internal constant MINIMUM_STAKE = 1_000e18;
    uint96 internal constant BOUNTY = 100_000e18;
    bytes32 internal constant INITIAL_MODEL = keccak256("initial model");

    address internal immutable admin = address(this);
    address internal immutable creator = _actor("creator");
    address internal immutable keeper = _actor("keeper");
    address internal immutable stranger = _actor("stranger");
    address internal immutable treasury = _actor("treasury");
    address internal immutable bank = _actor("bank");

    AccessManager internal access;
    FlockToken internal token;
    Staking internal staking;
    TaskManager internal tasks;
    AllianceRounds internal rounds;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        vm.roll(1_000);
        access = Deploy.accessManager(admin);
        token = new FlockToken(address(access), bank, GENESIS);
        tasks = new TaskManager(token, treasury, address(access));
        staking = new Staking(token, tasks, treasury, address(access));
        rounds = new AllianceRounds(ITaskManager(tasks), IStaking(staking));
        tasks.setBoard(address(rounds), true);
    }

    // --- Actors and their money ---

    function member(uint256 index) internal pure returns (address) {
        return address(uint160(0xA11000000 + index));
    }

    function give(address to, uint256 amount) internal {
        vm.prank(bank);
        token.transfer(to, amount);
    }

    function lock(address account, uint256 amount, uint256 lockDays) internal {
        give(account, amount);
        approve(account, address(staking), amount);
        vm.prank(account);
        staking.lock(amount, lockDays);
    }

    function approve(address account, address spender, uint256 amount) internal {
        vm.prank(account);
        token.approve(spender, amount);
    }

    function stake(address account, uint256 taskId, uint96 gm) internal {
        lock(account, gm, 30);
        vm.prank(account);
        staking.allocate(taskId, gm);
    }

    // --- Tasks ---

    /// @dev Two proposers, three voters, four planned rounds, phases of 100 seconds, strikes at 2 of 8.
    function terms() internal pure returns (AllianceTerms memory t) {
        t.plannedRounds = 4;
        t.proposerSeats = 2;
        t.voterSeats = 3;
        t.minimumMembers = 5;
        t.maxMembers = 1_000;
        t.proposeSeconds = 100;
        t.attestSeconds = 100;
        t.commitSeconds = 100;
        t.revealSeconds = 100;
        t.keeperFee = 10e18;
        t.normClip = 10e18;
        t.rule = 131;
        t.byzantineBps = 2_000;
        t.voteToleranceBps = 100;
        t.strikeWindow = 8;
        t.strikeLimit = 2;
        t.slashBps = 1_000;
        t.initialModel = INITIAL_MODEL;
    }

    /// @dev Anybody can start it at once, within a day; it ends after thirty.
    function newTask() internal view returns (NewTask memory task) {
        task.board = address(rounds);
        task.startBy = uint40(block.timestamp + 1 days);
        task.endsAt = uint40(block.timestamp + 30 days);
        task.minimumStake = MINIMUM_STAKE;
        task.metadata = keccak256("metadata");
        task.bounty = BOUNTY;
    }

    function openTask(AllianceTerms memory t, uint96 bounty) internal returns (uint256) {
        NewTask memory task = newTask();
        task.bounty = bounty;
        return openTask(task, t);
    }

    function openTask(NewTask memory task, AllianceTerms memory t) internal returns (uint256) {
        give(creator, task.bounty);
        approve(creator, address(tasks), task.bounty);
        vm.prank(creator);
        return tasks.create(task, abi.encode(t));
    }

    function join(uint256 taskId, address account) internal {
        vm.prank(account);
        rounds.join(taskId, account, new bytes32[](0));
    }

    function leave(uint256 taskId, address account) internal {
        vm.prank(account);
        rounds.leave(taskId, account);
    }

    function joinMembers(uint256 taskId, uint256 first, uint256 count) internal {
        for (uint256 i = first; i < first + count; ++i) {
            stake(member(i), taskId, MINIMUM_STAKE);
            join(taskId, member(i));
        }
    }

    /// @dev A task with five members, started: the seed block is named.
    function startedTask() internal returns (uint256 taskId) {
        taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 5);
        rounds.start(taskId);
    }

    /// @dev A task in the Propose phase of its first round.
    function drawnTask() internal returns (uint256 taskId) {
        taskId = startedTask();
        draw(taskId);
    }

    function draw(uint256 taskId) internal {
        vm.roll(block.number + 3);
        vm.prank(keeper);
        rounds.draw(taskId);
    }

    // --- Reading ---

    function view_(uint256 taskId) internal view returns (RoundView memory) {
        return rounds.roundView(taskId);
    }

    function memberIn(uint256 taskId, uint256 seat) internal view returns (MemberView memory) {
        return rounds.memberOf(taskId, view_(taskId).accounts[seat]);
    }

    function phaseOf(uint256 taskId) internal view returns (Phase) {
        return view_(taskId).phase;
    }

    /// @dev To the deadline of the current phase.
    function passDeadline(uint256 taskId) internal {
        vm.warp(view_(taskId).endsAt);
    }

    // --- Claims ---

    function assertEq(uint256 actual, uint256 expected, string memory what) internal pure {
        if (actual == expected) return;
        revert(string.concat(what, ": expected ", vm.toString(expected), ", got ", vm.toString(actual)));
    }

    function assertEq(address actual, address expected, string memory what) internal pure {
        assertEq(uint160(actual), uint160(expected), what);
    }

    function assertEq(bytes32 actual, bytes32 expected, string memory what) internal pure {
        assertEq(uint256(actual), uint256(expected), what);
    }

    function assertEq(Phase actual, Phase expected, string memory what) internal pure {
        assertEq(uint256(actual), uint256(expected), what);
    }

    function assertTrue(bool claim, string memory what) internal pure {
        require(claim, what);
    }

    function expectError(bytes4 selector) internal {
        vm.expectRevert(selector);
    }

    function expectError(bytes4 selector, uint256 first) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, first));
    }

    function expectError(bytes4 selector, uint256 first, uint256 second) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, first, second));
    }

    function expectError(bytes4 selector, address first) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, first));
    }

    function expectOutOfBounds(string memory parameter, uint256 value, uint256 least, uint256 most) internal {
        vm.expectRevert(abi.encodeWithSelector(IStaking.OutOfBounds.selector, parameter, value, least, most));
    }

    function expectNotActing(address account, address caller) internal {
        vm.expectRevert(abi.encodeWithSelector(IAllianceRounds.NotActingFor.selector, account, caller));
    }

    function expectPhase(Phase expected, Phase actual) internal {
        vm.expectRevert(abi.encodeWithSelector(IAllianceRounds.WrongPhase.selector, expected, actual));
    }

    // --- Inside ---

    function _actor(string memory name) private returns (address account) {
        account = address(uint160(uint256(keccak256(bytes(name)))));
        vm.label(account, name);
    }
}
