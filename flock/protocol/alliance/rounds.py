"""The clock of a round: its phase, decided by the time and by the members that have acted.

A phase ends at its deadline, or at once when the last member it waits for has acted. A phase in which
nobody acted ends the round's work: there is nothing to attest, vote on or reveal.
"""

from dataclasses import dataclass, replace
from enum import IntEnum

_BITS_PER_VOTER = 2


class Phase(IntEnum):
    """The phases of a task's rounds, numbered as in AllianceRounds."""

    NONE = 0
    WAITING = 1
    SEEDED = 2
    PROPOSE = 3
    ATTEST = 4
    COMMIT = 5
    REVEAL = 6
    TALLY = 7
    ENDED = 8


DRAW_PENDING = frozenset({Phase.REVEAL, Phase.TALLY, Phase.SEEDED})
"""Phases in which the next draw is predictable, so that nobody can leave the list."""


class Voter(IntEnum):
    """A voter's progress in a round; each step requires the previous one."""

    NONE = 0
    ATTESTED = 1
    COMMITTED = 2
    REVEALED = 3


@dataclass(frozen=True)
class Durations:
    """The maximum seconds of each phase."""

    propose: int
    attest: int
    commit: int
    reveal: int

    def of(self, phase: Phase) -> int:
        """Seconds of a timed ``phase``."""
        return {
            Phase.PROPOSE: self.propose,
            Phase.ATTEST: self.attest,
            Phase.COMMIT: self.commit,
            Phase.REVEAL: self.reveal,
        }[phase]


@dataclass(frozen=True)
class RoundState:
    """A round's frequently written word. ``proposed`` has a bit per proposer, ``voter_states`` two per voter.

    Outside the timed phases ``ends_at`` keeps the last deadline and means nothing.
    """

    number: int
    phase: Phase
    ends_at: int
    proposers: int
    voters: int
    proposed: int = 0
    voter_states: int = 0

    def voter(self, index: int) -> Voter:
        """The progress of voter ``index`` (its seat minus the proposer seats)."""
        return Voter(self.voter_states >> _BITS_PER_VOTER * index & 3)

    def voters_at(self, least: Voter) -> tuple[int, ...]:
        """The voters that have reached at least ``least``."""
        states = self.voter_states
        return tuple(i for i in range(self.voters) if states >> _BITS_PER_VOTER * i & 3 >= least)


def opened(number: int, proposers: int, voters: int, now: int, durations: Durations) -> RoundState:
    """A fresh round, proposing from ``now``."""
    return RoundState(number, Phase.PROPOSE, now + durations.propose, proposers, voters)


def tick(state: RoundState, now: int, durations: Durations) -> RoundState:
    """The round as it stands at ``now`` (seconds): every phase that is over by then has ended."""
    while is_timed(state.phase) and now >= state.ends_at:
        state = _next(state, state.ends_at, durations)
    return state


def propose(state: RoundState, seat: int, now: int, durations: Durations) -> RoundState:
    """Mark proposer ``seat``; proposing ends early when all have proposed."""
    marked = replace(state, proposed=state.proposed | 1 << seat)
    return hurry(marked, now, durations)


def mark_voter(state: RoundState, index: int, reached: Voter) -> RoundState:
    """Mark that voter ``index`` has come to ``reached``; the phase is as before."""
    cleared = state.voter_states & ~(3 << _BITS_PER_VOTER * index)
    return replace(state, voter_states=cleared | reached << _BITS_PER_VOTER * index)


def hurry(state: RoundState, now: int, durations: Durations) -> RoundState:
    """End a timed phase at once if no member can act in it any more."""
    return _next(state, now, durations) if _is_complete(state) else state


def is_timed(phase: Phase) -> bool:
    """Whether the phase has a deadline of its own."""
    return Phase.PROPOSE <= phase <= Phase.REVEAL


def _next(state: RoundState, start: int, durations: Durations) -> RoundState:
    phase = Phase.TALLY if _is_empty(state) else Phase(state.phase + 1)
    ends_at = start + durations.of(phase) if is_timed(phase) else state.ends_at
    return replace(state, phase=phase, ends_at=ends_at)


def _marks(state: RoundState) -> int:
    """Members that have acted in the phase."""
    if state.phase is Phase.PROPOSE:
        return state.proposed.bit_count()
    return len(state.voters_at(_REACHES[state.phase]))


def _awaited(state: RoundState) -> int:
    """Members that can act in the phase, or have acted."""
    if state.phase is Phase.PROPOSE:
        return state.proposers
    return len(state.voters_at(Voter(_REACHES[state.phase] - 1)))


def _is_empty(state: RoundState) -> bool:
    return _marks(state) == 0


def _is_complete(state: RoundState) -> bool:
    return _marks(state) == _awaited(state)


_REACHES = {
    Phase.ATTEST: Voter.ATTESTED,
    Phase.COMMIT: Voter.COMMITTED,
    Phase.REVEAL: Voter.REVEALED,
}
