"""Open rounds, finalise them, close the task: whatever is due."""

from dataclasses import dataclass
from functools import cached_property

from flock.alliance.keeper import DuePush, push
from flock.coordinator.context import CoordinatorContext


@dataclass
class KeepRoundsGoing:
    context: CoordinatorContext
    name: str = "push_on"

    def __call__(self) -> bool:
        context = self.context
        view = context.view()
        due = self._due.of(view)
        if due is None:
            return False
        push(context.contracts, context.sender, context.task, view, due)
        return True

    @cached_property
    def _due(self) -> DuePush:
        context = self.context
        head = context.contracts.client.head
        return DuePush(context.contracts, context.task, context.parameters, context.sender.address, head)
