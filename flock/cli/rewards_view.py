"""``flock rewards show``: earned, had, to be claimed, vesting, and what is still to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from flock.amounts import short
from flock.economy.operations import fields
from flock.economy.operations.fields import Fields, for_people, for_programs
from flock.economy.operations.plans import command
from flock.programs.signing import own_account

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.economy.computed import Computed
    from flock.programs.settings import ChainSettings
    from flock.protocol.economy.vesting import Stream


def show(settings: ChainSettings, subject: str | None, *, as_json: bool) -> None:
    from flock.economy.computed import compute
    from flock.programs.wiring import contracts_of
    from flock.terminal import Progress, print_fields, print_json

    account = own_account(settings, subject)
    contracts = contracts_of(settings)
    with Progress("Computing the rewards from the chain…"):
        computed = compute(contracts)
        bounties = bounty_pay(contracts, account)
        fields = reward_fields(contracts, computed, account, bounties)
        streams = contracts.vesting.streams_of(account)
    if as_json:
        agrees = {"served_root": f"0x{computed.served_root.hex()}", "agrees": _agrees(computed)}
        told = [
            {**vars(stream), "amount": str(stream.amount), "released": str(stream.released)}
            for stream in streams
        ]
        by_task = [
            {"task": each.task, "earned": str(each.earned), "owed": str(each.owed)} for each in bounties
        ]
        print_json(
            {"account": account, **for_programs(fields), **agrees, "streams": told, "bounties": by_task}
        )
        return
    print_fields(f"Rewards of {account}", for_people(fields))
    _print_streams([stream for stream in streams if stream.released < stream.amount])
    by_key = (
        ["--key", subject] if subject and not subject.startswith("0x") else ["--for", account, "--key", "…"]
    )
    for sentence in _sentences(contracts, computed, account, fields, by_key):
        typer.echo(sentence)
    for pay in bounties:
        if pay.owed:
            typer.echo(
                f"{short(pay.owed)} FLOCK of task {pay.task}'s bounty wait: its node withdraws them once they "
                "exceed claim_above, and when it leaves."
            )


def reward_fields(
    contracts: Contracts, computed: Computed, account: str, bounties: Sequence[BountyPay]
) -> Fields:
    """Cumulative amounts of an account, and what it can claim now."""
    from flock.protocol.core.units import DAY

    earned, waiting = computed.served_of(account), computed.waiting_of(account)
    had = contracts.distributor.claimed_of(account)
    streams = contracts.vesting.streams_of(account)
    return {
        "earned": fields.flock("earned", earned.total + waiting.total),
        "claimed": fields.flock("claimed", had.total),
        "claimable_liquid": fields.flock("to claim, paid at once", earned.liquid - had.liquid),
        "claimable_vesting": fields.flock("to claim, then vesting", earned.vesting - had.vesting),
        "releasable": fields.flock("vested, to release", contracts.vesting.releasable_of(account)),
        "vesting": fields.flock("in streams", sum(stream.amount - stream.released for stream in streams)),
        "waiting": fields.flock("not served yet", waiting.total),
        "served_until": fields.time("served before", computed.served_day * DAY),
        "bounty_earned": fields.flock("bounty pay, earned in rounds", sum(pay.earned for pay in bounties)),
        "bounty_owed": fields.flock("bounty pay, to withdraw", sum(pay.owed for pay in bounties)),
    }


@dataclass(frozen=True)
class BountyPay:
    """What an account has from a task's bounty: in all, and what it can still withdraw, in wei."""

    task: int
    earned: int
    owed: int


def bounty_pay(contracts: Contracts, account: str) -> list[BountyPay]:
    """Of the tasks that paid the account anything."""
    from flock.chain.simulation import View, read_all

    tasks = range(1, contracts.task_manager.task_count() + 1)
    asked = [View(contracts.alliance_rounds, "memberOf", (task, account)) for task in tasks]
    said = read_all(contracts.client, asked)
    pays = [BountyPay(task, each["earned"], each["owed"]) for task, each in zip(tasks, said, strict=True)]
    return [pay for pay in pays if pay.earned or pay.owed]


def _agrees(computed: Computed) -> bool | None:
    """Null before the first root."""
    return computed.agrees if any(computed.served_root) else None


def _print_streams(streams: list[Stream]) -> None:
    from flock.terminal import moment, print_table

    if streams:
        rows = [
            (f"{short(stream.amount)} FLOCK", short(stream.released), moment(stream.end))
            for stream in streams
        ]
        print_table(["stream", "released", "vested in full"], rows)


def _sentences(
    contracts: Contracts, computed: Computed, account: str, fields: Fields, by_key: Sequence[str]
) -> list[str]:
    """Why there is nothing, where there is nothing, and what may be done."""
    from flock.economy.operations.claiming import none_served, why_nothing

    if _agrees(computed) is False:
        return ["The served root does not match the chain's events: investigate with `flock verify`."]
    if fields["claimable_liquid"].value or fields["claimable_vesting"].value:
        return [f"Next: {command('rewards', 'claim', *by_key)}"]
    if fields["releasable"].value:
        return [f"Next: {command('rewards', 'release', *by_key)}"]
    if not any(computed.served_root):
        return [none_served(contracts)]
    return [why_nothing(contracts, computed, account)]
