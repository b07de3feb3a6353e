"""Withdraw earnings, and free the stake once the task is over."""

from dataclasses import dataclass

from flock.alliance.earnings import withdraw_earnings
from flock.log import logger
from flock.node.context import NodeContext
from flock.protocol.alliance.rounds import Phase

OVER = "Earnings are withdrawn and the stake is free. No duty is left here: Ctrl-C ends this node."


@dataclass
class ClaimEarnings:
    """``threshold`` (wei) avoids gas for small amounts while the task runs; at its end everything is withdrawn.

    Pay for rounds belongs to the owner, keeper fees to whichever key pushed the task on.
    """

    context: NodeContext
    threshold: int
    name: str = "claim"
    _checked: tuple[int, str | None] | None = None

    def __call__(self) -> bool:
        context = self.context
        view = context.watch.view()
        ended = view.phase == Phase.ENDED
        occasion = view.number, context.head().hash if ended else None
        if occasion == self._checked:
            return False
        at_least = 1 if ended else max(1, self.threshold)
        accounts = sorted({context.wallet.owner, context.sender.address})
        claimed = [
            withdraw_earnings(context.contracts, context.sender, context.task, account, at_least)
            for account in accounts
        ]
        self._checked = occasion
        return any(claimed)


@dataclass
class Leave:
    """Free the stake of a task that is over."""

    context: NodeContext
    name: str = "leave"
    _has_left: bool = False

    def __call__(self) -> bool:
        context, owner = self.context, self.context.wallet.owner
        if self._has_left or context.watch.view().phase != Phase.ENDED:
            return False
        rounds = context.contracts.alliance_rounds
        if rounds.member_of(context.task, owner).is_present:
            rounds.leave(context.sender, context.task, owner)
            logger().info("left", task=context.task, account=owner)
        logger().info("task_is_over", task=context.task, mend=OVER)
        self._has_left = True
        return True
