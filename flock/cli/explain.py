"""``flock explain``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flock.cli.completion import complete_subject, complete_task
from flock.cli.options import Connecting, connecting
from flock.errors import BadConfig

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.diagnostics.explain.account import KnownKeys
    from flock.diagnostics.local_journal import LocalLog
    from flock.programs.settings import ExplainSettings, NodeSettings
    from flock.protocol.alliance.task_history import TaskHistory

    Settings = ExplainSettings | NodeSettings

app = typer.Typer(add_completion=False)

TRANSACTION = re.compile(r"0x[0-9a-fA-F]{64}")
ROUND = re.compile(r"(?:round:|task:)?(\d{1,9})/(\d{1,5})")
TASK = re.compile(r"(?:task:)?(\d{1,9})")


@dataclass(frozen=True)
class Explained:
    """A page and how to print it for people."""

    page: Any
    show: Callable[[Any], None]


@app.command(epilog="Example: flock explain hospital --config node.toml")
@connecting
def explain(
    options: Connecting,
    subject: Annotated[
        str,
        typer.Argument(
            help="An address or the name of a key, a task (1), a round (1/7), or a transaction's hash.",
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
    from flock.diagnostics.standstill import no_new_block
    from flock.programs.settings import ExplainSettings, NodeSettings
    from flock.programs.wiring import contracts_of
    from flock.terminal import Progress, print_json

    kind: type[Settings] = NodeSettings if config else ExplainSettings
    settings = options.loaded(kind, config, home=home, task=task)
    with Progress("Reading the chain…"):
        contracts = contracts_of(settings)
        explained = _explained(settings, contracts, subject, everything=everything)
        standstill = no_new_block(contracts.client)
    if options.as_json:
        print_json(asdict(explained.page))
    else:
        explained.show(explained.page)
    if standstill:
        typer.echo(standstill, err=True)


def _explained(settings: Settings, contracts: Contracts, subject: str, *, everything: bool) -> Explained:
    from flock.cli.explain_view import print_round, print_task, print_transaction
    from flock.diagnostics.local_journal import LocalLog

    account = None if _is_number(subject) else _account(settings, subject)
    log = LocalLog(settings.home, contracts.client.identity)
    if TRANSACTION.fullmatch(subject):
        from flock.diagnostics.explain.transaction import explain_transaction

        return Explained(explain_transaction(contracts, subject.lower(), log), print_transaction)
    if account:
        return _explained_account(settings, contracts, log, account, everything=everything)
    if found := ROUND.fullmatch(subject):
        from flock.diagnostics.explain.round import explain_round

        history = _history(contracts, int(found[1]))
        return Explained(explain_round(contracts, history, int(found[2])), print_round)
    from flock.diagnostics.explain.task import explain_task

    history = _history(contracts, int(subject.removeprefix("task:")))
    return Explained(explain_task(contracts, history), lambda page: print_task(page, everything=everything))


def _explained_account(
    settings: Settings, contracts: Contracts, log: LocalLog, account: str, *, everything: bool
) -> Explained:
    from flock.cli.explain_view import print_account
    from flock.diagnostics.explain.account import explain_account

    history = _history(contracts, settings.task or _only_task_of(contracts, account))
    page = explain_account(contracts, history, account, wallet=_wallet(settings, account), log=log)
    return Explained(page, lambda page: print_account(page, everything=everything))


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


def _is_number(subject: str) -> bool:
    return any(form.fullmatch(subject) for form in (TRANSACTION, ROUND, TASK))


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


def _history(contracts: Contracts, task: int) -> TaskHistory:
    from flock.alliance.history import read_history
    from flock.economy.operations.requirements import require_task

    require_task(contracts, task)
    return read_history(contracts, task)


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
