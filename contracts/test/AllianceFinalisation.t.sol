// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AllianceTerms,
    IAllianceRounds,
    MemberState,
    MemberView,
    Phase,
    RoundView,
    Vote
} from "../src/interfaces/IAllianceRounds.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { Ballot, RoundPlay } from "./RoundPlay.t.sol";

/// @notice Deciding, paying, striking, slashing. Seats 0 and 1 propose, 2 to 4 vote.
contract AllianceFinalisationTest is RoundPlay {
    /// @dev The most that keepers can get: two draws for each of four rounds.
    uint96 private constant RESERVE = 80e18;
    uint96 private constant FEE = 10e18;

    // --- outcomes ---

    function test_finalise_acceptedPaysProposersAndVoters() public {
        uint256 taskId = drawnTask();
        Ballot memory ballot = ballotOf(1, 2);
        address[] memory seated = view_(taskId).accounts;
        playTo(taskId, votesFor(taskId, ballot, EVERYONE, EVERYONE));
        finalise(taskId, ballot);
        uint256 reward = (BOUNTY - RESERVE) / 4;
        assertEq(view_(taskId).model, ballot.candidate, "model");
        assertEq(view_(taskId).decided, 1, "decided");
        assertEq(view_(taskId).acceptSixteenths, 9, "frequency");
        assertEq(rounds.memberOf(taskId, seated[0]).owed, reward * 70 / 100 / 2, "proposer");
        assertEq(rounds.memberOf(taskId, seated[2]).owed, reward * 30 * 16 / (200 * 8) / 3, "voter");
        _assertMoneyIsWhole(taskId, seated);
    }

    function test_finalise_rejectedPaysTheVotersOnly() public {
        uint256 taskId = drawnTask();
        address[] memory seated = view_(taskId).accounts;
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, 0));
        finalise(taskId, ballotOf(1, 2));
        assertEq(view_(taskId).model, INITIAL_MODEL, "the model stays");
        assertEq(view_(taskId).acceptSixteenths, 7, "frequency");
        assertEq(rounds.memberOf(taskId, seated[0]).owed, 0, "proposer");
        assertTrue(rounds.memberOf(taskId, seated[2]).owed > 0, "voter");
        _assertMoneyIsWhole(taskId, seated);
    }

    function test_finalise_withoutAWinnerIsVoidAndItsArgumentsAreIgnored() public {
        uint256 taskId = drawnTask();
        RoundView memory round = view_(taskId);
        Vote[] memory votes = new Vote[](3);
        for (uint256 voter = 0; voter < 3; ++voter) {
            votes[voter] = voteOf(round, voter, ballotOf(10 + voter, 2), true);
        }
        playTo(taskId, votes);
        finalise(taskId, Ballot(keccak256("the finaliser's own model"), 0, 3));
        assertEq(view_(taskId).model, INITIAL_MODEL, "a finaliser chose the model");
        assertEq(view_(taskId).decided, 0, "decided");
        assertEq(view_(taskId).opened, 1, "opened");
        for (uint256 seat = 0; seat < 5; ++seat) {
            assertEq(
                rounds.memberOf(taskId, round.accounts[seat]).strikes, 0, "a void round blames the present"
            );
        }
    }

    function test_finalise_needsTheWinnersPreimage() public {
        uint256 taskId = drawnTask();
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        expectError(IAllianceRounds.WrongPreimage.selector);
        finalise(taskId, ballotOf(2, 2));
        expectError(IAllianceRounds.WrongPreimage.selector);
        finalise(taskId, Ballot(ballotOf(1, 2).candidate, 1, 2));
    }

    function test_finalise_theCurrentModelOrNoModelIsVoid() public {
        uint256 taskId = drawnTask();
        Ballot memory same = Ballot(INITIAL_MODEL, 0, 3);
        playTo(taskId, votesFor(taskId, same, EVERYONE, EVERYONE));
        finalise(taskId, same);
        assertEq(view_(taskId).decided, 0, "the current model");
        draw(taskId);
        Ballot memory none = Ballot(0, 0, 3);
        playTo(taskId, votesFor(taskId, none, EVERYONE, EVERYONE));
        finalise(taskId, none);
        assertEq(view_(taskId).decided, 0, "no model");
    }

    function test_finalise_needsHalfOfTheDrawnWeight() public {
        uint256 taskId = drawnTask();
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), 1, EVERYONE));
        finalise(taskId, ballotOf(1, 2));
        assertEq(view_(taskId).decided, 0, "one of three voters decided");
    }

    function test_finalise_refusedBeforeTheTally() public {
        uint256 taskId = drawnTask();
        expectPhase(Phase.Tally, Phase.Propose);
        finalise(taskId, ballotOf(1, 2));
    }

    function test_finalise_refusedTwice() public {
        uint256 taskId = drawnTask();
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        finalise(taskId, ballotOf(1, 2));
        expectPhase(Phase.Tally, Phase.Seeded);
        finalise(taskId, ballotOf(1, 2));
    }

    function test_finalise_paysNoKeeper() public {
        uint256 taskId = drawnTask();
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        vm.prank(stranger);
        rounds.finalise(taskId, ballotOf(1, 2).candidate, 0, 3);
        assertEq(rounds.memberOf(taskId, stranger).owed, 0, "who finalises");
        assertEq(rounds.memberOf(taskId, keeper).owed, FEE, "who drew was paid for the whole round");
    }

    /// @dev Marks are in words of 32 seats. Here voters' marks start in one word and end in the next, or start at the
    /// beginning of a word.
    function test_finalise_readsTheMarksOfEverySeat() public {
        uint8[2] memory proposers = [uint8(20), 32];
        for (uint256 i = 0; i < 2; ++i) {
            AllianceTerms memory t = terms();
            (t.proposerSeats, t.voterSeats, t.minimumMembers) = (proposers[i], 24, uint16(proposers[i]) + 24);
            uint256 taskId = openTask(t, BOUNTY);
            joinMembers(taskId, 100 * i, t.minimumMembers);
            rounds.start(taskId);
            _playSplit(taskId);
        }
    }

    // --- strikes ---

    function test_finalise_strikesTheHarmfulProposer() public {
        uint256 taskId = drawnTask();
        address[] memory seated = view_(taskId).accounts;
        Ballot memory ballot = Ballot(keccak256("model"), 1, 2);
        playTo(taskId, votesFor(taskId, ballot, EVERYONE, EVERYONE));
        finalise(taskId, ballot);
        assertEq(rounds.memberOf(taskId, seated[0]).strikes, 1, "harmful");
        assertEq(rounds.memberOf(taskId, seated[0]).owed, 0, "harmful and paid");
        assertEq(rounds.memberOf(taskId, seated[1]).strikes, 0, "honest");
        assertTrue(rounds.memberOf(taskId, seated[1]).owed > 0, "honest and unpaid");
    }

    function test_finalise_aRejectedRoundDoesNotBlameHarm() public {
        uint256 taskId = drawnTask();
        address[] memory seated = view_(taskId).accounts;
        Ballot memory ballot = Ballot(keccak256("model"), 1, 2);
        playTo(taskId, votesFor(taskId, ballot, EVERYONE, 0));
        finalise(taskId, ballot);
        assertEq(
            rounds.memberOf(taskId, seated[0]).strikes, 0, "harm is judged against an accepted candidate"
        );
    }

    function test_finalise_strikesTheVoterAgainstTwoThirds() public {
        uint256 taskId = drawnTask();
        address[] memory seated = view_(taskId).accounts;
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, 6));
        finalise(taskId, ballotOf(1, 2));
        assertEq(rounds.memberOf(taskId, seated[2]).strikes, 1, "voted against");
        assertEq(rounds.memberOf(taskId, seated[2]).owed, 0, "paid for voting against");
        assertEq(rounds.memberOf(taskId, seated[3]).strikes, 0, "agreed");
    }

    function test_finalise_neverStrikesTheSideThatPrevailed() public {
        AllianceTerms memory t = terms();
        (t.voterSeats, t.minimumMembers) = (12, 14);
        uint256 taskId = openTask(t, BOUNTY);
        joinMembers(taskId, 0, 14);
        rounds.start(taskId);
        draw(taskId);
        address[] memory seated = view_(taskId).accounts;
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        // Seven of twelve for the ballot, four of them in support; five for another.
        Vote[] memory winning = votesFor(taskId, ballotOf(1, 2), 0x7f, 0xf);
        Vote[] memory losing = votesFor(taskId, ballotOf(2, 2), 0xf80, EVERYONE);
        commit(taskId, winning);
        commit(taskId, losing);
        reveal(taskId, winning);
        reveal(taskId, losing);
        finalise(taskId, ballotOf(1, 2));
        for (uint256 voter = 0; voter < 12; ++voter) {
            MemberView memory seen = rounds.memberOf(taskId, seated[2 + voter]);
            assertEq(seen.strikes, voter >= 4 && voter < 7 ? 1 : 0, "only those of the sign that lost");
            assertTrue((seen.owed != 0) == (voter < 4), "only those who prevailed are paid");
        }
    }

    function test_finalise_strikesAbsenteesUnlessARoleIsOut() public {
        uint256 taskId = drawnTask();
        address[] memory seated = view_(taskId).accounts;
        propose(taskId, 1);
        passDeadline(taskId);
        attest(taskId, EVERYONE, 1);
        commit(taskId, votesFor(taskId, Ballot("m", 0, 1), 6, 6));
        passDeadline(taskId);
        reveal(taskId, votesFor(taskId, Ballot("m", 0, 1), 6, 6));
        finalise(taskId, Ballot("m", 0, 1));
        assertEq(rounds.memberOf(taskId, seated[1]).strikes, 1, "absent proposer");
        assertEq(rounds.memberOf(taskId, seated[2]).strikes, 1, "absent voter");
        assertEq(view_(taskId).decided, 1, "decided without them");
    }

    function test_finalise_strikesTheProposerWithoutBytes() public {
        uint256 taskId = drawnTask();
        address[] memory seated = view_(taskId).accounts;
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 2);
        Vote[] memory votes = votesFor(taskId, Ballot("m", 0, 3), EVERYONE, EVERYONE);
        commit(taskId, votes);
        reveal(taskId, votes);
        finalise(taskId, Ballot("m", 0, 3));
        assertEq(rounds.memberOf(taskId, seated[0]).strikes, 1, "nobody holds its bytes");
        assertEq(rounds.memberOf(taskId, seated[0]).owed, 0, "paid though it is not in");
    }

    // --- outages ---

    function test_outage_isOfMoreThanHalfTheWeightOfARole() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        stake(member(0), taskId, 4 * MINIMUM_STAKE);
        join(taskId, member(0));
        joinMembers(taskId, 1, 4);
        rounds.start(taskId);
        // One of two or three by number, but four of five or six by weight: it could be the network.
        draw(taskId);
        uint256 heavy = _seatOf(taskId, member(0));
        _playWithoutSeat(taskId, heavy);
        assertEq(rounds.memberOf(taskId, member(0)).strikes, 0, "the one with most of the weight");
        // Only a light member is absent: that is its own fault.
        draw(taskId);
        heavy = _seatOf(taskId, member(0));
        uint256 light = heavy < 2 ? 1 - heavy : (heavy == 2 ? 3 : 2);
        address absentee = view_(taskId).accounts[light];
        _playWithoutSeat(taskId, light);
        assertEq(rounds.memberOf(taskId, absentee).strikes, 1, "one with little weight");
    }

    function test_outage_blamesNobodyTwiceInARowAndThenEverybodyAbsent() public {
        uint256 taskId = startedTask();
        for (uint256 i = 1; i <= 3; ++i) {
            draw(taskId);
            assertEq(_strikesOf(taskId), 0, "not yet");
            propose(taskId, EVERYONE);
            passDeadline(taskId);
            finalise(taskId, Ballot(0, 0, 0));
        }
        RoundView memory round = view_(taskId);
        for (uint256 seat = 0; seat < 5; ++seat) {
            uint256 strikes = rounds.memberOf(taskId, round.accounts[seat]).strikes;
            assertEq(strikes, seat < 2 ? 0 : 1, "the voters, who stayed away, and they alone");
        }
    }

    function test_outage_countsAnewAfterARoundWithoutOne() public {
        uint256 taskId = openTask(_manyRounds(), BOUNTY);
        joinMembers(taskId, 0, 5);
        rounds.start(taskId);
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 away = 0; away < 2; ++away) {
                draw(taskId);
                passDeadline(taskId);
                finalise(taskId, Ballot(0, 0, 0));
            }
            playAgreed(taskId, ballotOf(i, 2), true);
        }
        assertEq(_strikesOf(taskId), 0, "never three in a row");
    }

    /// @dev Otherwise voters who split their votes now and then would excuse every absence in between.
    function test_outage_aVoidRoundDoesNotBeginTheCountAnew() public {
        uint256 taskId = openTask(_manyRounds(), BOUNTY);
        for (uint256 i = 0; i < 5; ++i) {
            stake(member(i), taskId, 2 * MINIMUM_STAKE);
            join(taskId, member(i));
        }
        rounds.start(taskId);
        for (uint256 i = 0; i < 2; ++i) {
            draw(taskId);
            passDeadline(taskId);
            finalise(taskId, Ballot(0, 0, 0));
            playAgreed(taskId, Ballot(0, 0, 0), true);
        }
        assertEq(staking.owedToTreasury(), 0, "two are excused");
        draw(taskId);
        passDeadline(taskId);
        finalise(taskId, Ballot(0, 0, 0));
        assertEq(staking.owedToTreasury(), 5 * MINIMUM_STAKE / 5, "the third is not: a tenth of each");
    }

    // --- slashes ---

    function test_finalise_slashesAtTheLimitAndLetsGoBelowTheMinimum() public {
        uint256 taskId = drawnTask();
        joinMembers(taskId, 5, 1);
        _playWithout(taskId, member(0));
        draw(taskId);
        uint16 memberId = rounds.memberOf(taskId, member(0)).id;
        _playToWithout(taskId, member(0));
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.MemberSlashed(taskId, 2, memberId, MINIMUM_STAKE / 10, MINIMUM_STAKE / 10);
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.Left(taskId, memberId);
        finalise(taskId, Ballot(view_(taskId).model, 0, 0));
        MemberView memory gone = rounds.memberOf(taskId, member(0));
        assertTrue(gone.state == MemberState.None && gone.id == 0, "off the list and gone");
        assertEq(gone.strikes, 0, "it has paid");
        assertEq(rounds.memberCount(taskId), 5, "listed");
        assertEq(staking.owedToTreasury(), MINIMUM_STAKE / 10, "all of it is the treasury's");
        assertEq(rounds.memberOf(taskId, keeper).owed, 2 * FEE, "and none the keeper's");
        vm.prank(member(0));
        staking.deallocate(taskId, MINIMUM_STAKE / 10 * 9);
    }

    /// @dev One strike is enough: not revealing a sealed vote buys another draw.
    function test_finalise_aSealedVoteKeptBackCostsStakeAtOnce() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        for (uint256 i = 0; i < 5; ++i) {
            stake(member(i), taskId, 2 * MINIMUM_STAKE);
            join(taskId, member(i));
        }
        rounds.start(taskId);
        draw(taskId);
        address[] memory seated = view_(taskId).accounts;
        propose(taskId, 1);
        passDeadline(taskId);
        attest(taskId, EVERYONE, 1);
        commit(taskId, votesFor(taskId, ballotOf(1, 1), EVERYONE, EVERYONE));
        reveal(taskId, votesFor(taskId, ballotOf(1, 1), 6, EVERYONE));
        passDeadline(taskId);
        finalise(taskId, ballotOf(1, 1));
        for (uint256 seat = 0; seat < 5; ++seat) {
            uint256 left = seat == 2 ? 2 * MINIMUM_STAKE * 9 / 10 : 2 * MINIMUM_STAKE;
            assertEq(staking.allocationOf(seated[seat], taskId).gm, left, "the first voter, and nobody else");
            assertEq(rounds.memberOf(taskId, seated[seat]).strikes, seat == 1 ? 1 : 0, "absent: a strike");
        }
        assertEq(rounds.memberOf(taskId, seated[2]).weight, 1, "of what is left");
    }

    function test_finalise_anOutageExcusesVotesKeptBack() public {
        uint256 taskId = drawnTask();
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, 3);
        commit(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        passDeadline(taskId);
        finalise(taskId, ballotOf(1, 2));
        assertEq(staking.owedToTreasury(), 0, "it may have been the network");
        assertEq(_strikesOf(taskId), 0, "strikes");
    }

    function test_finalise_whoWasSlashedComesBackOnlyWithFreshStake() public {
        uint256 taskId = drawnTask();
        joinMembers(taskId, 5, 1);
        _playWithout(taskId, member(0));
        draw(taskId);
        _playWithout(taskId, member(0));
        expectError(IStaking.StakeBelowMinimum.selector, MINIMUM_STAKE / 10 * 9, MINIMUM_STAKE);
        join(taskId, member(0));
        stake(member(0), taskId, MINIMUM_STAKE / 10);
        join(taskId, member(0));
        assertEq(rounds.memberOf(taskId, member(0)).weight, 1, "weight");
        assertEq(rounds.memberCount(taskId), 6, "members");
    }

    function test_finalise_aSlashAboveTheMinimumLeavesLessWeight() public {
        AllianceTerms memory t = terms();
        (t.strikeLimit, t.slashBps) = (1, 5_000);
        uint256 taskId = openTask(t, BOUNTY);
        for (uint256 i = 0; i < 5; ++i) {
            stake(member(i), taskId, 4 * MINIMUM_STAKE);
            join(taskId, member(i));
        }
        rounds.start(taskId);
        draw(taskId);
        address bad = view_(taskId).accounts[0];
        _playWithoutSeat(taskId, 0);
        MemberView memory seen = rounds.memberOf(taskId, bad);
        assertTrue(seen.state == MemberState.Active, "still a member");
        assertEq(seen.weight, 2, "of what is left");
        assertEq(seen.stake, 4 * MINIMUM_STAKE, "as joined");
        assertEq(staking.allocationOf(bad, taskId).gm, 2 * MINIMUM_STAKE, "left");
    }

    // --- Steps ---

    function _manyRounds() private pure returns (AllianceTerms memory t) {
        t = terms();
        (t.plannedRounds, t.strikeLimit) = (20, 1);
    }

    function _seatOf(uint256 taskId, address account) private view returns (uint256) {
        address[] memory seated = view_(taskId).accounts;
        for (uint256 seat = 0; seat < seated.length; ++seat) {
            if (seated[seat] == account) return seat;
        }
        revert("not seated");
    }

    function _strikesOf(uint256 taskId) private view returns (uint256 strikes) {
        for (uint256 i = 0; i < 5; ++i) {
            strikes += rounds.memberOf(taskId, member(i)).strikes;
        }
    }

    function _playWithout(uint256 taskId, address away) private {
        _playToWithout(taskId, away);
        finalise(taskId, Ballot(view_(taskId).model, 0, 0));
    }

    function _playToWithout(uint256 taskId, address away) private {
        _playToWithoutSeat(taskId, _seatOf(taskId, away));
    }

    function _playWithoutSeat(uint256 taskId, uint256 away) private {
        _playToWithoutSeat(taskId, away);
        finalise(taskId, Ballot(view_(taskId).model, 0, 0));
    }

    /// @dev All but one do their duty. They vote for the current model: the round is void, and absence is
    /// still judged.
    function _playToWithoutSeat(uint256 taskId, uint256 away) private {
        uint256 present = EVERYONE & ~(1 << away);
        propose(taskId, present);
        if (phaseOf(taskId) == Phase.Propose) passDeadline(taskId);
        attest(taskId, present >> 2, view_(taskId).proposed);
        if (phaseOf(taskId) == Phase.Attest) passDeadline(taskId);
        Vote[] memory votes = votesFor(taskId, Ballot(view_(taskId).model, 0, 0), present >> 2, EVERYONE);
        commit(taskId, votes);
        reveal(taskId, votes);
    }

    /// @dev Of 24 voters the first 17 agree; the last seven vote against them and get a strike.
    function _playSplit(uint256 taskId) private {
        draw(taskId);
        address[] memory seated = view_(taskId).accounts;
        uint256 proposers = view_(taskId).proposers;
        propose(taskId, EVERYONE);
        attest(taskId, EVERYONE, view_(taskId).proposed);
        Ballot memory ballot = ballotOf(1, 20);
        Vote[] memory votes = votesFor(taskId, ballot, EVERYONE, 0x1ffff);
        commit(taskId, votes);
        reveal(taskId, votes);
        finalise(taskId, ballot);
        assertEq(view_(taskId).model, ballot.candidate, "accepted");
        for (uint256 voter = 0; voter < 24; ++voter) {
            MemberView memory seen = rounds.memberOf(taskId, seated[proposers + voter]);
            assertTrue((seen.owed != 0) == (voter < 17), "paid for agreeing");
            assertEq(seen.strikes, voter < 17 ? 0 : 1, "struck for not");
        }
    }

    // --- Claims ---

    function _assertMoneyIsWhole(uint256 taskId, address[] memory accounts) private view {
        uint256 owed = view_(taskId).pool + RESERVE - FEE + rounds.memberOf(taskId, keeper).owed;
        for (uint256 i = 0; i < accounts.length; ++i) {
            owed += rounds.memberOf(taskId, accounts[i]).owed;
        }
        assertEq(tasks.taskOf(taskId).balance, owed, "pool, reserve and credits are the balance");
        assertEq(owed, BOUNTY, "nothing came or went");
    }
}
