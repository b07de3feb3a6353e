"""``flock stake status``: an account's lock and its gmFLOCK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import typer

from flock.amounts import short
from flock.economy.operations import fields
from flock.economy.operations.delegating import record_view
from flock.economy.operations.fields import Fields
from flock.economy.operations.plans import command
from flock.economy.operations.staking import operator_fields, position_fields, position_views
from flock.programs.signing import own_account

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.economy.stake_index import StakeIndex
    from flock.programs.settings import ChainSettings


@dataclass(frozen=True)
class StakeLine:
    """gmFLOCK of an account on a task, and the FLOCK behind it, in wei as decimal text; ``held`` by a duty."""

    task: int
    state: str
    gm: str
    flock: str
    held: bool


@dataclass(frozen=True)
class LeavingLine:
    """gmFLOCK that is leaving a pool, in wei as decimal text; ``queued_behind`` is the duty that it waits for."""

    operator: str
    task: int
    gm: str
    leaves_at: int
    queued_behind: int | None


@dataclass(frozen=True)
class AccountStatus:
    """An account's fields, its stakes, and what is on its way back."""

    fields: Fields
    stakes: Sequence[StakeLine]
    leaving: Sequence[LeavingLine]


def show(settings: ChainSettings, subject: str | None, *, as_json: bool) -> None:
    from flock.programs.wiring import contracts_of
    from flock.terminal import Progress, print_fields, print_json

    account = own_account(settings, subject)
    contracts = contracts_of(settings)
    with Progress("Reading the chain…"):
        found = standing_of(contracts, account)
    if as_json:
        told = fields.for_programs(found.fields)
        lists = {
            "stakes": [asdict(stake) for stake in found.stakes],
            "leaving_from": [asdict(line) for line in found.leaving],
        }
        print_json({"account": account, **told, **lists})
        return
    now = contracts.client.now()
    print_fields(account, fields.for_people(found.fields))
    _print_stakes(found.stakes)
    for line in found.leaving:
        typer.echo(leaving_sentence(line, now))
    _print_end(found.fields, now)
    typer.echo(f"Next: {_next(subject or account, found, now)}")


def standing_of(contracts: Contracts, account: str) -> AccountStatus:
    """Raises RpcUnavailable."""
    from flock.economy.stake_index import read_places

    places = read_places(contracts, account)
    stakes, leaving = _stakes_of(contracts, places, account), leaving_of(contracts, places, account)
    return AccountStatus(_fields(contracts, account, sum(int(line.gm) for line in leaving)), stakes, leaving)


def leaving_of(contracts: Contracts, places: StakeIndex, account: str) -> list[LeavingLine]:
    """What the account is withdrawing from pools, by task and operator."""
    from flock.chain.simulation import read_all

    found = places.delegations_of(account)
    asked = [record_view(contracts, account, place) for place in found]
    records = read_all(contracts.client, asked)
    return [
        LeavingLine(
            operator, task, str(record["leaving"]), record["leaves_at"], record["queued_behind"] or None
        )
        for (operator, task), record in zip(found, records, strict=True)
        if record["leaving"]
    ]


def leaving_sentence(line: LeavingLine, now: int) -> str:
    """When it can be collected."""
    from flock.terminal import moment

    what = f"{short(int(line.gm))} gmFLOCK leave the pool of {line.operator} on task {line.task}"
    if line.queued_behind:
        return f"{what}: they may come back once its duty in round {line.queued_behind} is over."
    when = "now" if now >= line.leaves_at else f"from {moment(line.leaves_at)} on"
    return f"{what}: they may come back {when}."


# ---- pieces


def _fields(contracts: Contracts, account: str, leaving: int) -> Fields:
    """The lock, where its gmFLOCK is, the votes and the operator, and what the account holds besides."""
    from flock.chain.simulation import View, read_all

    asked = [
        *position_views(contracts, account),
        View(contracts.token, "balanceOf", (account,)),
        View(contracts.staking, "operatorOf", (account,)),
    ]
    said = read_all(contracts.client, asked)
    position, _, purse, operator = said
    locked = position_fields(said)
    return {
        **{name: locked[name] for name in ("gm", "available")},
        "allocated": fields.gm("on tasks", position["allocated"]),
        "delegated": fields.gm("in pools", position["delegated"]),
        "leaving": fields.gm("of that leaving", leaving),
        **{name: locked[name] for name in ("votes", "flock", "unlock_at", "redeemable_at")},
        "held": fields.flock("FLOCK not locked", purse),
        **operator_fields(operator),
    }


def _stakes_of(contracts: Contracts, places: StakeIndex, account: str) -> list[StakeLine]:
    """By task, without what was removed."""
    from flock.chain.simulation import View, read_all

    tasks = places.stakes_of(account)
    asked = [View(contracts.staking, "allocationOf", (account, task)) for task in tasks]
    allocations = read_all(contracts.client, asked)
    return [
        _line(contracts, task, allocation)
        for task, allocation in zip(tasks, allocations, strict=True)
        if allocation["gm"]
    ]


def _line(contracts: Contracts, task: int, allocation: dict[str, Any]) -> StakeLine:
    state = contracts.task_manager.task_of(task).state.name.lower()
    return StakeLine(task, state, str(allocation["gm"]), str(allocation["flock"]), allocation["is_held"])


def _print_stakes(stakes: Sequence[StakeLine]) -> None:
    from flock.terminal import print_table

    if stakes:
        rows = [
            (each.task, each.state, short(int(each.gm)), "held" if each.held else "none") for each in stakes
        ]
        print_table(["task", "state", "gmFLOCK", "duty"], rows)


def _print_end(fields: Fields, now: int) -> None:
    from flock.terminal import moment

    redeemable_at = int(fields["redeemable_at"].value or 0)
    if _is_over(fields, now):
        typer.echo("The lock is over: renew it before you stake on another task.")
    elif redeemable_at and _has(fields, "gm"):
        when = "now" if now >= redeemable_at else f"from {moment(redeemable_at)} on"
        typer.echo(f"The lock is over and does not vote. Free gmFLOCK can be redeemed {when}.")


def _is_over(fields: Fields, now: int) -> bool:
    """Whether there was a lock that has ended but was not poked yet."""
    return 0 < int(fields["unlock_at"].value or 0) <= now


def _has(fields: Fields, name: str) -> bool:
    return bool(fields[name].value)


def _next(subject: str, found: AccountStatus, now: int) -> str:
    """The most likely next command for an account in this state."""
    fields, key = found.fields, "…" if subject.startswith("0x") else subject
    if not _has(fields, "gm"):
        return command("stake", "lock", "…", "--days", "…", "--key", key)
    if _is_over(fields, now):
        return command("stake", "poke", subject, "--key", key)
    if _has(fields, "available"):
        if _has(fields, "redeemable_at"):
            return command("stake", "redeem", "--key", key)
        return command("stake", "add", "all", "--task", "…", "--key", key)
    return _next_of_stakes(subject, key, found)


def _next_of_stakes(subject: str, key: str, found: AccountStatus) -> str:
    idle = [each.task for each in found.stakes if each.state in ("closed", "cancelled") and not each.held]
    if idle:
        return command("stake", "remove", "all", "--task", idle[0], "--key", key)
    if found.leaving:
        return command("delegate", "collect", "--key", key)
    if found.stakes:
        return command("delegate", "accept", "--task", found.stakes[0].task, "--sigma", "50", "--key", key)
    return command("rewards", "show", subject)
