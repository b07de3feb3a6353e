"""What may be explained by its number alone: a transaction, a round, a submission to an Arena, a task."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flock.alliance.history import read_history
from flock.diagnostics.explain.arena import explain_submission, is_arena
from flock.diagnostics.explain.round import explain_round
from flock.diagnostics.explain.task import explain_task
from flock.diagnostics.explain.transaction import explain_transaction
from flock.economy.operations.requirements import require_task
from flock.errors import Refused

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.diagnostics.explain.pages import ArenaPage, RoundPage, TaskPage, TransactionPage
    from flock.diagnostics.local_journal import LocalLog
    from flock.protocol.alliance.task_history import TaskHistory

TRANSACTION = re.compile(r"0x[0-9a-fA-F]{64}")
ROUND = re.compile(r"(?:round:|task:)?([0-9]{1,9})/([0-9]{1,5})")
TASK = re.compile(r"(?:task:)?([0-9]{1,9})")


def is_numbered(subject: str) -> bool:
    """Whether ``subject`` is written as a transaction's hash, a round such as ``1/7``, or a task's number."""
    return any(form.fullmatch(subject) for form in (TRANSACTION, ROUND, TASK))


def explain_numbered(
    contracts: Contracts, subject: str, log: LocalLog
) -> ArenaPage | RoundPage | TaskPage | TransactionPage:
    """The page of what ``is_numbered``. Raises UnknownTask, and Refused for what the chain does not know.

    In an Arena the second number is that of a submission.
    """
    if TRANSACTION.fullmatch(subject):
        return explain_transaction(contracts, subject.lower(), log)
    if found := ROUND.fullmatch(subject):
        if is_arena(contracts, int(found[1])):
            return explain_submission(contracts, int(found[1]), int(found[2]))
        return explain_round(contracts, history_of(contracts, int(found[1])), int(found[2]))
    return explain_task(contracts, history_of(contracts, int(subject.removeprefix("task:"))))


def history_of(contracts: Contracts, task: int) -> TaskHistory:
    """Raises UnknownTask."""
    require_task(contracts, task)
    if is_arena(contracts, task):
        raise Refused(
            f"Task {task} is an Arena: see `flock arena show {task}`, or explain a submission ({task}/1), or an "
            f"account with --task {task}."
        )
    return read_history(contracts, task)
