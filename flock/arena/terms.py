"""An Arena's terms, as the chain has them."""

from flock.chain.contracts.deployed import Contracts
from flock.errors import UnknownTask
from flock.protocol.arena.params import ArenaParameters
from flock.protocol.core.schedule import SCHEDULE


def parameters_of(contracts: Contracts, task: int) -> ArenaParameters:
    """The terms of an Arena. Raises UnknownTask for a task that is none, or does not exist."""
    made = contracts.task_manager.task_of(task)
    if not made.exists or made.board != contracts.arena_board.address:
        raise UnknownTask(f"Task {task} is no Arena on this chain; see `flock arena tasks`.")
    shown = {name: getattr(made, name) for name in SCHEDULE}
    return ArenaParameters(**contracts.arena_board.terms_of(task), **shown)
