"""What the commands of ``flock stake`` do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flock.amounts import part_of, short, wei_of
from flock.cli import fields
from flock.cli.fields import Fields
from flock.cli.plans import Plan, carry_out, command
from flock.errors import Refused
from flock.programs.signing import account_of, opened, require_flock
from flock.protocol.core.units import DAY
from flock.protocol.economy import locks
from flock.protocol.economy.staking import NOBODY

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.simulation import PlannedCall, View
    from flock.programs.settings import OwnerSettings
    from flock.protocol.economy.locks import Position

EXIT_DAYS = locks.EXIT_DELAY // DAY
SPARE_SECONDS = 3_600  # from reading what fits into a lock until it is signed and mined


def lock(settings: OwnerSettings, amount: str, days: int, *, dry_run: bool, as_json: bool) -> None:
    from flock.chain.simulation import PlannedCall

    wei = wei_of(amount, "AMOUNT")
    contracts, account = opened(settings)
    require_flock(contracts, account, wei)
    position, now = contracts.staking.position_of(account), _now(contracts)
    if now + days * DAY > position.unlock_at:
        _require_no_shorter(position, days, now, is_adding=True)
    acts = [*allowance(contracts, account, wei), PlannedCall(contracts.staking, "lock", (wei, days))]
    plan = Plan(
        f"Lock {short(wei)} FLOCK for {days} days",
        acts,
        [*position_views(contracts, account), _purse(contracts, account)],
        lambda said: {**position_fields(said), "held": fields.flock("FLOCK not locked", said[-1])},
        command("stake", "add", "all", "--task", "…", "--key", settings.key),
        [
            *_fee_notes(contracts, wei),
            *_notes_on_what_stands(position, now),
            *_notes_on_renewing(position, days, now, settings.key),
        ],
    )
    carry_out(settings, contracts, account, plan, dry_run=dry_run, as_json=as_json)


def extend(settings: OwnerSettings, days: int, *, dry_run: bool, as_json: bool) -> None:
    from flock.chain.simulation import PlannedCall

    contracts, account = opened(settings)
    position, now = contracts.staking.position_of(account), _now(contracts)
    _require_no_shorter(position, days, now)
    plan = Plan(
        f"Let the lock last {days} days from now",
        [PlannedCall(contracts.staking, "extend", (days,))],
        position_views(contracts, account),
        position_fields,
        command("stake", "status", settings.key),
        list(_notes_on_what_stands(position, now)),
    )
    carry_out(settings, contracts, account, plan, dry_run=dry_run, as_json=as_json)


def add(settings: OwnerSettings, amount: str, task: int, *, dry_run: bool, as_json: bool) -> None:
    from flock.programs.wiring import require_task

    contracts, account = opened(settings)
    require_task(contracts, task)
    require_locked(contracts, account)
    position = contracts.staking.position_of(account)
    gm = part_of(amount, position.gm, "AMOUNT")
    there = contracts.staking.allocation_of(account, task)
    title = f"Put {short(gm)} gmFLOCK on task {task}"
    after = command("delegate", "accept", "--task", task, "--sigma", "50", "--key", settings.key)
    notes = notes_on_older(position, there.gm, there.era)
    plan = _on_task(contracts, account, ("allocate", gm), task, title, after, notes)
    carry_out(settings, contracts, account, plan, dry_run=dry_run, as_json=as_json)


def remove(settings: OwnerSettings, amount: str, task: int, *, dry_run: bool, as_json: bool) -> None:
    from flock.programs.wiring import require_task

    contracts, account = opened(settings)
    require_task(contracts, task)
    gm = part_of(amount, contracts.staking.stake_of(account, task), "AMOUNT")
    title = f"Take {short(gm)} gmFLOCK off task {task}"
    after = command("stake", "status", settings.key)
    plan = _on_task(contracts, account, ("deallocate", gm), task, title, after)
    carry_out(settings, contracts, account, plan, dry_run=dry_run, as_json=as_json)


def redeem(settings: OwnerSettings, amount: str, *, dry_run: bool, as_json: bool) -> None:
    from flock.chain.simulation import PlannedCall

    contracts, account = opened(settings)
    position = contracts.staking.position_of(account)
    _require_redeemable(contracts, account, position, settings.key)
    gm = part_of(amount, position.gm, "AMOUNT")
    plan = Plan(
        f"Redeem {short(gm)} gmFLOCK",
        [PlannedCall(contracts.staking, "redeem", (gm,))],
        [*position_views(contracts, account), _purse(contracts, account)],
        lambda said: {**position_fields(said), "held": fields.flock("FLOCK not locked", said[-1])},
        command("stake", "status", settings.key),
    )
    carry_out(settings, contracts, account, plan, dry_run=dry_run, as_json=as_json)


def poke(settings: OwnerSettings, subject: str, *, dry_run: bool, as_json: bool) -> None:
    from flock.chain.simulation import PlannedCall

    contracts, account = opened(settings)
    poked = account_of(settings, subject)
    _require_pokable(contracts, poked)
    plan = Plan(
        f"Count the end of the lock of {poked}",
        [PlannedCall(contracts.staking, "poke", (poked,))],
        position_views(contracts, poked),
        position_fields,
        command("stake", "status", subject),
        [
            f"It votes no more from now on. {EXIT_DAYS} days later, which is longer than any vote, what is free can "
            "be redeemed: `flock stake redeem`."
        ],
    )
    carry_out(settings, contracts, account, plan, dry_run=dry_run, as_json=as_json)


def operator(settings: OwnerSettings, subject: str, *, dry_run: bool, as_json: bool) -> None:
    from flock.chain.simulation import PlannedCall, View

    contracts, account = opened(settings)
    named = NOBODY if subject == "none" else account_of(settings, subject, "ADDRESS")
    plan = Plan(
        f"Let nobody but its owner act for {account}"
        if named == NOBODY
        else f"Let {named} act for {account}",
        [PlannedCall(contracts.staking, "setOperator", (named,))],
        [View(contracts.staking, "operatorOf", (account,))],
        lambda said: operator_fields(said[0]),
        command("stake", "status", settings.key),
        ["The operator before stops acting at once. It never could move stake."],
    )
    carry_out(settings, contracts, account, plan, dry_run=dry_run, as_json=as_json)


# ---- what they watch


def position_views(contracts: Contracts, account: str) -> list[View]:
    from flock.chain.simulation import View

    return [View(contracts.staking, function, (account,)) for function in ("positionOf", "getVotes")]


def position_fields(said: Sequence[Any]) -> Fields:
    """Of what ``position_views`` say, and whatever was asked after them."""
    position, votes = said[:2]
    ends_at, is_poked = position["unlock_at"], position["lock_days"] == 0
    return {
        "gm": fields.gm("gmFLOCK", position["gm"] + position["allocated"] + position["delegated"]),
        "available": fields.gm("free", position["gm"]),
        "votes": fields.gm("votes", votes),
        "flock": fields.flock("FLOCK behind what is free", position["flock"]),
        "unlock_at": fields.time("unlocks", 0 if is_poked else ends_at),
        "redeemable_at": fields.time("redeemable from", ends_at if is_poked else 0),
    }


def operator_fields(said: Mapping[str, Any]) -> Fields:
    return {
        "operator": fields.text("operator", None if said["operator"] == NOBODY else said["operator"]),
        "operator_since": fields.time("acts from", said["since"]),
    }


def allowance(contracts: Contracts, account: str, wei: int) -> list[PlannedCall]:
    """What lets Staking take ``wei`` of FLOCK; nothing if it may."""
    from flock.chain.simulation import PlannedCall

    staking = contracts.staking.address
    if contracts.token.allowance(account, staking) >= wei:
        return []
    return [PlannedCall(contracts.token, "approve", (staking, wei))]


def require_locked(contracts: Contracts, account: str) -> None:
    """Raises Refused for who never locked, or has redeemed all."""
    if not all_of(contracts.staking.position_of(account)):
        raise Refused(f"{account} has no FLOCK locked. Lock some first: `flock stake lock`.")


def all_of(position: Position) -> int:
    """All gmFLOCK of an account: free, on tasks and in pools."""
    return position.gm + position.allocated + position.delegated


def notes_on_older(position: Position, gm: int, era: int) -> Sequence[str]:
    """That what joins ``gm`` of an earlier lock votes no more than that does."""
    if not gm or era == position.era:
        return ()
    return [
        f"The {short(gm)} gmFLOCK that stand there already are of an earlier lock. They do not vote until they are "
        "back, and neither will what is added to them."
    ]


# ---- pieces


def _now(contracts: Contracts) -> int:
    """When the next transaction will be."""
    return contracts.client.block("pending").timestamp


def _on_task(
    contracts: Contracts,
    account: str,
    move: tuple[str, int],
    task: int,
    title: str,
    next_command: str,
    notes: Sequence[str] = (),
) -> Plan:
    """``move`` is what is called, with how much."""
    from flock.chain.simulation import PlannedCall, View

    function, gm = move
    asked = View(contracts.staking, "allocationOf", (account, task))
    return Plan(
        title,
        [PlannedCall(contracts.staking, function, (task, gm))],
        [*position_views(contracts, account), asked],
        lambda said: {
            **position_fields(said),
            "stake": fields.gm(f"stake on task {task}", said[-1]["gm"]),
        },
        next_command,
        notes,
    )


def _purse(contracts: Contracts, account: str) -> View:
    from flock.chain.simulation import View

    return View(contracts.token, "balanceOf", (account,))


def _fee_notes(contracts: Contracts, wei: int) -> list[str]:
    bps = contracts.staking.read("entryFeeBps")
    fee = -(-wei * bps // 10_000)
    return [f"Of it, {short(fee)} FLOCK ({bps / 100:g}%) go to the treasury as entry fee."] if fee else []


def _notes_on_what_stands(position: Position, now: int) -> Iterator[str]:
    """What a lock does not do for what is not free."""
    standing = position.allocated + position.delegated
    if not standing:
        return
    if locks.is_live(position, now):
        yield f"Only what is free is rated anew: {short(standing)} gmFLOCK on tasks and in pools stay as they are."
    else:
        yield (
            f"The lock before is over: {short(standing)} gmFLOCK of it on tasks and in pools do not vote until they "
            "are back."
        )


def _notes_on_renewing(position: Position, days: int, now: int, key: str) -> Iterator[str]:
    """That a lock which is over is begun anew at no better rate than it had, unless it is extended then."""
    most = locks.gm_for(position.flock, days * DAY)
    if not locks.is_live(position, now) and position.gm < most:
        yield (
            f"The {short(position.gm)} gmFLOCK that were free before count no more for it. To have them rated by the "
            f"new time as well, as {short(most)}, extend the lock then: "
            f"`{command('stake', 'extend', '--days', days, '--key', key)}`."
        )


def _require_no_shorter(position: Position, days: int, now: int, *, is_adding: bool = False) -> None:
    """Raises Refused for what would move the end of a live lock by less than it was given for."""
    from flock.terminal import moment

    least = position.lock_days
    if days >= least or not locks.is_live(position, now):
        return
    left = max(0, position.unlock_at - now - SPARE_SECONDS) // DAY
    within = f", or {left} and less to leave its end where it is" if is_adding and left else ""
    raise Refused(
        f"The lock was given for {least} days and ends at {moment(position.unlock_at)}. What moves its end makes it "
        f"last {least} days from now at least, so that a long lock is not kept alive by short ones: choose --days "
        f"{least} or more{within}."
    )


def _require_redeemable(contracts: Contracts, account: str, position: Position, key: str) -> None:
    """Raises Refused, naming the step that comes first, if nothing at all can be redeemed now."""
    from flock.terminal import moment

    now, out_at = _now(contracts), position.unlock_at
    steps = f"its end has to be counted (`{command('stake', 'poke', key, '--key', key)}`), and {EXIT_DAYS} days later"
    if not all_of(position):
        raise Refused(f"{account} has no FLOCK locked, so there is nothing to redeem.")
    if locks.is_live(position, now):
        earliest = moment(out_at + locks.EXIT_DELAY)
        raise Refused(
            f"The FLOCK of {account} is locked until {moment(out_at)}. After that {steps}, at {earliest} at the "
            "earliest, it can be redeemed."
        )
    if position.lock_days:
        earliest = moment(now + locks.EXIT_DELAY)
        raise Refused(
            f"The lock of {account} ended at {moment(out_at)}. First {steps}, from {earliest} on if you do it now, "
            "the FLOCK can be redeemed."
        )
    if now < out_at:
        raise Refused(f"The FLOCK of {account} can be redeemed from {moment(out_at)} on.")
    if not position.gm:
        raise Refused(
            f"All of the {short(all_of(position))} gmFLOCK of {account} stands on tasks or in pools. Take it back "
            "first: `flock stake remove`, `flock delegate undo`."
        )


def _require_pokable(contracts: Contracts, account: str) -> None:
    """Raises Refused, saying why, if poking would change nothing."""
    from flock.terminal import moment

    position = contracts.staking.position_of(account)
    if not all_of(position):
        raise Refused(f"{account} has no FLOCK locked, so there is no lock whose end could be counted.")
    if locks.is_live(position, _now(contracts)):
        raise Refused(f"The lock of {account} lives until {moment(position.unlock_at)}. Poke it after that.")
    if not position.lock_days:
        raise Refused(
            f"The end of the lock of {account} has been counted already: what is free can be redeemed from "
            f"{moment(position.unlock_at)} on."
        )
