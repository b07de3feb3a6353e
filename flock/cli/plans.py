"""What every command that moves stake or rewards does: show the effect and the fee, then, unless it is dry, do it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import typer

from flock.amounts import rough, tokens
from flock.cli.fields import Fields, changes, for_people, for_programs

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.sending.fees import Cost
    from flock.chain.sending.sender import Receipt
    from flock.chain.simulation import PlannedCall, Simulation, View
    from flock.programs.settings import OwnerSettings

CANNOT_SIMULATE = "This endpoint cannot simulate (it has no eth_simulateV1), so only what is now is shown."
IDLE = "All of this is so already: nothing was sent."
DRY = "A dry run: nothing was signed, nothing was sent. Leave out --dry-run to do it."


@dataclass(frozen=True)
class Plan:
    """Transactions of one account, and what to watch while they happen.

    ``fields`` makes of what ``views`` say the lines that people see; ``next_command`` may be what they want then.
    ``told`` is for programs, beside the fields.
    """

    title: str
    acts: Sequence[PlannedCall]
    views: Sequence[View]
    fields: Callable[[Sequence[Any]], Fields]
    next_command: str = ""
    notes: Sequence[str] = ()
    told: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Preview:
    """What a plan would do, and cost; ``cost`` is None where the chain could not be asked."""

    before: Fields
    after: Fields | None
    cost: Cost | None
    balance: int

    @property
    def is_idle(self) -> bool:
        """Whether all that is watched would stay as it is."""
        return self.after == self.before


def carry_out(
    settings: OwnerSettings, contracts: Contracts, account: str, plan: Plan, *, dry_run: bool, as_json: bool
) -> None:
    """Rehearse the plan and show it; then sign and send, unless it is a dry run.

    Raises ContractRefused, with nothing sent, if the chain would refuse it.
    """
    preview = preview_of(contracts, account, plan)
    if not as_json:
        _print_preview(plan, preview, account)
    if preview.is_idle:
        _end_idle(plan, preview, account, dry_run=dry_run, as_json=as_json)
        return
    if dry_run:
        _end_dry(plan, preview, account, as_json=as_json)
        return
    receipts = _send(settings, contracts, plan)
    if as_json:
        _print_done_as_json(contracts, account, plan, preview, receipts)
        return
    last = receipts[-1]
    fee = sum(receipt.fee for receipt in receipts)
    typer.echo(f"Done in block {last.block} for {rough(fee)} ETH.")
    for receipt in receipts:
        typer.echo(f"Transaction {receipt.hash}")
    _suggest(plan)


def preview_of(contracts: Contracts, account: str, plan: Plan) -> Preview:
    """Raises ContractRefused if the chain would refuse the plan, and RpcUnavailable."""
    from flock.chain.simulation import simulate

    simulation = simulate(contracts.client, account, plan.acts, plan.views)
    after = None if simulation.after is None else plan.fields(simulation.after)
    return Preview(
        plan.fields(simulation.before),
        after,
        _cost(contracts, account, plan, simulation),
        contracts.client.balance(account),
    )


def _cost(contracts: Contracts, account: str, plan: Plan, simulation: Simulation) -> Cost | None:
    from flock.chain.sending.fees import FREE, estimate

    if simulation.gas is None:
        return None
    cost = FREE
    for act, gas in zip(plan.acts, simulation.gas, strict=True):
        cost += estimate(contracts.client, account, act.binding.address, act.data, gas=gas)
    return cost


def _send(settings: OwnerSettings, contracts: Contracts, plan: Plan) -> list[Receipt]:
    from flock.chain.abi_codec import snake
    from flock.programs.signing import acting

    with acting(settings, contracts) as (_, sender, _):
        return [
            sender.send(act.binding.fresh_key(snake(act.function)), act.binding.address, act.data)
            for act in plan.acts
        ]


# ---- what it says


def _print_preview(plan: Plan, preview: Preview, account: str) -> None:
    from flock.terminal import print_fields

    before, after = preview.before, preview.after
    lines = for_people(before) if after is None else changes(before, after)
    print_fields(plan.title, {**lines, "fee": _fee(plan, preview), **_data_fee(preview)})
    for note in (*plan.notes, *_warnings(preview, account)):
        typer.echo(note)


def _fee(plan: Plan, preview: Preview) -> str:
    if preview.cost is None:
        return "unknown"
    times = "" if len(plan.acts) == 1 else f", in {len(plan.acts)} transactions"
    return f"about {rough(preview.cost.total)} ETH ({preview.cost.gas:,} gas){times}"


def _data_fee(preview: Preview) -> dict[str, str]:
    """A line of its own, where a rollup charges for the bytes of a transaction."""
    data = preview.cost.data if preview.cost else 0
    return {"data fee": f"{rough(data)} ETH of it, for the bytes on layer 1"} if data else {}


def _warnings(preview: Preview, account: str) -> Sequence[str]:
    if preview.cost is None:
        return [CANNOT_SIMULATE]
    if preview.balance < preview.cost.total:
        return [f"{account} holds {tokens(preview.balance)} ETH, too little for the fee: send it some."]
    return []


def _end_dry(plan: Plan, preview: Preview, account: str, *, as_json: bool) -> None:
    from flock.terminal import print_json

    if as_json:
        print_json({**_as_data(plan, preview, account), "dry_run": True})
    else:
        typer.echo(DRY)


def _end_idle(plan: Plan, preview: Preview, account: str, *, dry_run: bool, as_json: bool) -> None:
    """That it is so already is no error; only it would cost a fee for nothing."""
    from flock.terminal import print_json

    if as_json:
        nothing = {"dry_run": dry_run, "gas": 0, "fee": "0", "data_fee": "0", "transactions": []}
        print_json({**_as_data(plan, preview, account), **nothing})
    else:
        typer.echo(IDLE)


def _print_done_as_json(
    contracts: Contracts, account: str, plan: Plan, preview: Preview, receipts: Sequence[Receipt]
) -> None:
    """What came of it is read again: others may have acted meanwhile."""
    from dataclasses import replace

    from flock.chain.simulation import read_all
    from flock.terminal import print_json

    now = replace(preview, after=plan.fields(read_all(contracts.client, plan.views)))
    done = {
        "gas": sum(receipt.gas_used for receipt in receipts),
        "fee": str(sum(receipt.fee for receipt in receipts)),
        "transactions": [receipt.hash for receipt in receipts],
    }
    print_json({**_as_data(plan, now, account), "dry_run": False, **done})


def _as_data(plan: Plan, preview: Preview, account: str) -> dict[str, object]:
    cost = preview.cost
    return {
        "does": plan.title,
        "account": account,
        **plan.told,
        "before": for_programs(preview.before),
        "after": None if preview.after is None else for_programs(preview.after),
        "gas": None if cost is None else cost.gas,
        "fee": None if cost is None else str(cost.total),
        "data_fee": None if cost is None else str(cost.data),
        "notes": list(plan.notes),
        "next": plan.next_command or None,
    }


def _suggest(plan: Plan) -> None:
    if plan.next_command:
        typer.echo(f"Next: {plan.next_command}")


def command(*words: object) -> str:
    """A command line for a shell; … stands for what the reader has to say."""
    return " ".join(word if word == "…" else shlex.quote(word) for word in ("flock", *map(str, words)))
