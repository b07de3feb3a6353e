"""A task's life as the events of AllianceRounds tell it: one fold, for everybody who needs to know what happened.

It takes decoded events and knows no chain: what is read over RPC, or written by a test, is understood alike. Rows are
made of the same events one by one (``flock.alliance.projection``); what a round means is asked of ``played_round``
there too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flock.errors import RpcUnavailable
from flock.protocol.alliance.played_round import PlayedRound, record_of, strikes_after, vote_of
from flock.protocol.alliance.round_history import RoundHistory, SeatAction, SeatHistory
from flock.protocol.alliance.sortition import weights_of
from flock.protocol.alliance.votes import Outcome, Verdict
from flock.protocol.core.units import Wei, bitmap_of

DUTIES: Mapping[str, str] = {
    "Proposed": "propose",
    "Attested": "attest",
    "VoteCommitted": "commit_vote",
    "VoteRevealed": "reveal_votes",
}
MEMBERSHIP = ("Joined", "LeaveRequested", "Left", "Retained")


class TaskEvent(NamedTuple):
    """One event of AllianceRounds about a task: its arguments in snake case, the block, the transaction's hash."""

    name: str
    arguments: Mapping[str, Any]
    block: int = 0
    transaction: str = ""


@dataclass(frozen=True)
class TermsOfRounds:
    """What of a task's terms its history is understood with."""

    planned_rounds: int
    proposer_seats: int
    voter_seats: int
    minimum_members: int
    keeper_fee: Wei
    strike_window: int
    strike_limit: int
    slash_bps: int
    initial_model: bytes

    @property
    def seats(self) -> int:
        """Members drawn into a round."""
        return self.proposer_seats + self.voter_seats


@dataclass(frozen=True)
class Payment:
    """``wei`` of FLOCK for ``account``: a withdrawal, or a keeper's fee."""

    account: str
    wei: int
    act: SeatAction


@dataclass(frozen=True)
class StrikeRecord:
    """The strikes an account has now, by the rounds that gave them, and the rounds it was slashed in."""

    rounds: tuple[int, ...]
    slashed: tuple[int, ...]


