// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { FlockToken } from "../src/FlockToken.sol";
import { AllianceRounds } from "../src/AllianceRounds.sol";
import { Staking } from "../src/Staking.sol";
import { TaskManager } from "../src/TaskManager.sol";
import { IAllianceRounds, RoundView, Vote } from "../src/interfaces/IAllianceRounds.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { AllianceParameters, ITaskManager } from "../src/interfaces/ITaskManager.sol";
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
        rounds = new AllianceRounds(ITaskManager(tasks), IStaking(staking), address(access));
        _makeSettler(address(rounds));
    }

    function test_F37_AWithdrawalInsideASlashIsNotPaidTwice() public {
        uint256 taskId = _taskOfSix();
        playAgreed(taskId, ballotOf(1, 2), true);
        address victim = _playWithoutProposerZero(taskId);
        uint256 credit = rounds.memberOf(taskId, victim).credit;
        hook.arm(treasury, address(rounds), abi.encodeCall(IAllianceRounds.withdraw, (taskId, victim)));
        finalise(taskId, _ballot(taskId));
        assertEq(hook.calls(), 1, "the hook was called");
        assertEq(hook.cameThrough(), 0, "a withdrawal inside the slash");
        rounds.withdraw(taskId, victim);
        assertEq(hook.balanceOf(victim), credit, "paid once");
    }

    function test_F37_AMemberCannotLeaveInsideASlash() public {
        uint256 taskId = _taskOfSix();
        _playWithoutProposerZero(taskId);
        address idle = _unseated(taskId);
        vm.prank(idle);
        staking.setOperator(address(hook));
        hook.arm(treasury, address(rounds), abi.encodeCall(IAllianceRounds.leave, (taskId, idle)));
        finalise(taskId, _ballot(taskId));
        assertEq(hook.calls(), 1, "the hook was called");
        assertEq(hook.cameThrough(), 0, "a member left inside the slash");
        assertEq(rounds.memberCount(taskId), 6, "listed");
    }

    function test_F37_AWithdrawalPaysOnceHoweverOftenItIsEntered() public {
        uint256 taskId = _taskOfSix();
        playAgreed(taskId, ballotOf(1, 2), true);
        address account = view_(taskId).accounts[0];
        uint256 credit = rounds.memberOf(taskId, account).credit;
        hook.arm(account, address(rounds), abi.encodeCall(IAllianceRounds.withdraw, (taskId, account)));
        rounds.withdraw(taskId, account);
        assertEq(hook.calls(), 1, "the hook was called");
        assertEq(hook.balanceOf(account), credit, "paid once");
    }

    // --- Steps ---

    /// @dev One strike slashes half: of two minimums one is left, so that the weight falls and nobody is dropped.
    function _taskOfSix() private returns (uint256 taskId) {
        AllianceParameters memory p = parameters();
        (p.strikeLimit, p.slashBps) = (1, 5_000);
        taskId = openTask(p, BOUNTY);
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

    function _unseated(uint256 taskId) private view returns (address) {
        RoundView memory round = view_(taskId);
        for (uint256 i = 0; i < 6; ++i) {
            bool seated;
            for (uint256 seat = 0; seat < 5; ++seat) {
                if (round.accounts[seat] == member(i)) seated = true;
            }
            if (!seated) return member(i);
        }
        revert("everyone is seated");
    }
}
