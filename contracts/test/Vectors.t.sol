// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Outcome, Phase } from "../src/interfaces/IAllianceRounds.sol";
import { Durations, RoundState } from "../src/libraries/RoundClock.sol";
import { Base } from "./Base.t.sol";
import { Deploy } from "./Deploy.sol";
import { Harness } from "./Harness.sol";

/// @notice The libraries against the vectors written by the Python rules (tests/vectors/README.md).
contract VectorsTest is Base {
    Harness private harness;

    function setUp() public override {
        harness = Deploy.harness();
    }

    function test_vectors_gmFor() public view {
        string memory json = _read("locks");
        uint256[] memory flock = _uints(json, ".gm_for.flock");
        uint256[] memory time = _uints(json, ".gm_for.seconds");
        uint256[] memory gm = _uints(json, ".gm_for.gm");
        _requireFilled(gm.length);
        for (uint256 i = 0; i < gm.length; ++i) {
            assertEq(harness.gmFor(flock[i], time[i]), gm[i], _case("gm_for", i));
        }
    }

    function test_vectors_multiplier() public view {
        string memory json = _read("locks");
        uint256[] memory lockDays = _uints(json, ".multiplier.days");
        uint256[] memory multiplier = _uints(json, ".multiplier.multiplier");
        _requireFilled(lockDays.length);
        for (uint256 i = 0; i < lockDays.length; ++i) {
            assertEq(harness.gmFor(1e18, lockDays[i] * 1 days), multiplier[i], _case("multiplier", i));
        }
    }

    function test_vectors_slash() public view {
        string memory json = _read("locks");
        uint256[] memory flock = _uints(json, ".slash.flock");
        uint256[] memory gm = _uints(json, ".slash.gm");
        uint256[] memory atLeast = _uints(json, ".slash.at_least");
        uint256[] memory slashBps = _uints(json, ".slash.slash_bps");
        uint256[] memory gmSlashed = _uints(json, ".slash.gm_slashed");
        uint256[] memory flockSlashed = _uints(json, ".slash.flock_slashed");
        _requireFilled(flock.length);
        for (uint256 i = 0; i < flock.length; ++i) {
            (uint256 taken,) = harness.split(gm[i], atLeast[i], 0, 1, slashBps[i]);
            assertEq(taken, gmSlashed[i], _case("slash, gm", i));
            if (gm[i] == 0) continue;
            assertEq(harness.flockUp(flock[i], taken, gm[i]), flockSlashed[i], _case("slash, FLOCK", i));
        }
    }

    function test_vectors_poolSplit() public view {
        string memory json = _read("pools");
        uint256[] memory own = _uints(json, ".split.own");
        uint256[] memory atLeast = _uints(json, ".split.at_least");
        uint256[] memory delegated = _uints(json, ".split.delegated");
        uint256[] memory ratio = _uints(json, ".split.ratio");
        uint256[] memory slashBps = _uints(json, ".split.slash_bps");
        uint256[] memory fromOwn = _uints(json, ".split.from_own");
        uint256[] memory fromPool = _uints(json, ".split.from_pool");
        _requireFilled(own.length);
        for (uint256 i = 0; i < own.length; ++i) {
            (uint256 ofOwn, uint256 ofPool) =
                harness.split(own[i], atLeast[i], delegated[i], ratio[i], slashBps[i]);
            assertEq(ofOwn, fromOwn[i], _case("split, own", i));
            assertEq(ofPool, fromPool[i], _case("split, pool", i));
        }
    }

    function test_vectors_poolSlash() public view {
        string memory json = _read("pools");
        uint256[] memory gm = _uints(json, ".slash.gm");
        uint256[] memory flock = _uints(json, ".slash.flock");
        uint256[] memory taken = _uints(json, ".slash.taken");
        uint256[] memory flockTaken = _uints(json, ".slash.flock_taken");
        uint256[] memory factor = _uints(json, ".slash.factor");
        uint256[] memory next = _uints(json, ".slash.next_factor");
        _requireFilled(gm.length);
        for (uint256 i = 0; i < gm.length; ++i) {
            assertEq(harness.flockUp(flock[i], taken[i], gm[i]), flockTaken[i], _case("pool, flock", i));
            assertEq(harness.factorAfter(factor[i], taken[i], gm[i]), next[i], _case("pool, factor", i));
        }
    }

    function test_vectors_poolRecord() public view {
        string memory json = _read("pools");
        uint256[] memory record = _uints(json, ".slash.record");
        uint256[] memory next = _uints(json, ".slash.next_factor");
        uint256[] memory factorThen = _uints(json, ".slash.factor_then");
        uint256[] memory expected = _uints(json, ".slash.record_now");
        _requireFilled(record.length);
        for (uint256 i = 0; i < record.length; ++i) {
            assertEq(harness.current(record[i], next[i], factorThen[i]), expected[i], _case("record", i));
        }
    }

    function test_vectors_draw() public view {
        string memory json = _read("sortition");
        bytes32[] memory seed = vm.parseJsonBytes32Array(json, ".draw.seed");
        uint256[] memory members = _uints(json, ".draw.members");
        uint256[] memory seats = _uints(json, ".draw.seats");
        _requireFilled(seed.length);
        for (uint256 i = 0; i < seed.length; ++i) {
            uint256[] memory expected = _row(json, ".draw.drawn", i);
            bytes32 actual = keccak256(abi.encode(harness.draw(seed[i], members[i], seats[i])));
            assertEq(actual, keccak256(abi.encode(expected)), _case("draw", i));
        }
    }

    function test_vectors_weight() public view {
        string memory json = _read("weights");
        uint256[] memory stake = _uints(json, ".weight.stake");
        uint256[] memory minimum = _uints(json, ".weight.minimum");
        uint256[] memory weight = _uints(json, ".weight.weight");
        _requireFilled(stake.length);
        for (uint256 i = 0; i < stake.length; ++i) {
            assertEq(harness.weightOf(stake[i], minimum[i]), weight[i], _case("weight", i));
        }
    }

    function test_vectors_attestedSet() public view {
        string memory json = _read("attestation");
        uint256[] memory tallies = _uints(json, ".attested_set.tallies");
        uint256[] memory attesting = _uints(json, ".attested_set.attesting_weight");
        uint256[] memory attested = _uints(json, ".attested_set.attested");
        _requireFilled(tallies.length);
        for (uint256 i = 0; i < tallies.length; ++i) {
            uint256[] memory weights = _row(json, ".attested_set.weights", i);
            uint256[] memory bitmaps = _row(json, ".attested_set.bitmaps", i);
            uint256 tally;
            for (uint256 voter = 0; voter < bitmaps.length; ++voter) {
                tally = harness.addTally(tally, bitmaps[voter], weights[voter]);
            }
            assertEq(tally, tallies[i], _case("tallies", i));
            assertEq(harness.attestedSet(tally, attesting[i]), attested[i], _case("attested", i));
        }
    }

    function test_vectors_decide() public view {
        string memory json = _read("votes");
        uint256[] memory revealed = _uints(json, ".decide.revealed_weight");
        uint256[] memory drawn = _uints(json, ".decide.drawn_weight");
        uint256[] memory winner = _uints(json, ".decide.winner");
        uint256[] memory supporting = _uints(json, ".decide.supporting");
        uint256[] memory opposing = _uints(json, ".decide.opposing");
        uint256[] memory outcome = _uints(json, ".decide.outcome");
        bool[] memory changesNothing = vm.parseJsonBoolArray(json, ".decide.changes_nothing");
        _requireFilled(winner.length);
        for (uint256 i = 0; i < winner.length; ++i) {
            uint256 actual = harness.winner(_row(json, ".decide.ballot_weights", i), revealed[i], drawn[i]);
            assertEq(actual, winner[i], _case("winner", i));
            if (winner[i] == type(uint256).max || changesNothing[i]) continue;
            assertEq(uint256(harness.outcome(supporting[i], opposing[i])), outcome[i], _case("outcome", i));
        }
    }

    function test_vectors_against() public view {
        string memory json = _read("votes");
        uint256[] memory agreeing = _uints(json, ".against.agreeing");
        uint256[] memory revealed = _uints(json, ".against.revealed");
        bool[] memory prevailed = vm.parseJsonBoolArray(json, ".against.prevailed");
        bool[] memory against = vm.parseJsonBoolArray(json, ".against.against");
        _requireFilled(agreeing.length);
        for (uint256 i = 0; i < agreeing.length; ++i) {
            bool actual = harness.isAgainst(agreeing[i], revealed[i], prevailed[i]);
            assertTrue(actual == against[i], _case("against", i));
        }
    }

    function test_vectors_mark() public view {
        string memory json = _read("strikes");
        uint256[] memory history = _uints(json, ".mark.history");
        bool[] memory bad = vm.parseJsonBoolArray(json, ".mark.bad");
        uint256[] memory window = _uints(json, ".mark.window");
        uint256[] memory limit = _uints(json, ".mark.limit");
        uint256[] memory next = _uints(json, ".mark.next");
        bool[] memory slashed = vm.parseJsonBoolArray(json, ".mark.slashed");
        _requireFilled(history.length);
        for (uint256 i = 0; i < history.length; ++i) {
            (uint256 actual, bool due) = harness.record(history[i], bad[i], window[i], limit[i]);
            assertEq(actual, next[i], _case("mark", i));
            assertTrue(due == slashed[i], _case("mark, slashed", i));
        }
    }

    function test_vectors_shareOut() public view {
        string memory json = _read("rewards");
        uint256[] memory pool = _uints(json, ".share_out.pool");
        uint256[] memory left = _uints(json, ".share_out.rounds_left");
        uint256[] memory outcome = _uints(json, ".share_out.outcome");
        uint256[] memory sixteenths = _uints(json, ".share_out.sixteenths");
        uint256[] memory proposers = _uints(json, ".share_out.proposer_weight");
        uint256[] memory voters = _uints(json, ".share_out.voter_weight");
        uint256[] memory proposerUnit = _uints(json, ".share_out.proposer_unit");
        uint256[] memory voterUnit = _uints(json, ".share_out.voter_unit");
        uint256[] memory next = _uints(json, ".share_out.next_sixteenths");
        _requireFilled(pool.length);
        for (uint256 i = 0; i < pool.length; ++i) {
            (uint256 forProposers, uint256 forVoters) =
                harness.units(pool[i], left[i], Outcome(outcome[i]), sixteenths[i], proposers[i], voters[i]);
            assertEq(forProposers, proposerUnit[i], _case("proposer_unit", i));
            assertEq(forVoters, voterUnit[i], _case("voter_unit", i));
            assertEq(
                harness.nextSixteenths(sixteenths[i], Outcome(outcome[i])), next[i], _case("sixteenths", i)
            );
        }
    }

    function test_vectors_refund() public view {
        string memory json = _read("rewards");
        uint256[] memory bounty = _uints(json, ".refund.bounty");
        uint256[] memory planned = _uints(json, ".refund.planned");
        uint256[] memory decided = _uints(json, ".refund.decided");
        uint256[] memory left = _uints(json, ".refund.left");
        uint256[] memory refund = _uints(json, ".refund.refund");
        _requireFilled(bounty.length);
        for (uint256 i = 0; i < bounty.length; ++i) {
            assertEq(
                harness.refund(bounty[i], planned[i], decided[i], left[i]), refund[i], _case("refund", i)
            );
        }
    }

    function test_vectors_tick() public view {
        string memory json = _read("rounds");
        uint256[] memory time = _uints(json, ".tick.now");
        uint256[] memory nextPhase = _uints(json, ".tick.next_phase");
        uint256[] memory nextEndsAt = _uints(json, ".tick.next_ends_at");
        RoundState[] memory states = _roundStates(json);
        _requireFilled(time.length);
        for (uint256 i = 0; i < time.length; ++i) {
            uint256[] memory d = _row(json, ".tick.durations", i);
            Durations memory durations = Durations(uint24(d[0]), uint24(d[1]), uint24(d[2]), uint24(d[3]));
            RoundState memory after_ = harness.tick(states[i], durations, time[i]);
            assertEq(uint256(after_.phase), nextPhase[i], _case("phase", i));
            assertEq(after_.endsAt, nextEndsAt[i], _case("endsAt", i));
        }
    }

    function test_vectors_commitments() public view {
        string memory json = _read("commitments");
        bytes32[] memory candidate = vm.parseJsonBytes32Array(json, ".sealed.candidate");
        uint256[] memory harmful = _uints(json, ".sealed.harmful");
        uint256[] memory rewarded = _uints(json, ".sealed.rewarded");
        bytes32[] memory key = vm.parseJsonBytes32Array(json, ".sealed.key");
        _requireFilled(key.length);
        for (uint256 i = 0; i < key.length; ++i) {
            bytes32 actual = harness.ballotKey(candidate[i], uint32(harmful[i]), uint32(rewarded[i]));
            assertEq(actual, key[i], _case("key", i));
        }
    }

    function _roundStates(string memory json) private pure returns (RoundState[] memory states) {
        uint256[] memory phase = _uints(json, ".tick.phase");
        uint256[] memory endsAt = _uints(json, ".tick.ends_at");
        uint256[] memory proposers = _uints(json, ".tick.proposers");
        uint256[] memory voters = _uints(json, ".tick.voters");
        uint256[] memory proposed = _uints(json, ".tick.proposed");
        uint256[] memory voterStates = _uints(json, ".tick.voter_states");
        states = new RoundState[](phase.length);
        for (uint256 i = 0; i < phase.length; ++i) {
            states[i].phase = Phase(phase[i]);
            states[i].endsAt = uint40(endsAt[i]);
            states[i].proposers = uint8(proposers[i]);
            states[i].voters = uint8(voters[i]);
            states[i].proposed = uint32(proposed[i]);
            states[i].voterStates = uint128(voterStates[i]);
        }
    }

    function _read(string memory topic) private view returns (string memory) {
        return vm.readFile(string.concat("../tests/vectors/", topic, ".json"));
    }

    function _uints(string memory json, string memory column) private pure returns (uint256[] memory) {
        return vm.parseJsonUintArray(json, column);
    }

    function _row(string memory json, string memory column, uint256 i)
        private
        pure
        returns (uint256[] memory)
    {
        return vm.parseJsonUintArray(json, string.concat(column, "[", vm.toString(i), "]"));
    }

    function _case(string memory rule, uint256 i) private pure returns (string memory) {
        return string.concat(rule, ", case ", vm.toString(i));
    }

    function _requireFilled(uint256 cases) private pure {
        assertTrue(cases > 0, "the vector file has no cases");
    }
}
