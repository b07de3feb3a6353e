"""What the commands of ``flock stake`` do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flock.cli import figures
from flock.cli.acting import account_of, opened, require_flock
from flock.cli.amounts import part_of, short, wei_of
from flock.cli.deeds import Deed, carry_out, command
from flock.cli.figures import Figures
from flock.errors import Refused
from flock.protocol import locks
from flock.protocol.staking import NOBODY
from flock.protocol.units import DAY

if TYPE_CHECKING:
    from flock.chain.contracts import Contracts
    from flock.chain.simulation import Act, View
    from flock.protocol.locks import Position
    from flock.settings import OwnerSettings

EXIT_DAYS = locks.EXIT_DELAY // DAY
SPARE_SECONDS = 3_600  # from reading what fits into a lock until it is signed and mined


def lock(settings: OwnerSettings, amount: str, days: int, *, dry_run: bool, as_json: bool) -> None:
    from flock.chain.simulation import Act

    wei = wei_of(amount, "AMOUNT")
    contracts, account = opened(settings)
    require_flock(contracts, account, wei)
    position, now = contracts.staking.position_of(account), _now(contracts)
    if now + days * DAY > position.unlock_at:
        _require_no_shorter(position, days, now, is_adding=True)
    acts = [*allowance(contracts, account, wei), Act(contracts.staking, "lock", (wei, days))]
    deed = Deed(
        f"Lock {short(wei)} FLOCK for {days} days",
        acts,
        [*position_views(contracts, account), _purse(contracts, account)],
        lambda said: {**position_figures(said), "held": figures.flock("FLOCK not locked", said[-1])},
        command("stake", "add", "all", "--task", "…", "--key", settings.key),
        [
            *_fee_notes(contracts, wei),
            *_notes_on_what_stands(position, now),
            *_notes_on_renewing(position, days, now, settings.key),
        ],
    )
    carry_out(settings, contracts, account, deed, dry_run=dry_run, as_json=as_json)


def extend(settings: OwnerSettings, days: int, *, dry_run: bool, as_json: bool) -> None:
    from flock.chain.simulation import Act

    contracts, account = opened(settings)
    position, now = contracts.staking.position_of(account), _now(contracts)
    _require_no_shorter(position, days, now)
    deed = Deed(
        f"Let the lock last {days} days from now",
        [Act(contracts.staking, "extend", (days,))],
        position_views(contracts, account),
        position_figures,
        command("stake", "status", settings.key),
        list(_notes_on_what_stands(position, now)),
    )
    carry_out(settings, contracts, account, deed, dry_run=dry_run, as_json=as_json)


def add(settings: OwnerSettings, amount: str, task: int, *, dry_run: bool, as_json: bool) -> None:
    from flock.cli.wiring import require_task

    contracts, account = opened(settings)
    require_task(contracts, task)
    require_locked(contracts, account)
    position = contracts.staking.position_of(account)
    gm = part_of(amount, position.gm, "AMOUNT")
    there = contracts.staking.allocation_of(account, task)
    title = f"Put {short(gm)} gmFLOCK on task {task}"
    after = command("delegate", "accept", "--task", task, "--sigma", "50", "--key", settings.key)
    notes = notes_on_older(position, there.gm, there.era)
    deed = _on_task(contracts, account, ("allocate", gm), task, title, after, notes)
    carry_out(settings, contracts, account, deed, dry_run=dry_run, as_json=as_json)


def remove(settings: OwnerSettings, amount: str, task: int, *, dry_run: bool, as_json: bool) -> None:
    from flock.cli.wiring import require_task

    contracts, account = opened(settings)
    require_task(contracts, task)
    gm = part_of(amount, contracts.staking.stake_of(account, task), "AMOUNT")
    title = f"Take {short(gm)} gmFLOCK off task {task}"
    after = command("stake", "status", settings.key)
    deed = _on_task(contracts, account, ("deallocate", gm), task, title, after)
    carry_out(settings, contracts, account, deed, dry_run=dry_run, as_json=as_json)


def redeem(settings: OwnerSettings, amount: str, *, dry_run: bool, as_json: bool) -> None:
    from flock.chain.simulation import Act

    contracts, account = opened(settings)
    position = contracts.staking.position_of(account)
    _require_redeemable(contracts, account, position, settings.key)
    gm = part_of(amount, position.gm, "AMOUNT")
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
        f"Count the end of the lock of {poked}",
        [Act(contracts.staking, "poke", (poked,))],
        position_views(contracts, poked),
        position_figures,
        command("stake", "status", subject),
        [
            f"It votes no more from now on. {EXIT_DAYS} days later, which is longer than any vote, what is free can "
            "be redeemed: `flock stake redeem`."
        ],
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

    return [View(contracts.staking, function, (account,)) for function in ("positionOf", "getVotes")]


def position_figures(said: Sequence[Any]) -> Figures:
    """Of what ``position_views`` say, and whatever was asked after them."""
    position, votes = said[:2]
    ends_at, is_poked = position["unlock_at"], position["lock_days"] == 0
    return {
        "gm": figures.gm("gmFLOCK", position["gm"] + position["allocated"] + position["delegated"]),
        "available": figures.gm("free", position["gm"]),
        "votes": figures.gm("votes", votes),
        "flock": figures.flock("FLOCK behind what is free", position["flock"]),
        "unlock_at": figures.time("unlocks", 0 if is_poked else ends_at),
        "redeemable_at": figures.time("redeemable from", ends_at if is_poked else 0),
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
) -> Deed:
    """``move`` is what is called, with how much."""
    from flock.chain.simulation import Act, View

    function, gm = move
    asked = View(contracts.staking, "allocationOf", (account, task))
    return Deed(
        title,
        [Act(contracts.staking, function, (task, gm))],
        [*position_views(contracts, account), asked],
        lambda said: {
            **position_figures(said),
            "stake": figures.gm(f"stake on task {task}", said[-1]["gm"]),
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
    from flock.cli.output import moment

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
    from flock.cli.output import moment

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
    from flock.cli.output import moment

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
