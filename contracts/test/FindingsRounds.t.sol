// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AllianceTerms,
    IAllianceRounds,
    MemberState,
    Phase,
    RoundView,
    Vote
} from "../src/interfaces/IAllianceRounds.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { ITaskManager, TaskState } from "../src/interfaces/ITaskManager.sol";
import { Ballot, RoundPlay } from "./RoundPlay.t.sol";

/// @notice The findings and attacks that concern the rounds. The table of all findings is in FindingsStaking.
contract FindingsRoundsTest is RoundPlay {
    bytes32[] private _noProof;

    // --- Acting for others ---

    function test_F11_AStrangerDoesNothingForAMember() public {
        uint256 taskId = drawnTask();
        RoundView memory round = view_(taskId);
        expectNotActing(round.accounts[0], stranger);
        vm.prank(stranger);
        rounds.propose(taskId, 1, 0, "update");
        expectNotActing(member(9), stranger);
        vm.prank(stranger);
        rounds.join(taskId, member(9), _noProof);
        expectNotActing(member(0), stranger);
        vm.prank(stranger);
        rounds.leave(taskId, member(0));
    }

    function test_F11_AnotherMemberDoesNothingInASeatThatIsNotItsOwn() public {
        uint256 taskId = drawnTask();
        RoundView memory round = view_(taskId);
        expectNotActing(round.accounts[0], round.accounts[1]);
        vm.prank(round.accounts[1]);
        rounds.propose(taskId, 1, 0, "update");
    }

    function test_F11_RotatingTheOperatorStopsTheOldKeyAtOnce() public {
        staking.setOperatorDelay(60);
        uint256 taskId = drawnTask();
        address owner_ = view_(taskId).accounts[0];
        vm.prank(owner_);
        staking.setOperator(stranger);
        vm.prank(owner_);
        staking.setOperator(keeper);
        expectNotActing(owner_, stranger);
        vm.prank(stranger);
        rounds.propose(taskId, 1, 0, "update");
        expectNotActing(owner_, keeper);
        vm.prank(keeper);
        rounds.propose(taskId, 1, 0, "update");
        vm.warp(1_800_000_000 + 60);
        vm.prank(keeper);
        rounds.propose(taskId, 1, 0, "update");
    }

    function test_F03_AnOperatorMovesNoStake() public {
        uint256 taskId = drawnTask();
        vm.prank(member(0));
        staking.setOperator(stranger);
        expectError(IStaking.NotEnoughAllocated.selector, 1, 0);
        vm.prank(stranger);
        staking.deallocate(taskId, 1);
        expectError(IStaking.NotEnoughAvailable.selector, 1, 0);
        vm.prank(stranger);
        staking.redeem(1);
    }

    // --- What is over is over ---

    function test_F04_ACancelledTaskNeverOpensARound() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 5);
        vm.prank(creator);
        tasks.cancel(taskId);
        expectError(ITaskManager.TaskIsNotOpen.selector, taskId, uint256(TaskState.Cancelled));
        rounds.start(taskId);
        vm.prank(member(0));
        rounds.leave(taskId, member(0));
    }

    function test_F04_ARoundIsFinalisedOnce() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), true);
        expectPhase(Phase.Tally, Phase.Seeded);
        rounds.finalise(taskId, 0, 0, 0);
    }

    function test_F04_ACreditIsPaidOnce() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), true);
        address account = view_(taskId).accounts[0];
        rounds.withdraw(taskId, account);
        expectError(IAllianceRounds.NothingToWithdraw.selector);
        rounds.withdraw(taskId, account);
    }

    function test_F42_ALateTransactionOfAnotherRoundIsRefused() public {
        uint256 taskId = startedTask();
        playAgreed(taskId, ballotOf(1, 2), true);
        draw(taskId);
        address account = view_(taskId).accounts[0];
        expectError(IAllianceRounds.RoundIsOver.selector, 1, 2);
        vm.prank(account);
        rounds.propose(taskId, 1, 0, "update");
        expectError(IAllianceRounds.RoundIsOver.selector, 1, 2);
        rounds.revealVotes(taskId, 1, new Vote[](0));
    }

    // --- Strikes and stake ---

    function test_F14_ASecondSlashTakesAsMuchAsTheFirst() public {
        AllianceTerms memory t = terms();
        (t.strikeLimit, t.plannedRounds) = (1, 10);
        uint256 taskId = openTask(t, BOUNTY);
        for (uint256 i = 0; i < 5; ++i) {
            stake(member(i), taskId, 20 * MINIMUM_STAKE);
            join(taskId, member(i));
        }
        rounds.start(taskId);
        uint96 first = _slashedWhenAbsent(taskId);
        assertEq(first, 2_000e18, "a tenth of the stake as joined");
        for (uint256 i = 0; i < 6; ++i) {
            assertEq(_slashedWhenAbsent(taskId), first, "as much again, whoever it was");
        }
    }

    function test_F35_StrikesSurviveLeavingAndComingBack() public {
        AllianceTerms memory t = terms();
        t.plannedRounds = 100;
        uint256 taskId = openTask(t, BOUNTY);
        joinMembers(taskId, 0, 5);
        rounds.start(taskId);
        joinMembers(taskId, 5, 20);
        address absentee = _roundWithoutProposerZero(taskId);
        assertEq(rounds.memberOf(taskId, absentee).strikes, 1, "strikes");
        for (uint256 i = 2; _isSeated(taskId, absentee); ++i) {
            draw(taskId);
            if (!_isSeated(taskId, absentee)) break;
            playTo(taskId, votesFor(taskId, ballotOf(i, 2), EVERYONE, EVERYONE));
            finalise(taskId, ballotOf(i, 2));
        }
        uint256 strikes = rounds.memberOf(taskId, absentee).strikes;
        vm.prank(absentee);
        rounds.leave(taskId, absentee);
        join(taskId, absentee);
        assertEq(rounds.memberOf(taskId, absentee).strikes, strikes, "strikes after coming back");
        assertTrue(strikes != 0, "the strike is still in the window");
    }

    function test_F35_ASlashedMemberGainsNoWeightByTopUp() public {
        AllianceTerms memory t = terms();
        (t.strikeLimit, t.slashBps) = (1, 5_000);
        uint256 taskId = openTask(t, BOUNTY);
        for (uint256 i = 0; i < 5; ++i) {
            stake(member(i), taskId, 2 * MINIMUM_STAKE);
            join(taskId, member(i));
            stake(member(i), taskId, 6 * MINIMUM_STAKE);
        }
        rounds.start(taskId);
        address absentee = _roundWithoutProposerZero(taskId);
        assertEq(
            staking.allocationOf(absentee, taskId).gm, 4 * MINIMUM_STAKE, "half of all that stands there"
        );
        assertEq(rounds.memberOf(taskId, absentee).weight, 2, "weight as joined, no more");
    }

    function test_F29_ASeatedMemberCannotLeaveAheadOfItsSlash() public {
        uint256 taskId = drawnTask();
        address account = view_(taskId).accounts[0];
        vm.prank(account);
        rounds.leave(taskId, account);
        expectError(IStaking.StakeIsHeld.selector, taskId);
        vm.prank(account);
        staking.deallocate(taskId, 1);
    }

    function test_F29_ALeavingMemberIsSlashedBeforeItIsReleased() public {
        AllianceTerms memory t = terms();
        t.strikeLimit = 1;
        uint256 taskId = openTask(t, BOUNTY);
        joinMembers(taskId, 0, 5);
        rounds.start(taskId);
        draw(taskId);
        address account = view_(taskId).accounts[0];
        vm.prank(account);
        rounds.leave(taskId, account);
        _playWithoutProposerZero(taskId);
        assertTrue(rounds.memberOf(taskId, account).state == MemberState.None, "gone");
        assertEq(rounds.memberCount(taskId), 4, "off the list once");
        assertEq(staking.allocationOf(account, taskId).gm, MINIMUM_STAKE * 9 / 10, "slashed");
        vm.prank(account);
        staking.deallocate(taskId, MINIMUM_STAKE * 9 / 10);
    }

    function test_F32_NoOneLeavesBetweenTheFreezeAndTheDraw() public {
        uint256 taskId = startedTask();
        vm.expectRevert(abi.encodeWithSelector(IAllianceRounds.TheDrawIsPending.selector, Phase.Seeded));
        vm.prank(member(0));
        rounds.leave(taskId, member(0));
    }

    function test_F36_WhoJoinsAfterTheFreezeIsNotDrawn() public {
        uint256 taskId = startedTask();
        joinMembers(taskId, 5, 20);
        draw(taskId);
        RoundView memory round = view_(taskId);
        for (uint256 seat = 0; seat < 5; ++seat) {
            assertTrue(round.seats[seat] <= 5, "a late joiner was drawn");
        }
    }

    function test_F19_WhoIsSlashedBelowTheMinimumTakesTheRestHome() public {
        AllianceTerms memory t = terms();
        t.strikeLimit = 1;
        uint256 taskId = openTask(t, BOUNTY);
        joinMembers(taskId, 0, 5);
        rounds.start(taskId);
        address absentee = _roundWithoutProposerZero(taskId);
        assertTrue(rounds.memberOf(taskId, absentee).state == MemberState.None, "no member any more");
        vm.prank(absentee);
        staking.deallocate(taskId, MINIMUM_STAKE * 9 / 10);
        uint256 unlockAt = staking.positionOf(absentee).unlockAt;
        vm.warp(unlockAt);
        staking.poke(absentee);
        vm.warp(unlockAt + staking.EXIT_DELAY());
        vm.prank(absentee);
        staking.redeem(MINIMUM_STAKE * 9 / 10);
        assertEq(token.balanceOf(absentee), MINIMUM_STAKE * 9 / 10, "nine tenths");
    }

    // --- Liveness ---

    /// @dev It also costs stake at once, as it could buy another draw.
    function test_F40_AWithheldRevealCostsOnlyWhoWithholds() public {
        uint256 taskId = drawnTask();
        Ballot memory ballot = ballotOf(1, 2);
        Vote[] memory votes = votesFor(taskId, ballot, EVERYONE, EVERYONE);
        address[] memory seated = view_(taskId).accounts;
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        commit(taskId, votes);
        reveal(taskId, votesFor(taskId, ballot, 3, 3));
        passDeadline(taskId);
        finalise(taskId, ballot);
        for (uint256 seat = 0; seat < 5; ++seat) {
            uint256 left = seat == 4 ? MINIMUM_STAKE * 9 / 10 : MINIMUM_STAKE;
            assertEq(
                staking.allocationOf(seated[seat], taskId).gm, left, "the one who withheld, and nobody else"
            );
            assertEq(rounds.memberOf(taskId, seated[seat]).strikes, 0, "strikes");
        }
        assertEq(view_(taskId).model, ballot.candidate, "the round went on without it");
    }

    function test_F39_OneTransactionOpensEveryVoteForEveryone() public {
        uint256 taskId = drawnTask();
        Vote[] memory votes = votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE);
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        commit(taskId, votes);
        vm.roll(block.number + 2);
        vm.prank(stranger);
        rounds.revealVotes(taskId, 1, votes);
        assertEq(phaseOf(taskId), Phase.Tally, "all are open");
    }

    function test_F22_AFrontRunRevealDoesNotBlockTheBatch() public {
        uint256 taskId = drawnTask();
        Vote[] memory votes = votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE);
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        commit(taskId, votes);
        vm.roll(block.number + 2);
        vm.prank(stranger);
        rounds.revealVotes(taskId, 1, votesFor(taskId, ballotOf(1, 2), 1, 1));
        reveal(taskId, votes);
        assertEq(phaseOf(taskId), Phase.Tally, "all are open");
    }

    function test_F18_AFinaliserWithTheWrongPreimageBlocksNothing() public {
        uint256 taskId = drawnTask();
        Ballot memory ballot = ballotOf(1, 2);
        playTo(taskId, votesFor(taskId, ballot, EVERYONE, EVERYONE));
        expectError(IAllianceRounds.WrongPreimage.selector);
        rounds.finalise(taskId, keccak256("mine"), ballot.harmful, ballot.rewarded);
        expectError(IAllianceRounds.WrongPreimage.selector);
        rounds.finalise(taskId, ballot.candidate, 1, 2);
        finalise(taskId, ballot);
        assertEq(view_(taskId).model, ballot.candidate, "model");
    }

    function test_F18_AGriefingKeeperGetsNoMoreThanItsFees() public {
        uint256 taskId = startedTask();
        for (uint256 i = 0; i < 4; ++i) {
            draw(taskId);
            passDeadline(taskId);
            finalise(taskId, Ballot(0, 0, 0));
        }
        assertEq(phaseOf(taskId), Phase.Ended, "as many void rounds as were planned");
        assertEq(rounds.memberOf(taskId, keeper).owed, 4 * 10e18, "a fee for each draw");
        assertEq(view_(taskId).pool, BOUNTY - 8 * 10e18, "the pool is whole");
    }

    function test_F26_CostsDoNotGrowWithTheMembers() public {
        (uint256 drawAt8, uint256 finaliseAt8) = _costsAt(8);
        (uint256 drawAt800, uint256 finaliseAt800) = _costsAt(800);
        assertTrue(drawAt800 < drawAt8 + drawAt8 / 10, "draw");
        assertTrue(finaliseAt800 < finaliseAt8 + finaliseAt8 / 10, "finalise");
    }

    // --- Steps ---

    function _roundWithoutProposerZero(uint256 taskId) private returns (address absentee) {
        draw(taskId);
        absentee = view_(taskId).accounts[0];
        _playWithoutProposerZero(taskId);
    }

    /// @dev All but proposer 0 do their duty and agree.
    function _playWithoutProposerZero(uint256 taskId) private {
        Ballot memory ballot = Ballot(keccak256(abi.encode("model", view_(taskId).number)), 0, 2);
        propose(taskId, 2);
        passDeadline(taskId);
        attest(taskId, EVERYONE, 2);
        Vote[] memory votes = votesFor(taskId, ballot, EVERYONE, EVERYONE);
        commit(taskId, votes);
        reveal(taskId, votes);
        finalise(taskId, ballot);
    }

    function _slashedWhenAbsent(uint256 taskId) private returns (uint96) {
        uint256 before = _staked(taskId);
        _roundWithoutProposerZero(taskId);
        return uint96(before - _staked(taskId));
    }

    function _staked(uint256 taskId) private view returns (uint256 total) {
        for (uint256 i = 0; i < 5; ++i) {
            total += staking.allocationOf(member(i), taskId).gm;
        }
    }

    function _isSeated(uint256 taskId, address account) private view returns (bool) {
        RoundView memory round = view_(taskId);
        for (uint256 seat = 0; seat < round.accounts.length; ++seat) {
            if (round.accounts[seat] == account) return true;
        }
        return false;
    }

    function _costsAt(uint256 members) private returns (uint256 drawing, uint256 finalising) {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 1_000 * taskId, members);
        rounds.start(taskId);
        playAgreed(taskId, ballotOf(1, 2), true);
        playAgreed(taskId, ballotOf(2, 2), true);
        drawing = gasleft();
        rounds.draw(taskId);
        drawing -= gasleft();
        playTo(taskId, votesFor(taskId, ballotOf(3, 2), EVERYONE, EVERYONE));
        finalising = gasleft();
        rounds.finalise(taskId, ballotOf(3, 2).candidate, 0, 3);
        finalising -= gasleft();
    }
}
