// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAllianceRounds, MemberState, MemberView, Phase } from "../src/interfaces/IAllianceRounds.sol";
import { IStaking, Role } from "../src/interfaces/IStaking.sol";
import { AllianceParameters, ITaskManager, TaskState } from "../src/interfaces/ITaskManager.sol";
import { RoundPlay } from "./RoundPlay.t.sol";

/// @notice Joining, leaving, starting, drawing.
contract AllianceMembershipTest is RoundPlay {
    // --- join ---

    function test_join_weightIsTheStakeInMinimaUpToFour() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        uint96[3] memory stakes = [MINIMUM_STAKE, 3 * MINIMUM_STAKE - 1, 9 * MINIMUM_STAKE];
        uint8[3] memory weights = [1, 2, 4];
        for (uint256 i = 0; i < 3; ++i) {
            stake(member(i), taskId, stakes[i]);
            join(taskId, member(i));
            assertEq(rounds.memberOf(taskId, member(i)).weight, weights[i], "weight");
        }
        assertEq(rounds.memberCount(taskId), 3, "members");
    }

    function test_join_holdsTheStake() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        joinMembers(taskId, 0, 1);
        expectError(IStaking.StakeIsHeld.selector, taskId);
        vm.prank(member(0));
        staking.deallocate(taskId, Role.Member, 1);
    }

    function test_join_refusedTwiceUnstakedByStrangersAndWhenFull() public {
        AllianceParameters memory p = parameters();
        p.maxMembers = 5;
        uint256 taskId = openTask(p, BOUNTY);
        joinMembers(taskId, 0, 5);
        expectError(IAllianceRounds.AlreadyJoined.selector, member(0));
        join(taskId, member(0));
        expectError(IAllianceRounds.TaskIsFull.selector, 5);
        join(taskId, member(5));
        expectNotActing(member(5), stranger);
        vm.prank(stranger);
        rounds.join(taskId, member(5), new bytes32[](0));
        uint256 other = openTask(parameters(), BOUNTY);
        expectError(IStaking.StakeBelowMinimum.selector, 0, MINIMUM_STAKE);
        join(other, member(5));
    }

    function test_join_byTheOperator() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        stake(member(0), taskId, MINIMUM_STAKE);
        vm.prank(member(0));
        staking.setOperator(stranger);
        vm.prank(stranger);
        rounds.join(taskId, member(0), new bytes32[](0));
        assertEq(rounds.memberOf(taskId, member(0)).id, 1, "id");
    }

    function test_join_honoursTheAllowList() public {
        AllianceParameters memory p = parameters();
        bytes32 sibling = keccak256("another hospital");
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(member(0)))));
        p.allowListRoot =
            leaf < sibling ? keccak256(bytes.concat(leaf, sibling)) : keccak256(bytes.concat(sibling, leaf));
        uint256 taskId = openTask(p, BOUNTY);
        stake(member(0), taskId, MINIMUM_STAKE);
        stake(member(1), taskId, MINIMUM_STAKE);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = sibling;
        expectError(IAllianceRounds.NotOnTheAllowList.selector, member(1));
        vm.prank(member(1));
        rounds.join(taskId, member(1), proof);
        vm.prank(member(0));
        rounds.join(taskId, member(0), proof);
        assertEq(rounds.memberCount(taskId), 1, "members");
    }

    function test_join_refusedForUnknownAndCancelledTasks() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        vm.prank(creator);
        tasks.cancel(taskId);
        expectError(IAllianceRounds.TaskIsNotJoinable.selector, taskId);
        join(taskId, member(0));
        expectError(IAllianceRounds.TaskIsNotJoinable.selector, 99);
        join(99, member(0));
    }

    // --- leave ---

    function test_leave_freesTheStakeAndKeepsTheListWhole() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        joinMembers(taskId, 0, 6);
        vm.prank(member(2));
        rounds.leave(taskId, member(2));
        assertEq(rounds.memberCount(taskId), 5, "members");
        vm.prank(member(2));
        staking.deallocate(taskId, Role.Member, MINIMUM_STAKE);
        rounds.start(taskId);
        draw(taskId);
        address[] memory seated = view_(taskId).accounts;
        for (uint256 seat = 0; seat < seated.length; ++seat) {
            assertTrue(seated[seat] != member(2) && seated[seat] != address(0), "who left was drawn");
        }
    }

    function test_leave_waitsForAPendingDraw() public {
        uint256 taskId = startedTask();
        expectError(IAllianceRounds.TheDrawIsPending.selector, block.number + 2);
        vm.prank(member(0));
        rounds.leave(taskId, member(0));
    }

    function test_leave_theUnseatedMayLeaveDuringARound() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        joinMembers(taskId, 0, 6);
        rounds.start(taskId);
        draw(taskId);
        uint256 left;
        for (uint256 i = 0; i < 6; ++i) {
            _leave(taskId, member(i));
            if (rounds.memberOf(taskId, member(i)).state == MemberState.Left) ++left;
        }
        assertEq(left, 1, "the sixth goes, the seated stay for the round");
        assertEq(rounds.memberCount(taskId), 5, "listed");
    }

    function test_leave_theSeatedAreMarkedOnce() public {
        uint256 taskId = drawnTask();
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.LeaveRequested(taskId, 1);
        _leave(taskId, member(0));
        assertTrue(rounds.memberOf(taskId, member(0)).state == MemberState.Leaving, "marked");
        assertEq(rounds.memberCount(taskId), 5, "listed while it sits");
        expectError(IAllianceRounds.AlreadyLeaving.selector, member(0));
        _leave(taskId, member(0));
        expectError(IAllianceRounds.AlreadyJoined.selector, member(0));
        join(taskId, member(0));
        expectError(IStaking.StakeIsHeld.selector, taskId);
        vm.prank(member(0));
        staking.deallocate(taskId, Role.Member, 1);
    }

    function test_leave_theMarkedDoTheirDutyArePaidAndGoWithTheRound() public {
        uint256 taskId = drawnTask();
        _leave(taskId, member(0));
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.Left(taskId, 1);
        finalise(taskId, ballotOf(1, 2));
        MemberView memory gone = rounds.memberOf(taskId, member(0));
        assertTrue(gone.state == MemberState.Left && gone.credit != 0, "gone, and paid for its last round");
        assertTrue(
            staking.allocationOf(member(0), taskId, Role.Member).holder == address(0), "the stake is free"
        );
        assertEq(rounds.memberCount(taskId), 4, "off the list");
        assertEq(phaseOf(taskId), Phase.Waiting, "four are too few for five seats");
        join(taskId, member(0));
        rounds.start(taskId);
        assertEq(rounds.memberOf(taskId, member(0)).id, 1, "back under its id");
    }

    function test_leave_allOfThemAtOnce() public {
        uint256 taskId = drawnTask();
        for (uint256 i = 0; i < 5; ++i) {
            _leave(taskId, member(i));
        }
        passDeadline(taskId);
        finalise(taskId, ballotOf(1, 2));
        assertEq(rounds.memberCount(taskId), 0, "an empty list");
        for (uint256 i = 0; i < 5; ++i) {
            assertTrue(
                staking.allocationOf(member(i), taskId, Role.Member).holder == address(0), "stake is stuck"
            );
        }
        joinMembers(taskId, 5, 5);
        rounds.start(taskId);
        draw(taskId);
        assertTrue(view_(taskId).seats[0] > 5, "who left was drawn");
    }

    function test_leave_theRestAreDrawnWithoutThem() public {
        uint256 taskId = startedTask();
        joinMembers(taskId, 5, 2);
        draw(taskId);
        address gone = view_(taskId).accounts[3];
        _leave(taskId, gone);
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        finalise(taskId, ballotOf(1, 2));
        assertEq(view_(taskId).memberCount, 6, "frozen without the one that left");
        draw(taskId);
        for (uint256 seat = 0; seat < 5; ++seat) {
            assertTrue(view_(taskId).accounts[seat] != gone, "who left was drawn");
        }
    }

    function test_leave_keepsIdAndStrikes() public {
        uint256 taskId = _afterOneStrike();
        address bad = _struck(taskId);
        MemberView memory before = rounds.memberOf(taskId, bad);
        vm.warp(block.timestamp + 31 days);
        assertEq(before.strikes, 1, "one strike");
        assertTrue(before.state == MemberState.Active, "still a member");
        rounds.close(taskId);
        vm.prank(bad);
        rounds.leave(taskId, bad);
        assertEq(rounds.memberOf(taskId, bad).strikes, 1, "strikes outlive the membership");
        assertEq(rounds.memberOf(taskId, bad).id, before.id, "the id is for good");
    }

    function test_leave_refusedToStrangersAndNonMembers() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        joinMembers(taskId, 0, 1);
        expectNotActing(member(0), stranger);
        vm.prank(stranger);
        rounds.leave(taskId, member(0));
        expectError(IAllianceRounds.NotAMember.selector, stranger);
        vm.prank(stranger);
        rounds.leave(taskId, stranger);
    }

    function test_leave_afterACancelledTask() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        joinMembers(taskId, 0, 5);
        vm.prank(creator);
        tasks.cancel(taskId);
        vm.expectRevert(
            abi.encodeWithSelector(ITaskManager.TaskIsNotOpen.selector, taskId, TaskState.Cancelled)
        );
        rounds.start(taskId);
        vm.prank(member(0));
        rounds.leave(taskId, member(0));
        assertTrue(
            staking.allocationOf(member(0), taskId, Role.Member).holder == address(0), "the stake is free"
        );
    }

    // --- start, reseed, draw ---

    function test_start_needsEnoughMembers() public {
        uint256 taskId = openTask(parameters(), BOUNTY);
        joinMembers(taskId, 0, 4);
        expectError(IAllianceRounds.TooFewMembers.selector, 4, 5);
        rounds.start(taskId);
    }

    function test_start_namesALaterBlockAndFreezesTheList() public {
        uint256 taskId = startedTask();
        joinMembers(taskId, 5, 1);
        assertEq(phaseOf(taskId), Phase.Seeded, "phase");
        assertEq(view_(taskId).seedBlock, block.number + 2, "seed block");
        assertEq(view_(taskId).memberCount, 5, "who joins later waits for the next round");
        assertEq(view_(taskId).pool, BOUNTY, "pool");
    }

    function test_draw_waitsForTheSeedBlock() public {
        uint256 taskId = startedTask();
        uint256 seedBlock = view_(taskId).seedBlock;
        vm.roll(seedBlock);
        expectError(IAllianceRounds.SeedIsNotReady.selector, seedBlock);
        rounds.draw(taskId);
    }

    function test_draw_seatsDistinctMembersAndPaysTheKeeper() public {
        uint256 taskId = drawnTask();
        address[] memory seated = view_(taskId).accounts;
        for (uint256 i = 0; i < seated.length; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                assertTrue(seated[i] != seated[j], "a member on two seats");
            }
        }
        assertEq(seated.length, 5, "seats");
        assertEq(rounds.memberOf(taskId, keeper).keeperCredit, parameters().keeperFee, "keeper fee");
        assertEq(view_(taskId).pool, BOUNTY - parameters().keeperFee, "pool");
        assertEq(view_(taskId).endsAt, block.timestamp + 100, "deadline");
    }

    function test_reseed_onlyWhenTheHashIsGone() public {
        uint256 taskId = startedTask();
        uint256 seedBlock = view_(taskId).seedBlock;
        vm.roll(seedBlock + 256);
        expectError(IAllianceRounds.SeedIsStillReadable.selector, seedBlock);
        rounds.reseed(taskId);
        vm.roll(seedBlock + 257);
        expectError(IAllianceRounds.SeedIsGone.selector, seedBlock);
        rounds.draw(taskId);
        rounds.reseed(taskId);
        draw(taskId);
        assertEq(phaseOf(taskId), Phase.Propose, "a lost seed does not stop the round");
    }

    function test_draw_refusedAfterTheTasksEnd() public {
        uint256 taskId = startedTask();
        uint256 endsAt = parameters().endsAt;
        vm.roll(block.number + 3);
        vm.warp(endsAt);
        expectError(IAllianceRounds.TaskHasEnded.selector, endsAt);
        rounds.draw(taskId);
        rounds.close(taskId);
        vm.prank(member(0));
        rounds.leave(taskId, member(0));
    }

    function _leave(uint256 taskId, address account) private {
        vm.prank(account);
        rounds.leave(taskId, account);
    }

    /// @dev One round in which the proposer of seat 0 stays away.
    function _afterOneStrike() private returns (uint256 taskId) {
        taskId = drawnTask();
        propose(taskId, 2);
        passDeadline(taskId);
        attest(taskId, EVERYONE, 2);
        commit(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        reveal(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        finalise(taskId, ballotOf(1, 2));
    }

    function _struck(uint256 taskId) private view returns (address) {
        for (uint256 i = 0; i < 5; ++i) {
            if (rounds.memberOf(taskId, member(i)).strikes != 0) return member(i);
        }
        revert("no one was struck");
    }
}
