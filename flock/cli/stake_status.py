"""``flock stake status``: an account's lock and where its gmFLOCK is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from flock.cli import figures
from flock.cli.acting import own_account
from flock.cli.amounts import short
from flock.cli.deeds import command
from flock.cli.figures import Figures
from flock.cli.stake_actions import ROLES, operator_figures, position_figures, position_views

if TYPE_CHECKING:
    from flock.chain.contracts import Contracts
    from flock.settings import ChainSettings

ROLE_NAMES = {number: name for name, number in ROLES.items()}


@dataclass(frozen=True)
class StakeLine:
    """gmFLOCK of an account on a task, in wei as decimal text; ``held`` while a duty needs it."""

    task: int
    state: str
    role: str
    gm: str
    held: bool


def show(settings: ChainSettings, subject: str | None, *, as_json: bool) -> None:
    from dataclasses import asdict

    from flock.cli.output import Progress, print_fields, print_json, print_table
    from flock.cli.wiring import contracts_of

    account = own_account(settings, subject)
    contracts = contracts_of(settings)
    with Progress("Reading the chain…"):
        fields = account_figures(contracts, account)
        stakes = stakes_of(contracts, account)
    if as_json:
        told = figures.for_programs(fields)
        print_json({"account": account, **told, "stakes": [asdict(stake) for stake in stakes]})
        return
    print_fields(account, figures.for_people(fields))
    if stakes:
        rows = [
            (each.task, each.state, each.role, short(int(each.gm)), "held" if each.held else "none")
            for each in stakes
        ]
        print_table(["task", "state", "role", "gmFLOCK", "duty"], rows)
    is_over = (
        bool(fields["unlock_at"].value) and int(fields["unlock_at"].value or 0) <= contracts.client.now()
    )
    if is_over:
        typer.echo(
            "The lock is over: it can be redeemed, and stakes on no further task before it is renewed."
        )
    typer.echo(f"Next: {_next(subject or account, fields, stakes, is_over=is_over)}")


def account_figures(contracts: Contracts, account: str) -> Figures:
    """The lock, the votes and the operator of an account, and what it holds besides."""
    from flock.chain.simulation import View, read_all

    asked = [
        *position_views(contracts, account),
        View(contracts.token, "balanceOf", (account,)),
        View(contracts.staking, "operatorOf", (account,)),
        View(contracts.staking, "keeperCreditOf", (account,)),
    ]
    said = read_all(contracts.client, asked)
    *_, purse, operator, credit = said
    position = said[0]
    return {
        **position_figures(said),
        "allocated": figures.gm("on tasks", position["allocated"]),
        "delegated": figures.gm("delegated", position["delegated"]),
        "held": figures.flock("FLOCK not locked", purse),
        "keeper_credit": figures.flock("keeper's credit", credit),
        **operator_figures(operator),
    }


def stakes_of(contracts: Contracts, account: str) -> list[StakeLine]:
    """By task and role; what was taken off is left out."""
    from flock.chain.places import read_places
    from flock.chain.simulation import View, read_all

    places = read_places(contracts, account).stakes_of(account)
    asked = [View(contracts.staking, "allocationOf", (account, task, role)) for task, role in places]
    allocations = read_all(contracts.client, asked)
    return [
        _line(contracts, task, role, allocation)
        for (task, role), allocation in zip(places, allocations, strict=True)
        if allocation["amount"]
    ]


def _line(contracts: Contracts, task: int, role: int, allocation: dict[str, Any]) -> StakeLine:
    from flock.protocol.staking import NOBODY

    state = contracts.task_manager.task_of(task).state.name.lower()
    held = allocation["holder"] != NOBODY
    return StakeLine(task, state, ROLE_NAMES[role], str(allocation["amount"]), held)


def _next(subject: str, fields: Figures, stakes: list[StakeLine], *, is_over: bool) -> str:
    """What an account in this state most likely wants."""
    key = "…" if subject.startswith("0x") else subject
    if is_over and fields["available"].value:
        return command("stake", "redeem", "--key", key)
    if not fields["gm"].value and not fields["delegated"].value:
        return command("stake", "lock", "…", "--days", "…", "--key", key)
    if fields["available"].value:
        return command("stake", "add", "all", "--task", "…", "--key", key)
    idle = [stake.task for stake in stakes if stake.state in ("closed", "cancelled") and not stake.held]
    if idle:
        return command("stake", "remove", "all", "--task", idle[0], "--key", key)
    if stakes:
        return command("delegate", "accept", "--task", stakes[0].task, "--sigma", "50", "--key", key)
    return command("rewards", "show", subject)
