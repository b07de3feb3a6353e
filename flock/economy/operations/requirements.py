"""What must hold before a plan is made: checked first, and said in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flock.amounts import MOST, tokens
from flock.errors import BadConfig, NoFunds, Refused, UnknownTask

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts


def require_task(contracts: Contracts, task: int) -> None:
    """Raises UnknownTask if the chain has no such task."""
    if task < 1 or not contracts.task_manager.task_of(task).exists:
        raise UnknownTask(
            f"Chain {contracts.chain_id} knows no task {task}. Set `task` to one that `flock task list` shows."
        )


def require_flock(contracts: Contracts, account: str, wei: int) -> None:
    """Raises NoFunds before anything is sent."""
    held = contracts.token.balance_of(account)
    if held < wei:
        raise NoFunds(
            f"{account} holds {tokens(held)} FLOCK of the {tokens(wei)} needed. Send FLOCK to that address, "
            "or choose a smaller amount."
        )


def require_wei(wei: int) -> int:
    """``wei`` itself. Raises BadConfig for what no amount of the protocol can be."""
    if not 0 <= wei <= MOST:
        raise BadConfig(f"An amount is {wei} wei; choose 0 to {MOST}.")
    return wei


def part_of(gm: int | None, whole: int) -> int:
    """``gm`` wei, or ``whole`` for None. Raises BadConfig, and Refused for all of nothing."""
    if gm is not None:
        return require_wei(gm)
    if not whole:
        raise Refused("AMOUNT is all, and there is nothing of it. See `flock stake status`.")
    return whole
