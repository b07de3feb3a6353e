"""Why a seat, an account, a task or a transaction ended as it did, as the pages that ``flock explain`` prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flock.diagnostics.explain.account import KnownKeys, explain_account
from flock.diagnostics.explain.arena import explain_contender, is_arena
from flock.diagnostics.explain.subject import explain_numbered, history_of, is_numbered
from flock.diagnostics.local_journal import LocalLog
from flock.errors import BadConfig

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.diagnostics.explain.pages import AccountPage, ArenaPage, RoundPage, TaskPage, TransactionPage


def explain(
    contracts: Contracts, subject: str, home: Path
) -> ArenaPage | RoundPage | TaskPage | TransactionPage:
    """The page of a transaction's hash, a round such as ``1/7``, an Arena's submission, a task's number.

    Raises BadConfig for what is none of these, UnknownTask, and Refused for what the chain does not know.
    """
    if not is_numbered(subject):
        raise BadConfig(
            f"{subject!r} is not a transaction's hash, a round (1/7) or a task (1). "
            "For an account, name its task too."
        )
    return explain_numbered(contracts, subject, LocalLog(home, contracts.client.identity))


def explain_on_task(contracts: Contracts, account: str, task: int, home: Path) -> AccountPage | ArenaPage:
    """The page of an account on a task. Raises UnknownTask, and Refused if it never took part."""
    if is_arena(contracts, task):
        return explain_contender(contracts, task, account)
    keys = KnownKeys(None, frozenset({account}), 0)
    log = LocalLog(home, contracts.client.identity)
    return explain_account(contracts, history_of(contracts, task), account, wallet=keys, log=log)
