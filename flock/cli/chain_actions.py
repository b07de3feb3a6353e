"""What the commands of ``flock chain`` do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from flock.errors import BadConfig, Misconfigured, NotDeployed, Refused

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from eth_typing import ChecksumAddress

    from flock.chain.client import Client
    from flock.chain.deployment import GovernanceTerms
    from flock.chain.sender import Receipt, Sender
    from flock.cli.networks import Gift, UpRequest
    from flock.settings import ChainSettings

WEI = 10**18


@dataclass(frozen=True)
class Signer:
    """A chain and an account on it, to be opened as a sender."""

    settings: ChainSettings
    client: Client
    account: LocalAccount


@dataclass(frozen=True)
class DeployRequest:
    treasury: str | None
    holder: str | None
    token: str | None
    addresses: Path | None
    guardian: str | None
    governance: Mapping[str, int]
    daily_budget: str | None


def governance_of(
    voting_delay: int | None,
    voting_period: int | None,
    timelock_delay: int | None,
    proposal_threshold: str | None,
    quorum_percent: int | None,
) -> Mapping[str, int]:
    """What of GovernanceTerms was given."""
    from flock.cli.amounts import wei_of

    threshold = None if proposal_threshold is None else wei_of(proposal_threshold, "--proposal-threshold")
    given = {
        "voting_delay": voting_delay,
        "voting_period": voting_period,
        "timelock_delay": timelock_delay,
        "proposal_threshold": threshold,
        "quorum_percent": quorum_percent,
    }
    return {name: number for name, number in given.items() if number is not None}


def up(request: UpRequest) -> None:
    from flock.chain.anvil import Anvil
    from flock.cli.running import until_told_to_stop

    with until_told_to_stop() as stop, Anvil(request.options()) as anvil:
        request.require_network(anvil.url)
        typer.echo(f"Anvil serves {anvil.url}; Ctrl-C ends it. Next: flock chain deploy --rpc {anvil.url}")
        while not stop.wait(0.2):
            anvil.require_alive()
            anvil.keep()


def signer(rpc: str | None, chain_id: int | None, key: str | None, password_file: Path | None) -> Signer:
    """The account of ``key``, or on a local chain the one everybody knows."""
    from eth_account import Account

    from flock.chain.anvil import DEVELOPMENT_KEY
    from flock.chain.client import Client
    from flock.chain.keys import KeyStore
    from flock.cli.passwords import password_for

    settings = _settings(rpc, chain_id, None)
    client = Client(settings.rpc, settings.chain_id)
    if key:
        return Signer(settings, client, KeyStore(settings.keys).unlock(key, password_for(key, password_file)))
    if not client.is_local:
        raise Misconfigured(
            f"Chain {client.chain_id} is not a local chain: name the key that signs with --key."
        )
    return Signer(settings, client, Account.from_key(DEVELOPMENT_KEY))


def deploy(source: Signer, request: DeployRequest, *, as_json: bool) -> None:
    from flock.chain.deployment import Plan
    from flock.chain.deployment import deploy as carry_out
    from flock.cli.networks import book_path, existing_token, where_things_are
    from flock.cli.output import print_json

    path = request.addresses or source.settings.addresses or book_path(source.client)
    token = _address(request.token, "--token") if request.token else None
    with _sender(source) as sender:
        plan = Plan(
            admin=sender.address,
            treasury=_address(request.treasury, "--treasury") if request.treasury else None,
            holder=_address(request.holder, "--holder") if request.holder else sender.address,
            token=existing_token(source.client, token),
            guardian=_guardian(source.client, request.guardian, sender.address),
            governance=_governance(source.client, request.governance),
            daily_budget=_daily_budget(request.daily_budget),
        )
        done = carry_out(sender, plan, lambda *step: None if as_json else _tell(*step))
    book = _keep_first_block(done, path)
    book.save(path)
    if as_json:
        print_json(asdict(book))
    else:
        typer.echo(where_things_are(source.client, path, book.staking))


def verify(rpc: str | None, chain_id: int | None, addresses: Path | None, *, as_json: bool) -> None:
    from flock.chain.book import AddressBook
    from flock.chain.client import Client
    from flock.chain.deployment import verify as compare
    from flock.cli.output import print_json, print_table

    settings = _settings(rpc, chain_id, addresses)
    client = Client(settings.rpc, settings.chain_id)
    results = compare(client, AddressBook.load(client.chain_id, settings.addresses))
    if as_json:
        print_json([asdict(result) for result in results])
    else:
        print_table(
            ["contract", "address", "bytecode"],
            [(result.contract, result.address, result.verdict) for result in results],
        )
    bad = [result.contract for result in results if not result.matches and result.contract != "FlockToken"]
    if bad:
        raise Refused(
            f"The bytecode of {', '.join(bad)} is not this version's. Use the version of flock that deployed "
            "it, or deploy anew."
        )


def status(rpc: str | None, chain_id: int | None, addresses: Path | None, *, as_json: bool) -> None:
    from flock.chain.client import Client
    from flock.cli.output import print_fields, print_json

    settings = _settings(rpc, chain_id, addresses)
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


def fund(
    source: Signer,
    accounts: Sequence[str],
    addresses: Path | None,
    gift: Gift,
    *,
    as_json: bool,
) -> None:
    from flock.chain.anvil import require_local
    from flock.chain.book import AddressBook
    from flock.chain.contracts import Contracts
    from flock.cli.output import print_json, print_table

    require_local(source.client)
    places = [_named(account, source.settings) for account in accounts]
    contracts = Contracts(
        source.client, AddressBook.load(source.client.chain_id, addresses or source.settings.addresses)
    )
    with _sender(source) as sender:
        for place in places:
            gift.give(sender, contracts.token, place)
    balances = [(place, source.client.balance(place), contracts.token.balance_of(place)) for place in places]
    if as_json:
        print_json(
            [{"address": place, "eth": str(wei), "flock": str(tokens)} for place, wei, tokens in balances]
        )
    else:
        rows = [(place, f"{wei / WEI:,.4f}", f"{tokens / WEI:,.4f}") for place, wei, tokens in balances]
        print_table(["address", "ETH", "FLOCK"], rows)


def compile_all(*, check: bool, force: bool, as_json: bool) -> None:
    from flock.chain.compile import CONTRACTS, Checkout, compile_contract, is_current, write_artifact
    from flock.cli.output import print_json, print_table

    checkout = Checkout.here()
    stale = [name for name in CONTRACTS if force or not is_current(checkout, name)]
    if check and stale:
        raise Refused(
            f"The artifacts of {', '.join(stale)} are stale. Run `flock chain compile` and commit them."
        )
    for name in stale:
        if not as_json:
            typer.echo(f"Compiling {name}…")
        write_artifact(compile_contract(checkout, name))
    outcome = {name: "compiled" if name in stale else "unchanged" for name in CONTRACTS}
    if as_json:
        print_json(outcome)
    else:
        print_table(["contract", "artifact"], list(outcome.items()))


def _settings(rpc: str | None, chain_id: int | None, addresses: Path | None) -> ChainSettings:
    from flock.settings import ChainSettings, load

    return load(ChainSettings, rpc=rpc, chain_id=chain_id, addresses=addresses)


@contextmanager
def _sender(source: Signer) -> Iterator[Sender]:
    """A sender whose journal lies beside the keys."""
    from flock.chain.sender import open_sender
    from flock.store.database import migrate, open_database

    database = open_database(str(source.settings.keys.parent / "chain.db"))
    try:
        migrate(database)
        yield open_sender(source.client, source.account, database)
    finally:
        database.close()


def _tell(name: str, address: ChecksumAddress, receipt: Receipt | None) -> None:
    what = "there already" if receipt is None else f"done, {receipt.gas_used:,} gas"
    typer.echo(f"{name:<22}  {address}  {what}")


def _guardian(client: Client, given: str | None, deployer: ChecksumAddress) -> ChecksumAddress | None:
    """On a local chain the deployer, so that pausing can be tried out; nobody elsewhere, unless named."""
    if given:
        return _address(given, "--guardian")
    return deployer if client.is_local else None


def _governance(client: Client, given: Mapping[str, int]) -> GovernanceTerms:
    """Raises BadConfig for what no proposal could set, where it is more than a trial."""
    from flock.chain.deployment import GovernanceTerms

    terms = GovernanceTerms(**given)
    problem = None if client.is_local else next(terms.problems(), None)
    if problem:
        raise BadConfig(f"{problem} Only a local chain may begin outside of that.")
    return terms


def _daily_budget(given: str | None) -> int:
    from flock.chain.deployment import DAILY_BUDGET
    from flock.cli.amounts import wei_of

    return DAILY_BUDGET if given is None else wei_of(given, "--daily-budget")


def _keep_first_block(book: Any, path: Path) -> Any:
    """A second deployment keeps the block of the first, if the contracts are the same."""
    from dataclasses import replace

    from flock.chain.book import AddressBook

    if not path.exists():
        return book
    try:
        known = AddressBook.load(book.chain_id, path)
    except NotDeployed:  # the book of an earlier version
        return book
    first = min(known.deployed_block, book.deployed_block)
    return known if replace(known, deployed_block=first) == replace(book, deployed_block=first) else book


def _contracts_status(client: Client, settings: ChainSettings) -> dict[str, Any]:
    from flock.chain.book import AddressBook, known_path
    from flock.chain.contracts import NOT_CONTRACTS, Contracts, missing_contracts

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
    return {**places, "flock_supply": f"{supply / WEI:,.0f}", "tasks": contracts.task_manager.task_count()}


def _named(account: str, settings: ChainSettings) -> ChecksumAddress:
    """An address as given, or that of a key of this name."""
    from flock.chain.keys import KeyStore

    return (
        _address(account, "the account")
        if account.startswith("0x")
        else KeyStore(settings.keys).address_of(account)
    )


def _address(text: str, what: str) -> ChecksumAddress:
    from eth_utils.address import is_address, to_checksum_address

    if not is_address(text):
        raise BadConfig(f"{text!r} for {what} is no address; it should read 0x and 40 hex digits.")
    return to_checksum_address(text)
