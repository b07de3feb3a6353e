"""Withdraw what was earned, and take the stake back once the task is over."""

from dataclasses import dataclass

from flock.log import logger
from flock.node.context import NodeContext
from flock.protocol.rounds import Phase


@dataclass
class Claim:
    """``threshold`` (wei) spares gas for crumbs while the task runs; at its end all is taken."""

    context: NodeContext
    threshold: int
    name: str = "claim"
    _checked_round: int = -1

    def __call__(self) -> bool:
        context, owner = self.context, self.context.wallet.owner
        view = context.watch.view()
        ended = view.phase == Phase.ENDED
        if view.number == self._checked_round and not ended:
            return False
        rounds = context.contracts.alliance_rounds
        member = rounds.member_of(context.task, owner)
        owed = member.credit + member.keeper_credit
        self._checked_round = view.number
        if owed == 0 or (owed < self.threshold and not ended):
            return False
        rounds.withdraw(context.sender, context.task, owner)
        logger().info("claimed", task=context.task, account=owner, wei=owed)
        return True


@dataclass
class Leave:
    """Release the stake of a task that is over."""

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
        self._has_left = True
        return True
