"""The history of a deployment, read from its contracts' events: what a settlement is computed from.

Nothing is taken from anybody's word but the chain's: the points that work on a task made follow from the events of
its product's board, by the rule that ``flock.economy.products`` names for it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flock.chain.client import Log, all_logs
from flock.chain.contracts.deployed import Contracts
from flock.chain.events import Event as ChainEvent
from flock.chain.events import decode_event
from flock.chain.timed_logs import timed
from flock.economy.products import PAID_PRODUCTS
from flock.errors import RpcUnavailable
from flock.protocol.core.units import DAY, Wei
from flock.protocol.economy.history import (
    Delegated,
    DelegationRatioSet,
    DelegationSynced,
    Event,
    History,
    LeaveBegun,
    PoolSet,
    PoolSlashed,
    StakeMoved,
    TaskClosed,
    TermsSet,
    Undelegated,
    WorkDone,
)
from flock.protocol.economy.pay_rule import Emission, PayRule
from flock.protocol.economy.rewards import RewardTerms

BOUNTY = "BountyStreamed"
"""The event by which a board pays a task's bounty through the settlement."""

# Contract → the events of it that a settlement rests on; those of the products' boards are for their rules to say.
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
    treasury = contracts.settlement.treasury()
    return history_of(timed(client, logs), boards_of(contracts), treasury, first_day)


def boards_of(contracts: Contracts) -> Mapping[str, PayRule]:
    """The addresses of every product's contracts, each with the product's rule, which has read nothing yet."""
    boards: dict[str, PayRule] = {}
    for product in PAID_PRODUCTS:
        rule = product.rule()
        boards |= {getattr(contracts, name).address: rule for name in product.contracts}
    return boards


def history_of(logs: Iterable[Log], boards: Mapping[str, PayRule], treasury: str, first_day: int) -> History:
    """The history that ``logs``, in chain order and with their times, tell.

    ``boards`` are by address, as ``boards_of`` makes them. Raises RpcUnavailable if logs of a board are missing.
    """
    reader = _Reader(first_day, boards)
    for log in logs:
        event = decode_event(log)
        if event is not None:
            reader.read(event)
    return History(treasury, tuple(reader.events), tuple(reader.emissions), reader.next_day)


# --- From the chain ---


def _logs(contracts: Contracts, last: int) -> list[Log]:
    of_products = {name: product.rule().events for product in PAID_PRODUCTS for name in product.contracts}
    wanted = {getattr(contracts, name): set(events) for name, events in {**EVENTS, **of_products}.items()}
    topics = [
        topic
        for binding, events in wanted.items()
        for topic, event in binding.abi.events.items()
        if event.name in events
    ]
    places = [binding.address for binding in wanted]
    return list(all_logs(contracts.client, places, contracts.book.deployed_block, last, [topics]))


# --- What the events mean ---

Arguments = Mapping[str, Any]


@dataclass
class _Reader:
    """What was read so far: the plain events, and the rules of ``boards``, which remember what they need."""

    next_day: int
    boards: Mapping[str, PayRule]
    events: list[Event] = field(default_factory=list)
    emissions: list[Emission] = field(default_factory=list)

    def read(self, event: ChainEvent) -> None:
        given, time = event.arguments, event.log.time or 0
        rule = self.boards.get(event.log.address)
        handler, plain = _HANDLERS.get(event.name), _PLAIN.get(event.name)
        if rule is not None and event.name == BOUNTY:
            self.emissions.append(_bounty_streamed(time, given))
        elif rule is not None:
            self._read_work(rule, event, time)
        elif handler is not None:
            handler(self, given)
        elif plain is not None:
            self.events.append(plain(time, given))

    def _read_work(self, rule: PayRule, event: ChainEvent, time: int) -> None:
        if event.name in rule.events:
            work = rule.read(event.name, event.arguments)
            if work is not None:
                self.events.append(WorkDone(time, event.arguments["task_id"], work))


def _bounty_streamed(time: int, given: Arguments) -> Emission:
    """It counts for the day on which it came, whichever it was due for: a day that is over can be settled."""
    return Emission(given["task_id"], time // DAY, Wei(given["amount"]), is_bounty=True)


def _emitted(reader: _Reader, given: Arguments) -> None:
    reader.emissions.append(Emission(given["task_id"], given["day"], Wei(given["amount"])))


def _day_emitted(reader: _Reader, given: Arguments) -> None:
    reader.next_day = given["day"] + 1


_HANDLERS: Mapping[str, Callable[[_Reader, Arguments], None]] = {
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
    "DelegationUpdated": lambda time, given: DelegationSynced(time, *_in_pool(given)),
    "PoolSlashed": lambda time, given: PoolSlashed(
        time, given["task_id"], given["operator"], given["gm"], given["factor"], given["generation"]
    ),
    "TaskClosed": lambda time, given: TaskClosed(time, given["task_id"]),
    "TermsSet": lambda time, given: TermsSet(time, RewardTerms(**given["terms"])),
    "DelegationRatioSet": lambda time, given: DelegationRatioSet(time, given["delegation_ratio"]),
}


def _in_pool(given: Arguments) -> tuple[int, str, str]:
    return given["task_id"], given["operator"], given["delegator"]
