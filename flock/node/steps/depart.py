"""End the node once its operator has made it leave."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from flock.alliance.earnings import withdraw_earnings
from flock.log import logger
from flock.node.context import NodeContext
from flock.protocol.alliance.state import MemberState

FREE = "It was made to leave with `flock node leave`. To join again, run `flock node enrol`, then start it."
HELD = (
    "It was made to leave with `flock node leave`. Its strikes hold its stake until round {until}, or until the "
    "rounds are over: run `flock node leave` again then. To join again, run `flock node enrol`, then start it."
)
LOOK_SECONDS = 5.0


@dataclass
class Depart:
    """Runs before a node joins: one that was made to leave does the duties of its seat, is paid, and ends."""

    context: NodeContext
    end: Callable[[], None]
    clock: Callable[[], float] = time.monotonic
    name: str = "depart"
    _looked_at: float | None = None

    def __call__(self) -> bool:
        if self._looked_at is not None and self.clock() - self._looked_at < LOOK_SECONDS:
            return False
        self._looked_at = self.clock()
        context, owner = self.context, self.context.wallet.owner
        if not context.memory.wants_to_leave():
            return False
        member = context.contracts.alliance_rounds.member_of(context.task, owner)
        if member.is_active:
            return False
        for account in sorted({owner, context.sender.address}):
            withdraw_earnings(context.contracts, context.sender, context.task, account)
        is_held = member.state is MemberState.RETAINED
        mend = HELD.format(until=member.retained_until) if is_held else FREE
        logger().info("has_left", task=context.task, account=owner, mend=mend)
        self.end()
        return True
