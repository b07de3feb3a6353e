"""Collecting: everything that may come back from pools comes back, or takes its place in the queue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flock.amounts import short
from flock.chain.contracts.alliance_rounds import AllianceRounds
from flock.chain.simulation import PlannedCall, View, read_all
from flock.economy.operations import fields
from flock.economy.operations.delegating import record_view
from flock.economy.operations.plans import NO_NAMES, Names, Plan, command
from flock.economy.operations.staking import position_fields, position_views
from flock.economy.stake_index import StakeIndex, read_places
from flock.errors import ContractRefused, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flock.chain.contracts.deployed import Contracts
    from flock.economy.operations.delegating import Place
    from flock.economy.operations.fields import Fields


@dataclass
class Found:
    """What the contract would do now: ``paid`` and ``queued`` pools, and in words why it keeps the rest."""

    paid: list[PlannedCall] = field(default_factory=list)
    queued: list[PlannedCall] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


def collect(
    contracts: Contracts,
    account: str,
    operator: str | None = None,
    task: int | None = None,
    delegator: str | None = None,
    names: Names = NO_NAMES,
    places: StakeIndex | None = None,
) -> Plan:
    """Collect from the pools of ``operator``, or everybody's, for ``delegator``, or the account itself.

    ``places`` are read from the chain unless they are at hand. Raises Refused, saying why, if nothing can come back
    yet.
    """
    owner = delegator or account
    held = [
        place
        for place in _held(contracts, owner, places or read_places(contracts, owner))
        if operator in (None, place[0]) and task in (None, place[1])
    ]
    found = _found(contracts, owner, held)
    calls = [*found.paid, *found.queued]
    if not calls:
        raise Refused(_nothing(owner, found.waiting))
    views = [*position_views(contracts, owner), *_record_views(contracts, owner, held)]
    return Plan(
        contracts,
        account,
        _title(owner, found),
        calls,
        views,
        _fields,
        _next(account, owner, found, names),
        [*found.notes, *found.waiting],
        {"paid": len(found.paid), "queued": len(found.queued)},
    )


# ---- pieces


def _held(contracts: Contracts, account: str, index: StakeIndex) -> list[Place]:
    """The pools in which the account has something."""
    places = index.delegations_of(account)
    records = read_all(contracts.client, _record_views(contracts, account, places))
    return [place for place, record in zip(places, records, strict=True) if record["gm"]]


def _record_views(contracts: Contracts, account: str, places: Sequence[Place]) -> list[View]:
    return [record_view(contracts, account, place) for place in places]


def _found(contracts: Contracts, account: str, places: Sequence[Place]) -> Found:
    found = Found()
    for operator, task in places:
        call = PlannedCall(contracts.staking, "collect", (account, operator, task))
        try:
            contracts.client.call(call.binding.address, call.data, block="pending")
        except ContractRefused as refused:
            found.waiting.append(f"Pool of {operator} on task {task}: {refused}")
            continue
        duty = _duty_that_queues(contracts, account, (operator, task))
        (found.queued if duty else found.paid).append(call)
        if duty:
            leaving = contracts.staking.delegation_of(account, operator, task).leaving
            found.notes.append(
                f"Nothing comes back from the pool of {operator} on task {task} yet: it sits in round {duty}. The "
                f"{short(leaving)} gmFLOCK that leave are only queued behind that round. Collect again once it is "
                "over; no later round keeps them."
            )
    return found


def _duty_that_queues(contracts: Contracts, account: str, place: Place) -> int:
    """The operator's duty behind which a ``collect`` that is not refused would only queue; 0 if it would pay."""
    operator, task = place
    if contracts.task_manager.task_of(task).state.is_over:
        return 0
    if contracts.staking.delegation_of(account, operator, task).queued_behind:
        return 0
    # Every board answers this one question alike.
    board = AllianceRounds(contracts.client, contracts.task_manager.read("boardOf", task))
    return int(board.read("dutyOf", task, operator))


def _fields(said: Sequence[Any]) -> Fields:
    """Of the position and of the records."""
    position, records = said[0], said[2:]
    queued = sum(record["leaving"] for record in records if record["queued_behind"])
    return {
        **position_fields(said),
        "delegated": fields.gm("in pools", position["delegated"]),
        "queued": fields.gm("queued behind a round", queued),
    }


def _title(account: str, found: Found) -> str:
    count = len(found.paid) or len(found.queued)
    pools = f"{count} pool{'s' if count > 1 else ''}"
    if found.paid:
        return f"Bring back what {account} has in {pools}"
    return f"Queue what {account} has leaving in {pools}"


def _next(account: str, owner: str, found: Found, names: Names) -> str:
    if found.paid:
        return command("stake", "status", names.of(owner))
    whose = () if owner == account else ("--for", names.of(owner))
    return command("delegate", "collect", *whose, "--key", names.key(account))


def _nothing(account: str, waiting: Sequence[str]) -> str:
    if waiting:
        return f"Nothing of {account} can come back yet. {' '.join(waiting)}"
    return f"{account} has nothing in pools there. See `flock delegate status`."
