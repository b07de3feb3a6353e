// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AllianceTerms,
    IAllianceRounds,
    MemberState,
    Phase,
    RoundView
} from "../src/interfaces/IAllianceRounds.sol";
import { ITaskManager, NewTask } from "../src/interfaces/ITaskManager.sol";
import { Sortition } from "../src/libraries/Sortition.sol";
import { Ballot, RoundPlay } from "./RoundPlay.t.sol";

/// @notice Who is in a draw, what starts the rounds, and the draw. Members join in the order of their ids, 1 first.
contract AllianceDrawTest is RoundPlay {
    uint256 private constant START = 1_800_000_000;

    // --- Who is eligible ---

    /// @dev Newcomers are not in the next two rounds, however few others there are, and then they are.
    function test_eligible_whoJoinsDuringARoundIsDrawnFromTheRoundAfterNext() public {
        uint256 taskId = drawnTask();
        joinMembers(taskId, 5, 20);
        assertEq(view_(taskId).eligible, 5, "those of the last draw");
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        finalise(taskId, ballotOf(1, 2));
        joinMembers(taskId, 25, 5);
        draw(taskId);
        for (uint256 i = 0; i < 5; ++i) {
            assertEq(rounds.dutyOf(taskId, member(i)), 2, "only they were eligible");
        }
        assertEq(view_(taskId).eligible, 30, "all who are there at a draw are in the next");
        playTo(taskId, votesFor(taskId, ballotOf(2, 2), EVERYONE, EVERYONE));
        finalise(taskId, ballotOf(2, 2));
        vm.roll(block.number + 3);
        RoundView memory before = view_(taskId);
        uint256[] memory drawn = Sortition.draw(_knownSeed(taskId, 3), before.eligible, 5);
        rounds.draw(taskId);
        _assertSeated(taskId, drawn);
    }

    /// @dev A member that leaves does not make room for one that joined since the last draw.
    function test_eligible_newcomersTakeNoPlaceOfThoseWhoGo() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 8);
        rounds.start(taskId);
        draw(taskId);
        joinMembers(taskId, 8, 8);
        uint256 gone;
        for (uint256 i = 0; i < 8; ++i) {
            if (rounds.dutyOf(taskId, member(i)) != 0) continue;
            leave(taskId, member(i));
            ++gone;
        }
        leave(taskId, member(9));
        assertEq(gone, 3, "the unseated");
        assertEq(view_(taskId).eligible, 5, "the seated");
        address[] memory seated = view_(taskId).accounts;
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        finalise(taskId, ballotOf(1, 2));
        draw(taskId);
        for (uint256 i = 0; i < 5; ++i) {
            assertEq(rounds.dutyOf(taskId, seated[i]), 2, "none but those five can be drawn");
        }
    }

    function test_eligible_whoJoinsAfterTheFreezeIsNotDrawn() public {
        uint256 taskId = startedTask();
        joinMembers(taskId, 5, 20);
        assertEq(view_(taskId).eligible, 5, "frozen");
        draw(taskId);
        for (uint256 i = 0; i < 5; ++i) {
            assertEq(rounds.dutyOf(taskId, member(i)), 1, "who was there when the block was named");
        }
    }

    /// @dev The draw can be predicted once votes are revealed, and nothing that anybody can do then changes it.
    function test_eligible_nothingChangesADrawOnceVotesAreOpen() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 9);
        rounds.start(taskId);
        draw(taskId);
        Ballot memory ballot = ballotOf(1, 2);
        playTo(taskId, votesFor(taskId, ballot, EVERYONE, EVERYONE));
        uint256[] memory drawn = Sortition.draw(_knownSeed(taskId, 2), 9, 5);
        joinMembers(taskId, 9, 3);
        _assertMayNotLeave(taskId, Phase.Tally);
        finalise(taskId, ballot);
        joinMembers(taskId, 12, 3);
        _assertMayNotLeave(taskId, Phase.Seeded);
        draw(taskId);
        _assertSeated(taskId, drawn);
    }

    /// @dev If the seed depends on a future block, everybody on the list is in.
    function test_eligible_everybodyWhenANewBlockIsNamed() public {
        uint256 taskId = drawnTask();
        joinMembers(taskId, 5, 2);
        passDeadline(taskId);
        finalise(taskId, ballotOf(1, 2));
        assertEq(view_(taskId).eligible, 7, "all of the list");
    }

    // --- start ---

    function test_start_needsTheMembersItsTermsAskFor() public {
        AllianceTerms memory t = terms();
        t.minimumMembers = 7;
        uint256 taskId = openTask(t, BOUNTY);
        joinMembers(taskId, 0, 6);
        expectError(IAllianceRounds.TooFewMembers.selector, 6, 7);
        rounds.start(taskId);
        joinMembers(taskId, 6, 1);
        rounds.start(taskId);
        assertEq(phaseOf(taskId), Phase.Seeded, "seven are enough");
    }

    function test_start_theCreatorAloneBeforeStartsAt() public {
        NewTask memory task = newTask();
        task.startsAt = uint40(START + 1 hours);
        (uint256 early, uint256 late) = (openTask(task, terms()), openTask(task, terms()));
        joinMembers(early, 0, 5);
        joinMembers(late, 5, 5);
        expectError(ITaskManager.OnlyTheCreatorMayStartBefore.selector, START + 1 hours);
        rounds.start(early);
        vm.prank(creator);
        rounds.start(early);
        vm.warp(START + 1 hours);
        vm.prank(stranger);
        rounds.start(late);
        assertEq(phaseOf(late), Phase.Seeded, "anybody from then on");
    }

    function test_start_namesALaterBlockAndFreezesTheList() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 5);
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.SeedNamed(taskId, 1, block.number + 2);
        rounds.start(taskId);
        assertEq(phaseOf(taskId), Phase.Seeded, "phase");
        assertEq(view_(taskId).seedBlock, block.number + 2, "seed block");
        assertEq(view_(taskId).eligible, 5, "eligible");
    }

    function test_start_setsTheKeepersPartAside() public {
        uint256 taskId = startedTask();
        assertEq(view_(taskId).pool, BOUNTY - 8 * 10e18, "two draws for each planned round");
        assertEq(tasks.taskOf(taskId).balance, BOUNTY, "it is all there");
    }

    function test_start_againAfterWaitingForMembers() public {
        AllianceTerms memory t = terms();
        t.minimumMembers = 6;
        uint256 taskId = openTask(t, BOUNTY);
        joinMembers(taskId, 0, 6);
        rounds.start(taskId);
        draw(taskId);
        leave(taskId, member(0));
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        finalise(taskId, ballotOf(1, 2));
        assertEq(phaseOf(taskId), Phase.Waiting, "five of six, though five have seats");
        uint96 pool = view_(taskId).pool;
        expectError(IAllianceRounds.TooFewMembers.selector, 5, 6);
        rounds.start(taskId);
        joinMembers(taskId, 6, 1);
        vm.warp(START + 2 days);
        rounds.start(taskId);
        assertEq(view_(taskId).pool, pool, "the bounty is taken once");
        draw(taskId);
        assertEq(view_(taskId).number, 2, "the second round");
    }

    function test_start_refusedAfterTheTasksEnd() public {
        uint256 taskId = drawnTask();
        leave(taskId, member(0));
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        finalise(taskId, ballotOf(1, 2));
        joinMembers(taskId, 5, 1);
        uint256 endsAt = tasks.endsAtOf(taskId);
        vm.warp(endsAt);
        expectError(IAllianceRounds.TaskHasEnded.selector, endsAt);
        rounds.start(taskId);
    }

    // --- draw, reseed ---

    function test_draw_waitsForTheSeedBlock() public {
        uint256 taskId = startedTask();
        uint256 seedBlock = view_(taskId).seedBlock;
        vm.roll(seedBlock);
        expectError(IAllianceRounds.SeedIsNotReady.selector, seedBlock);
        rounds.draw(taskId);
        vm.roll(seedBlock + 1);
        rounds.draw(taskId);
    }

    function test_draw_isThatOfTheNamedBlocksHash() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 9);
        rounds.start(taskId);
        uint256 seedBlock = view_(taskId).seedBlock;
        vm.roll(seedBlock + 1);
        bytes32 seed = keccak256(
            abi.encode(blockhash(seedBlock), bytes32(0), block.chainid, address(rounds), taskId, uint16(1))
        );
        rounds.draw(taskId);
        _assertSeated(taskId, Sortition.draw(seed, 9, 5));
    }

    function test_draw_seatsDistinctMembersAndPaysTheKeeper() public {
        uint256 taskId = startedTask();
        uint96 pool = view_(taskId).pool;
        draw(taskId);
        address[] memory seated = view_(taskId).accounts;
        for (uint256 i = 0; i < seated.length; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                assertTrue(seated[i] != seated[j], "a member on two seats");
            }
        }
        assertEq(seated.length, 5, "seats");
        assertEq(rounds.memberOf(taskId, keeper).owed, terms().keeperFee, "keeper fee");
        assertEq(rounds.memberOf(taskId, keeper).earned, 0, "which is not earned by a seat");
        assertEq(view_(taskId).pool, pool, "from its own reserve");
        assertEq(view_(taskId).endsAt, block.timestamp + 100, "deadline");
        assertEq(view_(taskId).drawnBlock, block.number, "block");
    }

    function test_draw_refusedAfterTheTasksEnd() public {
        uint256 taskId = startedTask();
        uint256 endsAt = tasks.endsAtOf(taskId);
        vm.roll(block.number + 3);
        vm.warp(endsAt);
        expectError(IAllianceRounds.TaskHasEnded.selector, endsAt);
        rounds.draw(taskId);
        rounds.close(taskId);
        leave(taskId, member(0));
    }

    function test_reseed_onlyWhenTheHashIsGone() public {
        uint256 taskId = startedTask();
        joinMembers(taskId, 5, 1);
        uint256 seedBlock = view_(taskId).seedBlock;
        vm.roll(seedBlock + 256);
        expectError(IAllianceRounds.SeedIsStillReadable.selector, seedBlock);
        rounds.reseed(taskId);
        vm.roll(seedBlock + 257);
        expectError(IAllianceRounds.SeedIsGone.selector, seedBlock);
        rounds.draw(taskId);
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.SeedNamed(taskId, 1, block.number + 2);
        rounds.reseed(taskId);
        assertEq(view_(taskId).eligible, 6, "who came meanwhile is in");
        draw(taskId);
        assertEq(phaseOf(taskId), Phase.Propose, "a lost seed does not stop the round");
    }

    function test_reseed_neverOfADrawThatNeedsNoBlock() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), true);
        vm.roll(block.number + 1_000);
        expectError(IAllianceRounds.SeedIsStillReadable.selector, 0);
        rounds.reseed(taskId);
    }

    // --- duties ---

    function test_dutyOf_isTheRoundInWhichOneSits() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 6);
        rounds.start(taskId);
        assertEq(rounds.dutyOf(taskId, member(0)), 0, "before the draw");
        draw(taskId);
        uint256 busy;
        for (uint256 i = 0; i < 6; ++i) {
            if (rounds.dutyOf(taskId, member(i)) == 1) ++busy;
        }
        assertEq(busy, 5, "all seats");
        assertEq(rounds.dutyOf(taskId, stranger), 0, "no member");
        assertEq(rounds.dutyOf(taskId + 1, member(0)), 0, "no task");
        address seated = view_(taskId).accounts[0];
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        assertEq(rounds.dutyOf(taskId, seated), 1, "until the round is finalised");
        finalise(taskId, ballotOf(1, 2));
        assertEq(rounds.dutyOf(taskId, seated), 0, "and no longer");
    }

    // --- Steps ---

    /// @dev The seed of a round that does not depend on a future block.
    function _knownSeed(uint256 taskId, uint16 number) private view returns (bytes32) {
        bytes32 entropy = rounds.entropyOf(taskId);
        return keccak256(abi.encode(bytes32(0), entropy, block.chainid, address(rounds), taskId, number));
    }

    // --- Claims ---

    /// @dev While nobody has left the list, the member at a position has that position plus one as its id.
    function _assertSeated(uint256 taskId, uint256[] memory drawn) private view {
        RoundView memory round = view_(taskId);
        for (uint256 seat = 0; seat < drawn.length; ++seat) {
            assertEq(round.seats[seat], drawn[seat] + 1, "who was drawn");
        }
    }

    function _assertMayNotLeave(uint256 taskId, Phase phase) private {
        assertEq(phaseOf(taskId), phase, "phase");
        for (uint256 i = 0; i < 12; ++i) {
            if (rounds.memberOf(taskId, member(i)).state != MemberState.Active) continue;
            vm.expectRevert(abi.encodeWithSelector(IAllianceRounds.TheDrawIsPending.selector, phase));
            leave(taskId, member(i));
        }
    }
}
