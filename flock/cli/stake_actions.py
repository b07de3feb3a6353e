"""What the commands of ``flock stake`` do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flock.amounts import wei_of
from flock.cli.plans import carry_out, gm_of
from flock.economy.operations import staking
from flock.economy.operations.plans import Names
from flock.programs.signing import account_of, opened

if TYPE_CHECKING:
    from flock.cli.options import Signing


def lock(options: Signing, amount: str, days: int) -> None:
    wei = wei_of(amount, "AMOUNT")
    contracts, account = opened(options.settings)
    plan = staking.lock(contracts, account, wei, days, Names({account: options.key}))
    carry_out(options, plan)


def extend(options: Signing, days: int) -> None:
    contracts, account = opened(options.settings)
    plan = staking.extend(contracts, account, days, Names({account: options.key}))
    carry_out(options, plan)


def add(options: Signing, amount: str, task: int) -> None:
    contracts, account = opened(options.settings)
    plan = staking.add(contracts, account, gm_of(amount), task, Names({account: options.key}))
    carry_out(options, plan)


def remove(options: Signing, amount: str, task: int) -> None:
    contracts, account = opened(options.settings)
    plan = staking.remove(contracts, account, gm_of(amount), task, Names({account: options.key}))
    carry_out(options, plan)


def redeem(options: Signing, amount: str) -> None:
    contracts, account = opened(options.settings)
    plan = staking.redeem(contracts, account, gm_of(amount), Names({account: options.key}))
    carry_out(options, plan)


def poke(options: Signing, subject: str) -> None:
    contracts, account = opened(options.settings)
    poked = account_of(options.settings, subject)
    plan = staking.poke(contracts, account, poked, Names({account: options.key, poked: subject}))
    carry_out(options, plan)


def operator(options: Signing, subject: str) -> None:
    contracts, account = opened(options.settings)
    named = None if subject == "none" else account_of(options.settings, subject, "ADDRESS")
    plan = staking.operator(contracts, account, named, Names({account: options.key}))
    carry_out(options, plan)
