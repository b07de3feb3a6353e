"""The history of a deployment, read from its contracts' events: what a settlement is computed from.

Nothing is taken from anybody's word but the chain's: which seats a round paid follows from the votes revealed in it,
by the rules of ``flock.protocol.alliance.votes``, and how many points they earned from the rounds decided before it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flock.chain.client import Log, all_logs, parse_block
from flock.chain.contracts.deployed import Contracts
from flock.chain.events import Event as ChainEvent
from flock.chain.events import decode_event, topic_of
from flock.chain.rpc import Call, RpcRefused
from flock.errors import RpcUnavailable
from flock.protocol.alliance.sortition import weights_of
from flock.protocol.alliance.votes import Ballots, Decision, Outcome, paid_proposers, paid_voters, winning_key
from flock.protocol.core.commitments import Vote
from flock.protocol.core.units import Wei
from flock.protocol.economy.history import (
    BroughtUpToDate,
    Delegated,
    DelegationRatioSet,
    Emission,
    Event,
    History,
    LeaveBegun,
    PoolSet,
    PoolSlashed,
    RoundPaid,
    StakeMoved,
    TaskClosed,
    TermsSet,
    Undelegated,
)
from flock.protocol.economy.rewards import EVEN, RewardTerms, next_sixteenths, points

A_BATCH = 200

# Contract → the events of it that a settlement rests on.
EVENTS: Mapping[str, tuple[str, ...]] = {
    "staking": (
        "Allocated",
        "Deallocated",
        "Slashed",
        "PoolSet",
        "StakeDelegated",
        "UndelegationBegun",
        "StakeUndelegated",
        "PoolSlashed",
        "DelegationUpdated",
        "DelegationRatioSet",
    ),
    "task_manager": ("TaskClosed",),
    "alliance_rounds": ("AllianceOpened", "Joined", "Drawn", "VoteRevealed", "RoundFinalised"),
    "emissions": ("Emitted", "DayEmitted"),
    "settlement": ("TermsSet",),
}


def read_history(contracts: Contracts, last_block: int | None = None) -> History:
    """All that happened up to ``last_block``, the newest one if it is None.

    Raises RpcUnavailable, also if a reorganisation changed the chain meanwhile.
    """
    client = contracts.client
    last = client.block("latest" if last_block is None else last_block)
    logs = _logs(contracts, last.number)
    if client.block(last.number).hash != last.hash:
        raise RpcUnavailable("The chain was reorganised while its events were read: read them again.")
    first_day = contracts.emissions.first_day()
    return history_of(_timed(contracts, logs), contracts.settlement.treasury(), first_day)


def history_of(logs: Iterable[Log], treasury: str, first_day: int) -> History:
    """The history that ``logs``, in chain order and with their times, tell."""
    reader = _Reader(first_day)
    for log in logs:
        event = decode_event(log)
        if event is not None:
            reader.read(event)
    return History(treasury, tuple(reader.events), tuple(reader.emissions), reader.next_day)


# --- From the chain ---


def _logs(contracts: Contracts, last: int) -> list[Log]:
    bindings = {name: getattr(contracts, name) for name in EVENTS}
    topics = [topic_of(bindings[contract].abi, name) for contract, names in EVENTS.items() for name in names]
    places = [binding.address for binding in bindings.values()]
    return list(all_logs(contracts.client, places, contracts.book.deployed_block, last, [topics]))


def _timed(contracts: Contracts, logs: Sequence[Log]) -> Iterator[Log]:
    """The logs, each with its block's timestamp: as the endpoint said with the log, or else as the block says."""
    missing = sorted({log.block for log in logs if log.time is None})
    times: dict[int, int] = {}
    for start in range(0, len(missing), A_BATCH):
        times |= _times(contracts, missing[start : start + A_BATCH])
    for log in logs:
        yield log if log.time is not None else replace(log, time=times[log.block])


def _times(contracts: Contracts, blocks: Sequence[int]) -> dict[int, int]:
    calls: list[Call] = [("eth_getBlockByNumber", [hex(number), False]) for number in blocks]
    answers = contracts.client.rpc.batch(calls)
    refused = next((answer for answer in answers if isinstance(answer, RpcRefused)), None)
    if refused is not None:
        raise refused
    return {number: parse_block(answer).timestamp for number, answer in zip(blocks, answers, strict=True)}


# --- What the events mean ---

Seat = tuple[str, int]
Arguments = Mapping[str, Any]


