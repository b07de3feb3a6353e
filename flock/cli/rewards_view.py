"""``flock rewards show``: earned, had, to be claimed, vesting, and what is still to come."""

from __future__ import annotations

from collections.abc import Sequence
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
        fields = reward_fields(contracts, computed, account)
        streams = contracts.vesting.streams_of(account)
    if as_json:
        agrees = {"served_root": f"0x{computed.served_root.hex()}", "agrees": _agrees(computed)}
        told = [
            {**vars(stream), "amount": str(stream.amount), "released": str(stream.released)}
            for stream in streams
        ]
        print_json({"account": account, **for_programs(fields), **agrees, "streams": told})
        return
    print_fields(f"Rewards of {account}", for_people(fields))
    _print_streams([stream for stream in streams if stream.released < stream.amount])
    by_key = (
        ["--key", subject] if subject and not subject.startswith("0x") else ["--for", account, "--key", "…"]
    )
    for sentence in _sentences(contracts, computed, account, fields, by_key):
        typer.echo(sentence)


def reward_fields(contracts: Contracts, computed: Computed, account: str) -> Fields:
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
    }


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
    from flock.economy.operations.claiming import why_nothing

    if _agrees(computed) is False:
        return ["The served root does not match the chain's events: investigate with `flock verify`."]
    if fields["claimable_liquid"].value or fields["claimable_vesting"].value:
        return [f"Next: {command('rewards', 'claim', *by_key)}"]
    if fields["releasable"].value:
        return [f"Next: {command('rewards', 'release', *by_key)}"]
    if not any(computed.served_root):
        return ["No rewards are served yet: run `flock settle` to settle the days that are over."]
    return [why_nothing(contracts, computed, account)]
