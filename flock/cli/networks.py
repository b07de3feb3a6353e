"""``--network``, and local forks of public chains."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flock.cli.completion import complete_network
from flock.cli.options import AsJson, given_as
from flock.errors import BadConfig, Misconfigured

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress

    from flock.chain.client import Client
    from flock.chain.contracts.token import Token
    from flock.chain.deploy.anvil import AnvilOptions
    from flock.chain.networks import KnownToken, Network
    from flock.chain.sending.sender import Sender
    from flock.programs.settings import ChainSettings

FORK = "-fork"
BLOCK_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class OnNetwork:
    """The options of a command on a chain that may be called by its name.

    What the environment says of RPC and chain id is read with them: it goes before what is known of the network.
    """

    network: Annotated[
        str | None,
        typer.Option(
            "--network",
            help="base, base-sepolia or local; sets RPC and chain id unless given.",
            envvar="FLOCK_NETWORK",
            autocompletion=complete_network,
        ),
    ] = None
    rpc: Annotated[str | None, typer.Option("--rpc", help="JSON-RPC endpoint.", envvar="FLOCK_RPC")] = None
    chain_id: Annotated[
        int | None, typer.Option("--chain-id", help="Expected chain id.", envvar="FLOCK_CHAIN_ID")
    ] = None
    addresses: Annotated[
        Path | None, typer.Option("--addresses", help="Address book file.", envvar="FLOCK_ADDRESSES")
    ] = None
    as_json: AsJson = False

    @cached_property
    def settings(self) -> ChainSettings:
        """Raises BadConfig."""
        from flock.programs.settings import ChainSettings, load

        rpc, chain_id = reach(self.network, self.rpc, self.chain_id)
        return load(ChainSettings, rpc=rpc, chain_id=chain_id, addresses=self.addresses)


on_network = given_as(OnNetwork)


@dataclass(frozen=True)
class UpRequest:
    """What ``flock chain up`` was asked for; a ``network`` is forked.

    Without a ``block_time`` (seconds) transactions do not wait, and yet time never stands still; 0 makes a block
    for each transaction only.
    """

    port: int
    block_time: float | None
    chain_id: int | None
    network: str | None
    fork_url: str | None
    state: Path | None

    def options(self) -> AnvilOptions:
        from flock.chain.deploy.anvil import AnvilOptions

        asked = AnvilOptions(
            self.port,
            self.chain_id,
            BLOCK_SECONDS if self.block_time is None else self.block_time or None,
            mixed_mining=self.block_time is None,
            fork_url=self.fork_url,
            state=self.state,
        )
        return asked if self.network is None else self._forking(asked)

    def require_network(self, url: str) -> None:
        """Raises WrongChain if what was forked is another chain than that of the network."""
        from flock.chain.client import Client
        from flock.chain.networks import network_named

        if self.network is not None:
            Client(url, network_named(self.network).chain_id).close()

    def _forking(self, asked: AnvilOptions) -> AnvilOptions:
        from dataclasses import replace

        from flock.chain.networks import network_named

        network = network_named(self.network or "")
        if not network.is_public:
            return replace(asked, chain_id=self.chain_id or network.chain_id)
        url = self.fork_url or network.rpc_of(os.environ)
        return replace(asked, fork_url=url, base_fee=network.least_base_fee)


@dataclass(frozen=True)
class Gift:
    """What ``flock chain fund`` gives to each account, of what ``holder`` has if it is named.

    ETH and FLOCK in wei, USDC in units of 1e-6.
    """

    eth: int
    flock: int
    usdc: int = 0
    holder: str | None = None

    def give(self, sender: Sender, token: Token, account: str) -> None:
        """On a fork tokens come from a large holder, elsewhere from the sender."""
        from flock.chain.deploy.faucet import fund, take

        holder = self.holder or _known_holder(sender.client, token)
        fund(sender, token, account, self.eth, 0 if holder else self.flock)
        if holder and self.flock:
            take(token, holder, account, self.flock)
        if self.usdc:
            self._give_usdc(sender.client, account)

    def _give_usdc(self, client: Client, account: str) -> None:
        from flock.chain.contracts.token import Token
        from flock.chain.deploy.faucet import take
        from flock.chain.networks import network_of

        network = network_of(client.chain_id)
        if network is None or network.usdc is None:
            raise Misconfigured(
                f"No USDC is known on chain {client.chain_id}: leave --usdc out, or fork Base."
            )
        usdc = network.usdc
        holder = self.holder or _holder(usdc)
        take(Token(client, usdc.address), holder, account, self.usdc)


def reach(name: str | None, rpc: str | None, chain_id: int | None) -> tuple[str | None, int | None]:
    """RPC and chain id: as given, else those of the network called ``name``.

    Raises BadConfig for an unknown name, or one that the chain id contradicts.
    """
    from flock.chain.networks import network_named

    if name is None:
        return rpc, chain_id
    network = network_named(name)
    if chain_id not in (None, network.chain_id):
        raise BadConfig(
            f"--network {name} is chain {network.chain_id}, but the chain id is set to {chain_id}. "
            "Leave one of them out."
        )
    return rpc or network.rpc_of(os.environ), network.chain_id


def book_path(client: Client) -> Path:
    """Where a new address book goes: that of a fork not in the place of the real chain's."""
    from flock.chain.address_book import own_folder
    from flock.chain.networks import is_fork

    return own_folder() / f"{client.chain_id}{FORK if is_fork(client) else ''}.json"


