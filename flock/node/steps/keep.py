"""Move the task forward if nobody else does, and earn the keeper fee."""

import time
from dataclasses import dataclass
from functools import cached_property

from flock.alliance.keeper import DuePush, Push, push
from flock.node.context import NodeContext

# The coordinator goes first; with none in sight, a node waits no longer than its own transaction needs.
PATIENCE_SECONDS = 10.0
PATIENCE_ALONE_SECONDS = 1.0
TURNS = 5
TURN_SECONDS = 0.5


@dataclass
class Keep:
    context: NodeContext
    name: str = "keep"
    _due: tuple[int, Push] | None = None
    _due_since: float = 0.0

    def __call__(self) -> bool:
        context = self.context
        view = context.watch.view()
        due = self._pushes.of(view)
        if due is None:
            self._due = None
            return False
        if self._due != (view.number, due):
            self._due, self._due_since = (view.number, due), time.monotonic()
        patience = PATIENCE_SECONDS if context.hears_coordinator() else PATIENCE_ALONE_SECONDS
        patience += self._turn()
        if time.monotonic() - self._due_since < patience:
            return False
        push(context.contracts, context.sender, context.task, view, due)
        context.watch.refresh()
        return True

    @cached_property
    def _pushes(self) -> DuePush:
        context = self.context
        account = context.sender.address
        return DuePush(context.contracts, context.task, context.parameters, account, context.head)

    def _turn(self) -> float:
        """Seconds this member lets others go first, so that not all pay for the same transaction at once."""
        return int(self.context.wallet.owner, 16) % TURNS * TURN_SECONDS
