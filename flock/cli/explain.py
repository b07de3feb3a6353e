"""``flock explain``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flock.cli.completion import complete_subject, complete_task
from flock.cli.options import Connecting, connecting
from flock.errors import BadConfig

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.diagnostics.explain.account import KnownKeys
    from flock.diagnostics.explain.pages import (
        AccountPage,
        ArenaPage,
        RoundPage,
        TaskPage,
        TransactionPage,
    )
    from flock.programs.settings import ExplainSettings, NodeSettings

    Page = AccountPage | ArenaPage | RoundPage | TaskPage | TransactionPage
    Settings = ExplainSettings | NodeSettings

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flock explain hospital --config node.toml")
@connecting
def explain(
    options: Connecting,
    subject: Annotated[
        str,
        typer.Argument(
            help="An address or the name of a key, a task (1), a round (1/7), an Arena's submission (3/17), or a "
            "transaction's hash.",
            autocompletion=complete_subject,
        ),
    ],
    task: Annotated[
        int | None,
        typer.Option(help="The task, if the account is on several.", min=1, autocompletion=complete_task),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A node's TOML file: its chain, task and folders.")
    ] = None,
    home: Annotated[Path | None, typer.Option(help="Folder of a node's journal.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show every round, not only the last 20.")
    ] = False,
) -> None:
    """Explain an account, task, round or transaction: every strike and payout, and why something is zero."""
    from flock.cli.explain_view import print_page
    from flock.diagnostics.standstill import no_new_block
    from flock.programs.settings import ExplainSettings, NodeSettings
    from flock.programs.wiring import contracts_of
    from flock.terminal import Progress, print_json

    kind: type[Settings] = NodeSettings if config else ExplainSettings
    settings = options.loaded(kind, config, home=home, task=task)
    with Progress("Reading the chain…"):
        contracts = contracts_of(settings)
        page = _page(settings, contracts, subject)
        standstill = no_new_block(contracts.client)
    if options.as_json:
        print_json(asdict(page))
    else:
        print_page(page, everything=everything)
    if standstill:
        typer.echo(standstill, err=True)


def _page(settings: Settings, contracts: Contracts, subject: str) -> Page:
    from flock.diagnostics.explain.account import explain_account
    from flock.diagnostics.explain.arena import explain_contender, is_arena
    from flock.diagnostics.explain.subject import explain_numbered, history_of, is_numbered
    from flock.diagnostics.local_journal import LocalLog

    log = LocalLog(settings.home, contracts.client.identity)
    if is_numbered(subject):
        return explain_numbered(contracts, subject, log)
    account = _account(settings, subject)
    if settings.task and is_arena(contracts, settings.task):
        return explain_contender(contracts, settings.task, account)
    history = history_of(contracts, settings.task or _only_task_of(contracts, account))
    return explain_account(contracts, history, account, wallet=_wallet(settings, account), log=log)


def _wallet(settings: Settings, account: str) -> KnownKeys:
    """An owner's transactions are its node's, if this is its node."""
    from flock.chain.keys import KeyStore
    from flock.diagnostics.explain.account import KnownKeys
    from flock.programs.settings import NodeSettings

    keys = KeyStore(settings.keys).list()
    senders = {account}
    if isinstance(settings, NodeSettings) and settings.owner == account:
        senders |= {str(key.address) for key in keys if key.name == settings.key}
    name = next((key.name for key in keys if key.address == account), None)
    return KnownKeys(name, frozenset(senders), settings.claim_above)


def _account(settings: Settings, subject: str) -> str:
    """An address as given, or the address of a key. Raises BadConfig if it is neither."""
    from eth_utils.address import is_address, to_checksum_address

    from flock.chain.keys import KeyStore
    from flock.errors import BadKey

    if is_address(subject):
        return to_checksum_address(subject)
    try:
        return KeyStore(settings.keys).address_of(subject)
    except BadKey:
        raise BadConfig(
            f"{subject!r} is not an address, a key in {settings.keys}, a task (1), a round (1/7) or a "
            "transaction's hash."
        ) from None


def _only_task_of(contracts: Contracts, account: str) -> int:
    """The task the account joined. Raises BadConfig unless there is exactly one."""
    joined = contracts.alliance_rounds.events(
        "Joined", contracts.book.deployed_block, "latest", None, None, account
    )
    tasks = sorted({int(event.arguments["task_id"]) for event in joined})
    if len(tasks) == 1:
        return tasks[0]
    known = f"joined tasks {', '.join(map(str, tasks))}" if tasks else "joined no task"
    raise BadConfig(f"{account} {known} on chain {contracts.chain_id}: name one with --task.")
