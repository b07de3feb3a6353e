"""A task's life as its events tell it, with the reason for every seat's fate computed by the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flock.protocol.alliance import sortition, strikes, votes
from flock.protocol.alliance.reasons import SeatReason, reasons
from flock.protocol.alliance.votes import Ballots, Decision, Outcome, Verdict
from flock.protocol.core.commitments import Vote
from flock.protocol.core.units import bitmap_of

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.events import Event
    from flock.protocol.alliance.params import AllianceParameters

DUTIES = {
    "Proposed": "propose",
    "Attested": "attest",
    "VoteCommitted": "commit_vote",
    "VoteRevealed": "reveal_votes",
}


@dataclass(frozen=True)
class SeatAction:
    """Something a transaction did."""

    what: str
    block: int
    transaction: str


@dataclass(frozen=True)
class Payment:
    """``wei`` of FLOCK for ``account``: a withdrawal, or a keeper's fee."""

    account: str
    wei: int
    act: SeatAction


@dataclass(frozen=True)
class SeatStory:
    """One seat of a round. ``fate`` is None until the round is finalised; ``paid`` in wei."""

    round: int
    seat: int
    account: str
    weight: int
    is_voter: bool
    acts: tuple[SeatAction, ...]
    fate: SeatReason | None
    paid: int


@dataclass
class RoundStory:
    """One round. ``seats`` and ``weights`` have the proposers first; ``model`` is the one it trained from."""

    number: int
    proposers: int
    model: bytes
    drawn: SeatAction
    seats: tuple[str, ...]
    weights: tuple[int, ...]
    acts: dict[int, list[SeatAction]] = field(default_factory=dict)
    proposed: set[int] = field(default_factory=set)
    attested_by: set[int] = field(default_factory=set)
    revealed: dict[int, Vote] = field(default_factory=dict)
    result: Mapping[str, Any] | None = None
    finalised: SeatAction | None = None
    slashes: dict[str, int] = field(default_factory=dict)

    @property
    def ballots(self) -> Ballots:
        return Ballots(self.revealed, self.weights[self.proposers :])

    @property
    def outcome(self) -> Outcome | None:
        """None while the round is open."""
        return None if self.result is None else Outcome(self.result["outcome"])

    @cached_property
    def decision(self) -> Decision:
        """What the rules make of the votes that were revealed."""
        return votes.decide(self.ballots, self.model)

    def fates(self) -> Sequence[SeatReason | None]:
        """The verdict on every seat and its reason, proposers first; None for each while the round is open."""
        if self.result is None:
            return [None] * len(self.seats)
        return reasons(
            self.decision,
            self.ballots,
            proposers=self.proposers,
            proposed=bitmap_of(self.proposed),
            attested=self.result["attested"],
            excused=bool(self._absent() & ~self.result["judged"]),
        )

    def stories(self) -> list[SeatStory]:
        """Every seat, proposers first."""
        return [self._story(seat, fate) for seat, fate in enumerate(self.fates())]

    def _absent(self) -> int:
        """The seats that did not propose or reveal, as a bitmap."""
        present = self.proposed | {self.proposers + voter for voter in self.revealed}
        return bitmap_of(seat for seat in range(len(self.seats)) if seat not in present)

    def _story(self, seat: int, fate: SeatReason | None) -> SeatStory:
        is_voter = seat >= self.proposers
        unit = (self.result or {}).get("voter_unit" if is_voter else "proposer_unit", 0)
        return SeatStory(
            round=self.number,
            seat=seat,
            account=self.seats[seat],
            weight=self.weights[seat],
            is_voter=is_voter,
            acts=tuple(self.acts.get(seat, ())),
            fate=fate,
            paid=unit * self.weights[seat] if fate and fate.paid else 0,
        )


@dataclass(frozen=True)
class StrikeRecord:
    """The strikes an account has now, by the rounds that gave them, and the rounds it was slashed in."""

    rounds: tuple[int, ...]
    slashed: tuple[int, ...]