@dataclass
class TaskHistory:
    """A whole task. ``joined`` is who has each member id, or had it last; ``ever_joined`` is everybody.

    ``left_after`` is, for each time that an account's stake was freed, the round finalised last: no strike stands
    against it from then on.
    """

    task: int
    terms: TermsOfRounds
    model: bytes
    joined: dict[int, str] = field(default_factory=dict)
    ever_joined: set[str] = field(default_factory=set)
    left_after: dict[str, list[int]] = field(default_factory=dict)
    rounds: dict[int, RoundHistory] = field(default_factory=dict)
    last_finalised: int = 0
    withdrawals: list[Payment] = field(default_factory=list)
    keeper_fees: list[Payment] = field(default_factory=list)
    membership: list[tuple[str, SeatAction]] = field(default_factory=list)
    closed: Mapping[str, Any] | None = None

    # ---- reading events

    def read(self, event: TaskEvent) -> None:
        """Go on by one event, in the order of the chain; those that mean nothing here are passed over.

        Raises RpcUnavailable if it does not fit what was read before: then some events are missing.
        """
        act = SeatAction(DUTIES.get(event.name, event.name), event.block, event.transaction)
        given = event.arguments
        if event.name in DUTIES:
            self._duty_done(event.name, given, act)
        elif event.name in MEMBERSHIP:
            self._membership_changed(event.name, given, act)
        elif event.name == "Drawn":
            self._drawn(given, act)
        elif event.name == "RoundFinalised":
            self._finalised(given, act)
        elif event.name == "MemberSlashed":
            account = self._account(given["member_id"])
            self._round(given["round"]).slashes[account] = given["flock"]
        elif event.name == "Withdrawn":
            self.withdrawals.append(Payment(given["account"], given["amount"], act))
        elif event.name == "RoundsClosed":
            self.closed = given

    def _membership_changed(self, name: str, given: Mapping[str, Any], act: SeatAction) -> None:
        if name == "Joined":
            self.joined[given["member_id"]] = given["account"]
            self.ever_joined.add(given["account"])
        account = self._account(given["member_id"])
        if name == "Left":
            self.left_after.setdefault(account, []).append(self.last_finalised)
        self.membership.append((account, act))

    def _drawn(self, given: Mapping[str, Any], act: SeatAction) -> None:
        self.rounds[given["round"]] = RoundHistory(
            number=given["round"],
            proposers=self.terms.proposer_seats,
            model=self.model,
            drawn=act,
            accounts=tuple(self._account(member) for member in given["seats"]),
            weights=tuple(weights_of(given["weights"], len(given["seats"]))),
        )
        self.keeper_fees.append(Payment(given["keeper"], self.terms.keeper_fee, act))

    def _duty_done(self, name: str, given: Mapping[str, Any], act: SeatAction) -> None:
        round_, seat = self._round(given["round"]), given["seat"]
        round_.acts.setdefault(seat, []).append(act)
        if name == "Proposed":
            round_.proposed.add(seat)
        elif name == "Attested":
            round_.attested_by.add(seat)
        elif name == "VoteCommitted":
            round_.sealed.add(seat)
        else:
            round_.revealed[seat - round_.proposers] = vote_of(given)

    def _finalised(self, given: Mapping[str, Any], act: SeatAction) -> None:
        round_ = self._round(given["round"])
        played = PlayedRound(
            proposers=round_.proposers,
            weights=round_.weights,
            model=round_.model,
            proposed=bitmap_of(round_.proposed),
            sealed=bitmap_of(round_.sealed),
            revealed=round_.revealed,
            record=record_of(given),
        )
        if not played.follows_from_votes:
            raise RpcUnavailable(
                f"Round {round_.number} of task {self.task} ended as {played.record.outcome.name.lower()}, but the "
                f"votes that the RPC serves make it {played.decision.outcome.name.lower()}: use another endpoint."
            )
        round_.played, round_.finalised = played, act
        self.last_finalised = round_.number
        if played.record.outcome is Outcome.ACCEPTED:
            self.model = played.record.candidate

    def _round(self, number: int) -> RoundHistory:
        found = self.rounds.get(number)
        if found is None:
            raise RpcUnavailable(
                f"The RPC serves events of round {number} of task {self.task}, but not its draw: use another "
                "endpoint."
            )
        return found

    def _account(self, member_id: int) -> str:
        account = self.joined.get(member_id)
        if account is None:
            raise RpcUnavailable(
                f"The RPC serves events of member {member_id} of task {self.task}, but not its joining: use another "
                "endpoint."
            )
        return account

    # ---- what came of it

    def seats_of(self, account: str) -> list[SeatHistory]:
        """Every seat the account was drawn to, oldest first."""
        rounds = (each for each in self.rounds.values() if account in each.accounts)
        return [seat for each in rounds for seat in each.seats if seat.account == account]

    def strikes_of(self, account: str) -> StrikeRecord:
        """Which strikes stand against the account, by the rule of strikes over its judged seats."""
        standing: list[tuple[int, bool]] = []
        slashed, history, ends = [], 0, list(self.left_after.get(account, ()))
        window, limit = self.terms.strike_window, self.terms.strike_limit
        for seat in self.seats_of(account):
            if seat.fate is None or seat.fate.verdict is Verdict.UNJUDGED:
                continue
            while ends and ends[0] < seat.round:
                ends.pop(0)
                standing, history = [], 0
            after = strikes_after(history, seat.fate, window=window, limit=limit)
            history = after.history
            standing = [*standing, (seat.round, seat.fate.verdict is Verdict.BAD)][-window:]
            if after.slashed:
                slashed.append(seat.round)
                standing = []
        rounds = () if ends else tuple(number for number, bad in standing if bad)
        return StrikeRecord(rounds, tuple(slashed))

    def slashed_of(self, account: str) -> int:
        """FLOCK (wei) that rounds have taken from the account's lock."""
        return sum(each.slashes.get(account, 0) for each in self.rounds.values())

    def withdrawn_by(self, account: str) -> list[Payment]:
        """What the account was paid out."""
        return [each for each in self.withdrawals if each.account == account]

    def keeper_fees_of(self, account: str) -> int:
        """Wei credited for pushing the task on."""
        return sum(each.wei for each in self.keeper_fees if each.account == account)

    def knows(self, account: str) -> bool:
        """Whether the account was ever a member or a keeper."""
        return account in self.ever_joined or any(each.account == account for each in self.keeper_fees)


def opened(event: TaskEvent) -> TaskHistory:
    """The history of the task that the event AllianceOpened opens."""
    given = event.arguments["terms"]
    terms = TermsOfRounds(**{name: given[name] for name in TermsOfRounds.__dataclass_fields__})
    return TaskHistory(event.arguments["task_id"], terms, model=terms.initial_model)


def history_of(task: int, events: Iterable[TaskEvent]) -> TaskHistory:
    """All that the events of AllianceRounds for one task tell, oldest first.

    Raises RpcUnavailable if they do not begin with its opening, or some are missing.
    """
    told = iter(events)
    first = next(told, None)
    if first is None or first.name != "AllianceOpened":
        raise RpcUnavailable(
            f"The RPC does not serve the opening of task {task}: use an endpoint that has all logs since the "
            "contracts were deployed."
        )
    history = opened(first)
    for event in told:
        history.read(event)
    return history
