"""Backing an operator on a task with gmFLOCK, and taking it back. All amounts in wei; None is all there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flock.amounts import short
from flock.chain.simulation import PlannedCall, View
from flock.economy.operations import fields
from flock.economy.operations.fields import Fields
from flock.economy.operations.plans import NO_NAMES, Names, Plan, command
from flock.economy.operations.requirements import part_of, require_task
from flock.economy.operations.staking import notes_on_older, position_fields, position_views, require_locked
from flock.errors import BadConfig, Refused
from flock.protocol.core.units import BPS
from flock.protocol.economy.pools import WORN
from flock.terminal import moment

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts

Place = tuple[str, int]
"""A pool: its operator and its task."""


def accept(
    contracts: Contracts,
    account: str,
    task: int,
    commission_bps: int | None = None,
    *,
    is_open: bool = True,
    names: Names = NO_NAMES,
) -> Plan:
    """Take delegation on a task and keep ``commission_bps`` of what it earns, or as much as before; or take no more.

    Raises UnknownTask, and BadConfig where nothing says what the operator keeps.
    """
    require_task(contracts, task)
    pool = contracts.staking.read("poolOf", account, task)
    kept = _kept(commission_bps, pool, is_new=is_open)
    return Plan(
        contracts,
        account,
        f"Take delegation on task {task}" if is_open else f"Take no more delegation on task {task}",
        [PlannedCall(contracts.staking, "setPool", (task, kept, is_open))],
        terms_views(contracts, (account, task)),
        pool_fields,
        command("delegate", "status", names.of(account)),
        _stakeless(contracts, account, task) if is_open else (),
    )


def delegate(
    contracts: Contracts, account: str, operator: str, gm: int | None, task: int, names: Names = NO_NAMES
) -> Plan:
    """Put free gmFLOCK into the pool of ``operator`` on a task.

    Raises UnknownTask, and Refused for nothing, or for who has locked nothing.
    """
    require_task(contracts, task)
    require_locked(contracts, account)
    position = contracts.staking.position_of(account)
    gm = _positive(part_of(gm, position.gm))
    pool = operator, task
    there = contracts.staking.delegation_of(account, *pool)
    return Plan(
        contracts,
        account,
        f"Delegate {short(gm)} gmFLOCK to {operator} on task {task}",
        [PlannedCall(contracts.staking, "delegateTo", (*pool, gm, _commission_now(contracts, pool)))],
        pool_views(contracts, account, (operator, task)),
        delegation_fields,
        command("delegate", "status", names.of(account)),
        notes_on_older(position, there.gm, there.era),
    )


def undo(
    contracts: Contracts, account: str, operator: str, gm: int | None, task: int, names: Names = NO_NAMES
) -> Plan:
    """Begin to take gmFLOCK back from a pool. Raises UnknownTask, and Refused where none is left to ask for."""
    require_task(contracts, task)
    record = _delegation(contracts, account, (operator, task))
    gm = part_of(gm, record["gm"] - record["leaving"])
    _require_staying(record, gm, task)
    return Plan(
        contracts,
        account,
        f"Begin to take {short(gm)} gmFLOCK back from {operator} on task {task}",
        [PlannedCall(contracts.staking, "undelegate", (operator, task, gm))],
        pool_views(contracts, account, (operator, task)),
        delegation_fields,
        command("delegate", "collect", operator, "--task", task, "--key", names.key(account)),
        [
            "From now on it earns nothing, and until it is back a slash still takes its part of it. If the operator "
            "sits in a round then, it waits for the end of that round, and for no later one."
        ],
    )


def move(
    contracts: Contracts,
    account: str,
    gm: int | None,
    source: Place,
    target: Place,
    names: Names = NO_NAMES,
) -> Plan:
    """Move gmFLOCK from a pool of a task that has ended straight into another.

    Raises UnknownTask, and Refused for who has nothing in the old pool.
    """
    require_task(contracts, source[1])
    require_task(contracts, target[1])
    gm = part_of(gm, _delegation(contracts, account, source)["gm"])
    return Plan(
        contracts,
        account,
        f"Move {short(gm)} gmFLOCK from {source[0]} on task {source[1]} to {target[0]} on task {target[1]}",
        [
            PlannedCall(
                contracts.staking, "redelegate", (*source, *target, gm, _commission_now(contracts, target))
            )
        ],
        [*pool_views(contracts, account, target), record_view(contracts, account, source)],
        lambda said: {
            **delegation_fields(said[:-1]),
            "source": fields.gm("in the old pool", said[-1]["gm"]),
        },
        command("delegate", "status", names.of(account)),
    )


# ---- what they watch


def pool_views(contracts: Contracts, account: str, pool: Place) -> list[View]:
    position = position_views(contracts, account)
    return [*position, record_view(contracts, account, pool), *terms_views(contracts, pool)]


def terms_views(contracts: Contracts, pool: Place) -> list[View]:
    """What is in a pool, and what decides how much may be."""
    staking = contracts.staking
    return [
        View(staking, "poolOf", pool),
        View(staking, "allocationOf", pool),
        View(staking, "delegationRatio"),
    ]


def delegation_fields(said: Sequence[Any]) -> Fields:
    """Of what ``pool_views`` say."""
    position, record, terms = position_fields(said), said[2], said[3:]
    return {
        **{name: position[name] for name in ("available", "votes")},
        "delegated": fields.gm("your gmFLOCK in the pool", record["gm"]),
        "leaving": fields.gm("of it leaving", record["leaving"]),
        "leaves_at": fields.time("comes back from", record["leaves_at"]),
        **pool_fields(terms),
    }


def pool_fields(said: Sequence[Any]) -> Fields:
    """Of what ``terms_views`` say."""
    pool, own, ratio = said
    most = most_in_pool(own, ratio)
    return {
        "pool_gm": fields.gm("all gmFLOCK in the pool", pool["gm"]),
        "most": fields.gm(f"most it takes ({ratio} times the operator's stake)", most),
        "room": fields.gm("room left in it", max(0, most - pool["gm"])),
        "delegators": fields.count("delegators", pool["delegators"]),
        "commission_bps": fields.share("operator keeps", pool["commission_bps"]),
        "open": fields.text("takes more", _takes_more(pool)),
    }


def most_in_pool(own: Any, ratio: int) -> int:
    """gmFLOCK that may be delegated to an operator with this allocation."""
    return int(ratio * own["gm"])


def is_worn(pool: Any) -> bool:
    """Whether slashes have left so little of a pool that it takes nothing in before it is empty."""
    return bool(0 < pool["factor"] < WORN and pool["gm"])


# ---- pieces


def record_view(contracts: Contracts, account: str, pool: Place) -> View:
    return View(contracts.staking, "delegationOf", (account, *pool))


def _delegation(contracts: Contracts, account: str, pool: Place) -> dict[str, Any]:
    """The record of a delegation. Raises Refused if there is none."""
    record: dict[str, Any] = contracts.staking.read("delegationOf", account, *pool)
    if not record["gm"]:
        raise Refused(
            f"{account} has nothing in the pool of {pool[0]} on task {pool[1]}. See `flock delegate status`."
        )
    return record


def _positive(gm: int) -> int:
    """The contract would speak of its minimum instead."""
    if not gm:
        raise Refused("The amount is zero. Give a positive one.")
    return gm


def _takes_more(pool: Any) -> str:
    if not pool["is_open"]:
        return "no"
    return "not before it is empty: slashes have worn it" if is_worn(pool) else "yes"


def _commission_now(contracts: Contracts, pool: Place) -> int:
    """What the operator keeps as it is shown, in basis points; it may not rise before the transaction is mined."""
    return contracts.staking.pool_of(*pool).commission_bps


def _kept(commission_bps: int | None, pool: dict[str, Any], *, is_new: bool) -> int:
    """The share in basis points; an existing pool's where none is given. Raises BadConfig."""
    if commission_bps is not None:
        if not 0 <= commission_bps <= BPS:
            raise BadConfig(
                f"An operator keeps 0 to {BPS} basis points of what delegation earns, not {commission_bps}."
            )
        return commission_bps
    if is_new and not pool["generation"] and not pool["is_open"] and not pool["gm"]:
        raise BadConfig("Say with --sigma which percentage of what delegation earns you keep, such as 50.")
    return int(pool["commission_bps"])


def _stakeless(contracts: Contracts, account: str, task: int) -> Sequence[str]:
    """A pool takes some multiple of its operator's own stake."""
    if contracts.staking.stake_of(account, task):
        return ()
    return [f"{account} has no stake on task {task} yet: as long as it has none, nobody can delegate to it."]


def _require_staying(record: dict[str, Any], gm: int, task: int) -> None:
    """Raises Refused where all that is asked for leaves already."""
    staying = record["gm"] - record["leaving"]
    if gm <= staying and gm:
        return
    if record["leaving"] and not staying:
        raise Refused(
            f"All of the {short(record['gm'])} gmFLOCK leaves already, at {moment(record['leaves_at'])}. Collect it "
            f"then: `flock delegate collect --task {task}`."
        )
