"""Locks and stakes: lock FLOCK, put gmFLOCK on tasks, take both back. All amounts in wei; None is all there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flock.amounts import short
from flock.chain.simulation import PlannedCall, View
from flock.economy.operations import fields
from flock.economy.operations.fields import Fields
from flock.economy.operations.plans import NO_NAMES, Names, Plan, command
from flock.economy.operations.requirements import part_of, require_flock, require_task, require_wei
from flock.errors import BadConfig, Refused
from flock.protocol.core.units import DAY
from flock.protocol.economy import locks
from flock.protocol.economy.staking import NOBODY
from flock.terminal import moment

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.protocol.economy.locks import Position

EXIT_DAYS = locks.EXIT_DELAY // DAY
MOST_DAYS = locks.LONGEST_SECONDS // DAY
SPARE_SECONDS = 3_600  # from reading what fits into a lock until it is signed and mined


def lock(contracts: Contracts, account: str, wei: int, days: int, names: Names = NO_NAMES) -> Plan:
    """Lock ``wei`` of FLOCK, or add it to a lock, that lasts ``days`` from now on.

    Raises NoFunds for more than the account holds, Refused for a time that the lock does not allow.
    """
    _require_days(days)
    require_flock(contracts, account, require_wei(wei))
    position, now = contracts.staking.position_of(account), _now(contracts)
    if now + days * DAY > position.unlock_at:
        _require_no_shorter(position, days, now, is_adding=True)
    calls = [
        *allowance(contracts, account, contracts.staking.address, wei),
        PlannedCall(contracts.staking, "lock", (wei, days)),
    ]
    return Plan(
        contracts,
        account,
        f"Lock {short(wei)} FLOCK for {days} days",
        calls,
        [*position_views(contracts, account), _purse(contracts, account)],
        lambda said: {**position_fields(said), "held": fields.flock("FLOCK not locked", said[-1])},
        command("stake", "add", "all", "--task", "…", "--key", names.key(account)),
        [
            *_fee_notes(contracts, wei),
            *_notes_on_what_stands(position, now),
            *_notes_on_renewing(position, days, now, names.key(account)),
        ],
    )


def extend(contracts: Contracts, account: str, days: int, names: Names = NO_NAMES) -> Plan:
    """Make a lock last ``days`` from now on. Raises Refused where that would shorten it."""
    _require_days(days)
    position, now = contracts.staking.position_of(account), _now(contracts)
    _require_no_shorter(position, days, now)
    return Plan(
        contracts,
        account,
        f"Let the lock last {days} days from now",
        [PlannedCall(contracts.staking, "extend", (days,))],
        position_views(contracts, account),
        position_fields,
        command("stake", "status", names.of(account)),
        list(_notes_on_what_stands(position, now)),
    )


def add(contracts: Contracts, account: str, gm: int | None, task: int, names: Names = NO_NAMES) -> Plan:
    """Put free gmFLOCK on a task. Raises UnknownTask, and Refused for who has locked nothing."""
    require_task(contracts, task)
    require_locked(contracts, account)
    position = contracts.staking.position_of(account)
    gm = part_of(gm, position.gm)
    there = contracts.staking.allocation_of(account, task)
    title = f"Put {short(gm)} gmFLOCK on task {task}"
    after = command("delegate", "accept", "--task", task, "--sigma", "50", "--key", names.key(account))
    notes = notes_on_older(position, there.gm, there.era)
    return _on_task(contracts, account, ("allocate", gm), task, title, after, notes)


def remove(contracts: Contracts, account: str, gm: int | None, task: int, names: Names = NO_NAMES) -> Plan:
    """Take gmFLOCK off a task. Raises UnknownTask."""
    require_task(contracts, task)
    gm = part_of(gm, contracts.staking.stake_of(account, task))
    title = f"Take {short(gm)} gmFLOCK off task {task}"
    after = command("stake", "status", names.of(account))
    return _on_task(contracts, account, ("deallocate", gm), task, title, after)


def redeem(contracts: Contracts, account: str, gm: int | None = None, names: Names = NO_NAMES) -> Plan:
    """Turn free gmFLOCK back into FLOCK. Raises Refused, naming the step that comes first, if none can be."""
    position = contracts.staking.position_of(account)
    _require_redeemable(contracts, account, position, names)
    gm = part_of(gm, position.gm)
    return Plan(
        contracts,
        account,
        f"Redeem {short(gm)} gmFLOCK",
        [PlannedCall(contracts.staking, "redeem", (gm,))],
        [*position_views(contracts, account), _purse(contracts, account)],
        lambda said: {**position_fields(said), "held": fields.flock("FLOCK not locked", said[-1])},
        command("stake", "status", names.of(account)),
    )


def poke(contracts: Contracts, account: str, poked: str, names: Names = NO_NAMES) -> Plan:
    """Count the end of the lock of ``poked``. Raises Refused, saying why, if that would change nothing."""
    _require_pokable(contracts, poked)
    return Plan(
        contracts,
        account,
        f"Count the end of the lock of {poked}",
        [PlannedCall(contracts.staking, "poke", (poked,))],
        position_views(contracts, poked),
        position_fields,
        command("stake", "status", names.of(poked)),
        [
            f"It votes no more from now on. {EXIT_DAYS} days later, which is longer than any vote, what is free can "
            "be redeemed: `flock stake redeem`."
        ],
    )


def operator(contracts: Contracts, account: str, operator: str | None, names: Names = NO_NAMES) -> Plan:
    """Name the one key that acts on tasks for the account; None for nobody else."""
    named = operator or NOBODY
    return Plan(
        contracts,
        account,
        f"Let nobody but its owner act for {account}"
        if named == NOBODY
        else f"Let {named} act for {account}",
        [PlannedCall(contracts.staking, "setOperator", (named,))],
        [View(contracts.staking, "operatorOf", (account,))],
        lambda said: operator_fields(said[0]),
        command("stake", "status", names.of(account)),
        ["The operator before stops acting at once. It never could move stake."],
    )


# ---- what they watch


def position_views(contracts: Contracts, account: str) -> list[View]:
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


def allowance(contracts: Contracts, account: str, spender: str, wei: int) -> list[PlannedCall]:
    """What lets ``spender`` take ``wei`` of FLOCK; nothing if it already may."""
    if contracts.token.allowance(account, spender) >= wei:
        return []
    return [PlannedCall(contracts.token, "approve", (spender, wei))]


def require_locked(contracts: Contracts, account: str) -> None:
    """Raises Refused if the account never locked, or has redeemed all."""
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
    function, gm = move
    asked = View(contracts.staking, "allocationOf", (account, task))
    return Plan(
        contracts,
        account,
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


def _require_days(days: int) -> None:
    if not 1 <= days <= MOST_DAYS:
        raise BadConfig(f"A lock of {days} days is none; choose 1 to {MOST_DAYS}.")


def _require_no_shorter(position: Position, days: int, now: int, *, is_adding: bool = False) -> None:
    """Raises Refused for what would move the end of a live lock by less than it was given for."""
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


def _require_redeemable(contracts: Contracts, account: str, position: Position, names: Names) -> None:
    """Raises Refused, naming the step that comes first, if nothing at all can be redeemed now."""
    now, out_at = _now(contracts), position.unlock_at
    poking = command("stake", "poke", names.of(account), "--key", names.key(account))
    steps = f"its end has to be counted (`{poking}`), and {EXIT_DAYS} days later"
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
