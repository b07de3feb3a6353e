"""The clock of a round."""

from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.alliance import rounds
from flock.protocol.alliance.rounds import Durations, Phase, RoundState, Voter

DURATIONS = Durations(propose=10, attest=20, commit=30, reveal=40)
START = 1_000
FRESH = rounds.opened(1, proposers=2, voters=3, now=START, durations=DURATIONS)

durations = st.builds(Durations, *[st.integers(2, 1000)] * 4)


@st.composite
def states(draw: st.DrawFn) -> RoundState:
    """A round in any phase, with any marks."""
    proposers, voters = draw(st.integers(1, 32)), draw(st.integers(1, 63))
    return RoundState(
        number=1,
        phase=draw(st.sampled_from(Phase)),
        ends_at=draw(st.integers(0, 10_000)),
        proposers=proposers,
        voters=voters,
        proposed=draw(st.integers(0, 2**proposers - 1)),
        voter_states=draw(st.integers(0, 4**voters - 1)),
    )


@given(states(), durations, st.integers(0, 20_000))
def test_ticking_twice_is_ticking_once(state: RoundState, lasts: Durations, now: int) -> None:
    once = rounds.tick(state, now, lasts)
    assert rounds.tick(once, now, lasts) == once


@given(states(), durations, st.integers(0, 20_000), st.integers(0, 20_000))
def test_when_one_looks_does_not_matter(state: RoundState, lasts: Durations, one: int, other: int) -> None:
    early, late = sorted((one, other))
    assert rounds.tick(rounds.tick(state, early, lasts), late, lasts) == rounds.tick(state, late, lasts)


@given(states(), durations, st.integers(0, 20_000))
def test_the_clock_only_goes_forward(state: RoundState, lasts: Durations, now: int) -> None:
    after = rounds.tick(state, now, lasts)
    assert after.phase >= state.phase
    assert after.ends_at >= state.ends_at
    assert not rounds.is_timed(after.phase) or now < after.ends_at


def test_a_round_in_which_no_one_proposes_goes_straight_to_the_tally() -> None:
    assert rounds.tick(FRESH, START + 9, DURATIONS).phase is Phase.PROPOSE
    assert rounds.tick(FRESH, START + 10, DURATIONS).phase is Phase.TALLY


def test_phases_follow_from_deadline_to_deadline_however_late_the_call() -> None:
    proposed = rounds.propose(FRESH, 0, START + 1, DURATIONS)
    attesting = rounds.tick(proposed, START + 29, DURATIONS)
    assert (attesting.phase, attesting.ends_at) == (Phase.ATTEST, START + 30)


def test_the_last_mark_ends_a_phase_at_once() -> None:
    state = rounds.propose(rounds.propose(FRESH, 0, START + 1, DURATIONS), 1, START + 2, DURATIONS)
    assert (state.phase, state.ends_at) == (Phase.ATTEST, START + 22)


def test_commit_waits_for_those_who_attested_and_reveal_for_those_who_committed() -> None:
    state = rounds.propose(FRESH, 0, START, DURATIONS)
    for voter in (0, 2):
        state = _reach(rounds.tick(state, START + 10, DURATIONS), voter, Voter.ATTESTED, START + 10)
    state = rounds.tick(state, START + 30, DURATIONS)
    state = _reach(_reach(state, 0, Voter.COMMITTED, START + 31), 2, Voter.COMMITTED, START + 32)
    assert state.phase is Phase.REVEAL
    state = _reach(_reach(state, 0, Voter.REVEALED, START + 33), 2, Voter.REVEALED, START + 34)
    assert state.phase is Phase.TALLY


def _reach(state: RoundState, voter: int, reached: Voter, now: int) -> RoundState:
    return rounds.hurry(rounds.mark_voter(state, voter, reached), now, DURATIONS)
