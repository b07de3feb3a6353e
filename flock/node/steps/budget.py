"""Leave before another update would exceed the member's privacy budget."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from flock.log import logger
from flock.node.context import NodeContext
from flock.node.privacy import is_exhausted
from flock.protocol.alliance.rounds import DRAW_PENDING
from flock.protocol.alliance.state import MemberState

LEAVING = (
    "Another update would exceed this node's max_epsilon, so it leaves the task, with its stake, at the end of "
    "the round it sits in. Until then it does all its duties but proposing."
)

LOOK_SECONDS = 30.0


@dataclass
class Budget:
    """A drawn proposer that does not propose is struck, so a node without privacy budget must not be drawn.

    It leaves in the round of its last update, and so is off the list before the next draw. It checks again
    later, as a reorganisation may undo its leaving.
    """

    context: NodeContext
    clock: Callable[[], float] = time.monotonic
    name: str = "budget"
    _looked_at: float | None = None

    def __call__(self) -> bool:
        context, owner = self.context, self.context.wallet.owner
        if self._looked_at is not None and self.clock() - self._looked_at < LOOK_SECONDS:
            return False
        if not is_exhausted(context) or context.watch.view().phase in DRAW_PENDING:
            return False
        rounds = context.contracts.alliance_rounds
        is_active = rounds.member_of(context.task, owner).state is MemberState.ACTIVE
        if is_active:
            rounds.leave(context.sender, context.task, owner)
            logger().warning("privacy_exhausted", task=context.task, account=owner, consequence=LEAVING)
        self._looked_at = self.clock()
        return is_active
