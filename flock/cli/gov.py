"""``flock gov``: propose, vote, execute; all governed parameters."""

from __future__ import annotations

from typing import Annotated

import typer

from flock.cli.options import Addresses, AsJson, ChainId, DryRun, Key, PasswordFile, Rpc, owner_settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Change the protocol by votes of locked FLOCK: propose, vote, queue, execute.",
)

Number = Annotated[
    str,
    typer.Argument(metavar="PROPOSAL", help="Its number in `flock gov list`, or the beginning of its id."),
]
Pausable = Annotated[str, typer.Argument(metavar="CONTRACT", help="staking, tasks, emissions or all.")]


@app.command(
    epilog='Example: flock gov propose set staking.delegationRatio 5 --title "Stake of its own" --key me'
)
def propose(
    action: Annotated[
        str, typer.Argument(help="set, spend, grant, revoke, guardian, board, resolve, replace or call.")
    ],
    words: Annotated[list[str], typer.Argument(help="What the action is about; see above.")],
    key: Key,
    title: Annotated[str, typer.Option("--title", help="A short title.")],
    text: Annotated[str, typer.Option("--text", help="The reasons, as Markdown.")] = "",
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Propose a change; shows the effect, before → after, before anything is signed.

    set PARAMETER VALUE [PARAMETER VALUE …]: parameters as `flock gov params` lists them, `emissions.weight.7` for a
    task's; FLOCK in whole tokens, times in seconds or as 36h or 2d.

    spend AMOUNT ACCOUNT: FLOCK of the Timelock's treasury.

    grant ROLE ACCOUNT, revoke ROLE ACCOUNT: minter, releaser, roots, streamer or guardian.

    guardian ACCOUNT: replace the guardian; the current one can cancel this. guardian none: nobody can cancel
    proposals from then on, and the guardian cannot cancel that; `revoke guardian ACCOUNT` then ends pausing.

    board ACCOUNT add|remove: allow or stop new tasks from using the contract of a product as their board.

    resolve ROOT right|wrong: decide a disputed root.

    replace DAY: replace a wrong root that is served by what the chain's events give for all days before DAY.

    call CONTRACT FUNCTION [ARGUMENT …]: any other function the Timelock can call.
    """
    from flock.cli import gov_actions as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    request = actions.Request(action, words, title, text)
    actions.propose(settings, request, dry_run=dry_run, as_json=as_json)


@app.command("list", epilog="Example: flock gov list --json")
def list_(
    rpc: Rpc = None, chain_id: ChainId = None, addresses: Addresses = None, as_json: AsJson = False
) -> None:
    """List the proposals, newest first, with the next step of each."""
    from flock.cli.gov_view import list_proposals
    from flock.programs.settings import ChainSettings, load

    list_proposals(load(ChainSettings, rpc=rpc, chain_id=chain_id, addresses=addresses), as_json=as_json)


@app.command(epilog="Example: flock gov show 1")
def show(
    proposal: Number,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Show a proposal's changes, its votes and the next step."""
    from flock.cli.gov_view import show_proposal
    from flock.programs.settings import ChainSettings, load

    settings = load(ChainSettings, rpc=rpc, chain_id=chain_id, addresses=addresses)
    show_proposal(settings, proposal, as_json=as_json)


@app.command(epilog="Example: flock gov params")
def params(
    rpc: Rpc = None, chain_id: ChainId = None, addresses: Addresses = None, as_json: AsJson = False
) -> None:
    """List every parameter that a proposal can set: value, bounds, unit and contract."""
    from flock.cli.gov_view import list_parameters
    from flock.programs.settings import ChainSettings, load

    list_parameters(load(ChainSettings, rpc=rpc, chain_id=chain_id, addresses=addresses), as_json=as_json)


@app.command(epilog="Example: flock gov vote 1 for --key me")
def vote(
    proposal: Number,
    support: Annotated[str, typer.Argument(help="for, against or abstain.")],
    key: Key,
    reason: Annotated[str, typer.Option("--reason", help="Kept on chain with the vote.")] = "",
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Cast all votes of an account; they cannot be changed."""
    from flock.cli import gov_actions as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    actions.vote(settings, proposal, support, reason, dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: flock gov queue 1 --key me")
def queue(
    proposal: Number,
    key: Key,
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Queue an accepted proposal in the Timelock. Anyone can."""
    from flock.cli import gov_actions as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    actions.queue(settings, proposal, dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: flock gov execute 1 --key me")
def execute(
    proposal: Number,
    key: Key,
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Execute a queued proposal once its delay is over. Anyone can."""
    from flock.cli import gov_actions as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    actions.execute(settings, proposal, dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: flock gov cancel 1 --key guardian")
def cancel(
    proposal: Number,
    key: Key,
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Cancel a proposal: the proposer can until voting begins, the guardian until it is executed."""
    from flock.cli import gov_actions as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    actions.cancel(settings, proposal, dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: flock gov pause all --key guardian")
def pause(
    contract: Pausable,
    key: Key,
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """As the guardian, pause new locks, stakes and tasks; withdrawals and running rounds go on."""
    from flock.cli import gov_guardian as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    actions.pause(settings, contract, stop=True, dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: flock gov unpause staking --key guardian")
def unpause(
    contract: Pausable,
    key: Key,
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """As the guardian, end a pause."""
    from flock.cli import gov_guardian as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    actions.pause(settings, contract, stop=False, dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: flock gov park 3 --key guardian")
def park(
    root: Annotated[int, typer.Argument(help="Number of a posted root.", min=1)],
    key: Key,
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """As the guardian, keep a posted root from being served until governance has decided."""
    from flock.cli import gov_guardian as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    actions.park(settings, root, dry_run=dry_run, as_json=as_json)
