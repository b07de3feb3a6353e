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
    from flock.cli.options import Signing
    from flock.economy.operations.delegating import Place


def accept(options: Signing, task: int, sigma: str | None, *, is_open: bool) -> None:
    kept = None if sigma is None else basis_points_of(sigma, "--sigma")
    contracts, account = opened(options.settings)
    names = Names({account: options.key})
    plan = delegating.accept(contracts, account, task, kept, is_open=is_open, names=names)
    carry_out(options, plan)


def delegate(options: Signing, operator: str, amount: str, task: int) -> None:
    contracts, account = opened(options.settings)
    named = account_of(options.settings, operator, "OPERATOR")
    plan = delegating.delegate(contracts, account, named, gm_of(amount), task, Names({account: options.key}))
    told = replace(plan, notes=[*plan.notes, *yields_note(options.settings.alliance, (named, task))])
    carry_out(options, told)


def undo(options: Signing, operator: str, amount: str, task: int) -> None:
    contracts, account = opened(options.settings)
    named = account_of(options.settings, operator, "OPERATOR")
    plan = delegating.undo(contracts, account, named, gm_of(amount), task, Names({account: options.key}))
    carry_out(options, plan)


def move(options: Signing, amount: str, source: Place, target: Place) -> None:
    contracts, account = opened(options.settings)
    old = account_of(options.settings, source[0], "--from"), source[1]
    new = account_of(options.settings, target[0], "--to"), target[1]
    plan = delegating.move(contracts, account, gm_of(amount), old, new, Names({account: options.key}))
    carry_out(options, plan)


def collect(
    options: Signing,
    operator: str | None,
    task: int | None,
    delegator: str | None,
) -> None:
    contracts, account = opened(options.settings)
    owner = account_of(options.settings, delegator, "--for") if delegator else account
    named = account_of(options.settings, operator, "OPERATOR") if operator else None
    names = Names({owner: delegator or options.key, account: options.key})
    plan = collecting.collect(contracts, account, named, task, owner, names)
    carry_out(options, plan)
