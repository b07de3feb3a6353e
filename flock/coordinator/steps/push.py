"""Open rounds, finalise them, close the task: whatever is due."""

from dataclasses import dataclass

from flock.alliance.keeper import due_push, push
from flock.coordinator.context import CoordinatorContext


@dataclass
class KeepRoundsGoing:
    context: CoordinatorContext
    name: str = "push_on"

    def __call__(self) -> bool:
        context = self.context
        view = context.view()
        due = due_push(context.contracts, context.task, context.parameters, view, context.sender.address)
        if due is None:
            return False
        push(context.contracts, context.sender, context.task, view, due)
        return True
