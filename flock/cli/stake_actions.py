"""What the commands of ``flock stake`` do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flock.amounts import wei_of
from flock.cli.plans import carry_out, gm_of
from flock.economy.operations import staking
from flock.economy.operations.plans import Names
from flock.programs.signing import account_of, opened

if TYPE_CHECKING:
    from flock.programs.settings import OwnerSettings


def lock(settings: OwnerSettings, amount: str, days: int, *, dry_run: bool, as_json: bool) -> None:
    wei = wei_of(amount, "AMOUNT")
    contracts, account = opened(settings)
    plan = staking.lock(contracts, account, wei, days, Names({account: settings.key}))
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def extend(settings: OwnerSettings, days: int, *, dry_run: bool, as_json: bool) -> None:
    contracts, account = opened(settings)
    plan = staking.extend(contracts, account, days, Names({account: settings.key}))
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def add(settings: OwnerSettings, amount: str, task: int, *, dry_run: bool, as_json: bool) -> None:
    contracts, account = opened(settings)
    plan = staking.add(contracts, account, gm_of(amount), task, Names({account: settings.key}))
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def remove(settings: OwnerSettings, amount: str, task: int, *, dry_run: bool, as_json: bool) -> None:
    contracts, account = opened(settings)
    plan = staking.remove(contracts, account, gm_of(amount), task, Names({account: settings.key}))
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def redeem(settings: OwnerSettings, amount: str, *, dry_run: bool, as_json: bool) -> None:
    contracts, account = opened(settings)
    plan = staking.redeem(contracts, account, gm_of(amount), Names({account: settings.key}))
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def poke(settings: OwnerSettings, subject: str, *, dry_run: bool, as_json: bool) -> None:
    contracts, account = opened(settings)
    poked = account_of(settings, subject)
    plan = staking.poke(contracts, account, poked, Names({account: settings.key, poked: subject}))
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def operator(settings: OwnerSettings, subject: str, *, dry_run: bool, as_json: bool) -> None:
    contracts, account = opened(settings)
    named = None if subject == "none" else account_of(settings, subject, "ADDRESS")
    plan = staking.operator(contracts, account, named, Names({account: settings.key}))
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)