@dataclass
class _Reader:
    """What was read so far: the plain events, and what the next ones are to be understood with.

    A member's number may be another's later, so ``accounts`` has whose it was last; ``sixteenths`` is how often a
    task's rounds were accepted of late.
    """

    next_day: int
    events: list[Event] = field(default_factory=list)
    emissions: list[Emission] = field(default_factory=list)
    proposer_seats: dict[int, int] = field(default_factory=dict)
    sixteenths: dict[int, int] = field(default_factory=dict)
    accounts: dict[tuple[int, int], str] = field(default_factory=dict)
    seats: dict[tuple[int, int], tuple[Seat, ...]] = field(default_factory=dict)
    votes: dict[tuple[int, int], dict[int, Vote]] = field(default_factory=dict)

    def read(self, event: ChainEvent) -> None:
        given, time = event.arguments, event.log.time or 0
        handler, plain = _HANDLERS.get(event.name), _PLAIN.get(event.name)
        if handler is not None:
            handler(self, given)
        elif plain is not None:
            self.events.append(plain(time, given))
        elif event.name == "RoundFinalised":
            self._finalised(time, given)

    def _finalised(self, time: int, given: Arguments) -> None:
        """Whom a decided round paid; the events of a round are not needed beyond it."""
        task, number = given["task_id"], given["round"]
        seats, votes = self.seats.pop((task, number)), self.votes.pop((task, number), {})
        outcome = Outcome(given["outcome"])
        if outcome is Outcome.VOID:
            return
        first_voter = self.proposer_seats[task]
        paid = _paid(given, [weight for _, weight in seats[first_voter:]], votes, first_voter)
        proposers, voters = ([seats[seat] for seat in side] for side in paid)
        is_accepted, sixteenths = outcome is Outcome.ACCEPTED, self.sixteenths.get(task, EVEN)
        earned = points(
            accepted=is_accepted,
            sixteenths=sixteenths,
            proposer_weight=sum(weight for _, weight in proposers),
            voter_weight=sum(weight for _, weight in voters),
        )
        self.sixteenths[task] = next_sixteenths(sixteenths, accepted=is_accepted)
        self.events.append(RoundPaid(time, task, earned, _accounts(proposers), _accounts(voters)))


def _accounts(seats: Sequence[Seat]) -> tuple[str, ...]:
    return tuple(account for account, _ in seats)


def _paid(
    given: Arguments, weights: Sequence[int], votes: Mapping[int, Vote], first_voter: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The seats of proposers and of voters that a decided round paid."""
    ballots = Ballots({seat - first_voter: vote for seat, vote in votes.items()}, weights)
    key, outcome = winning_key(ballots), Outcome(given["outcome"])
    winner = next((vote for vote in ballots.revealed.values() if vote.key == key), None)
    if winner is None:
        raise RpcUnavailable(
            f"Round {given['round']} of task {given['task_id']} was decided, but the votes that the RPC serves "
            "decide nothing: use another endpoint."
        )
    decision = Decision(outcome, replace(winner, supports=outcome is Outcome.ACCEPTED))
    voters = tuple(first_voter + voter for voter in paid_voters(decision, ballots))
    return paid_proposers(decision, given["attested"]), voters


def _opened(reader: _Reader, given: Arguments) -> None:
    reader.proposer_seats[given["task_id"]] = given["terms"]["proposer_seats"]


def _joined(reader: _Reader, given: Arguments) -> None:
    reader.accounts[given["task_id"], given["member_id"]] = given["account"]


def _drawn(reader: _Reader, given: Arguments) -> None:
    task, members = given["task_id"], given["seats"]
    weights = weights_of(given["weights"], len(members))
    reader.seats[task, given["round"]] = tuple(
        (reader.accounts[task, member], weight) for member, weight in zip(members, weights, strict=True)
    )


def _revealed(reader: _Reader, given: Arguments) -> None:
    vote = Vote(given["candidate"], given["harmful"], given["rewarded"], given["support"])
    reader.votes.setdefault((given["task_id"], given["round"]), {})[given["seat"]] = vote


def _emitted(reader: _Reader, given: Arguments) -> None:
    reader.emissions.append(Emission(given["task_id"], given["day"], Wei(given["amount"])))


def _day_emitted(reader: _Reader, given: Arguments) -> None:
    reader.next_day = given["day"] + 1


_HANDLERS: Mapping[str, Callable[[_Reader, Arguments], None]] = {
    "AllianceOpened": _opened,
    "Joined": _joined,
    "Drawn": _drawn,
    "VoteRevealed": _revealed,
    "Emitted": _emitted,
    "DayEmitted": _day_emitted,
}

_PLAIN: Mapping[str, Callable[[int, Arguments], Event]] = {
    "Allocated": lambda time, given: StakeMoved(time, given["task_id"], given["account"], given["gm"]),
    "Deallocated": lambda time, given: StakeMoved(time, given["task_id"], given["account"], -given["gm"]),
    "Slashed": lambda time, given: StakeMoved(time, given["task_id"], given["account"], -given["gm"]),
    "PoolSet": lambda time, given: PoolSet(
        time, given["task_id"], given["operator"], given["commission_bps"]
    ),
    "StakeDelegated": lambda time, given: Delegated(time, *_in_pool(given), given["gm"]),
    "UndelegationBegun": lambda time, given: LeaveBegun(time, *_in_pool(given), given["gm"]),
    "StakeUndelegated": lambda time, given: Undelegated(time, *_in_pool(given), given["gm"]),
    "DelegationUpdated": lambda time, given: BroughtUpToDate(time, *_in_pool(given)),
    "PoolSlashed": lambda time, given: PoolSlashed(
        time, given["task_id"], given["operator"], given["gm"], given["factor"], given["generation"]
    ),
    "TaskClosed": lambda time, given: TaskClosed(time, given["task_id"]),
    "TermsSet": lambda time, given: TermsSet(time, RewardTerms(**given["terms"])),
    "DelegationRatioSet": lambda time, given: DelegationRatioSet(time, given["delegation_ratio"]),
}


def _in_pool(given: Arguments) -> tuple[int, str, str]:
    return given["task_id"], given["operator"], given["delegator"]
