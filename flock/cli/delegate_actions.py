"""What ``flock delegate accept``, ``to``, ``undo``, ``move`` and ``collect`` do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flock.amounts import basis_points_of
from flock.cli.plans import carry_out, gm_of
from flock.cli.yields import yields_note
from flock.economy.operations import collecting, delegating
from flock.economy.operations.plans import Names
from flock.programs.signing import account_of, opened

if TYPE_CHECKING:
    from flock.economy.operations.delegating import Place
    from flock.programs.settings import OwnerSettings


def accept(
    settings: OwnerSettings, task: int, sigma: str | None, *, is_open: bool, dry_run: bool, as_json: bool
) -> None:
    kept = None if sigma is None else basis_points_of(sigma, "--sigma")
    contracts, account = opened(settings)
    names = Names({account: settings.key})
    plan = delegating.accept(contracts, account, task, kept, is_open=is_open, names=names)
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def delegate(
    settings: OwnerSettings, operator: str, amount: str, task: int, *, dry_run: bool, as_json: bool
) -> None:
    contracts, account = opened(settings)
    named = account_of(settings, operator, "OPERATOR")
    plan = delegating.delegate(contracts, account, named, gm_of(amount), task, Names({account: settings.key}))
    told = replace(plan, notes=[*plan.notes, *yields_note(settings.alliance, (named, task))])
    carry_out(settings, told, dry_run=dry_run, as_json=as_json)


def undo(
    settings: OwnerSettings, operator: str, amount: str, task: int, *, dry_run: bool, as_json: bool
) -> None:
    contracts, account = opened(settings)
    named = account_of(settings, operator, "OPERATOR")
    plan = delegating.undo(contracts, account, named, gm_of(amount), task, Names({account: settings.key}))
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def move(
    settings: OwnerSettings, amount: str, source: Place, target: Place, *, dry_run: bool, as_json: bool
) -> None:
    contracts, account = opened(settings)
    old = account_of(settings, source[0], "--from"), source[1]
    new = account_of(settings, target[0], "--to"), target[1]
    plan = delegating.move(contracts, account, gm_of(amount), old, new, Names({account: settings.key}))
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def collect(
    settings: OwnerSettings,
    operator: str | None,
    task: int | None,
    delegator: str | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    contracts, account = opened(settings)
    owner = account_of(settings, delegator, "--for") if delegator else account
    named = account_of(settings, operator, "OPERATOR") if operator else None
    names = Names({owner: delegator or settings.key, account: settings.key})
    plan = collecting.collect(contracts, account, named, task, owner, names)
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)
