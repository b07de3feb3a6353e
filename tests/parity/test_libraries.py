"""The Python rules and the Solidity libraries give the same answers to random questions."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flock.protocol.alliance import attestation, rounds, sortition, strikes, votes
from flock.protocol.alliance.rounds import Durations, RoundState
from flock.protocol.alliance.votes import Ballots, Outcome, Verdict
from flock.protocol.core.commitments import Vote, ballot_key
from flock.protocol.core.units import Gm, Wei
from flock.protocol.economy import locks, pools, rewards
from flock.protocol.economy.pools import Delegation, Pool
from tests.parity.harness import Harness

BATCH = 50
many = settings(
    max_examples=50,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

amounts = st.one_of(st.integers(0, 1000), st.integers(0, 2**90))
words = st.binary(min_size=32, max_size=32)
weights = st.integers(1, 4)
outcomes = st.sampled_from([Outcome.ACCEPTED, Outcome.REJECTED])


def batches(*columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """Many cases at once, because one request carries them all."""
    return st.lists(st.tuples(*columns), min_size=1, max_size=BATCH)


@st.composite
def round_states(draw: st.DrawFn) -> RoundState:
    """A round in any phase whose voters are in any state."""
    proposers, voters = draw(st.integers(1, 32)), draw(st.integers(1, 63))
    proposed = draw(st.one_of(st.just(0), st.integers(0, 2**proposers - 1), st.just(2**proposers - 1)))
    states = draw(st.lists(st.integers(0, 3), min_size=voters, max_size=voters))
    packed = sum(state << 2 * voter for voter, state in enumerate(states)) * draw(st.integers(0, 1))
    phase, ends_at = draw(st.sampled_from(rounds.Phase)), draw(st.integers(0, 2_000))
    return RoundState(draw(st.integers(0, 20_000)), phase, ends_at, proposers, voters, proposed, packed)


durations = st.builds(Durations, *[st.integers(2, 604_800)] * 4)


@many
@given(cases=batches(amounts, st.integers(0, 2**40)))
def test_gm_of_a_lock(harness: Harness, cases: list[tuple[Wei, int]]) -> None:
    assert harness.ask("gmFor", cases) == [locks.gm_for(*case) for case in cases]


@many
@given(cases=batches(amounts, st.integers(1, 2**90), st.integers(0, 2**91)))
def test_flock_behind_gm(harness: Harness, cases: list[tuple[Wei, Gm, Gm]]) -> None:
    within = [(flock, Gm(min(part, gm)), gm) for flock, gm, part in cases]
    assert harness.ask("flockDown", within) == [locks.flock_down(*case) for case in within]
    assert harness.ask("flockUp", within) == [locks.flock_up(*case) for case in within]


@many
@given(cases=batches(amounts, amounts, amounts, st.integers(1, 100), st.integers(0, 10_000)))
def test_how_a_slash_falls(harness: Harness, cases: list[tuple[Gm, Gm, Gm, int, int]]) -> None:
    expected = [
        {
            "from_own": locks.slash_of(own, at_least, slash_bps),
            "from_pool": pools.slash_of(delegated, own, ratio, slash_bps),
        }
        for own, at_least, delegated, ratio, slash_bps in cases
    ]
    assert harness.ask("split", cases) == expected


@many
@given(cases=batches(st.integers(1, pools.FULL), st.integers(0, 2**90), st.integers(1, 2**90), amounts))
def test_what_a_slash_leaves_of_a_factor_and_of_a_record(
    harness: Harness, cases: list[tuple[int, int, Gm, Gm]]
) -> None:
    within = [(factor, Gm(min(taken, gm)), gm) for factor, taken, gm, _ in cases]
    after = [pools.factor_after(*case) for case in within]
    assert harness.ask("factorAfter", within) == after
    written = [Delegation(record, factor=factor) for factor, _, _, record in cases]
    now = [pools.current(record, Pool(factor=f)).gm for record, f in zip(written, after, strict=True)]
    asked = [(record.gm, f, record.factor) for record, f in zip(written, after, strict=True)]
    assert harness.ask("current", asked) == now


@many
@given(cases=batches(words, st.integers(0, 65_000), st.integers(0, 95)))
def test_the_draw(harness: Harness, cases: list[tuple[bytes, int, int]]) -> None:
    within = [(seed, seats + others, seats) for seed, others, seats in cases]
    assert harness.ask("draw", within) == [sortition.draw(*case) for case in within]


@many
@given(cases=batches(amounts, st.integers(1, 2**90)))
def test_weights(harness: Harness, cases: list[tuple[Gm, Gm]]) -> None:
    assert harness.ask("weightOf", cases) == [sortition.weight(*case) for case in cases]


@many
@given(ballots=st.lists(st.tuples(st.integers(0, 2**32 - 1), weights), min_size=1, max_size=63))
def test_attestation(harness: Harness, ballots: list[tuple[int, int]]) -> None:
    tallies: tuple[int, ...] = (0,) * 32
    befores, afters = [], []
    for bitmap, weight in ballots:
        befores.append((_packed(tallies), bitmap, weight))
        tallies = attestation.add(tallies, bitmap, weight)
        afters.append(_packed(tallies))
    assert harness.ask("addTally", befores) == afters
    attesting = [(_packed(tallies), limit) for limit in range(0, 253, 9)]
    expected = [attestation.attested_set(tallies, limit) for _, limit in attesting]
    assert harness.ask("attestedSet", attesting) == expected


@many
@given(
    cases=batches(
        st.lists(st.tuples(st.integers(0, 3), weights), min_size=1, max_size=63), st.integers(0, 60)
    )
)
def test_the_winning_ballot(harness: Harness, cases: list[tuple[list[tuple[int, int]], int]]) -> None:
    asked, expected = [], []
    for voters, absent in cases:
        votes_of = [Vote(bytes([choice]) * 32, 0, 0, supports=True) for choice, _ in voters]
        ballots = Ballots(dict(enumerate(votes_of)), [*(w for _, w in voters), *([1] * absent)])
        behind = ballots.key_weights()
        asked.append((list(behind.values()), ballots.revealed_weight, ballots.drawn_weight))
        key = votes.winning_key(ballots)
        expected.append(2**256 - 1 if key is None else list(behind).index(key))
    assert harness.ask("winner", asked) == expected


@many
@given(cases=batches(weights, weights, weights, weights))
def test_support_and_blame(harness: Harness, cases: list[tuple[int, ...]]) -> None:
    """Voter 0 supports, voter 1 opposes, voters 2 and 3 back other candidates than theirs."""
    made = [_four(case) for case in cases]
    sides = [(found.weights[0], found.weights[1]) for found in made]
    support = [
        votes.decide(Ballots({0: f.revealed[0], 1: f.revealed[1]}, f.weights[:2]), b"m" * 32) for f in made
    ]
    assert harness.ask("outcome", sides) == [decision.outcome for decision in support]
    asked, expected = [], []
    for found, decision in zip(made, support, strict=True):
        for voter in range(4):
            if decision.verdict is not None:
                agreeing = found.agreeing(found.revealed[voter])
                prevailed = voter in found.agreeing(decision.verdict)
                asked.append((found.weight_of(agreeing), found.revealed_weight, prevailed))
                verdict = votes.judge_voter(decision, voter, found, excused=False)
                expected.append(verdict is Verdict.BAD)
    assert harness.ask("isAgainst", asked) == expected


@many
@given(cases=batches(st.integers(0, 252), st.integers(0, 252)))
def test_outage(harness: Harness, cases: list[tuple[int, int]]) -> None:
    asked = [(absent, absent + present) for absent, present in cases]
    assert harness.ask("isOutage", asked) == [votes.is_outage(*case) for case in asked]


@many
@given(cases=batches(words, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)))
def test_ballot_keys(harness: Harness, cases: list[tuple[bytes, int, int]]) -> None:
    assert harness.ask("ballotKey", cases) == [ballot_key(*case) for case in cases]


@many
@given(cases=batches(st.integers(0, 2**16 - 1), st.booleans(), st.integers(1, 16), st.integers(1, 16)))
def test_strikes(harness: Harness, cases: list[tuple[int, bool, int, int]]) -> None:
    expected = [strikes.mark(h, bad=bad, window=w, limit=limit) for h, bad, w, limit in cases]
    answers = [(answer["next"], answer["due"]) for answer in harness.ask("record", cases)]
    assert answers == expected


@many
@given(
    cases=batches(
        amounts,
        st.integers(1, 10_000),
        outcomes,
        st.integers(1, 15),
        st.integers(0, 128),
        st.integers(0, 252),
    )
)
def test_pay(harness: Harness, cases: list[tuple[Wei, int, Outcome, int, int, int]]) -> None:
    answers = [(answer["proposer_unit"], answer["voter_unit"]) for answer in harness.ask("units", cases)]
    assert answers == [_units(*case) for case in cases]
    steps = [(sixteenths, outcome) for _, _, outcome, sixteenths, _, _ in cases]
    expected = [rewards.next_sixteenths(s, accepted=o is Outcome.ACCEPTED) for s, o in steps]
    assert harness.ask("nextSixteenths", steps) == expected


@many
@given(cases=batches(amounts, st.integers(1, 10_000), st.integers(0, 10_000), amounts))
def test_refunds(harness: Harness, cases: list[tuple[Wei, int, int, Wei]]) -> None:
    within = [(bounty, planned, min(decided, planned), left) for bounty, planned, decided, left in cases]
    assert harness.ask("refund", within) == [rewards.refund(*case) for case in within]


@many
@given(cases=batches(round_states(), durations, st.integers(0, 4_000)))
def test_the_clock(harness: Harness, cases: list[tuple[RoundState, Durations, int]]) -> None:
    asked = [(_fields(state), _lasting(lasts), now) for state, lasts, now in cases]
    ticked = [rounds.tick(state, now, lasts) for state, lasts, now in cases]
    assert _rounds(harness.ask("tick", asked)) == ticked
    timed = [case for case in cases if rounds.is_timed(case[0].phase)]
    asked = [(_fields(state), _lasting(lasts), now) for state, lasts, now in timed]
    hurried = [rounds.hurry(state, now, lasts) for state, lasts, now in timed]
    assert _rounds(harness.ask("advanceIfComplete", asked)) == hurried


def _packed(tallies: Sequence[int]) -> int:
    return sum(tally << 8 * seat for seat, tally in enumerate(tallies))


def _four(four: tuple[int, ...]) -> Ballots:
    ours = Vote(b"c" * 32, 0, 0, supports=True)
    others = [replace(ours, supports=False), replace(ours, candidate=b"d" * 32), replace(ours, harmful=1)]
    return Ballots(dict(enumerate([ours, *others])), list(four))


def _units(
    pool: Wei, left: int, outcome: Outcome, sixteenths: int, proposers: int, voters: int
) -> tuple[int, int]:
    pay = rewards.share_out(
        pool,
        left,
        accepted=outcome is Outcome.ACCEPTED,
        sixteenths=sixteenths,
        proposer_weight=proposers,
        voter_weight=voters,
    )
    return pay.proposer_unit, pay.voter_unit


def _fields(state: RoundState) -> tuple[int, ...]:
    """RoundState as Solidity has it, with no ballots and no seed block."""
    head = (state.number, state.phase, state.ends_at, state.proposers, state.voters)
    return (*head, 0, state.proposed, state.voter_states, 0)


def _lasting(lasts: Durations) -> tuple[int, ...]:
    return (lasts.propose, lasts.attest, lasts.commit, lasts.reveal)


def _rounds(answers: list[dict[str, Any]]) -> list[RoundState]:
    fields = RoundState.__dataclass_fields__
    return [RoundState(**{name: answer[name] for name in fields}) for answer in answers]
