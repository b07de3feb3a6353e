"""Why a seat, an account, a task or a transaction ended as it did, as the pages that ``flock explain`` prints."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from flock.alliance.history import read_history
from flock.diagnostics.explain.account import KnownKeys, explain_account
from flock.diagnostics.explain.round import explain_round
from flock.diagnostics.explain.task import explain_task
from flock.diagnostics.explain.transaction import explain_transaction
from flock.diagnostics.local_journal import LocalLog
from flock.economy.operations.requirements import require_task
from flock.errors import BadConfig

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.diagnostics.explain.pages import AccountPage, RoundPage, TaskPage, TransactionPage
    from flock.protocol.alliance.task_history import TaskHistory

TRANSACTION = re.compile(r"0x[0-9a-fA-F]{64}")
ROUND = re.compile(r"([1-9][0-9]*)/([1-9][0-9]*)")
TASK = re.compile(r"(?:task:)?([1-9][0-9]*)")


def explain(contracts: Contracts, subject: str, home: Path) -> RoundPage | TaskPage | TransactionPage:
    """The page of a transaction's hash, a round such as ``1/7``, or a task's number.

    Raises BadConfig for what is none of these, UnknownTask, and Refused for what the chain does not know.
    """
    if TRANSACTION.fullmatch(subject):
        return explain_transaction(contracts, subject.lower(), LocalLog(home, contracts.client.identity))
    if found := ROUND.fullmatch(subject):
        return explain_round(contracts, _history(contracts, int(found[1])), int(found[2]))
    if found := TASK.fullmatch(subject):
        return explain_task(contracts, _history(contracts, int(found[1])))
    raise BadConfig(
        f"{subject!r} is not a transaction's hash, a round (1/7) or a task (1). For an account, name its task too."
    )


def explain_on_task(contracts: Contracts, account: str, task: int, home: Path) -> AccountPage:
    """The page of an account on a task. Raises UnknownTask, and Refused if it never took part."""
    keys = KnownKeys(None, frozenset({account}), 0)
    log = LocalLog(home, contracts.client.identity)
    return explain_account(contracts, _history(contracts, task), account, wallet=keys, log=log)


def _history(contracts: Contracts, task: int) -> TaskHistory:
    require_task(contracts, task)
    return read_history(contracts, task)
