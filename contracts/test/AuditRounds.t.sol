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
import { ITaskManager, NewTask } from "../src/interfaces/ITaskManager.sol";
import { Sortition } from "../src/libraries/Sortition.sol";
import { Ballot, RoundPlay } from "./RoundPlay.t.sol";

/// @notice The one cheat code that only these tests use: a block producer chooses its block's hash.
interface ProducerVm {
    function setBlockhash(uint256 blockNumber, bytes32 blockHash) external;
}

/// @notice What our own audit found in the rounds, replayed as the attacker would: nothing is gained any more. The
/// table of all findings is in FindingsStaking.
contract AuditRoundsTest is RoundPlay {
    uint256 private constant START = 1_800_000_000;
    uint96 private constant FEE = 10e18;

    // --- 47: the first to join take the bounty before anybody else can ---

    function test_F47_TheFirstToJoinDoNotBeginBeforeThereAreAsManyAsTheTermsAskFor() public {
        AllianceTerms memory t = terms();
        t.minimumMembers = 20;
        uint256 taskId = openTask(t, BOUNTY);
        joinMembers(taskId, 0, 19);
        expectError(IAllianceRounds.TooFewMembers.selector, 19, 20);
        rounds.start(taskId);
        vm.warp(newTask().startBy + 1);
        tasks.cancel(taskId);
        tasks.withdrawRefund(taskId, creator);
        assertEq(token.balanceOf(creator), BOUNTY, "all of it is the creator's again");
    }

    function test_F47_TheFirstToJoinDoNotBeginBeforeItsTime() public {
        NewTask memory task = newTask();
        task.startsAt = uint40(START + 12 hours);
        uint256 taskId = openTask(task, terms());
        joinMembers(taskId, 0, 5);
        expectError(ITaskManager.OnlyTheCreatorMayStartBefore.selector, START + 12 hours);
        vm.prank(member(0));
        rounds.start(taskId);
        vm.warp(START + 12 hours - 1);
        expectError(ITaskManager.OnlyTheCreatorMayStartBefore.selector, START + 12 hours);
        rounds.start(taskId);
    }

    /// @dev With fewer members than the minimum the rounds wait, even if there is one for each seat.
    function test_F47_TheFirstToJoinDoNotGoOnAlone() public {
        AllianceTerms memory t = terms();
        t.minimumMembers = 8;
        uint256 taskId = openTask(t, BOUNTY);
        joinMembers(taskId, 0, 8);
        rounds.start(taskId);
        draw(taskId);
        for (uint256 i = 0; i < 8; ++i) {
            if (rounds.dutyOf(taskId, member(i)) == 0) leave(taskId, member(i));
        }
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        finalise(taskId, ballotOf(1, 2));
        assertEq(phaseOf(taskId), Phase.Waiting, "five are left");
        expectError(IAllianceRounds.TooFewMembers.selector, 5, 8);
        rounds.start(taskId);
    }

    // --- 49: stake put on after joining earns, and is not slashed ---

    function test_F49_StakePutOnLaterIsSlashedLikeTheRest() public {
        AllianceTerms memory t = terms();
        (t.strikeLimit, t.slashBps) = (1, 1_000);
        uint256 taskId = openTask(t, BOUNTY);
        joinMembers(taskId, 0, 5);
        for (uint256 i = 0; i < 5; ++i) {
            stake(member(i), taskId, 99 * MINIMUM_STAKE);
        }
        rounds.start(taskId);
        draw(taskId);
        address bad = view_(taskId).accounts[0];
        finalise(taskId, _toTallyWithoutProposerZero(taskId));
        assertEq(staking.allocationOf(bad, taskId).gm, 90 * MINIMUM_STAKE, "a tenth of all that stands there");
        assertEq(staking.owedToTreasury(), 10 * MINIMUM_STAKE, "is the treasury's");
    }

    // --- 50: a majority slashes others at once, and is paid for it ---

    function test_F50_AMajorityThatSlashesAnHonestMemberGetsNothingOfIt() public {
        AllianceTerms memory t = terms();
        (t.strikeLimit, t.strikeWindow, t.slashBps, t.keeperFee) = (1, 1, 5_000, 0);
        t.plannedRounds = 100;
        uint256 taskId = openTask(t, 0);
        joinMembers(taskId, 0, 4);
        address honest = member(9);
        stake(honest, taskId, 4 * MINIMUM_STAKE);
        join(taskId, honest);
        rounds.start(taskId);
        uint256 slashed;
        for (uint256 i = 1; slashed == 0; ++i) {
            _playAgainst(taskId, honest, i);
            slashed = 4 * MINIMUM_STAKE - staking.allocationOf(honest, taskId).gm;
        }
        assertEq(staking.owedToTreasury(), slashed, "all of it is the treasury's");
        _assertGotNothing(taskId, creator);
        _assertGotNothing(taskId, keeper);
        for (uint256 i = 0; i < 4; ++i) {
            _assertGotNothing(taskId, member(i));
            assertEq(staking.allocationOf(member(i), taskId).gm, MINIMUM_STAKE, "they have what they had");
        }
    }

    // --- 54: absent sybils burn the bounty without being judged ---

    function test_F54_AbsentSybilsLoseMoreThanTheyGetAndTheCreatorHasItsBountyBack() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 5);
        rounds.start(taskId);
        uint256 drawn;
        for (; phaseOf(taskId) == Phase.Seeded; ++drawn) {
            draw(taskId);
            passDeadline(taskId);
            finalise(taskId, Ballot(0, 0, 0));
        }
        rounds.close(taskId);
        tasks.withdrawRefund(taskId, creator);
        assertEq(token.balanceOf(creator), BOUNTY - drawn * FEE, "all but the fees for draws");
        assertEq(tasks.owedToTreasury(), 0, "nothing is burnt");
        assertEq(drawn, 4, "as many draws as were planned");
        rounds.withdraw(taskId, keeper);
        assertEq(token.balanceOf(keeper), 4 * FEE, "what they got");
        assertEq(staking.owedToTreasury(), 5 * (MINIMUM_STAKE / 10), "what they lost");
    }

    function test_F54_AnOutageExcusesTwoRoundsInARowAndNoMore() public {
        uint256 taskId = startedTask();
        for (uint256 i = 1; i <= 3; ++i) {
            draw(taskId);
            passDeadline(taskId);
            finalise(taskId, Ballot(0, 0, 0));
            for (uint256 m = 0; m < 5; ++m) {
                assertEq(rounds.memberOf(taskId, member(m)).strikes, i < 3 ? 0 : 1, "strikes");
            }
        }
    }

    /// @dev Most voters by number, but half of the weight at most.
    function test_F54_SybilsOfLittleWeightAreNoOutage() public {
        AllianceTerms memory t = terms();
        (t.proposerSeats, t.voterSeats, t.minimumMembers) = (1, 5, 6);
        uint256 taskId = openTask(t, BOUNTY);
        for (uint256 i = 0; i < 2; ++i) {
            stake(member(i), taskId, 4 * MINIMUM_STAKE);
            join(taskId, member(i));
        }
        joinMembers(taskId, 2, 4);
        rounds.start(taskId);
        draw(taskId);
        RoundView memory round = view_(taskId);
        Ballot memory ballot = ballotOf(1, 1);
        propose(taskId, EVERYONE);
        uint256 heavy = _votersOfWeight(round, 4);
        attest(taskId, heavy, 1);
        passDeadline(taskId);
        Vote[] memory votes = votesFor(taskId, ballot, heavy, EVERYONE);
        commit(taskId, votes);
        reveal(taskId, votes);
        finalise(taskId, ballot);
        for (uint256 seat = 1; seat < 6; ++seat) {
            uint256 strikes = rounds.memberOf(taskId, round.accounts[seat]).strikes;
            assertEq(strikes, round.weights[seat] == 4 ? 0 : 1, "those who stayed away");
        }
    }

    // --- 55: strikes are washed off by another account ---

    function test_F55_StrikesStayWithTheStake() public {
        (uint256 taskId, address bad) = _leftWithAStrike();
        assertEq(rounds.memberOf(taskId, bad).strikes, 1, "one more is a slash");
        vm.warp(START + 10 days);
        expectError(IStaking.StakeIsHeld.selector, taskId);
        vm.prank(bad);
        staking.deallocate(taskId, MINIMUM_STAKE);
        expectError(IAllianceRounds.RetainedUntil.selector, 9, 1);
        leave(taskId, bad);
        join(taskId, bad);
        assertEq(rounds.memberOf(taskId, bad).strikes, 1, "nor are they washed off by coming back");
    }

    /// @dev Leaving, coming back and leaving again does not shorten it.
    function test_F55_EveryLeaveIsServedAnew() public {
        (uint256 taskId, address bad) = _leftWithAStrike();
        playAgreed(taskId, ballotOf(2, 2), true);
        join(taskId, bad);
        draw(taskId);
        leave(taskId, bad);
        assertTrue(rounds.memberOf(taskId, bad).state == MemberState.Retained, "again");
        assertEq(rounds.memberOf(taskId, bad).retainedUntil, 3 + 8, "from now");
        expectError(IAllianceRounds.RetainedUntil.selector, 11, 3);
        leave(taskId, bad);
    }

    /// @dev A member with one strike short of a slash leaves, but the slash comes first.
    function test_F55_NoLeaveIsAheadOfASlash() public {
        AllianceTerms memory t = terms();
        t.strikeLimit = 1;
        uint256 taskId = openTask(t, BOUNTY);
        joinMembers(taskId, 0, 6);
        rounds.start(taskId);
        draw(taskId);
        address bad = view_(taskId).accounts[0];
        leave(taskId, bad);
        finalise(taskId, _toTallyWithoutProposerZero(taskId));
        assertEq(staking.allocationOf(bad, taskId).gm, MINIMUM_STAKE * 9 / 10, "slashed");
        assertTrue(!staking.allocationOf(bad, taskId).isHeld, "and, having paid, free");
    }

    // --- 58: the producer of the seed block picks the draw ---

    /// @dev Grinding used to be possible: all salts were public before the block was made. Now the block comes first.
    function test_F58_WhoMakesTheSeedBlockKnowsNoDraw() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 20); // the producer's have the ids 1 to 5
        rounds.start(taskId);
        draw(taskId);
        Vote[] memory votes = votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE);
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        commit(taskId, votes);
        uint256 seedBlock = view_(taskId).seedBlock;
        // It has sealed two of the votes itself and knows their salts; it knows nothing about the third.
        bytes32 known = votes[0].salt ^ votes[1].salt;
        bytes32 ground = _grind(taskId, known);
        vm.roll(seedBlock + 1);
        _produce(seedBlock, ground);
        rounds.revealVotes(taskId, 1, votes);
        assertEq(rounds.entropyOf(taskId), known ^ ground ^ votes[2].salt, "it chose the hash");
        finalise(taskId, ballotOf(1, 2));
        rounds.draw(taskId);
        uint256[] memory hoped = Sortition.draw(_seedOf(taskId, 0, known ^ ground), 20, 5);
        assertTrue(!_isDrawn(taskId, hoped), "and not the draw");
    }

    /// @dev Once votes are revealed, no later block can change the draw.
    function test_F58_NoBlockAfterTheRevealHasAPart() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 20);
        rounds.start(taskId);
        playAgreed(taskId, ballotOf(1, 2), true);
        bytes32 entropy = rounds.entropyOf(taskId);
        assertEq(view_(taskId).seedBlock, 0, "no block is waited for");
        uint256[] memory drawn = Sortition.draw(_seedOf(taskId, 0, entropy), 20, 5);
        vm.roll(block.number + 10);
        for (uint256 back = 1; back <= 10; ++back) {
            _produce(block.number - back, keccak256(abi.encode("any hash", back)));
        }
        rounds.draw(taskId);
        assertTrue(_isDrawn(taskId, drawn), "as it stood when votes were open");
    }

    /// @dev The producer waits until the hash cannot be read: the vote stays sealed, and a block it cannot predict is
    /// named.
    function test_F58_AHashIsNotExchangedByWaiting() public {
        uint256 taskId = drawnTask();
        Vote[] memory votes = votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE);
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        commit(taskId, votes);
        vm.roll(view_(taskId).seedBlock + 300);
        vm.prank(stranger);
        rounds.revealVotes(taskId, 1, votes);
        assertEq(view_(taskId).seedBlock, block.number + 1, "a block to come");
        assertEq(rounds.entropyOf(taskId), 0, "and no vote is open that would tell what it gives");
    }

    /// @dev Whoever reveals last sees what the draw would be, and could keep votes back until it suits.
    function test_F58_WhoKeepsAVoteBackGetsADrawThatNobodyKnows() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 20);
        rounds.start(taskId);
        draw(taskId);
        Ballot memory ballot = ballotOf(1, 2);
        address keepsBack = view_(taskId).accounts[4];
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        commit(taskId, votesFor(taskId, ballot, EVERYONE, EVERYONE));
        reveal(taskId, votesFor(taskId, ballot, 3, EVERYONE));
        uint256[] memory hoped = Sortition.draw(_seedOf(taskId, 0, rounds.entropyOf(taskId)), 20, 5);
        passDeadline(taskId);
        finalise(taskId, ballot);
        uint256 seedBlock = view_(taskId).seedBlock;
        assertTrue(seedBlock > block.number, "of a block to come");
        vm.roll(seedBlock + 1);
        rounds.draw(taskId);
        assertTrue(!_isDrawn(taskId, hoped), "not what it kept its vote back for");
        assertEq(
            staking.allocationOf(keepsBack, taskId).gm, MINIMUM_STAKE * 9 / 10, "and it is slashed for it"
        );
    }

    // --- 62: ids run out ---

    function test_F62_IdsDoNotRunOut() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 1);
        for (uint256 i = 1; i <= 50; ++i) {
            joinMembers(taskId, i, 1);
            assertEq(rounds.memberOf(taskId, member(i)).id, 2, "the one that came free");
            leave(taskId, member(i));
        }
        joinMembers(taskId, 51, 2);
        assertEq(rounds.memberOf(taskId, member(52)).id, 3, "fifty have come and gone, and two ids are used");
    }

    // --- 3: what others put into a bounty is not its creator's ---

    function test_F03_TheCreatorDoesNotPocketWhatOthersPutIn() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        give(stranger, 1_000e18);
        approve(stranger, address(tasks), 1_000e18);
        vm.prank(stranger);
        tasks.fund(taskId, 1_000e18);
        vm.prank(creator);
        tasks.cancel(taskId);
        tasks.withdrawRefund(taskId, creator);
        assertEq(token.balanceOf(creator), BOUNTY, "the creator has its own");
        tasks.withdrawRefund(taskId, stranger);
        assertEq(token.balanceOf(stranger), 1_000e18, "the backer has its own");
    }

    // --- Steps ---

    /// @dev All but proposer 0 do their duty and agree.
    function _toTallyWithoutProposerZero(uint256 taskId) private returns (Ballot memory ballot) {
        propose(taskId, 2);
        passDeadline(taskId);
        attest(taskId, EVERYONE, 2);
        ballot = Ballot(keccak256("model"), 0, 2);
        Vote[] memory votes = votesFor(taskId, ballot, EVERYONE, EVERYONE);
        commit(taskId, votes);
        reveal(taskId, votes);
    }

    /// @dev Strikes at two of eight. Of six members proposer 0 stays away and asks to leave; the first round is over.
    function _leftWithAStrike() private returns (uint256 taskId, address bad) {
        taskId = openTask(terms(), BOUNTY);
        joinMembers(taskId, 0, 6);
        rounds.start(taskId);
        draw(taskId);
        bad = view_(taskId).accounts[0];
        leave(taskId, bad);
        finalise(taskId, _toTallyWithoutProposerZero(taskId));
    }

    /// @dev A round in which the others say that they do not have the proposal of `honest`, though they do.
    function _playAgainst(uint256 taskId, address honest, uint256 number) private {
        draw(taskId);
        RoundView memory round = view_(taskId);
        propose(taskId, EVERYONE);
        uint32 bitmap = 3;
        if (round.accounts[0] == honest) bitmap = 2;
        if (round.accounts[1] == honest) bitmap = 1;
        attest(taskId, EVERYONE, bitmap);
        Ballot memory ballot = ballotOf(number, 2);
        Vote[] memory votes = votesFor(taskId, ballot, EVERYONE, EVERYONE);
        commit(taskId, votes);
        reveal(taskId, votes);
        vm.prank(creator);
        rounds.finalise(taskId, ballot.candidate, ballot.harmful, ballot.rewarded);
    }

    function _votersOfWeight(RoundView memory round, uint256 weight) private pure returns (uint256 mask) {
        for (uint256 voter = 0; voter < round.voters; ++voter) {
            if (round.weights[round.proposers + voter] == weight) mask |= 1 << voter;
        }
    }

    function _produce(uint256 number, bytes32 hash) private {
        ProducerVm(address(vm)).setBlockhash(number, hash);
    }

    function _seedOf(uint256 taskId, bytes32 hash, bytes32 entropy) private view returns (bytes32) {
        return keccak256(abi.encode(hash, entropy, block.chainid, address(rounds), taskId, uint16(2)));
    }

    /// @dev A hash with which the producer would get all three voters, if there were no other salts.
    function _grind(uint256 taskId, bytes32 known) private view returns (bytes32 hash) {
        for (uint256 tries = 0;; ++tries) {
            hash = keccak256(abi.encode("a block with another order of transactions", tries));
            uint256[] memory drawn = Sortition.draw(_seedOf(taskId, 0, known ^ hash), 20, 5);
            if (drawn[2] < 5 && drawn[3] < 5 && drawn[4] < 5) return hash;
        }
    }

    /// @dev While nobody has left the list, the member at a position has that position plus one as its id.
    function _isDrawn(uint256 taskId, uint256[] memory positions) private view returns (bool) {
        uint16[] memory seats = view_(taskId).seats;
        for (uint256 seat = 0; seat < seats.length; ++seat) {
            if (seats[seat] != positions[seat] + 1) return false;
        }
        return true;
    }

    // --- Claims ---

    function _assertGotNothing(uint256 taskId, address account) private view {
        assertEq(rounds.memberOf(taskId, account).owed, 0, "owed");
        assertEq(token.balanceOf(account), 0, "paid");
    }
}
