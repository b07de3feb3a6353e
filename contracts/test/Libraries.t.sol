// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Pot } from "../src/alliance/Packing.sol";
import { AllianceTerms, MemberState, Outcome, Phase } from "../src/interfaces/IAllianceRounds.sol";
import { Durations, RoundState } from "../src/libraries/RoundClock.sol";
import { Base } from "./Base.t.sol";
import { Deploy } from "./Deploy.sol";
import { Harness, MemberFields } from "./Harness.sol";

/// @notice What must hold for each rule and every input.
contract LibrariesTest is Base {
    /// @dev gmFLOCK for the whole capped supply in the longest lock.
    uint256 private constant ALL_GM = 3.01e27;
    uint256 private constant FULL = 1e36;
    uint256 private constant WORN = 1e28;
    uint256 private constant BLOCKS = 1 << 28;
    uint256 private constant MAX_AMOUNT = (1 << 92) - 1;

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

    function testFuzz_PoolMath_aSlashTakesTheSameFractionOfBoth(
        uint96 own,
        uint96 atLeast,
        uint96 delegated,
        uint8 ratio,
        uint16 bps
    ) public view {
        (uint256 most, uint256 slashBps) = (1 + ratio % 100, bps % 10_001);
        uint256 covered = harness.atStake(delegated, own, most);
        assertTrue(
            covered <= delegated && covered <= most * own, "more at stake than is there, or is covered"
        );
        assertTrue(covered == delegated || covered == most * own, "less at stake than is covered");
        (uint256 fromOwn, uint256 fromPool) = harness.split(own, atLeast, delegated, most, slashBps);
        assertEq(fromPool, _ceilBps(covered, slashBps), "of the pool");
        uint256 base = own > atLeast ? own : atLeast;
        uint256 asked = _ceilBps(base, slashBps);
        assertEq(fromOwn, asked < own ? asked : own, "of the own stake");
    }

    /// @dev Neither what others delegate nor what the owner adds makes a slash of the same stake smaller or larger.
    function testFuzz_PoolMath_othersDoNotChangeWhatTheOwnerLoses(
        uint96 own,
        uint96 atLeast,
        uint96 delegated,
        uint16 bps
    ) public view {
        (uint256 alone,) = harness.split(own, atLeast, 0, 10, bps % 10_001);
        (uint256 backed,) = harness.split(own, atLeast, delegated, 10, bps % 10_001);
        assertEq(backed, alone, "delegation changed the owner's loss");
        (uint256 toppedUp,) = harness.split(2 * uint256(own), atLeast, 0, 10, bps % 10_001);
        assertTrue(toppedUp >= alone, "a larger stake lost less");
    }

    /// @dev However worn the pool is, a record that was accepted loses its fraction and at most three units.
    function testFuzz_PoolMath_aRecordLosesItsFraction(
        uint96 gm,
        uint96 part,
        uint128 then,
        uint128 since,
        uint16 bps
    ) public view {
        uint256 all = 1e18 + gm % ALL_GM;
        uint256 factorThen = WORN + then % (FULL - WORN);
        uint256 factor = 1 + since % factorThen;
        uint256 record = 1 + part % (all * factorThen / factor < ALL_GM ? all * factorThen / factor : ALL_GM);
        uint256 slashBps = bps % 5_001;
        uint256 before = harness.current(record, factor, factorThen);
        uint256 next = harness.factorAfter(factor, _ceilBps(all, slashBps), all);
        if (next == 0) return;
        uint256 afterwards = harness.current(record, next, factorThen);
        assertTrue(afterwards <= before, "a slash gave");
        assertTrue(before - afterwards <= _ceilBps(before, slashBps) + 2, "a record lost more than its part");
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

    function testFuzz_VoteMath_anOutageIsOfMoreThanHalfTheWeight(uint8[6] memory weights, uint8 present)
        public
        view
    {
        (uint256 absent, uint256 there) = (0, 0);
        for (uint256 i = 0; i < 6; ++i) {
            uint256 weight = 1 + weights[i] % 4;
            if (present >> i & 1 != 0) there += weight;
            else absent += weight;
        }
        assertTrue(harness.isOutage(absent, absent + there) == (absent > there), "outage");
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

    function testFuzz_RewardMath_refundIsForRoundsThatWereNotDecided(
        uint96 bounty,
        uint16 planned,
        uint16 decided,
        uint96 left
    ) public view {
        uint256 rounds_ = 1 + uint256(planned % 10_000);
        uint256 done = decided % (rounds_ + 1);
        uint256 refund = harness.refund(bounty, rounds_, done, left);
        assertTrue(refund <= left && refund <= bounty, "refund above what there is");
        assertTrue(done < rounds_ || refund == 0, "refund though every round was decided");
        assertTrue(
            refund * rounds_ <= uint256(bounty) * (rounds_ - done), "refund of rounds that were decided"
        );
        if (left >= bounty && done == 0) assertEq(refund, bounty, "nothing was decided, nothing was spent");
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
        assertTrue(harness.areAllOpen(round) == (count[2] == 0), "all open");
    }

    /// @dev Only the low bits of the seed block are kept: it is the latest block with those bits, up to the next block.
    function testFuzz_Packing_keepsARound(uint256 some, uint32 height, uint32 ago) public {
        uint256 next = 1 + BLOCKS + height;
        vm.roll(next - 1);
        RoundState memory round;
        (round.number, round.phase, round.endsAt) =
        (uint16(some), Phase((some >> 16) % 9), uint32(some >> 24));
        (round.proposers, round.voters) = (uint8((some >> 56) % 64), uint8((some >> 64) % 64));
        (round.ballots, round.proposed) = (uint8((some >> 72) % 64), uint32(some >> 80));
        round.voterStates = uint128((some >> 112) % (1 << 126));
        round.seedBlock = uint40(next - ago % BLOCKS);
        bytes32 kept = keccak256(abi.encode(harness.keptRound(round)));
        assertEq(kept, keccak256(abi.encode(round)), "a round");
        round.seedBlock = uint40(next - BLOCKS);
        assertEq(harness.keptRound(round).seedBlock, next, "a block so long ago is taken for the next");
    }

    function testFuzz_Packing_keepsAPot(Pot memory pot) public view {
        bytes32 kept = keccak256(abi.encode(harness.keptPot(pot)));
        assertEq(kept, keccak256(abi.encode(pot)), "a pot");
    }

    function testFuzz_ConfigWord_keepsTheTermsThatRoundsRead(AllianceTerms memory some) public view {
        AllianceTerms memory t;
        (t.proposeSeconds, t.attestSeconds, t.commitSeconds, t.revealSeconds) =
        (
            uint24(some.proposeSeconds),
            uint24(some.attestSeconds),
            uint24(some.commitSeconds),
            uint24(some.revealSeconds)
        );
        (t.keeperFee, t.plannedRounds) = (some.keeperFee, some.plannedRounds);
        (t.strikeWindow, t.strikeLimit, t.slashBps) = (some.strikeWindow, some.strikeLimit, some.slashBps);
        (t.proposerSeats, t.voterSeats) = (some.proposerSeats, some.voterSeats);
        assertEq(keccak256(abi.encode(harness.keptTerms(t))), keccak256(abi.encode(t)), "terms");
        uint256 reserve = 2 * uint256(t.plannedRounds) * t.keeperFee;
        assertEq(harness.keepersReserve(t), reserve, "the keepers' reserve");
    }

    function testFuzz_MemberWord_keepsEveryFieldByItself(
        MemberFields memory before,
        MemberFields memory fields
    ) public view {
        (before, fields) = (_bounded(before), _bounded(fields));
        bytes32 kept = keccak256(abi.encode(harness.keptMember(before, fields)));
        assertEq(kept, keccak256(abi.encode(fields)), "a member");
        fields.stake = type(uint96).max;
        assertEq(harness.keptMember(before, fields).stake, MAX_AMOUNT, "a stake beyond the field");
    }

    function testFuzz_MemberWord_tellsWhetherSomebodyLeaves(uint8[5] memory states) public view {
        MemberFields[] memory seated = new MemberFields[](5);
        bool leaves;
        for (uint256 i = 0; i < 5; ++i) {
            bool isLeaving = states[i] % 8 == 0;
            (seated[i].id, seated[i].weight, seated[i].retainedUntil) =
            (type(uint16).max, 4, type(uint16).max);
            seated[i].state = uint8(isLeaving ? MemberState.Leaving : MemberState.Active);
            leaves = leaves || isLeaving;
        }
        assertTrue(harness.someLeave(seated) == leaves, "who leaves was not told");
    }

    function _bounded(MemberFields memory fields) private pure returns (MemberFields memory) {
        (fields.credit, fields.stake) =
        (uint96(fields.credit % (MAX_AMOUNT + 1)), uint96(fields.stake % (MAX_AMOUNT + 1)));
        (fields.weight, fields.state) = (fields.weight % 5, fields.state % 4);
        return fields;
    }

    function _ceilBps(uint256 amount, uint256 bps) private pure returns (uint256) {
        return (amount * bps + 9_999) / 10_000;
    }
}
