"""Rewards: claim what the served root owes, release what has vested."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flock.amounts import short
from flock.chain.simulation import PlannedCall, View
from flock.economy.computed import Computed, compute
from flock.economy.operations import fields
from flock.economy.operations.fields import Field, Fields
from flock.economy.operations.plans import NO_NAMES, Names, Plan, command
from flock.errors import Refused
from flock.protocol.core.merkle import Entry
from flock.protocol.core.units import DAY, Wei
from flock.terminal import moment

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts


def claim(
    contracts: Contracts,
    account: str,
    for_accounts: Sequence[str] = (),
    names: Names = NO_NAMES,
    computed: Computed | None = None,
) -> Plan:
    """Claim what the served root owes ``for_accounts``, or the account itself.

    ``computed`` is read from the chain unless it is at hand.

    Raises Refused if no root is served, another than the events give, or nothing is owed.
    """
    wanted = _named(for_accounts or [account], names)
    computed = computed or compute(contracts)
    require_served(contracts, computed)
    due = {each: _owed(contracts, computed, each) for each in wanted}
    payable = {each: name for each, name in wanted.items() if due[each].total}
    reasons = [why_nothing(contracts, computed, each) for each in wanted if each not in payable]
    if not payable:
        raise Refused(" ".join(reasons))
    total = sum(due[each].total for each in payable)
    return Plan(
        contracts,
        account,
        f"Claim {short(total)} FLOCK for {_people(payable)}",
        [_claim_call(contracts, computed, list(payable))],
        _purses(contracts, payable),
        lambda said: _purse_fields(payable, said),
        command("rewards", "show", names.of(next(iter(wanted)))),
        [*_vesting_note(due[each].vesting for each in payable), *reasons],
    )


def release(
    contracts: Contracts, account: str, for_accounts: Sequence[str] = (), names: Names = NO_NAMES
) -> Plan:
    """Pay out what has vested of the streams of ``for_accounts``, or of the account itself.

    Raises Refused, saying why, if nothing has.
    """
    wanted = _named(for_accounts or [account], names)
    ready = {each: name for each, name in wanted.items() if contracts.vesting.releasable_of(each)}
    if not ready:
        raise Refused(" ".join(_nothing_vested(contracts, each) for each in wanted))
    return Plan(
        contracts,
        account,
        f"Release what has vested for {_people(ready)}",
        [PlannedCall(contracts.vesting, "release", (each,)) for each in ready],
        _purses(contracts, ready),
        lambda said: _purse_fields(ready, said),
        command("rewards", "show", names.of(next(iter(wanted)))),
    )


def require_served(contracts: Contracts, computed: Computed) -> None:
    """Raises Refused if no root is served, or another than the events give."""
    if not any(computed.served_root):
        raise Refused(f"{none_served(contracts)} There is nothing to claim before.")
    if not computed.agrees:
        raise Refused(
            f"The served root is 0x{computed.served_root.hex()}, but the chain's events before day "
            f"{computed.served_day} give 0x{computed.tree.root.hex()}, so a proof from here would not hold. "
            "Look into it with `flock verify`."
        )


def none_served(contracts: Contracts) -> str:
    """What has to happen before the first root is served."""
    pending = _pending(contracts)
    if pending:
        return f"No rewards are served yet. {pending}"
    return "No rewards are served yet: anybody may settle the days that are over with `flock settle`."


def why_nothing(contracts: Contracts, computed: Computed, account: str) -> str:
    """A sentence or two on why an account has nothing to claim."""
    had, waiting = contracts.distributor.claimed_of(account), computed.waiting_of(account)
    before = moment(computed.served_day * DAY)
    if waiting.total:
        late = (
            f"{short(waiting.total)} FLOCK of later days can be claimed once those are settled and served. "
            + _pending(contracts)
        ).rstrip()
    else:
        late = "Later days have added nothing."
    if had.total:
        return f"{account} has claimed all of the {short(had.total)} FLOCK that it earned before {before}. {late}"
    return f"{account} has earned nothing to claim before {before}, up to where days are served. {late}"


# ---- pieces


def _pending(contracts: Contracts) -> str:
    """When the pending root is served, in a sentence; empty without one."""
    settlement = contracts.settlement
    number = settlement.pending_id()
    if not number:
        return ""
    root = settlement.root_of(number)
    days = f"Root {number}, of all days before {moment(root.day * DAY)},"
    if contracts.client.now() >= root.active_at:
        return f"{days} has stood its dispute window: anybody serves it with `flock settle`."
    return f"{days} is pending: it can be disputed until {moment(root.active_at)}, then `flock settle` serves it."


def _named(accounts: Sequence[str], names: Names) -> dict[str, str]:
    """Each once, with what people call it."""
    return {account: _brief(names.of(account)) for account in accounts}


def _brief(name: str) -> str:
    """An address by its ends, which fit beside a field."""
    return f"{name[:6]}…{name[-4:]}" if name.startswith("0x") else name


def _owed(contracts: Contracts, computed: Computed, account: str) -> Entry:
    """What the served root owes an account beyond what it has had."""
    earned, had = computed.served_of(account), contracts.distributor.claimed_of(account)
    return Entry(Wei(max(0, earned.liquid - had.liquid)), Wei(max(0, earned.vesting - had.vesting)))


def _claim_call(contracts: Contracts, computed: Computed, accounts: Sequence[str]) -> PlannedCall:
    """One leaf with its proof, or many in one multiproof."""
    if len(accounts) > 1:
        parts = computed.tree.multiproof(accounts)
        return PlannedCall(contracts.distributor, "claimMany", tuple(list(part) for part in parts))
    [account] = accounts
    proof = computed.tree.proof(account)
    return PlannedCall(contracts.distributor, "claim", (account, *computed.served_of(account), proof))


def _purses(contracts: Contracts, accounts: Iterable[str]) -> list[View]:
    return [
        view
        for account in accounts
        for view in (
            View(contracts.token, "balanceOf", (account,)),
            View(contracts.vesting, "streamsOf", (account,)),
        )
    ]


def _purse_fields(accounts: Mapping[str, str], said: Sequence[Any]) -> Fields:
    """FLOCK and what still vests, of each account; named where there are several."""
    found: dict[str, Field] = {}
    for (account, name), purse, streams in zip(accounts.items(), said[::2], said[1::2], strict=True):
        field, label = ("", "") if len(accounts) == 1 else (f"{account}.", f"{name}: ")
        locked = sum(stream["amount"] - stream["released"] for stream in streams)
        found[f"{field}held"] = fields.flock(f"{label}FLOCK", purse)
        found[f"{field}vesting"] = fields.flock(f"{label}in streams", locked)
    return found


def _people(accounts: Mapping[str, str]) -> str:
    return next(iter(accounts)) if len(accounts) == 1 else f"{len(accounts)} accounts"


def _vesting_note(amounts: Iterable[int]) -> list[str]:
    vesting = sum(amounts)
    return (
        [f"Of it, {short(vesting)} FLOCK vest from now on; `flock rewards release` pays them."]
        if vesting
        else []
    )


def _nothing_vested(contracts: Contracts, account: str) -> str:
    streams = contracts.vesting.streams_of(account)
    if not streams:
        return (
            f"Nothing of {account} vests: what tasks set aside becomes a stream once they have ended and it is "
            "claimed."
        )
    if all(stream.released == stream.amount for stream in streams):
        return f"{account} has had all of its streams."
    return f"Nothing more of {account}'s streams has vested yet. Try again later."