@dataclass
class TaskHistory:
    """A whole task. ``joined`` is who has each member id, or had it last; ``ever_joined`` is everybody."""

    task: int
    terms: AllianceParameters
    joined: dict[int, str] = field(default_factory=dict)
    ever_joined: set[str] = field(default_factory=set)
    rounds: dict[int, RoundStory] = field(default_factory=dict)
    withdrawals: list[Payment] = field(default_factory=list)
    keeper_fees: list[Payment] = field(default_factory=list)
    membership: list[tuple[str, SeatAction]] = field(default_factory=list)
    closed: Mapping[str, Any] | None = None
    model: bytes = b""

    def seats_of(self, account: str) -> list[SeatStory]:
        """Every seat the account was drawn to, oldest first."""
        found = (story for each in self.rounds.values() for story in each.stories())
        return [story for story in found if story.account == account]

    def strikes_of(self, account: str) -> StrikeRecord:
        """Replays the account's judged seats through the rule of strikes."""
        window: list[tuple[int, bool]] = []
        slashed, bitmap = [], 0
        for story in self.seats_of(account):
            if story.fate is None or story.fate.verdict is Verdict.UNJUDGED:
                continue
            bad = story.fate.verdict is Verdict.BAD
            marked = strikes.mark(
                bitmap, bad=bad, window=self.terms.strike_window, limit=self.terms.strike_limit
            )
            bitmap = marked.history
            window = [*window, (story.round, bad)][-self.terms.strike_window :]
            if marked.slashed:
                slashed.append(story.round)
                window = []
        return StrikeRecord(tuple(number for number, bad in window if bad), tuple(slashed))

    def slashed_of(self, account: str) -> int:
        """FLOCK (wei) that rounds have taken from the account's lock."""
        return sum(each.slashes.get(account, 0) for each in self.rounds.values())

    def withdrawn_by(self, account: str) -> list[Payment]:
        return [each for each in self.withdrawals if each.account == account]

    def keeper_fees_of(self, account: str) -> int:
        """Wei credited for pushing the task on."""
        return sum(each.wei for each in self.keeper_fees if each.account == account)

    def knows(self, account: str) -> bool:
        """Whether the account was ever a member or a keeper."""
        return account in self.ever_joined or any(each.account == account for each in self.keeper_fees)


def read_history(contracts: Contracts, task: int) -> TaskHistory:
    """The story of a task that exists, up to the newest block."""
    from flock.chain.client import all_logs
    from flock.chain.events import decode_event

    rounds = contracts.alliance_rounds
    topics = [None, task.to_bytes(32, "big")]
    head = contracts.client.block_number()
    logs = all_logs(contracts.client, [rounds.address], contracts.book.deployed_block, head, topics)
    events = (event for event in map(decode_event, logs) if event)
    return tell(task, contracts.task_manager.parameters_of(task), events)


def tell(task: int, terms: AllianceParameters, events: Iterator[Event]) -> TaskHistory:
    """Fold the events of AllianceRounds for one task, oldest first."""
    story = TaskHistory(task, terms, model=terms.initial_model)
    for event in events:
        _apply(story, event)
    return story


def _apply(story: TaskHistory, event: Event) -> None:
    arguments = event.arguments
    act = SeatAction(DUTIES.get(event.name, event.name), event.log.block, event.log.transaction)
    if event.name in DUTIES:
        _act_of_seat(story.rounds[arguments["round"]], event.name, arguments, act)
        return
    match event.name:
        case "Joined":
            story.joined[arguments["member_id"]] = arguments["account"]
            story.ever_joined.add(arguments["account"])
            story.membership.append((arguments["account"], act))
        case "Left" | "LeaveRequested" | "Retained":
            story.membership.append((story.joined[arguments["member_id"]], act))
        case "Drawn":
            story.rounds[arguments["round"]] = _drawn(story, arguments, act)
            story.keeper_fees.append(Payment(arguments["keeper"], story.terms.keeper_fee, act))
        case "RoundFinalised":
            _finalise(story, story.rounds[arguments["round"]], arguments, act)
        case "MemberSlashed":
            account = story.joined[arguments["member_id"]]
            story.rounds[arguments["round"]].slashes[account] = arguments["flock"]
        case "Withdrawn":
            story.withdrawals.append(Payment(arguments["account"], arguments["amount"], act))
        case "RoundsClosed":
            story.closed = arguments


def _drawn(story: TaskHistory, arguments: Mapping[str, Any], act: SeatAction) -> RoundStory:
    terms = story.terms
    return RoundStory(
        number=arguments["round"],
        proposers=terms.proposer_seats,
        model=story.model,
        drawn=act,
        seats=tuple(story.joined[member] for member in arguments["seats"]),
        weights=tuple(sortition.weights_of(arguments["weights"], terms.seats)),
    )


def _act_of_seat(story: RoundStory, name: str, arguments: Mapping[str, Any], act: SeatAction) -> None:
    seat = arguments["seat"]
    story.acts.setdefault(seat, []).append(act)
    if name == "Proposed":
        story.proposed.add(seat)
    elif name == "Attested":
        story.attested_by.add(seat)
    elif name == "VoteRevealed":
        vote = Vote(arguments["candidate"], arguments["harmful"], arguments["rewarded"], arguments["support"])
        story.revealed[seat - story.proposers] = vote


def _finalise(story: TaskHistory, round_: RoundStory, arguments: Mapping[str, Any], act: SeatAction) -> None:
    round_.result, round_.finalised = arguments, act
    if round_.outcome is Outcome.ACCEPTED:
        story.model = arguments["candidate"]
