"""A member's seat in a round, and the elapsed part of a phase."""

from dataclasses import dataclass

from flock.chain.contracts.alliance_rounds import RoundView
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.rounds import Phase, Voter


@dataclass(frozen=True)
class OwnSeat:
    """``index`` counts proposers first, then voters; ``state`` is a voter's progress, else ``None``."""

    index: int
    has_proposed: bool
    state: Voter | None

    @property
    def is_voter(self) -> bool:
        return self.state is not None


def own_seat(view: RoundView, account: str) -> OwnSeat | None:
    """The seat ``account`` holds in the open round, or ``None``."""
    if view.phase not in OPEN_PHASES or account not in view.accounts:
        return None
    index = view.accounts.index(account)
    if index < view.proposers:
        return OwnSeat(index, bool(view.proposed >> index & 1), None)
    return OwnSeat(index, False, view.voter(index))


def awaits_call(view: RoundView, account: str) -> bool:
    """Whether the coordinator may call ``account`` at any moment, for a duty that is not done yet."""
    seat = own_seat(view, account)
    if seat is None:
        return False
    if view.phase is Phase.PROPOSE:
        return not seat.is_voter and not seat.has_proposed
    return view.phase is Phase.COMMIT and seat.state in (Voter.NONE, Voter.ATTESTED)


def elapsed_share(view: RoundView, parameters: AllianceParameters, now: int) -> float:
    """The elapsed part of the current phase, from 0 to 1."""
    seconds = parameters.durations.of(view.phase)
    return min(1.0, max(0.0, 1 - (view.ends_at - now) / seconds))


def attesting_weight(view: RoundView) -> int:
    """Summed weight of the voters that have attested."""
    voters = enumerate(view.weights[view.proposers :])
    return sum(weight for index, weight in voters if view.voter_states >> 2 * index & 3)


OPEN_PHASES = frozenset({Phase.PROPOSE, Phase.ATTEST, Phase.COMMIT, Phase.REVEAL, Phase.TALLY})
