// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AllianceTerms, MemberState, Phase, Vote } from "../src/interfaces/IAllianceRounds.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { Ballot, RoundPlay } from "./RoundPlay.t.sol";

/// @notice Delegated stake behind the members of an Alliance: seats go by own stake, slashes reach both.
contract DelegatedRoundsTest is RoundPlay {
    address private immutable delegator = member(100);

    function test_dutyOf_endsWithTheRound() public {
        uint256 taskId = drawnTask();
        address account = view_(taskId).accounts[0];
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        finalise(taskId, ballotOf(1, 2));
        assertEq(phaseOf(taskId), Phase.Seeded, "phase");
        assertEq(rounds.dutyOf(taskId, account), 0, "the round is over");
    }

    function test_join_seatsGoByOwnStake() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        stake(member(0), taskId, MINIMUM_STAKE);
        _back(taskId, member(0), 9 * MINIMUM_STAKE);
        join(taskId, member(0));
        assertEq(rounds.memberOf(taskId, member(0)).weight, 1, "weight");
        vm.prank(member(1));
        staking.setPool(taskId, 0, true);
        expectError(IStaking.StakeBelowMinimum.selector, 0, MINIMUM_STAKE);
        join(taskId, member(1));
    }

    function test_collect_waitsForTheOperatorsRound() public {
        uint256 taskId = drawnTask();
        address operator = view_(taskId).accounts[0];
        _back(taskId, operator, 100e18);
        vm.prank(delegator);
        staking.undelegate(operator, taskId, 100e18);
        uint256 leavesAt = block.timestamp + staking.cooldown();
        expectError(IStaking.StillCoolingDown.selector, leavesAt);
        staking.collect(delegator, operator, taskId);
        vm.warp(leavesAt);
        // Everybody was absent; the round waits to be finalised, and so does the stake.
        staking.collect(delegator, operator, taskId);
        assertEq(staking.delegationOf(delegator, operator, taskId).queuedBehind, 1, "queued");
        vm.expectRevert(abi.encodeWithSelector(IStaking.OperatorHasADuty.selector, operator, taskId, 1));
        staking.collect(delegator, operator, taskId);
        rounds.finalise(taskId, 0, 0, 0);
        staking.collect(delegator, operator, taskId);
        assertEq(staking.positionOf(delegator).gm, 100e18, "gm");
    }

    function test_finalise_aSlashReachesWhatWasDelegated() public {
        AllianceTerms memory t = terms();
        (t.strikeLimit, t.slashBps) = (1, 5_000);
        uint256 taskId = openTask(t, BOUNTY);
        joinMembers(taskId, 0, 5);
        rounds.start(taskId);
        draw(taskId);
        address operator = view_(taskId).accounts[1];
        _back(taskId, operator, 3 * MINIMUM_STAKE);
        _playWithoutProposerOne(taskId);
        assertEq(staking.allocationOf(operator, taskId).gm, MINIMUM_STAKE / 2, "half of the own stake");
        assertEq(staking.poolOf(operator, taskId).gm, 3 * MINIMUM_STAKE / 2, "half of the delegated");
        assertTrue(rounds.memberOf(taskId, operator).state == MemberState.None, "off the list, and free");
    }

    // --- Steps ---

    /// @dev The others agree that there is only one proposal.
    function _playWithoutProposerOne(uint256 taskId) private {
        propose(taskId, 1);
        passDeadline(taskId);
        attest(taskId, EVERYONE, 1);
        Ballot memory ballot = ballotOf(1, 1);
        Vote[] memory votes = votesFor(taskId, ballot, EVERYONE, EVERYONE);
        commit(taskId, votes);
        reveal(taskId, votes);
        finalise(taskId, ballot);
    }

    function _back(uint256 taskId, address operator, uint96 gm) private {
        lock(delegator, gm, 30);
        vm.prank(operator);
        staking.setPool(taskId, 5_000, true);
        vm.prank(delegator);
        staking.delegateTo(operator, taskId, gm, 10_000);
    }
}
