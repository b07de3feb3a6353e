"""What ``flock delegate accept``, ``to``, ``undo`` and ``move`` do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flock.amounts import basis_points_of, part_of, short
from flock.cli import fields
from flock.cli.fields import Fields
from flock.cli.plans import Plan, carry_out, command
from flock.cli.stake_actions import notes_on_older, position_fields, position_views, require_locked
from flock.errors import BadConfig, Refused
from flock.programs.signing import account_of, opened
from flock.protocol.economy.pools import WORN

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.simulation import View
    from flock.programs.settings import OwnerSettings

Place = tuple[str, int]
"""A pool: its operator and its task."""


def accept(
    settings: OwnerSettings, task: int, sigma: str | None, *, is_open: bool, dry_run: bool, as_json: bool
) -> None:
    from flock.chain.simulation import PlannedCall
    from flock.programs.wiring import require_task

    contracts, account = opened(settings)
    require_task(contracts, task)
    pool = contracts.staking.read("poolOf", account, task)
    commission_bps = _basis_points(sigma, pool, is_new=is_open)
    plan = Plan(
        f"Take delegation on task {task}" if is_open else f"Take no more delegation on task {task}",
        [PlannedCall(contracts.staking, "setPool", (task, commission_bps, is_open))],
        terms_views(contracts, (account, task)),
        pool_fields,
        command("delegate", "status", settings.key),
        _stakeless(contracts, account, task) if is_open else (),
    )
    carry_out(settings, contracts, account, plan, dry_run=dry_run, as_json=as_json)


def delegate(
    settings: OwnerSettings, operator: str, amount: str, task: int, *, dry_run: bool, as_json: bool
) -> None:
    from flock.chain.simulation import PlannedCall
    from flock.cli.yields import yields_note
    from flock.programs.wiring import require_task

    contracts, account = opened(settings)
    require_task(contracts, task)
    named = account_of(settings, operator, "OPERATOR")
    require_locked(contracts, account)
    position = contracts.staking.position_of(account)
    gm = _positive(part_of(amount, position.gm, "AMOUNT"))
    there = contracts.staking.delegation_of(account, named, task)
    plan = Plan(
        f"Delegate {short(gm)} gmFLOCK to {named} on task {task}",
        [
            PlannedCall(
                contracts.staking, "delegateTo", (named, task, gm, _sigma_now(contracts, (named, task)))
            )
        ],
        pool_views(contracts, account, (named, task)),
        delegation_fields,
        command("delegate", "status", settings.key),
        [*notes_on_older(position, there.gm, there.era), *yields_note(settings.alliance, (named, task))],
    )
    carry_out(settings, contracts, account, plan, dry_run=dry_run, as_json=as_json)


def undo(
    settings: OwnerSettings, operator: str, amount: str, task: int, *, dry_run: bool, as_json: bool
) -> None:
    from flock.chain.simulation import PlannedCall
    from flock.programs.wiring import require_task

    contracts, account = opened(settings)
    require_task(contracts, task)
    named = account_of(settings, operator, "OPERATOR")
    record = _delegation(contracts, account, (named, task))
    gm = part_of(amount, record["gm"] - record["leaving"], "AMOUNT")
    _require_staying(record, gm, task)
    plan = Plan(
        f"Begin to take {short(gm)} gmFLOCK back from {named} on task {task}",
        [PlannedCall(contracts.staking, "undelegate", (named, task, gm))],
        pool_views(contracts, account, (named, task)),
        delegation_fields,
        command("delegate", "collect", named, "--task", task, "--key", settings.key),
        [
            "From now on it earns nothing, and until it is back a slash still takes its part of it. If the operator "
            "sits in a round then, it waits for the end of that round, and for no later one."
        ],
    )
    carry_out(settings, contracts, account, plan, dry_run=dry_run, as_json=as_json)


def move(
    settings: OwnerSettings,
    amount: str,
    source: Place,
    target: Place,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    from flock.chain.simulation import PlannedCall
    from flock.programs.wiring import require_task

    contracts, account = opened(settings)
    require_task(contracts, source[1])
    require_task(contracts, target[1])
    old = account_of(settings, source[0], "--from"), source[1]
    new = account_of(settings, target[0], "--to"), target[1]
    gm = part_of(amount, _delegation(contracts, account, old)["gm"], "AMOUNT")
    plan = Plan(
        f"Move {short(gm)} gmFLOCK from {old[0]} on task {old[1]} to {new[0]} on task {new[1]}",
        [PlannedCall(contracts.staking, "redelegate", (*old, *new, gm, _sigma_now(contracts, new)))],
        [*pool_views(contracts, account, new), record_view(contracts, account, old)],
        lambda said: {
            **delegation_fields(said[:-1]),
            "source": fields.gm("in the old pool", said[-1]["gm"]),
        },
        command("delegate", "status", settings.key),
    )
    carry_out(settings, contracts, account, plan, dry_run=dry_run, as_json=as_json)


# ---- what they watch


def pool_views(contracts: Contracts, account: str, pool: Place) -> list[View]:
    position = position_views(contracts, account)
    return [*position, record_view(contracts, account, pool), *terms_views(contracts, pool)]


def terms_views(contracts: Contracts, pool: Place) -> list[View]:
    """What is in a pool, and what decides how much may be."""
    from flock.chain.simulation import View

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
    from flock.chain.simulation import View

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


def _sigma_now(contracts: Contracts, pool: Place) -> int:
    """What the operator keeps as it is shown, in basis points; it may not rise before the transaction is mined."""
    return contracts.staking.pool_of(*pool).commission_bps


def _basis_points(sigma: str | None, pool: dict[str, Any], *, is_new: bool) -> int:
    """The share in basis points; an existing pool's where none is given. Raises BadConfig."""
    if sigma is None:
        if is_new and not pool["generation"] and not pool["is_open"] and not pool["gm"]:
            raise BadConfig(
                "Say with --sigma how many percent you keep of what delegation earns, such as 50."
            )
        return int(pool["commission_bps"])
    return basis_points_of(sigma, "--sigma")


def _stakeless(contracts: Contracts, account: str, task: int) -> Sequence[str]:
    """A pool takes some multiple of its operator's own stake."""
    if contracts.staking.stake_of(account, task):
        return ()
    return [f"{account} has no stake on task {task} yet: as long as it has none, nobody can delegate to it."]


def _require_staying(record: dict[str, Any], gm: int, task: int) -> None:
    """Raises Refused where all that is asked for leaves already."""
    from flock.terminal import moment

    staying = record["gm"] - record["leaving"]
    if gm <= staying and gm:
        return
    if record["leaving"] and not staying:
        raise Refused(
            f"All of the {short(record['gm'])} gmFLOCK leaves already, at {moment(record['leaves_at'])}. Collect it "
            f"then: `flock delegate collect --task {task}`."
        )
