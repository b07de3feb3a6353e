"""``flock gov``: propose, vote, execute; all governed parameters."""

from __future__ import annotations

from typing import Annotated

import typer

from flock.cli.options import Connecting, Signing, connecting, signing

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
@signing
def propose(
    options: Signing,
    action: Annotated[
        str, typer.Argument(help="set, spend, grant, revoke, guardian, board, resolve, replace or call.")
    ],
    words: Annotated[list[str], typer.Argument(help="What the action is about; see above.")],
    title: Annotated[str, typer.Option("--title", help="What it is for, in a few words.")],
    text: Annotated[str, typer.Option("--text", help="The reasons, as Markdown.")] = "",
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

    request = actions.Request(action, words, title, text)
    actions.propose(options, request)


@app.command("list", epilog="Example: flock gov list --json")
@connecting
def list_(
    options: Connecting,
) -> None:
    """List the proposals, newest first, with the next step of each."""
    from flock.cli.gov_view import list_proposals

    list_proposals(options.settings, as_json=options.as_json)


@app.command(epilog="Example: flock gov show 1")
@connecting
def show(
    options: Connecting,
    proposal: Number,
) -> None:
    """Show a proposal's changes, its votes and the next step."""
    from flock.cli.gov_view import show_proposal

    show_proposal(options.settings, proposal, as_json=options.as_json)


@app.command(epilog="Example: flock gov params")
@connecting
def params(
    options: Connecting,
) -> None:
    """List every parameter that a proposal can set: value, bounds, unit and contract."""
    from flock.cli.gov_view import list_parameters

    list_parameters(options.settings, as_json=options.as_json)


@app.command(epilog="Example: flock gov vote 1 for --key me")
@signing
def vote(
    options: Signing,
    proposal: Number,
    support: Annotated[str, typer.Argument(help="for, against or abstain.")],
    reason: Annotated[str, typer.Option("--reason", help="Kept on chain with the vote.")] = "",
) -> None:
    """Cast all votes of an account; they cannot be changed."""
    from flock.cli import gov_actions as actions

    actions.vote(options, proposal, support, reason)


@app.command(epilog="Example: flock gov queue 1 --key me")
@signing
def queue(
    options: Signing,
    proposal: Number,
) -> None:
    """Queue an accepted proposal in the Timelock. Anyone can."""
    from flock.cli import gov_actions as actions

    actions.queue(options, proposal)


@app.command(epilog="Example: flock gov execute 1 --key me")
@signing
def execute(
    options: Signing,
    proposal: Number,
) -> None:
    """Execute a queued proposal once its delay is over. Anyone can."""
    from flock.cli import gov_actions as actions

    actions.execute(options, proposal)


@app.command(epilog="Example: flock gov cancel 1 --key guardian")
@signing
def cancel(
    options: Signing,
    proposal: Number,
) -> None:
    """Cancel a proposal: the proposer can until voting begins, the guardian until it is executed."""
    from flock.cli import gov_actions as actions

    actions.cancel(options, proposal)


@app.command(epilog="Example: flock gov pause all --key guardian")
@signing
def pause(
    options: Signing,
    contract: Pausable,
) -> None:
    """As the guardian, stop what begins; what runs or gives back goes on."""
    from flock.cli import gov_actions as actions

    actions.pause(options, contract, stop=True)


@app.command(epilog="Example: flock gov unpause staking --key guardian")
@signing
def unpause(
    options: Signing,
    contract: Pausable,
) -> None:
    """As the guardian, end a pause."""
    from flock.cli import gov_actions as actions

    actions.pause(options, contract, stop=False)


@app.command(epilog="Example: flock gov park 3 --key guardian")
@signing
def park(
    options: Signing,
    root: Annotated[int, typer.Argument(help="Number of a posted root.", min=1)],
) -> None:
    """As the guardian, keep a posted root from being served until governance has decided."""
    from flock.cli import gov_actions as actions

    actions.park(options, root)
