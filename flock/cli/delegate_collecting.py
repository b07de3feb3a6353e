"""What ``flock delegate collect`` does: everything that may come back comes back, or takes its place in the queue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flock.amounts import short
from flock.cli import fields
from flock.cli.delegate_actions import record_view
from flock.cli.plans import Plan, carry_out, command
from flock.cli.stake_actions import position_fields, position_views
from flock.errors import ContractRefused, Refused
from flock.programs.signing import account_of, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flock.chain.contracts.deployed import Contracts
    from flock.chain.simulation import PlannedCall, View
    from flock.cli.delegate_actions import Place
    from flock.cli.fields import Fields
    from flock.programs.settings import OwnerSettings


@dataclass
class Found:
    """What the contract would do now: ``paid`` and ``queued`` pools, and in words why it keeps the rest."""

    paid: list[PlannedCall] = field(default_factory=list)
    queued: list[PlannedCall] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


def collect(
    settings: OwnerSettings,
    operator: str | None,
    task: int | None,
    delegator: str | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    contracts, account = opened(settings)
    owner = account_of(settings, delegator, "--for") if delegator else account
    named = account_of(settings, operator, "OPERATOR") if operator else None
    places = [
        place for place in _places(contracts, owner) if named in (None, place[0]) and task in (None, place[1])
    ]
    found = _found(contracts, owner, places)
    acts = [*found.paid, *found.queued]
    if not acts:
        raise Refused(_nothing(owner, found.waiting))
    views = [*position_views(contracts, owner), *_record_views(contracts, owner, places)]
    plan = Plan(
        _title(owner, found),
        acts,
        views,
        _figures,
        _next(settings, delegator, found),
        [*found.notes, *found.waiting],
        {"paid": len(found.paid), "queued": len(found.queued)},
    )
    carry_out(settings, contracts, account, plan, dry_run=dry_run, as_json=as_json)


# ---- pieces


def _places(contracts: Contracts, account: str) -> list[Place]:
    """The pools in which the account has something."""
    from flock.chain.simulation import read_all
    from flock.economy.stake_index import read_places

    places = read_places(contracts, account).delegations_of(account)
    records = read_all(contracts.client, _record_views(contracts, account, places))
    return [place for place, record in zip(places, records, strict=True) if record["gm"]]


def _record_views(contracts: Contracts, account: str, places: Sequence[Place]) -> list[View]:
    return [record_view(contracts, account, place) for place in places]


def _found(contracts: Contracts, account: str, places: Sequence[Place]) -> Found:
    from flock.chain.simulation import PlannedCall

    found = Found()
    for operator, task in places:
        act = PlannedCall(contracts.staking, "collect", (account, operator, task))
        try:
            contracts.client.call(act.binding.address, act.data, block="pending")
        except ContractRefused as refused:
            found.waiting.append(f"Pool of {operator} on task {task}: {refused}")
            continue
        duty = _duty_that_queues(contracts, account, (operator, task))
        (found.queued if duty else found.paid).append(act)
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
    from flock.chain.contracts.alliance_rounds import AllianceRounds

    operator, task = place
    if contracts.task_manager.task_of(task).state.is_over:
        return 0
    if contracts.staking.delegation_of(account, operator, task).queued_behind:
        return 0
    # Every board answers this one question alike.
    board = AllianceRounds(contracts.client, contracts.task_manager.read("boardOf", task))
    return int(board.read("dutyOf", task, operator))


def _figures(said: Sequence[Any]) -> Fields:
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


def _next(settings: OwnerSettings, delegator: str | None, found: Found) -> str:
    if found.paid:
        return command("stake", "status", delegator or settings.key)
    whose = ("--for", delegator) if delegator else ()
    return command("delegate", "collect", *whose, "--key", settings.key)


def _nothing(account: str, waiting: Sequence[str]) -> str:
    if waiting:
        return f"Nothing of {account} can come back yet. {' '.join(waiting)}"
    return f"{account} has nothing in pools there. See `flock delegate status`."
