"""What ``flock chain up``, ``status`` and ``fund`` do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from flock.amounts import short, tokens
from flock.cli.chain_signer import Signer, address_of, sender_of
from flock.errors import BadConfig, NotDeployed

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress

    from flock.chain.client import Client
    from flock.cli.networks import Gift, UpRequest
    from flock.programs.settings import ChainSettings

UNITS: Mapping[str, int] = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
DURATION = re.compile("".join(rf"(?:(?P<{unit}>[0-9]{{1,10}}){unit})?" for unit in UNITS))
LONGEST_WARP = 3_653 * UNITS["d"]


def up(request: UpRequest) -> None:
    from flock.chain.deploy.anvil import Anvil
    from flock.programs.running import until_told_to_stop

    with until_told_to_stop() as stop, Anvil(request.options()) as anvil:
        request.require_network(anvil.url)
        typer.echo(f"Anvil serves {anvil.url}; Ctrl-C ends it. Next: flock chain deploy --rpc {anvil.url}")
        while not stop.wait(0.2):
            anvil.require_alive()
            anvil.keep()


def status(settings: ChainSettings, *, as_json: bool) -> None:
    from flock.chain.client import Client
    from flock.terminal import print_fields, print_json

    client = Client(settings.rpc, settings.chain_id)
    head = client.head()
    fields: dict[str, Any] = {
        "rpc": client.rpc.place,
        "chain_id": client.chain_id,
        "node": client.version,
        "block": head.number,
        "finalised": client.finalised_head().number,
        "time": head.timestamp,
        "base_fee": head.base_fee,
        **_contracts_status(client, settings),
    }
    if as_json:
        print_json(fields)
    else:
        print_fields(f"Chain {client.chain_id}", fields)


def fund(source: Signer, accounts: Sequence[str], gift: Gift, *, as_json: bool) -> None:
    from flock.chain.address_book import AddressBook
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.deploy.anvil import require_local
    from flock.terminal import print_json, print_table

    require_local(source.client)
    places = [_named(account, source.settings) for account in accounts]
    contracts = Contracts(source.client, AddressBook.load(source.client.chain_id, source.settings.addresses))
    with sender_of(source) as sender:
        for place in places:
            gift.give(sender, contracts.token, place)
    balances = [(place, source.client.balance(place), contracts.token.balance_of(place)) for place in places]
    if as_json:
        print_json(
            [{"address": place, "eth": str(eth), "flock": str(flock)} for place, eth, flock in balances]
        )
    else:
        rows = [(place, short(eth), short(flock)) for place, eth, flock in balances]
        print_table(["address", "ETH", "FLOCK"], rows)


def warp(settings: ChainSettings, duration: str, *, as_json: bool) -> None:
    """Raises BadConfig for no duration, Misconfigured for a chain that is not local."""
    from flock.chain.client import Client
    from flock.chain.deploy.anvil import let_time_run
    from flock.terminal import moment, tell

    seconds = seconds_of(duration)
    client = Client(settings.rpc, settings.chain_id)
    let_time_run(client, seconds)
    head = client.head()
    tell(
        f"It is {moment(head.timestamp)} on chain {client.chain_id}, in block {head.number:,}.",
        as_json=as_json,
        seconds=seconds,
        time=head.timestamp,
        block=head.number,
    )


def seconds_of(duration: str) -> int:
    """``1d12h`` in seconds. Raises BadConfig."""
    found = DURATION.fullmatch(duration.strip().lower())
    seconds = sum(int(count) * UNITS[unit] for unit, count in found.groupdict("0").items()) if found else 0
    if not 0 < seconds <= LONGEST_WARP:
        raise BadConfig(
            f"DURATION is {duration!r}: write days, hours, minutes and seconds, such as 1d, 12h or 1d12h, ten "
            "years at most."
        )
    return seconds


def _contracts_status(client: Client, settings: ChainSettings) -> dict[str, Any]:
    from flock.chain.address_book import AddressBook, known_path
    from flock.chain.contracts.deployed import NOT_CONTRACTS, Contracts, missing_contracts

    try:
        book = AddressBook.load(client.chain_id, settings.addresses)
    except NotDeployed as problem:
        path = settings.addresses or known_path(client.chain_id)
        return {"contracts": str(problem) if path.exists() else "not deployed"}
    missing = missing_contracts(client, book)
    places = {
        name: f"{place} (no code there)" if name in missing else place
        for name, place in asdict(book).items()
        if name not in NOT_CONTRACTS
    }
    if missing:
        return places
    contracts = Contracts(client, book)
    supply = contracts.token.total_supply()
    return {**places, "flock_supply": tokens(supply), "tasks": contracts.task_manager.task_count()}


def _named(account: str, settings: ChainSettings) -> ChecksumAddress:
    """An address as given, or the address of the key with this name."""
    from flock.chain.keys import KeyStore

    return (
        address_of(account, "the account")
        if account.startswith("0x")
        else KeyStore(settings.keys).address_of(account)
    )
