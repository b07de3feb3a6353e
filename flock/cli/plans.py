"""What every command that carries out a plan does: show the effect and the fee, then, unless it is dry, do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from flock.amounts import rough, tokens, wei_of
from flock.economy.governance.effect_text import effect_row
from flock.economy.operations.fields import changes, for_people, for_programs
from flock.terminal import print_fields, print_json, print_table

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.sending.sender import Receipt
    from flock.cli.options import Signing
    from flock.economy.governance.effects import Effect
    from flock.economy.operations.plans import Plan, Preview

CANNOT_SIMULATE = "This endpoint cannot simulate (it has no eth_simulateV1), so only what is now is shown."
IDLE = "Nothing to change, so nothing was sent."
DRY = "A dry run: nothing was signed, nothing was sent. Leave out --dry-run to do it."


def gm_of(amount: str) -> int | None:
    """An amount in wei; None for ``all``. Raises BadConfig."""
    return None if amount == "all" else wei_of(amount, "AMOUNT")


def carry_out(options: Signing, plan: Plan) -> None:
    """Rehearse the plan and show it; then sign and send, unless it is a dry run.

    Raises ContractRefused, with nothing sent, if the chain would refuse it.
    """
    from flock.programs.signing import acting

    preview = rehearse(options, plan)
    if preview is None:
        return
    with acting(options.settings, plan.contracts) as (_, sender, _):
        receipts = plan.send_by(sender)
    tell_done(plan, preview, receipts, as_json=options.as_json)


def rehearse(options: Signing, plan: Plan) -> Preview | None:
    """Rehearse the plan and show it; None if nothing is to be sent, as it is a dry run or would change nothing.

    Raises ContractRefused if the chain would refuse it.
    """
    as_json = options.as_json
    if plan.effects and not as_json:
        print_effects(plan.contracts, plan.effects)
    preview = plan.preview()
    if not as_json:
        _print_preview(plan, preview)
    if preview.is_idle:
        _end_idle(plan, preview, dry_run=options.dry_run, as_json=as_json)
        return None
    if options.dry_run:
        _end_dry(plan, preview, as_json=as_json)
        return None
    return preview


def tell_done(plan: Plan, preview: Preview, receipts: Sequence[Receipt], *, as_json: bool) -> None:
    """What came of a plan that was sent."""
    if as_json:
        _print_done_as_json(plan, preview, receipts)
        return
    last = receipts[-1]
    fee = sum(receipt.fee for receipt in receipts)
    typer.echo(f"Done in block {last.block} for {rough(fee)} ETH.")
    for receipt in receipts:
        typer.echo(f"Transaction {receipt.hash}")
    if plan.next:
        typer.echo(f"Next: {plan.next}")


def print_effects(contracts: Contracts, effects: Sequence[Effect], *, is_done: bool = False) -> None:
    """A line for each change: what is, and what it would be."""
    columns = ["changes", "now", "set to" if is_done else "then"]
    print_table(columns, [effect_row(contracts, effect) for effect in effects])


# ---- what it says


def _print_preview(plan: Plan, preview: Preview) -> None:
    before, after = preview.before, preview.after
    lines = for_people(before) if after is None else changes(before, after)
    print_fields(plan.title, {**lines, "fee": _fee(plan, preview), **_data_fee(preview)})
    for note in (*plan.notes, *_warnings(preview, plan.account)):
        typer.echo(note)


def _fee(plan: Plan, preview: Preview) -> str:
    if preview.cost is None:
        return "unknown"
    times = "" if len(plan.calls) == 1 else f", in {len(plan.calls)} transactions"
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


def _end_dry(plan: Plan, preview: Preview, *, as_json: bool) -> None:
    if as_json:
        print_json({**_as_data(plan, preview), "dry_run": True})
    else:
        typer.echo(DRY)


def _end_idle(plan: Plan, preview: Preview, *, dry_run: bool, as_json: bool) -> None:
    """A plan that changes nothing is not an error, but sending it would waste a fee."""
    if as_json:
        nothing = {"dry_run": dry_run, "gas": 0, "fee": "0", "data_fee": "0", "transactions": []}
        print_json({**_as_data(plan, preview), **nothing})
    else:
        typer.echo(IDLE)


def _print_done_as_json(plan: Plan, preview: Preview, receipts: Sequence[Receipt]) -> None:
    """What came of it is read again: others may have acted meanwhile."""
    now = replace(preview, after=plan.now())
    done = {
        "gas": sum(receipt.gas_used for receipt in receipts),
        "fee": str(sum(receipt.fee for receipt in receipts)),
        "transactions": [receipt.hash for receipt in receipts],
    }
    print_json({**_as_data(plan, now), "dry_run": False, **done})


def _as_data(plan: Plan, preview: Preview) -> dict[str, object]:
    cost = preview.cost
    return {
        "does": plan.title,
        "account": plan.account,
        **plan.told,
        "before": for_programs(preview.before),
        "after": None if preview.after is None else for_programs(preview.after),
        "gas": None if cost is None else cost.gas,
        "fee": None if cost is None else str(cost.total),
        "data_fee": None if cost is None else str(cost.data),
        "notes": list(plan.notes),
        "next": plan.next or None,
    }
