// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AllianceTerms, Vote } from "../src/interfaces/IAllianceRounds.sol";
import { Ballot, RoundPlay } from "./RoundPlay.t.sol";

/// @notice What a user pays: whole transactions, storage cold (foundry.toml: isolate), the fourth round of a task.
/// The numbers are committed under snapshots/ and checked.
contract GasTest is RoundPlay {
    uint256 private constant ROUNDS_BEFORE = 3;

    function test_gas_at16Members() public {
        _measure("members-16", 16);
    }

    function test_gas_at800Members() public {
        _measure("members-800", 800);
    }

    function _measure(string memory group, uint256 members) private {
        uint256 taskId = _measureEntry(group, members);
        rounds.start(taskId);
        for (uint256 i = 1; i <= ROUNDS_BEFORE; ++i) {
            playAgreed(taskId, ballotOf(i, 9), true);
        }
        _measureRound(group, taskId);
        address account = view_(taskId).accounts[0];
        rounds.withdraw(taskId, account);
        vm.snapshotGasLastCall(group, "withdraw");
    }

    function _measureEntry(string memory group, uint256 members) private returns (uint256 taskId) {
        AllianceTerms memory t = terms();
        (t.plannedRounds, t.proposerSeats, t.voterSeats, t.minimumMembers) = (10, 9, 7, 16);
        taskId = openTask(t, BOUNTY);
        joinMembers(taskId, 0, members - 1);
        address last = member(members - 1);
        give(last, MINIMUM_STAKE);
        approve(last, address(staking), MINIMUM_STAKE);
        vm.prank(last);
        staking.lock(MINIMUM_STAKE, 30);
        vm.snapshotGasLastCall(group, "lock");
        vm.prank(last);
        staking.allocate(taskId, MINIMUM_STAKE);
        vm.snapshotGasLastCall(group, "stake");
        join(taskId, last);
        vm.snapshotGasLastCall(group, "join");
    }

    function _measureRound(string memory group, uint256 taskId) private {
        Ballot memory ballot = ballotOf(ROUNDS_BEFORE + 1, 9);
        draw(taskId);
        vm.snapshotGasLastCall(group, "draw");
        propose(taskId, 1);
        vm.snapshotGasLastCall(group, "propose");
        propose(taskId, EVERYONE - 1);
        vm.snapshotGasLastCall(group, "propose, last");
        attest(taskId, 1, view_(taskId).proposed);
        vm.snapshotGasLastCall(group, "attest");
        attest(taskId, EVERYONE - 1, view_(taskId).proposed);
        Vote[] memory votes = votesFor(taskId, ballot, EVERYONE, EVERYONE);
        commit(taskId, votes[0]);
        vm.snapshotGasLastCall(group, "commit");
        commit(taskId, votesFor(taskId, ballot, EVERYONE - 1, EVERYONE));
        vm.snapshotGasLastCall(group, "commit, last");
        reveal(taskId, votes);
        vm.snapshotGasLastCall(group, "reveal, all 7");
        finalise(taskId, ballot);
        vm.snapshotGasLastCall(group, "finalise");
    }
}
