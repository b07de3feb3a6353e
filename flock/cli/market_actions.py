"""What the commands of ``flock market`` do on the chain, but for publishing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from flock.cli.plans import carry_out
from flock.economy.operations.plans import Names
from flock.errors import BadConfig, Refused
from flock.marketplace import host_plans, plans
from flock.marketplace.tokens import token_of
from flock.programs.signing import account_of, opened

if TYPE_CHECKING:
    from flock.cli.options import Signing

NOBODY = "0x" + "00" * 20


def set_price(options: Signing, version: int, token: str, asked: Mapping[str, str]) -> None:
    """``asked`` are the four amounts, by their option, in the order of ``Price``."""
    from flock.protocol.market.prices import Price

    contracts, account = opened(options.settings)
    unit = token_of(contracts, token)
    price = Price(*(unit.parse(amount, option) for option, amount in asked.items()))
    carry_out(
        options, plans.set_price(contracts, account, version, unit, price, Names({account: options.key}))
    )


def retire_version(options: Signing, version: int) -> None:
    contracts, account = opened(options.settings)
    carry_out(options, plans.retire(contracts, account, version))


def release_payees(
    options: Signing,
    place: tuple[int, str | None],
    wanted: Sequence[int] | None,
    token: str,
    alliance: str | None,
) -> None:
    """``place`` is a version and the name of a host, None for royalties."""
    from flock.cli.market_view import payees_at
    from flock.programs.settings import OwnerSettings

    contracts, account = opened(options.settings)
    unit, (version, named) = token_of(contracts, token), place
    host = None if named is None else account_of(options.settings, named, "--host")
    settings = options.loaded(OwnerSettings, alliance=alliance)
    found = payees_at(settings, version, host, unit.address)
    unknown = set(wanted or ()) - {each["number"] for each in found}
    if unknown:
        raise BadConfig(f"There is no payee {min(unknown)}: see `flock market payees {version}`.")
    due = {
        each["number"]: each["account"]
        for each in found
        if int(each["due"]) and (not wanted or each["number"] in wanted)
    }
    if not due:
        raise Refused(f"Nothing is due there in {unit.symbol} now: see `flock market payees {version}`.")
    carry_out(options, plans.release(contracts, account, (version, host or NOBODY), unit, due))


def release_to_maker(options: Signing, task: int, maker: str, token: str) -> None:
    contracts, account = opened(options.settings)
    unit, named = token_of(contracts, token), account_of(options.settings, maker, "--to")
    carry_out(options, plans.release_maker(contracts, account, task, unit, named))


def buy_subscription(options: Signing, version: int, host: str, periods: int, token: str) -> None:
    contracts, account = opened(options.settings)
    unit, named = token_of(contracts, token), account_of(options.settings, host, "--host")
    now = contracts.client.now()
    carry_out(options, plans.subscribe(contracts, account, (version, named), unit, periods, now=now))


def cancel_subscription(options: Signing, subscription: int) -> None:
    contracts, account = opened(options.settings)
    carry_out(options, plans.cancel(contracts, account, subscription))


def put_up_bond(options: Signing) -> None:
    contracts, account = opened(options.settings)
    carry_out(options, host_plans.bond(contracts, account, Names({account: options.key})))


def serve_version(options: Signing, version: int) -> None:
    contracts, account = opened(options.settings)
    carry_out(options, host_plans.serve(contracts, account, version, Names({account: options.key})))


def leave_hosting(options: Signing) -> None:
    contracts, account = opened(options.settings)
    carry_out(options, host_plans.leave(contracts, account, Names({account: options.key})))


def free_bond(options: Signing, named: str | None) -> None:
    contracts, account = opened(options.settings)
    host = account if named is None else account_of(options.settings, named, "HOST")
    names = Names({account: options.key, **({} if named is None else {host: named})})
    carry_out(options, host_plans.free(contracts, account, host, names))
