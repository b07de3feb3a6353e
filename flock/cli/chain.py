"""``flock chain``: a local chain, the contracts on any chain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flock.amounts import USDC, wei_of
from flock.cli import chain_actions as actions
from flock.cli import deploying
from flock.cli.chain_signer import signer
from flock.cli.completion import complete_key, complete_network
from flock.cli.deploying import DeployRequest, governance_of
from flock.cli.networks import Gift, UpRequest, networks_table, reach

app = typer.Typer(
    no_args_is_help=True, help="Run a local chain; put the contracts on a chain and look at them."
)

Rpc = Annotated[str | None, typer.Option("--rpc", help="JSON-RPC endpoint.", envvar="FLOCK_RPC")]
ChainId = Annotated[
    int | None, typer.Option("--chain-id", help="Chain id it must serve.", envvar="FLOCK_CHAIN_ID")
]
Network = Annotated[
    str | None,
    typer.Option(
        "--network",
        help="base, base-sepolia or local: RPC and chain id where none are given.",
        envvar="FLOCK_NETWORK",
        autocompletion=complete_network,
    ),
]
Addresses = Annotated[
    Path | None, typer.Option("--addresses", help="Address book file.", envvar="FLOCK_ADDRESSES")
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        help="Key that signs; a local chain's rich account otherwise.",
        autocompletion=complete_key,
    ),
]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="File with the key's password; asked otherwise.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(epilog="Example: flock chain up --block-time 1 --state .flock/chain.json")
def up(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 picks a free one.")] = 8545,
    block_time: Annotated[
        float | None, typer.Option(help="Seconds between blocks; without, each transaction is a block.")
    ] = None,
    chain_id: Annotated[
        int | None, typer.Option(help="Chain id; 31337 or the forked chain's otherwise.")
    ] = None,
    fork_url: Annotated[str | None, typer.Option(help="RPC of a chain to fork.")] = None,
    network: Annotated[
        str | None,
        typer.Option(help="Network to fork: base or base-sepolia.", autocompletion=complete_network),
    ] = None,
    state: Annotated[Path | None, typer.Option(help="File to keep the chain in between runs.")] = None,
) -> None:
    """Run Anvil in the foreground until Ctrl-C: a chain of its own, or a fork of another."""
    actions.up(UpRequest(port, block_time, chain_id, network, fork_url, state))


@app.command(epilog="Example: flock chain networks --json")
def networks(as_json: AsJson = False) -> None:
    """Show the networks that flock knows by name."""
    from flock.terminal import print_json, print_table

    columns, rows = networks_table()
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows)


@app.command(epilog="Example: flock chain deploy --rpc http://127.0.0.1:8545")
def deploy(
    network: Network = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    key: Key = None,
    password_file: PasswordFile = None,
    treasury: Annotated[
        str | None, typer.Option(help="Address that gets slashes and fees; the Timelock otherwise.")
    ] = None,
    guardian: Annotated[
        str | None,
        typer.Option(
            help="Address that may pause and cancel; nobody otherwise, the deployer on a local chain."
        ),
    ] = None,
    holder: Annotated[
        str | None, typer.Option(help="Address that gets the first FLOCK; the deployer otherwise.")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(help="An existing FLOCK token, instead of a new one; on Base the one that is there."),
    ] = None,
    daily_budget: Annotated[
        str | None, typer.Option(help="FLOCK that Emissions splits a day at first.")
    ] = None,
    voting_delay: Annotated[
        int | None, typer.Option(min=0, help="Seconds from a proposal to the vote; a day otherwise.")
    ] = None,
    voting_period: Annotated[
        int | None, typer.Option(min=1, help="Seconds for voting; five days otherwise.")
    ] = None,
    timelock_delay: Annotated[
        int | None, typer.Option(min=0, help="Seconds from the vote to execution; two days otherwise.")
    ] = None,
    proposal_threshold: Annotated[
        str | None, typer.Option(help="gmFLOCK that a proposer needs; 100000 otherwise.")
    ] = None,
    quorum_percent: Annotated[
        int | None, typer.Option(min=0, max=100, help="Of all votes, how many must take part; 4 otherwise.")
    ] = None,
    addresses: Addresses = None,
    verify: Annotated[bool, typer.Option("--verify", help="Deploy nothing; compare the bytecode.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put the contracts on a chain and write the address book. A second run changes nothing."""
    rpc, chain_id = reach(network, rpc, chain_id)
    if verify:
        deploying.verify(rpc, chain_id, addresses, as_json=as_json)
        return
    governance = governance_of(
        voting_delay, voting_period, timelock_delay, proposal_threshold, quorum_percent
    )
    request = DeployRequest(treasury, holder, token, addresses, guardian, governance, daily_budget)
    deploying.deploy(signer(rpc, chain_id, key, password_file), request, as_json=as_json)


@app.command(epilog="Example: flock chain status --json")
def status(
    network: Network = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Show the chain and the contracts on it."""
    rpc, chain_id = reach(network, rpc, chain_id)
    actions.status(rpc, chain_id, addresses, as_json=as_json)


@app.command(epilog="Example: flock chain fund hospital --eth 10 --flock 5000")
def fund(
    accounts: Annotated[list[str], typer.Argument(help="Addresses, or names of keys.")],
    eth: Annotated[str, typer.Option(help="ETH each should have at least.")] = "10",
    flock: Annotated[str, typer.Option(help="FLOCK to send to each.")] = "1000",
    usdc: Annotated[str, typer.Option(help="USDC to send to each, on a fork of Base.")] = "0",
    holder: Annotated[
        str | None,
        typer.Option("--from", help="Whose FLOCK or USDC it is: on a fork anybody's, without its key."),
    ] = None,
    network: Network = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Give accounts ETH and FLOCK on a local chain, a fork of Base among them."""
    rpc, chain_id = reach(network, rpc, chain_id)
    gift = Gift(wei_of(eth, "--eth"), wei_of(flock, "--flock"), USDC.of(usdc, "--usdc"), holder)
    source = signer(rpc, chain_id, None, None)
    actions.fund(source, accounts, addresses, gift, as_json=as_json)


@app.command("compile", epilog="Example: flock chain compile --check")
def compile_(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if an artifact is stale.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Compile even what has not changed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compile contracts/src into the ABIs and bytecode that flock carries (needs a checkout)."""
    deploying.compile_all(check=check, force=force, as_json=as_json)
