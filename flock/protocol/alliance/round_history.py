"""One round of a task as its events tell it: who sat in it, what they did, and what became of it."""

from dataclasses import dataclass, field

from flock.protocol.alliance.played_round import PlayedRound, SeatFate
from flock.protocol.alliance.votes import Ballots, Decision, Outcome, decide
from flock.protocol.core.commitments import Vote
from flock.protocol.core.hashing import ZERO
from flock.protocol.core.units import NO_WEI, Wei


@dataclass(frozen=True)
class SeatAction:
    """Something a transaction did."""

    what: str
    block: int
    transaction: str


@dataclass(frozen=True)
class SeatHistory:
    """One seat of a round. ``fate`` is None until the round is finalised."""

    round: int
    seat: int
    account: str
    weight: int
    is_voter: bool
    acts: tuple[SeatAction, ...]
    fate: SeatFate | None

    @property
    def paid(self) -> Wei:
        """What it earned, in wei."""
        return self.fate.paid if self.fate else NO_WEI


@dataclass
class RoundHistory:
    """One round. ``accounts`` and ``weights`` are by seat, the ``proposers`` first; it trained from ``model``.

    ``played`` is None while the round is open.
    """

    number: int
    proposers: int
    model: bytes
    drawn: SeatAction
    accounts: tuple[str, ...]
    weights: tuple[int, ...]
    acts: dict[int, list[SeatAction]] = field(default_factory=dict)
    proposed: set[int] = field(default_factory=set)
    attested_by: set[int] = field(default_factory=set)
    sealed: set[int] = field(default_factory=set)
    revealed: dict[int, Vote] = field(default_factory=dict)
    played: PlayedRound | None = None
    finalised: SeatAction | None = None
    slashes: dict[str, int] = field(default_factory=dict)

    @property
    def ballots(self) -> Ballots:
        """The votes so far."""
        return Ballots(self.revealed, self.weights[self.proposers :])

    @property
    def decision(self) -> Decision:
        """What the rules make of the votes so far."""
        return self.played.decision if self.played else decide(self.ballots, self.model)

    @property
    def outcome(self) -> Outcome | None:
        """None while the round is open."""
        return self.played.record.outcome if self.played else None

    @property
    def candidate(self) -> bytes:
        """The digest of what was voted on; zeros while the round is open, or if no ballot won."""
        return self.played.record.candidate if self.played else ZERO

    @property
    def seats(self) -> tuple[SeatHistory, ...]:
        """Every seat, proposers first."""
        return tuple(self._seat(seat) for seat in range(len(self.accounts)))

    def _seat(self, seat: int) -> SeatHistory:
        return SeatHistory(
            round=self.number,
            seat=seat,
            account=self.accounts[seat],
            weight=self.weights[seat],
            is_voter=seat >= self.proposers,
            acts=tuple(self.acts.get(seat, ())),
            fate=self.played.fates[seat] if self.played else None,
        )
