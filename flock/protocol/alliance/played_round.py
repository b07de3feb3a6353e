"""A round that was finalised, and what it means for everybody who sat in it: the verdict, its reason, the pay.

What a round pays and why it strikes is in no event: it follows from the votes, by the same rules as on chain.
Everything that tells people of rounds asks here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from flock.protocol.alliance import strikes, votes
from flock.protocol.alliance.reasons import Reason, reasons
from flock.protocol.alliance.state import RoundRecord
from flock.protocol.alliance.votes import Ballots, Decision, Outcome, Verdict
from flock.protocol.core.commitments import Vote
from flock.protocol.core.units import NO_WEI, Wei, bitmap_of


@dataclass(frozen=True)
class SeatFate:
    """What a round made of one seat; ``paid`` in wei. ``kept_back`` if it sealed a vote and never opened it."""

    verdict: Verdict
    reason: Reason
    paid: Wei
    kept_back: bool = False


class PaidSeats(NamedTuple):
    """The seats that a round pays, by side."""

    proposers: tuple[int, ...]
    voters: tuple[int, ...]


@dataclass(frozen=True)
class PlayedRound:
    """What was put on chain in a round, and the ``record`` of its end.

    ``weights`` are by seat, proposers first; ``model`` is the digest of the model it trained from; ``proposed`` and
    ``sealed`` are bitmaps by seat of who proposed and who sealed a vote; ``revealed`` is by voter, whose seat is
    ``proposers`` more.
    """

    proposers: int
    weights: Sequence[int]
    model: bytes
    proposed: int
    sealed: int
    revealed: Mapping[int, Vote]
    record: RoundRecord

    @property
    def ballots(self) -> Ballots:
        """The votes as they were counted."""
        return Ballots(self.revealed, self.weights[self.proposers :])

    @cached_property
    def decision(self) -> Decision:
        """What the rules make of the votes."""
        return votes.decide(self.ballots, self.model)

    @property
    def follows_from_votes(self) -> bool:
        """Whether the votes decide what the chain says they did; if not, some are missing here."""
        return self.decision.outcome is self.record.outcome

    @property
    def paid_seats(self) -> PaidSeats:
        """Whom it pays, in a round that pays anybody."""
        voters = votes.paid_voters(self.decision, self.ballots)
        return PaidSeats(
            votes.paid_proposers(self.decision, self.record.attested),
            tuple(self.proposers + voter for voter in voters),
        )

    @cached_property
    def fates(self) -> tuple[SeatFate, ...]:
        """What became of every seat, proposers first. Verdicts are the contract's, reasons follow from the votes."""
        found = reasons(
            self.decision,
            self.ballots,
            proposers=self.proposers,
            proposed=self.proposed,
            attested=self.record.attested,
            excused=bool(self._absent & ~self.record.judged),
        )
        return tuple(
            SeatFate(
                self._verdict(seat),
                each.reason,
                Wei(self._unit(seat) * self.weights[seat]) if each.paid else NO_WEI,
                kept_back=bool(self.sealed & self._absent & 1 << seat),
            )
            for seat, each in enumerate(found)
        )

    @cached_property
    def _absent(self) -> int:
        """The seats that did not propose or reveal, as a bitmap."""
        present = self.proposed | bitmap_of(self.proposers + voter for voter in self.revealed)
        return ~present & (1 << len(self.weights)) - 1

    def _verdict(self, seat: int) -> Verdict:
        if not self.record.judged >> seat & 1:
            return Verdict.UNJUDGED
        return Verdict.BAD if self.record.struck >> seat & 1 else Verdict.GOOD

    def _unit(self, seat: int) -> Wei:
        return self.record.proposer_unit if seat < self.proposers else self.record.voter_unit


class Strikes(NamedTuple):
    """A member's strikes after a seat: how many counted when it was judged, and what stands against it from then on.

    ``history`` is a bitmap, bit 0 the latest judged seat; a slash clears it.
    """

    counted: int
    history: int
    slashed: bool


def strikes_after(history: int, fate: SeatFate, *, window: int, limit: int) -> Strikes:
    """What a seat's fate does to its member's strikes; ``window`` and ``limit`` are the task's."""
    if fate.verdict is Verdict.UNJUDGED:
        return Strikes(history.bit_count(), history, slashed=False)
    bad = fate.verdict is Verdict.BAD
    enough = strikes.enough(limit, kept_back=fate.kept_back)
    judged = strikes.mark(history, bad=bad, window=window, limit=enough)
    counted = strikes.shifted(history, bad=bad, window=window).bit_count()
    return Strikes(counted, judged.history, judged.slashed)


def record_of(arguments: Mapping[str, Any]) -> RoundRecord:
    """The event RoundFinalised, of its arguments by name."""
    return RoundRecord(
        number=arguments["round"],
        outcome=Outcome(arguments["outcome"]),
        candidate=arguments["candidate"],
        harmful=arguments["harmful"],
        rewarded=arguments["rewarded"],
        attested=arguments["attested"],
        struck=arguments["struck"],
        judged=arguments["judged"],
        proposer_unit=Wei(arguments["proposer_unit"]),
        voter_unit=Wei(arguments["voter_unit"]),
        pool_left=Wei(arguments["pool_left"]),
    )


def vote_of(arguments: Mapping[str, Any]) -> Vote:
    """The vote that the event VoteRevealed opens."""
    return Vote(arguments["candidate"], arguments["harmful"], arguments["rewarded"], arguments["support"])
