// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ArenaBoard } from "../src/ArenaBoard.sol";
import { ArenaPanels } from "../src/ArenaPanels.sol";
import { Emissions } from "../src/Emissions.sol";
import {
    ArenaTerms,
    IArenaBoard,
    Queue,
    Role,
    SubmissionState,
    SubmissionView
} from "../src/interfaces/IArenaBoard.sol";
import {
    IArenaPanels,
    Reveal,
    ValidatorView,
    WindowPhase,
    WindowView
} from "../src/interfaces/IArenaPanels.sol";
import { IEmissions } from "../src/interfaces/IEmissions.sol";
import { IRewardDistributor } from "../src/interfaces/IRewardDistributor.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { ITaskManager, NewTask } from "../src/interfaces/ITaskManager.sol";
import { Base } from "./Base.t.sol";

/// @notice Deploys the board of Arenas with its panels, and has the steps of a competition. Losses: lower is better.
abstract contract ArenaPlay is Base {
    uint256 internal constant CODE_BITS = 28;
    uint256 internal constant SEATS_EACH = 16;
    uint256 internal constant UNAVAILABLE = (1 << 28) - 1;
    uint256 internal constant CRASHED = (1 << 28) - 7;
    bytes32 internal constant SET_A = keccak256("set A");
    bytes32 internal constant SET_B = keccak256("set B");
    bytes32 internal constant KEY_B = keccak256("key B");
    uint96 internal constant FEE = 5e18;
    uint96 internal constant CREATOR_BOND = 1_000e18;
    uint32 internal constant TOLERANCE = 1_000;
    uint32 internal constant BASELINE = 900_000;

    address internal immutable distributorOfRewards = address(0xD157);

    ArenaBoard internal arena;
    ArenaPanels internal panels;
    Emissions internal emissions;
    uint256 internal validatorCount;
    /// @dev What honest validators reveal of a submission; 0 for its id in thousands.
    mapping(uint256 submission => uint256) internal codeFor;
    /// @dev What one of them reveals instead, plus one.
    mapping(address account => mapping(uint256 submission => uint256)) internal ownCode;
    /// @dev What a validator says that a submission is a copy of.
    mapping(address account => mapping(uint256 submission => uint256)) internal named;
    /// @dev Steps that a validator leaves out from now on.
    mapping(address account => bool) internal isAway;
    mapping(address account => bool) internal keepsBack;

    function setUp() public virtual override {
        super.setUp();
        emissions = new Emissions(
            token,
            IRewardDistributor(distributorOfRewards),
            ITaskManager(tasks),
            IStaking(staking),
            address(access),
            false,
            0
        );
        panels = new ArenaPanels(ITaskManager(tasks), IStaking(staking));
        arena = new ArenaBoard(
            ITaskManager(tasks),
            IStaking(staking),
            IEmissions(emissions),
            IArenaPanels(panels),
            address(access)
        );
        tasks.setBoard(address(arena), true);
    }

    // --- Terms ---

    /// @dev Three seats a panel, four places, phases of 100 seconds, strikes at 8 of 16.
    function arenaTerms() internal pure returns (ArenaTerms memory t) {
        (t.setA, t.setB, t.cipherB) = (SET_A, SET_B, keccak256("cipher B"));
        t.keyHashB = keccak256(abi.encode(KEY_B));
        (t.baseline, t.tolerance) = (BASELINE, TOLERANCE);
        (t.panelSeats, t.finalists) = (3, 4);
        (t.minimumValidators, t.maxValidators) = (3, 1_000);
        (t.windowSeconds, t.commitSeconds, t.replaceSeconds) = (500, 100, 100);
        (t.revealSeconds, t.restSeconds, t.queueSeconds) = (100, 100, 5_000);
        (t.discloseSeconds, t.keySeconds, t.finalSeconds) = (1_000, 1_000, 10_000);
        t.quotaADay = 4;
        (t.evaluationFee, t.keeperFee, t.creatorBond) = (FEE, 1e18, CREATOR_BOND);
        (t.strikeWindow, t.strikeLimit, t.slashBps) = (16, 8, 1_000);
        (t.missTolerances, t.missBps) = (10, 200);
        (t.absenceBps, t.absenceLimit) = (25, 2);
    }

    // --- Getting in ---

    function trainer(uint256 index) internal pure returns (address) {
        return address(uint160(0x7EA000000 + index));
    }

    function validator(uint256 index) internal pure returns (address) {
        return address(uint160(0xFA1000000 + index));
    }

    function openArena(ArenaTerms memory t) internal returns (uint256) {
        NewTask memory task = newTask();
        task.board = address(arena);
        give(creator, task.bounty);
        approve(creator, address(tasks), task.bounty);
        vm.prank(creator);
        return tasks.create(task, abi.encode(t));
    }

    function putUpBond(uint256 taskId) internal {
        give(creator, CREATOR_BOND);
        approve(creator, address(arena), CREATOR_BOND);
        vm.prank(creator);
        arena.bond(taskId);
    }

    function enrol(uint256 taskId, address account, Role role) internal {
        vm.prank(account);
        arena.enrol(taskId, account, role, new bytes32[](0));
    }

    function enrolTrainer(uint256 taskId, uint256 index) internal {
        stake(trainer(index), taskId, MINIMUM_STAKE);
        enrol(taskId, trainer(index), Role.Trainer);
    }

    function enrolValidators(uint256 taskId, uint256 count) internal {
        for (uint256 i = 0; i < count; ++i) {
            stake(validator(validatorCount), taskId, 2 * MINIMUM_STAKE);
            enrol(taskId, validator(validatorCount++), Role.Validator);
        }
    }

    /// @dev A running Arena with validators and two trainers.
    function running(ArenaTerms memory t, uint256 validators) internal returns (uint256 taskId) {
        taskId = openArena(t);
        if (t.creatorBond != 0) putUpBond(taskId);
        enrolValidators(taskId, validators);
        enrolTrainer(taskId, 0);
        enrolTrainer(taskId, 1);
        vm.prank(creator);
        arena.start(taskId);
    }

    // --- Submissions ---

    function digestOf(uint256 number) internal pure returns (bytes32) {
        return keccak256(abi.encode("artifact", number));
    }

    function commitmentTo(uint256 taskId, address account, bytes32 digest) internal view returns (bytes32) {
        bytes32 salt = keccak256(abi.encode("salt", digest));
        return keccak256(abi.encode(block.chainid, address(arena), taskId, account, digest, salt));
    }

    function submit(uint256 taskId, uint256 index, bytes32 digest, bool isSealed) internal returns (uint32) {
        address account = trainer(index);
        bytes32 commitment = commitmentTo(taskId, account, digest);
        give(account, FEE);
        approve(account, address(arena), FEE);
        vm.prank(account);
        return arena.submit(taskId, account, commitment, isSealed);
    }

    /// @dev Submission of a digest of its own, of which honest validators reveal `score`.
    function submit(uint256 taskId, uint256 index, uint256 score) internal returns (uint32 id) {
        id = submit(taskId, index, digestOf(arena.arenaView(taskId).submissions + 1), false);
        codeFor[id] = score + 1;
    }

    function disclose(uint256 taskId, uint32 id, bytes32 digest) internal {
        arena.disclose(taskId, id, digest, keccak256(abi.encode("salt", digest)));
    }

    function stateOf(uint256 taskId, uint32 id) internal view returns (SubmissionState) {
        return arena.submissionOf(taskId, id).state;
    }

    // --- Windows ---

    function last(uint256 taskId) internal view returns (uint16 window) {
        (window,,) = panels.progressOf(taskId);
    }

    function lastWindow(uint256 taskId) internal view returns (WindowView memory) {
        return panels.windowOf(taskId, last(taskId));
    }

    function passWindow(uint256 taskId) internal {
        WindowView memory w = lastWindow(taskId);
        if (w.openedAt == 0) return;
        ArenaTerms memory t = arena.termsOf(taskId);
        uint256 over = uint256(w.revealEndsAt) + t.restSeconds;
        uint256 next = uint256(w.openedAt) + t.windowSeconds;
        uint256 time = over > next ? over : next;
        if (time > block.timestamp) vm.warp(time);
    }

    function openWindow(uint256 taskId) internal returns (uint16 number) {
        passWindow(taskId);
        number = panels.openWindow(taskId);
        vm.roll(block.number + 3);
        vm.prank(keeper);
        panels.draw(taskId);
    }

    function codeOf(uint256 taskId, address account, uint256 slot, WindowView memory w)
        internal
        view
        returns (uint256)
    {
        uint32 id = submissionIn(taskId, slot, w);
        if (ownCode[account][id] != 0) return ownCode[account][id] - 1;
        return codeFor[id] == 0 ? uint256(id) * 1_000 + 1 : codeFor[id];
    }

    function submissionIn(uint256 taskId, uint256 slot, WindowView memory w) internal view returns (uint32) {
        return arena.queuedAt(taskId, w.queue, w.first + slot / arena.termsOf(taskId).panelSeats);
    }

    function revealOf(uint256 taskId, uint16 number, address account, uint256 seats, uint256 count)
        internal
        view
        returns (Reveal memory revealed)
    {
        WindowView memory w = panels.windowOf(taskId, number);
        revealed.account = account;
        (revealed.artifacts, revealed.lossRoots) = (new bytes32[](count), new bytes32[](count));
        for (uint256 i = 0; i < count; ++i) {
            uint256 slot = seats >> SEATS_EACH * i & 0xffff;
            revealed.scores |= codeOf(taskId, account, slot, w) << CODE_BITS * i;
            revealed.duplicates |= named[account][submissionIn(taskId, slot, w)] << CODE_BITS * i;
            revealed.artifacts[i] = keccak256(abi.encode("artifact", slot));
            revealed.lossRoots[i] = keccak256(abi.encode("losses", slot));
        }
        revealed.salt = keccak256(abi.encode("salt", number, account));
    }

    function drawnReveal(uint256 taskId, uint16 number, address account)
        internal
        view
        returns (Reveal memory)
    {
        (uint256 seats, uint256 count) = panels.seatsOf(taskId, number, account);
        return revealOf(taskId, number, account, seats, count);
    }

    function commitmentOf(uint256 taskId, uint16 number, Reveal memory revealed, uint256 seats)
        internal
        view
        returns (bytes32)
    {
        bytes memory lists = abi.encode(
            keccak256(abi.encodePacked(revealed.artifacts)),
            keccak256(abi.encodePacked(revealed.lossRoots)),
            revealed.salt
        );
        bytes memory values = abi.encode(setOf(taskId, number), seats, revealed.scores, revealed.duplicates);
        return keccak256(
            bytes.concat(
                abi.encode(block.chainid, address(panels), taskId, number),
                abi.encode(revealed.account, revealed.standsIn),
                values,
                lists
            )
        );
    }

    function setOf(uint256 taskId, uint16 number) internal view returns (bytes32) {
        return panels.windowOf(taskId, number).queue == Queue.Final ? SET_B : SET_A;
    }

    function seatsOf(uint256 taskId, uint16 number, address account) internal view returns (uint256 seats) {
        (seats,) = panels.seatsOf(taskId, number, account);
    }

    function seatCount(uint256 taskId, uint16 number, address account) internal view returns (uint256 count) {
        (, count) = panels.seatsOf(taskId, number, account);
    }

    function commit(uint256 taskId, address account) internal {
        uint16 number = last(taskId);
        bytes32 commitment = commitmentOf(
            taskId, number, drawnReveal(taskId, number, account), seatsOf(taskId, number, account)
        );
        vm.prank(account);
        panels.commit(taskId, number, account, commitment);
    }

    function commitAll(uint256 taskId) internal {
        for (uint256 i = 0; i < validatorCount; ++i) {
            if (takesPart(taskId, validator(i))) commit(taskId, validator(i));
        }
    }

    function takesPart(uint256 taskId, address account) internal view returns (bool) {
        if (isAway[account] || panels.validatorOf(taskId, account).isSuspended) return false;
        return seatCount(taskId, last(taskId), account) != 0;
    }

    function toReveals(uint256 taskId) internal {
        vm.warp(lastWindow(taskId).replaceEndsAt);
    }

    function reveal(uint256 taskId, address account) internal {
        Reveal[] memory reveals = new Reveal[](1);
        uint16 number = last(taskId);
        reveals[0] = drawnReveal(taskId, number, account);
        panels.reveal(taskId, number, reveals);
    }

    function revealAll(uint256 taskId) internal {
        for (uint256 i = 0; i < validatorCount; ++i) {
            address account = validator(i);
            bool isReady = panels.validatorOf(taskId, account).committedWindow == last(taskId);
            if (isReady && !keepsBack[account]) reveal(taskId, account);
        }
    }

    function toRest(uint256 taskId) internal {
        vm.warp(lastWindow(taskId).revealEndsAt);
    }

    function settleAll(uint256 taskId) internal {
        for (uint256 i = 0; i < validatorCount; ++i) {
            if (panels.validatorOf(taskId, validator(i)).isListed) settle(taskId, validator(i));
        }
    }

    function settle(uint256 taskId, address account) internal {
        address[] memory accounts = new address[](1);
        accounts[0] = account;
        panels.settle(taskId, accounts, type(uint256).max);
    }

    /// @dev A whole window: everybody who is not away does what it says, the verdicts fall, all are settled.
    function playWindow(uint256 taskId) internal returns (uint16 number) {
        number = openWindow(taskId);
        playDrawn(taskId);
    }

    function playDrawn(uint256 taskId) internal {
        commitAll(taskId);
        toReveals(taskId);
        revealAll(taskId);
        toRest(taskId);
        panels.judge(taskId, type(uint256).max);
        settleAll(taskId);
    }

    /// @dev To the end of the task, and through the disclosures.
    function toClosing(uint256 taskId) internal {
        passWindow(taskId);
        uint256 endsAt = tasks.endsAtOf(taskId);
        if (block.timestamp < endsAt) vm.warp(endsAt);
        arena.beginClosing(taskId);
    }

    function toFinals(uint256 taskId) internal {
        vm.warp(arena.arenaView(taskId).stageEndsAt);
        arena.beginFinals(taskId);
    }

    // --- Reading ---

    function standing(uint256 taskId, address account) internal view returns (ValidatorView memory) {
        return panels.validatorOf(taskId, account);
    }

    function stakeOf(uint256 taskId, address account) internal view returns (uint256) {
        return staking.allocationOf(account, taskId).gm;
    }

    function owedTo(uint256 taskId, address account) internal view returns (uint256) {
        return arena.memberOf(taskId, account).owed;
    }

    /// @dev The first validator with a seat in the last window.
    function seated(uint256 taskId) internal view returns (address) {
        for (uint256 i = 0; i < validatorCount; ++i) {
            if (seatCount(taskId, last(taskId), validator(i)) != 0) return validator(i);
        }
        revert("nobody has a seat");
    }

    function assertState(uint256 taskId, uint32 id, SubmissionState expected, string memory what)
        internal
        view
    {
        assertEq(uint256(stateOf(taskId, id)), uint256(expected), what);
    }

    function expectPhaseError(WindowPhase expected, WindowPhase actual) internal {
        vm.expectRevert(abi.encodeWithSelector(IArenaPanels.WrongWindowPhase.selector, expected, actual));
    }
}