def where_things_are(client: Client, path: Path, contract: str) -> str:
    """For people, once the book at ``path`` is written; ``contract`` is one to look at."""
    from flock.chain.networks import is_fork, network_of

    network = network_of(client.chain_id)
    if is_fork(client):
        return f"The addresses are in {path}. This is a fork: set FLOCK_ADDRESSES={path} for commands on it."
    page = network and network.page_of(contract)
    return f"The addresses are in {path}." + (f" See {page}" if page else "")


def existing_token(client: Client, given: ChecksumAddress | None) -> ChecksumAddress | None:
    """The FLOCK to build on: the one given, else the one known on this chain, else None for a new one.

    Raises NotDeployed or Misconfigured if a known token of the chain is not what it should be.
    """
    from flock.chain.networks import network_of, require_token

    network = network_of(client.chain_id)
    if network is None or given is not None:
        return given
    for known in network.tokens:
        require_token(client, known)
    return network.flock.address if network.flock else None


def networks_table() -> tuple[list[str], list[list[object]]]:
    """The networks with what is known of them: columns and rows."""
    from flock.chain.networks import NETWORKS

    columns = ["network", "chain id", "RPC", "set by", "block time", "FLOCK", "USDC", "explorer"]
    return columns, [_row(network) for network in NETWORKS.values()]


def _known_holder(client: Client, token: Token) -> str | None:
    """A large holder of the FLOCK that existed on this chain before; None if flock deployed the token."""
    from flock.chain.networks import network_of

    network = network_of(client.chain_id)
    known = network.flock if network else None
    return _holder(known) if known and known.address == token.address else None


def _row(network: Network) -> list[object]:
    blocks = f"{network.block_seconds:g} s" if network.block_seconds else "as sent"
    tokens = (_shown(network.flock), _shown(network.usdc))
    return [
        network.name,
        network.chain_id,
        network.rpc,
        network.variable,
        blocks,
        *tokens,
        network.explorer or "–",
    ]


def _shown(token: KnownToken | None) -> str:
    if token is None:
        return "–"
    return token.address if token.verified else f"{token.address} (unverified)"


def _holder(token: KnownToken) -> str:
    if token.holder is None:
        raise Misconfigured(f"No large holder of {token.symbol} is known here. Name one with --from.")
    return token.holder
