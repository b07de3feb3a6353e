"""What every command that moves stake or rewards does: show the effect and the fee, then, unless it is dry, do it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import typer

from flock.cli.amounts import tokens
from flock.cli.figures import Figures, changes, for_people, for_programs
from flock.protocol.units import WAD

if TYPE_CHECKING:
    from flock.chain.contracts import Contracts
    from flock.chain.fees import Cost
    from flock.chain.sender import Receipt
    from flock.chain.simulation import Act, Simulation, View
    from flock.settings import OwnerSettings

CANNOT_SIMULATE = "This endpoint cannot simulate (it has no eth_simulateV1), so only what is now is shown."
IDLE = "All of this is so already: nothing was sent."
DRY = "A dry run: nothing was signed, nothing was sent. Leave out --dry-run to do it."


@dataclass(frozen=True)
class Deed:
    """Transactions of one account, and what to watch while they happen.

    ``figures`` makes of what ``views`` say the lines that people see; ``next_command`` may be what they want then.
    ``told`` is for programs, beside the figures.
    """

    title: str
    acts: Sequence[Act]
    views: Sequence[View]
    figures: Callable[[Sequence[Any]], Figures]
    next_command: str = ""
    notes: Sequence[str] = ()
    told: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Rehearsal:
    """What a deed would do, and cost; ``cost`` is None where the chain could not be asked."""

    before: Figures
    after: Figures | None
    cost: Cost | None
    balance: int

    @property
    def is_idle(self) -> bool:
        """Whether all that is watched would stay as it is."""
        return self.after == self.before


def carry_out(
    settings: OwnerSettings, contracts: Contracts, account: str, deed: Deed, *, dry_run: bool, as_json: bool
) -> None:
    """Rehearse the deed and show it; then sign and send, unless it is a dry run.

    Raises ContractRefused, with nothing sent, if the chain would refuse it.
    """
    rehearsal = rehearse(contracts, account, deed)
    if not as_json:
        _print_rehearsal(deed, rehearsal, account)
    if rehearsal.is_idle:
        _end_idle(deed, rehearsal, account, dry_run=dry_run, as_json=as_json)
        return
    if dry_run:
        _end_dry(deed, rehearsal, account, as_json=as_json)
        return
    receipts = _send(settings, contracts, deed)
    if as_json:
        _print_done_as_json(contracts, account, deed, rehearsal, receipts)
        return
    last = receipts[-1]
    fee = sum(receipt.fee for receipt in receipts)
    typer.echo(f"Done in block {last.block} for {eth(fee)} ETH.")
    for receipt in receipts:
        typer.echo(f"Transaction {receipt.hash}")
    _suggest(deed)


def rehearse(contracts: Contracts, account: str, deed: Deed) -> Rehearsal:
    """Raises ContractRefused if the chain would refuse the deed, and RpcUnavailable."""
    from flock.chain.simulation import simulate

    simulation = simulate(contracts.client, account, deed.acts, deed.views)
    after = None if simulation.after is None else deed.figures(simulation.after)
    return Rehearsal(
        deed.figures(simulation.before),
        after,
        _cost(contracts, account, deed, simulation),
        contracts.client.balance(account),
    )


def _cost(contracts: Contracts, account: str, deed: Deed, simulation: Simulation) -> Cost | None:
    from flock.chain.fees import FREE, estimate

    if simulation.gas is None:
        return None
    cost = FREE
    for act, gas in zip(deed.acts, simulation.gas, strict=True):
        cost += estimate(contracts.client, account, act.binding.address, act.data, gas=gas)
    return cost


def _send(settings: OwnerSettings, contracts: Contracts, deed: Deed) -> list[Receipt]:
    from flock.chain.abi_codec import snake
    from flock.cli.acting import acting

    with acting(settings, contracts) as (_, sender, _):
        return [
            sender.send(act.binding.fresh_key(snake(act.function)), act.binding.address, act.data)
            for act in deed.acts
        ]


# ---- what it says


def _print_rehearsal(deed: Deed, rehearsal: Rehearsal, account: str) -> None:
    from flock.cli.output import print_fields

    before, after = rehearsal.before, rehearsal.after
    lines = for_people(before) if after is None else changes(before, after)
    print_fields(deed.title, {**lines, "fee": _fee(deed, rehearsal), **_data_fee(rehearsal)})
    for note in (*deed.notes, *_warnings(rehearsal, account)):
        typer.echo(note)


def _fee(deed: Deed, rehearsal: Rehearsal) -> str:
    if rehearsal.cost is None:
        return "unknown"
    times = "" if len(deed.acts) == 1 else f", in {len(deed.acts)} transactions"
    return f"about {eth(rehearsal.cost.total)} ETH ({rehearsal.cost.gas:,} gas){times}"


def _data_fee(rehearsal: Rehearsal) -> dict[str, str]:
    """A line of its own, where a rollup charges for the bytes of a transaction."""
    data = rehearsal.cost.data if rehearsal.cost else 0
    return {"data fee": f"{eth(data)} ETH of it, for the bytes on layer 1"} if data else {}


def _warnings(rehearsal: Rehearsal, account: str) -> Sequence[str]:
    if rehearsal.cost is None:
        return [CANNOT_SIMULATE]
    if rehearsal.balance < rehearsal.cost.total:
        return [f"{account} holds {tokens(rehearsal.balance)} ETH, too little for the fee: send it some."]
    return []


def _end_dry(deed: Deed, rehearsal: Rehearsal, account: str, *, as_json: bool) -> None:
    from flock.cli.output import print_json

    if as_json:
        print_json({**_as_data(deed, rehearsal, account), "dry_run": True})
    else:
        typer.echo(DRY)


def _end_idle(deed: Deed, rehearsal: Rehearsal, account: str, *, dry_run: bool, as_json: bool) -> None:
    """That it is so already is no error; only it would cost a fee for nothing."""
    from flock.cli.output import print_json

    if as_json:
        nothing = {"dry_run": dry_run, "gas": 0, "fee": "0", "data_fee": "0", "transactions": []}
        print_json({**_as_data(deed, rehearsal, account), **nothing})
    else:
        typer.echo(IDLE)


def _print_done_as_json(
    contracts: Contracts, account: str, deed: Deed, rehearsal: Rehearsal, receipts: Sequence[Receipt]
) -> None:
    """What came of it is read again: others may have acted meanwhile."""
    from dataclasses import replace

    from flock.chain.simulation import read_all
    from flock.cli.output import print_json

    now = replace(rehearsal, after=deed.figures(read_all(contracts.client, deed.views)))
    done = {
        "gas": sum(receipt.gas_used for receipt in receipts),
        "fee": str(sum(receipt.fee for receipt in receipts)),
        "transactions": [receipt.hash for receipt in receipts],
    }
    print_json({**_as_data(deed, now, account), "dry_run": False, **done})


def _as_data(deed: Deed, rehearsal: Rehearsal, account: str) -> dict[str, object]:
    cost = rehearsal.cost
    return {
        "does": deed.title,
        "account": account,
        **deed.told,
        "before": for_programs(rehearsal.before),
        "after": None if rehearsal.after is None else for_programs(rehearsal.after),
        "gas": None if cost is None else cost.gas,
        "fee": None if cost is None else str(cost.total),
        "data_fee": None if cost is None else str(cost.data),
        "notes": list(deed.notes),
        "next": deed.next_command or None,
    }


def _suggest(deed: Deed) -> None:
    if deed.next_command:
        typer.echo(f"Next: {deed.next_command}")


def eth(wei: int) -> str:
    """Three digits are enough for a fee."""
    return f"{Decimal(f'{wei / WAD:.3g}'):f}"


def command(*words: object) -> str:
    """A command line for a shell; … stands for what the reader has to say."""
    return " ".join(word if word == "…" else shlex.quote(word) for word in ("flock", *map(str, words)))
