"""What the commands of ``flock stake`` do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flock.cli import figures
from flock.cli.acting import account_of, opened, require_flock
from flock.cli.amounts import part_of, short, wei_of
from flock.cli.deeds import Deed, carry_out, command
from flock.cli.figures import Figures
from flock.errors import BadConfig, Refused
from flock.protocol.staking import NOBODY

if TYPE_CHECKING:
    from flock.chain.contracts import Contracts
    from flock.chain.simulation import Act, View
    from flock.settings import OwnerSettings

ROLES = {"trainer": 0, "validator": 1, "member": 2}


def lock(settings: OwnerSettings, amount: str, days: int, *, dry_run: bool, as_json: bool) -> None:
    from flock.chain.simulation import Act

    wei = wei_of(amount, "AMOUNT")
    contracts, account = opened(settings)
    require_flock(contracts, account, wei)
    acts = [*allowance(contracts, account, wei), Act(contracts.staking, "lock", (wei, days))]
    deed = Deed(
        f"Lock {short(wei)} FLOCK for {days} days",
        acts,
        [*position_views(contracts, account), _purse(contracts, account)],
        lambda said: {**position_figures(said), "held": figures.flock("FLOCK not locked", said[-1])},
        command("stake", "add", "all", "--task", "…", "--key", settings.key),
        _fee_notes(contracts, wei),
    )
    carry_out(settings, contracts, account, deed, dry_run=dry_run, as_json=as_json)


def extend(settings: OwnerSettings, days: int, *, dry_run: bool, as_json: bool) -> None:
    from flock.chain.simulation import Act

    contracts, account = opened(settings)
    deed = Deed(
        f"Let the lock last {days} days from now",
        [Act(contracts.staking, "extend", (days,))],
        position_views(contracts, account),
        position_figures,
        command("stake", "status", settings.key),
    )
    carry_out(settings, contracts, account, deed, dry_run=dry_run, as_json=as_json)


def add(settings: OwnerSettings, amount: str, task: int, role: str, *, dry_run: bool, as_json: bool) -> None:
    from flock.cli.wiring import require_task

    contracts, account = opened(settings)
    require_task(contracts, task)
    require_locked(contracts, account)
    gm = part_of(amount, contracts.staking.available_of(account), "AMOUNT")
    title = f"Put {short(gm)} gmFLOCK on task {task}"
    after = command("delegate", "accept", "--task", task, "--sigma", "50", "--key", settings.key)
    deed = _on_task(contracts, account, ("allocate", gm), task, role, title, after)
    carry_out(settings, contracts, account, deed, dry_run=dry_run, as_json=as_json)


def remove(
    settings: OwnerSettings, amount: str, task: int, role: str, *, dry_run: bool, as_json: bool
) -> None:
    from flock.cli.wiring import require_task

    contracts, account = opened(settings)
    require_task(contracts, task)
    there = contracts.staking.read("allocationOf", account, task, role_of(role))["amount"]
    gm = part_of(amount, there, "AMOUNT")
    title = f"Take {short(gm)} gmFLOCK off task {task}"
    after = command("stake", "status", settings.key)
    deed = _on_task(contracts, account, ("deallocate", gm), task, role, title, after)
    carry_out(settings, contracts, account, deed, dry_run=dry_run, as_json=as_json)


def redeem(settings: OwnerSettings, amount: str, *, dry_run: bool, as_json: bool) -> None:
    from flock.chain.simulation import Act

    contracts, account = opened(settings)
    position = contracts.staking.read("positionOf", account)
    _require_redeemable(contracts, account, position)
    gm = part_of(amount, contracts.staking.available_of(account), "AMOUNT")
    deed = Deed(
        f"Redeem {short(gm)} gmFLOCK",
        [Act(contracts.staking, "redeem", (gm,))],
        [*position_views(contracts, account), _purse(contracts, account)],
        lambda said: {**position_figures(said), "held": figures.flock("FLOCK not locked", said[-1])},
        command("stake", "status", settings.key),
    )
    carry_out(settings, contracts, account, deed, dry_run=dry_run, as_json=as_json)


def poke(settings: OwnerSettings, subject: str, *, dry_run: bool, as_json: bool) -> None:
    from flock.chain.simulation import Act

    contracts, account = opened(settings)
    poked = account_of(settings, subject)
    _require_pokable(contracts, poked)
    deed = Deed(
        f"Rate the expired lock of {poked} by its FLOCK",
        [Act(contracts.staking, "poke", (poked,))],
        position_views(contracts, poked),
        position_figures,
        command("stake", "status", subject),
    )
    carry_out(settings, contracts, account, deed, dry_run=dry_run, as_json=as_json)


def operator(settings: OwnerSettings, subject: str, *, dry_run: bool, as_json: bool) -> None:
    from flock.chain.simulation import Act, View

    contracts, account = opened(settings)
    named = NOBODY if subject == "none" else account_of(settings, subject, "ADDRESS")
    deed = Deed(
        f"Let nobody but its owner act for {account}"
        if named == NOBODY
        else f"Let {named} act for {account}",
        [Act(contracts.staking, "setOperator", (named,))],
        [View(contracts.staking, "operatorOf", (account,))],
        lambda said: operator_figures(said[0]),
        command("stake", "status", settings.key),
        ["The operator before stops acting at once. It never could move stake."],
    )
    carry_out(settings, contracts, account, deed, dry_run=dry_run, as_json=as_json)


# ---- what they watch


def position_views(contracts: Contracts, account: str) -> list[View]:
    from flock.chain.simulation import View

    functions = ("positionOf", "availableOf", "getVotes")
    return [View(contracts.staking, function, (account,)) for function in functions]


def position_figures(said: Sequence[Any]) -> Figures:
    """Of what ``position_views`` say, and whatever was asked after them."""
    position, available, votes = said[:3]
    return {
        "gm": figures.gm("gmFLOCK", position["gm"]),
        "available": figures.gm("free", available),
        "votes": figures.gm("votes", votes),
        "flock": figures.flock("FLOCK locked", position["flock"]),
        "unlock_at": figures.time("unlocks", position["unlock_at"]),
    }


def operator_figures(said: Mapping[str, Any]) -> Figures:
    return {
        "operator": figures.text("operator", None if said["operator"] == NOBODY else said["operator"]),
        "operator_since": figures.time("acts from", said["since"]),
    }


def allowance(contracts: Contracts, account: str, wei: int) -> list[Act]:
    """What lets Staking take ``wei`` of FLOCK; nothing if it may."""
    from flock.chain.simulation import Act

    staking = contracts.staking.address
    if contracts.token.allowance(account, staking) >= wei:
        return []
    return [Act(contracts.token, "approve", (staking, wei))]


def require_locked(contracts: Contracts, account: str) -> None:
    """Raises Refused for who never locked, or has redeemed all."""
    position = contracts.staking.position_of(account)
    if not position.gm and not position.delegated:
        raise Refused(f"{account} has no FLOCK locked. Lock some first: `flock stake lock`.")


def role_of(name: str) -> int:
    if name not in ROLES:
        raise BadConfig(f"--role is {name!r}; choose {', '.join(ROLES)}.")
    return ROLES[name]


# ---- pieces


def _on_task(
    contracts: Contracts,
    account: str,
    move: tuple[str, int],
    task: int,
    role: str,
    title: str,
    next_command: str,
) -> Deed:
    """``move`` is what is called, with how much."""
    from flock.chain.simulation import Act, View

    function, gm = move
    asked = View(contracts.staking, "allocationOf", (account, task, role_of(role)))
    return Deed(
        title,
        [Act(contracts.staking, function, (task, role_of(role), gm))],
        [*position_views(contracts, account), asked],
        lambda said: {
            **position_figures(said),
            "stake": figures.gm(f"{role} stake on task {task}", said[-1]["amount"]),
        },
        next_command,
    )


def _purse(contracts: Contracts, account: str) -> View:
    from flock.chain.simulation import View

    return View(contracts.token, "balanceOf", (account,))


def _fee_notes(contracts: Contracts, wei: int) -> list[str]:
    bps = contracts.staking.read("entryFeeBps")
    fee = -(-wei * bps // 10_000)
    return [f"Of it, {short(fee)} FLOCK ({bps / 100:g}%) go to the treasury as entry fee."] if fee else []


def _require_redeemable(contracts: Contracts, account: str, position: Mapping[str, Any]) -> None:
    """Raises Refused if there is nothing at all to redeem now."""
    from flock.cli.output import moment

    if not position["gm"] and not position["delegated"]:
        raise Refused(f"{account} has no FLOCK locked, so there is nothing to redeem.")
    if contracts.client.block("pending").timestamp < position["unlock_at"]:
        raise Refused(
            f"The FLOCK of {account} is locked until {moment(position['unlock_at'])}. Redeem it after that."
        )
    if not position["gm"] - position["allocated"]:
        raise Refused(
            f"All of the {short(position['gm'] + position['delegated'])} gmFLOCK of {account} stands on tasks or in "
            "pools. Take it back first: `flock stake remove`, `flock delegate undo`."
        )


def _require_pokable(contracts: Contracts, account: str) -> None:
    """Raises Refused, saying why, if poking would change nothing."""
    from flock.cli.output import moment

    position = contracts.staking.read("positionOf", account)
    if not position["gm"]:
        raise Refused(f"{account} has no gmFLOCK of its own to rate anew.")
    if contracts.client.block("pending").timestamp < position["unlock_at"]:
        raise Refused(
            f"The lock of {account} lives until {moment(position['unlock_at'])}. Poke it after that."
        )
    if position["gm"] <= max(position["flock"], position["allocated"]):
        raise Refused(
            f"The gmFLOCK of {account} is rated already: it has no more than its FLOCK, or than stands on tasks."
        )
