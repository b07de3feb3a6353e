// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Outcome, Phase } from "../src/interfaces/IAllianceRounds.sol";
import { Durations, RoundState } from "../src/libraries/RoundClock.sol";
import { Base } from "./Base.t.sol";
import { Deploy } from "./Deploy.sol";
import { Harness } from "./Harness.sol";

/// @notice What must hold of each rule for every input.
contract LibrariesTest is Base {
    Harness private harness;

    function setUp() public override {
        harness = Deploy.harness();
    }

    function testFuzz_LockMath_moreTimeNeverGivesLess(uint96 amount, uint32 shorter, uint32 more)
        public
        view
    {
        uint256 longer = uint256(shorter) + more;
        assertTrue(harness.gmFor(amount, longer) >= harness.gmFor(amount, shorter), "a longer lock gave less");
        assertTrue(harness.gmFor(amount, shorter) >= amount, "gm below the FLOCK locked");
        assertTrue(
            harness.gmFor(amount, longer) <= uint256(amount) * 301 / 100, "above the year's multiplier"
        );
    }

    function testFuzz_LockMath_redeemingNeverPaysMoreThanASlashTakes(uint96 flock, uint96 gm, uint96 total)
        public
        view
    {
        uint256 whole = uint256(total) + 1;
        uint256 part = gm % whole;
        uint256 down = harness.flockDown(flock, part, whole);
        uint256 up = harness.flockUp(flock, part, whole);
        assertTrue(down <= up && up <= flock && up - down <= 1, "rounding is off by more than a wei");
    }

    function testFuzz_Sortition_drawsDistinctPositionsInRange(bytes32 seed, uint16 members, uint8 count)
        public
        view
    {
        uint256 seats = 1 + count % 95;
        uint256 all = seats + members % (65_000 - seats);
        uint256[] memory drawn = harness.draw(seed, all, seats);
        for (uint256 i = 0; i < seats; ++i) {
            assertTrue(drawn[i] < all, "a position outside of the list");
            for (uint256 j = 0; j < i; ++j) {
                assertTrue(drawn[i] != drawn[j], "a position drawn twice");
            }
        }
    }

    function testFuzz_Sortition_isThePlainShuffle(bytes32 seed, uint8 spare, uint8 count) public view {
        uint256 seats = 1 + count % 95;
        uint256 members = seats + spare;
        uint256[] memory list = new uint256[](members);
        for (uint256 i = 0; i < members; ++i) {
            list[i] = i;
        }
        uint256[] memory drawn = harness.draw(seed, members, seats);
        for (uint256 i = 0; i < seats; ++i) {
            uint256 j = i + uint256(keccak256(abi.encode(seed, i))) % (members - i);
            (list[i], list[j]) = (list[j], list[i]);
            assertEq(drawn[i], list[i], "differs from a shuffle of the whole list");
        }
    }

    function testFuzz_Attestation_needsMoreThanHalf(uint8[20] memory weights, uint32[20] memory bitmaps)
        public
        view
    {
        uint256 tallies;
        uint256 attesting;
        for (uint256 i = 0; i < 20; ++i) {
            uint256 weight = 1 + weights[i] % 4;
            tallies = harness.addTally(tallies, bitmaps[i], weight);
            attesting += weight;
        }
        uint256 attested = harness.attestedSet(tallies, attesting);
        for (uint256 seat = 0; seat < 32; ++seat) {
            uint256 vouched;
            for (uint256 i = 0; i < 20; ++i) {
                if (bitmaps[i] >> seat & 1 != 0) vouched += 1 + weights[i] % 4;
            }
            assertTrue(
                (attested >> seat & 1 != 0) == (vouched * 2 > attesting), "the majority was miscounted"
            );
        }
    }

    function testFuzz_VoteMath_atMostOneBallotCanWin(uint8[6] memory ballots, uint8 absent) public view {
        uint256[] memory weights = new uint256[](6);
        uint256 revealed;
        for (uint256 i = 0; i < 6; ++i) {
            weights[i] = ballots[i] % 42;
            revealed += weights[i];
        }
        uint256 winner = harness.winner(weights, revealed, revealed + absent);
        for (uint256 i = 0; i < 6; ++i) {
            bool wins = weights[i] * 2 > revealed && revealed * 2 >= revealed + absent;
            assertTrue(wins == (winner == i), "the winner is not the one with the majority");
        }
    }

    function testFuzz_VoteMath_noVoterOfTheMajorityIsAgainst(uint8 revealed, uint8 agreeing) public view {
        uint256 total = 1 + revealed % 252;
        uint256 agreed = total / 2 + 1 + agreeing % (total - total / 2);
        assertTrue(!harness.isAgainst(agreed, total, false), "a voter of the majority counts as against");
    }

    function testFuzz_VoteMath_noVoterThatPrevailedIsAgainst(uint8 revealed, uint8 agreeing) public view {
        uint256 total = 1 + revealed % 252;
        assertTrue(!harness.isAgainst(agreeing % (total + 1), total, true), "who prevailed counts as against");
    }

    function testFuzz_StrikeMath_slashesOnlyAtTheLimit(uint16 strikes, bool bad, uint8 window, uint8 limit)
        public
        view
    {
        uint256 w = 1 + window % 16;
        uint256 l = 1 + limit % w;
        (uint256 next, bool due) = harness.record(strikes, bad, w, l);
        assertTrue(next < 1 << w, "strikes outlived their window");
        assertTrue(!due || (bad && next == 0), "slashed without a strike, or the bitmap was not cleared");
    }

    function testFuzz_StrikeMath_slashIsRoundedUpAndWithinTheStake(uint96 stake, uint16 bps) public view {
        uint256 slashBps = bps % 5_001;
        uint256 amount = harness.slashAmount(stake, slashBps);
        assertTrue(amount * 10_000 >= uint256(stake) * slashBps && amount <= stake, "slash out of bounds");
    }

    function testFuzz_RewardMath_neverPaysMoreThanThePool(
        uint96 pool,
        uint16 left,
        uint8 sixteenths,
        bool accepted,
        uint8 proposerWeight,
        uint8 voterWeight
    ) public view {
        Outcome outcome = accepted ? Outcome.Accepted : Outcome.Rejected;
        uint256 proposers = proposerWeight % 129;
        uint256 voters = voterWeight % 253;
        (uint256 forProposers, uint256 forVoters) =
            harness.units(pool, 1 + uint256(left), outcome, 1 + sixteenths % 15, proposers, voters);
        assertTrue(forProposers * proposers + forVoters * voters <= pool, "paid more than the pool");
        assertTrue(accepted || forProposers == 0, "paid proposers of a rejected round");
    }

    function testFuzz_RewardMath_refundStaysWithinThePool(
        uint96 bounty,
        uint16 planned,
        uint16 opened,
        uint96 pool
    ) public view {
        uint256 rounds_ = 1 + uint256(planned % 10_000);
        uint256 refund = harness.refund(bounty, rounds_, opened, pool);
        assertTrue(refund <= pool && refund <= bounty, "refund above what there is");
        assertTrue(opened < rounds_ || refund == 0, "refund though every round was opened");
    }

    function testFuzz_RoundClock_lateTicksEqualTicksOnTime(
        uint8 phase,
        uint32 proposed,
        uint128 voterStates,
        uint16 late
    ) public view {
        Durations memory durations = Durations(10, 20, 30, 40);
        RoundState memory round;
        (round.proposers, round.voters, round.endsAt) = (32, 63, 1_000);
        (round.phase, round.proposed, round.voterStates) = (Phase(phase % 9), proposed, voterStates);
        RoundState memory once = harness.tick(round, durations, 1_000 + uint256(late % 200));
        RoundState memory often = round;
        for (uint256 time = 1_000; time <= 1_000 + uint256(late % 200); time += 10) {
            often = harness.tick(often, durations, time);
        }
        assertEq(once.phase, often.phase, "phase");
        assertEq(once.endsAt, often.endsAt, "endsAt");
    }

    function testFuzz_RoundClock_completeOnlyWhenNoOneIsLeft(uint8 voters, uint128 states) public view {
        RoundState memory round;
        round.voters = 1 + voters % 63;
        round.voterStates = uint128(states & ((1 << 2 * uint256(round.voters)) - 1));
        uint256[4] memory count;
        for (uint256 i = 0; i < round.voters; ++i) {
            ++count[(round.voterStates >> 2 * i) & 3];
        }
        round.phase = Phase.Attest;
        assertTrue(harness.isComplete(round) == (count[0] == 0), "attest");
        round.phase = Phase.Commit;
        assertTrue(harness.isComplete(round) == (count[1] == 0), "commit");
        round.phase = Phase.Reveal;
        assertTrue(harness.isComplete(round) == (count[2] == 0), "reveal");
    }
}
