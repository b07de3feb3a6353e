// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { FlockToken } from "../src/FlockToken.sol";
import { AllianceRounds } from "../src/AllianceRounds.sol";
import { Staking } from "../src/Staking.sol";
import { TaskManager } from "../src/TaskManager.sol";
import { AllianceTerms, IAllianceRounds, Vote } from "../src/interfaces/IAllianceRounds.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { ITaskManager } from "../src/interfaces/ITaskManager.sol";
import { HookToken } from "./FindingsTokens.sol";
import { Ballot, RoundPlay } from "./RoundPlay.t.sol";

/// @notice Finding 37: the contracts on a token that calls back, in the middle of a settlement.
contract FindingsReentrancyTest is RoundPlay {
    HookToken private hook;

    function setUp() public override {
        super.setUp();
        hook = new HookToken();
        hook.mint(bank, GENESIS);
        token = FlockToken(address(hook));
        tasks = new TaskManager(hook, treasury, address(access));
        staking = new Staking(hook, tasks, treasury, address(access));
        rounds = new AllianceRounds(ITaskManager(tasks), IStaking(staking));
        tasks.setBoard(address(rounds), true);
    }

    function test_F37_ASlashCallsNobody() public {
        uint256 taskId = _taskOfSix();
        address victim = _playWithoutProposerZero(taskId);
        hook.arm(treasury, address(rounds), abi.encodeCall(IAllianceRounds.withdraw, (taskId, victim)));
        finalise(taskId, _ballot(taskId));
        assertEq(staking.owedToTreasury(), MINIMUM_STAKE, "slashed");
        assertEq(hook.calls(), 0, "a token moved");
    }

    function test_F37_TheTreasuryIsPaidOnceHoweverOftenItIsEntered() public {
        uint256 taskId = _taskOfSix();
        _playWithoutProposerZero(taskId);
        finalise(taskId, _ballot(taskId));
        hook.arm(treasury, address(staking), abi.encodeCall(IStaking.payTreasury, ()));
        staking.payTreasury();
        assertEq(hook.calls(), 1, "the hook was called");
        assertEq(hook.cameThrough(), 0, "entered");
        assertEq(hook.balanceOf(treasury), MINIMUM_STAKE, "paid once");
    }

    function test_F37_NothingIsPaidInsideALock() public {
        uint256 taskId = _taskOfSix();
        _playWithoutProposerZero(taskId);
        finalise(taskId, _ballot(taskId));
        staking.setEntryFeeBps(100);
        hook.arm(treasury, address(staking), abi.encodeCall(IStaking.payTreasury, ()));
        lock(stranger, 100e18, 30);
        assertEq(hook.calls(), 1, "the hook was called");
        assertEq(hook.cameThrough(), 0, "entered");
        assertEq(hook.balanceOf(treasury), 1e18, "the fee alone");
    }

    function test_F37_AWithdrawalPaysOnceHoweverOftenItIsEntered() public {
        uint256 taskId = _taskOfSix();
        playAgreed(taskId, ballotOf(1, 2), true);
        address account = view_(taskId).accounts[0];
        uint256 owed = rounds.memberOf(taskId, account).owed;
        hook.arm(account, address(rounds), abi.encodeCall(IAllianceRounds.withdraw, (taskId, account)));
        rounds.withdraw(taskId, account);
        assertEq(hook.calls(), 1, "the hook was called");
        assertEq(hook.balanceOf(account), owed, "paid once");
    }

    // --- Steps ---

    /// @dev One strike slashes half: one of two minimums is left, so the weight falls and nobody is dropped.
    function _taskOfSix() private returns (uint256 taskId) {
        AllianceTerms memory t = terms();
        (t.strikeLimit, t.slashBps) = (1, 5_000);
        taskId = openTask(t, BOUNTY);
        for (uint256 i = 0; i < 6; ++i) {
            stake(member(i), taskId, 2 * MINIMUM_STAKE);
            join(taskId, member(i));
        }
        rounds.start(taskId);
    }

    function _playWithoutProposerZero(uint256 taskId) private returns (address absentee) {
        draw(taskId);
        propose(taskId, 2);
        passDeadline(taskId);
        attest(taskId, EVERYONE, 2);
        Vote[] memory votes = votesFor(taskId, _ballot(taskId), EVERYONE, EVERYONE);
        commit(taskId, votes);
        reveal(taskId, votes);
        return view_(taskId).accounts[0];
    }

    function _ballot(uint256 taskId) private view returns (Ballot memory) {
        return Ballot(keccak256(abi.encode("model", view_(taskId).number)), 0, 2);
    }
}
