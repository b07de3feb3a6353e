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
from flock.cli.networks import Gift, OnNetwork, UpRequest, networks_table, on_network
from flock.cli.options import AsJson, PasswordFile

app = typer.Typer(no_args_is_help=True, help="Run a local chain; deploy and inspect the contracts.")

Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        help="Signing key (default on a local chain: its funded account).",
        autocompletion=complete_key,
    ),
]


@app.command(epilog="Example: flock chain up --state .flock/chain.json")
def up(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 picks a free one.")] = 8545,
    block_time: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Seconds between blocks; 0: only a block for each transaction.",
            show_default="a block every second, and one for each transaction",
        ),
    ] = None,
    chain_id: Annotated[
        int | None, typer.Option(help="Chain id (default: 31337 or the forked chain's).")
    ] = None,
    fork_url: Annotated[str | None, typer.Option(help="RPC of a chain to fork.")] = None,
    network: Annotated[
        str | None,
        typer.Option(help="Network to fork: base or base-sepolia.", autocompletion=complete_network),
    ] = None,
    state: Annotated[Path | None, typer.Option(help="File that keeps the chain between runs.")] = None,
) -> None:
    """Run Anvil in the foreground until Ctrl-C: a new chain, or a fork of another."""
    actions.up(UpRequest(port, block_time, chain_id, network, fork_url, state))


@app.command(epilog="Example: flock chain networks --json")
def networks(as_json: AsJson = False) -> None:
    """List the known networks."""
    from flock.terminal import print_json, print_table

    columns, rows = networks_table()
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows)


@app.command(epilog="Example: flock chain deploy --rpc http://127.0.0.1:8545")
@on_network
def deploy(
    options: OnNetwork,
    key: Key = None,
    password_file: PasswordFile = None,
    treasury: Annotated[
        str | None, typer.Option(help="Address that receives slashes and fees (default: the Timelock).")
    ] = None,
    guardian: Annotated[
        str | None,
        typer.Option(
            help="Address that can pause and cancel (default: none; the deployer on a local chain)."
        ),
    ] = None,
    holder: Annotated[
        str | None, typer.Option(help="Address that receives the initial FLOCK (default: the deployer).")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(help="An existing FLOCK token instead of a new one (default on Base: the token there)."),
    ] = None,
    daily_budget: Annotated[
        str | None, typer.Option(help="Initial daily budget of Emissions in FLOCK.")
    ] = None,
    voting_delay: Annotated[
        int | None, typer.Option(min=0, help="Seconds from a proposal to the vote (default: a day).")
    ] = None,
    voting_period: Annotated[
        int | None, typer.Option(min=1, help="Seconds for voting (default: five days).")
    ] = None,
    timelock_delay: Annotated[
        int | None, typer.Option(min=0, help="Seconds from the vote to execution (default: two days).")
    ] = None,
    proposal_threshold: Annotated[
        str | None, typer.Option(help="gmFLOCK that a proposer needs (default: 100000).")
    ] = None,
    quorum_percent: Annotated[
        int | None, typer.Option(min=0, max=100, help="Quorum in percent of all votes (default: 4).")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Deploy nothing; compare the bytecode on chain.")
    ] = False,
) -> None:
    """Deploy the contracts and write the address book. Safe to repeat."""
    if verify:
        deploying.verify(options.settings, as_json=options.as_json)
        return
    governance = governance_of(
        voting_delay, voting_period, timelock_delay, proposal_threshold, quorum_percent
    )
    request = DeployRequest(treasury, holder, token, guardian, governance, daily_budget)
    deploying.deploy(signer(options.settings, key, password_file), request, as_json=options.as_json)


@app.command(epilog="Example: flock chain status --json")
@on_network
def status(options: OnNetwork) -> None:
    """Show the chain and the deployed contracts."""
    actions.status(options.settings, as_json=options.as_json)


@app.command(epilog="Example: flock chain fund hospital --eth 10 --flock 5000")
@on_network
def fund(
    options: OnNetwork,
    accounts: Annotated[list[str], typer.Argument(help="Addresses, or names of keys.")],
    eth: Annotated[str, typer.Option(help="ETH each should have at least.")] = "10",
    flock: Annotated[str, typer.Option(help="FLOCK to send to each.")] = "1000",
    usdc: Annotated[str, typer.Option(help="USDC to send to each, on a fork of Base.")] = "0",
    holder: Annotated[
        str | None,
        typer.Option(
            "--from", help="Account to take FLOCK or USDC from; on a fork, any account, without its key."
        ),
    ] = None,
) -> None:
    """Give accounts ETH and FLOCK on a local chain or a local fork."""
    gift = Gift(wei_of(eth, "--eth"), wei_of(flock, "--flock"), USDC.of(usdc, "--usdc"), holder)
    actions.fund(signer(options.settings), accounts, gift, as_json=options.as_json)


@app.command(epilog="Example: flock chain warp 1d")
@on_network
def warp(
    options: OnNetwork,
    duration: Annotated[str, typer.Argument(help="How far: 1d, 12h, 30m, 45s, or such as 1d12h.")],
) -> None:
    """Let the time of a local chain run on, and mine a block in it.

    What has a deadline meets it: members of an open round that have not acted yet are late.
    """
    actions.warp(options.settings, duration, as_json=options.as_json)


@app.command("compile", epilog="Example: flock chain compile --check")
def compile_(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if an artifact is stale.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Compile all contracts, even unchanged ones.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compile contracts/src into the ABIs and bytecode that flock carries (needs a checkout)."""
    deploying.compile_all(check=check, force=force, as_json=as_json)
