"""Become a member of the task: lock, stake, join."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from flock.economy.operations.putting_up import put_up_stake
from flock.errors import BadConfig, Refused
from flock.log import logger
from flock.node.context import NodeContext
from flock.node.models import current_model
from flock.node.privacy import is_exhausted, reconsider
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.state import MemberState
from flock.training.rehearsal import Phases, rehearse, rehearsed_round

GONE = (
    "This account is off the task's list with its stake free: it left, or was slashed below the minimum stake. "
    "See `flock node status` for the reason, and restart the node to join again."
)

LOOK_SECONDS = 30.0


@dataclass
class Enrol:
    """Join once; after that there is nothing to do, unless a reorganisation undoes it.

    The owner's key can stake by itself. An operator's key can only join with a stake of the owner.
    ``stake`` is in gmFLOCK wei; what is missing is locked for ``lock_days``.
    """

    context: NodeContext
    stake: int
    lock_days: int
    proof: list[bytes]
    clock: Callable[[], float] = time.monotonic
    name: str = "enrol"
    _is_member: bool = False
    _looked_at: float = 0.0
    _is_gone: bool = False

    def __call__(self) -> bool:
        if self._is_member and self.clock() - self._looked_at < LOOK_SECONDS:
            return False
        context, owner = self.context, self.context.wallet.owner
        standing = context.contracts.alliance_rounds.member_of(context.task, owner)
        self._looked_at = self.clock()
        if self._is_member and (standing.state is not MemberState.NONE or self._is_over()):
            return False
        if self._is_member and self._has_left():
            return False  # do not rejoin after leaving, or after a slash below the minimum
        if not standing.is_active and not self._is_over():
            self._join()
        self._is_member = True
        return True

    def _has_left(self) -> bool:
        """Whether the chain records it, rather than a reorganisation having undone the joining."""
        context = self.context
        has_left = context.contracts.alliance_rounds.has_left(
            context.task, context.wallet.owner, context.contracts.book.deployed_block
        )
        if has_left and not self._is_gone:
            logger().error("gone", task=context.task, account=context.wallet.owner, mend=GONE)
        self._is_gone = has_left
        return has_left

    def _is_over(self) -> bool:
        state = self.context.contracts.task_manager.task_of(self.context.task)
        return self.context.watch.view().phase == Phase.ENDED or not (state.is_open or state.is_running)

    def _join(self) -> None:
        context, owner = self.context, self.context.wallet.owner
        self._rehearse()
        self._put_up_stake()
        context.contracts.alliance_rounds.join(context.sender, context.task, owner, self.proof)
        logger().info("joined", task=context.task, account=owner)

    def _rehearse(self) -> None:
        """Train and evaluate the task's model: a member without a working app would be slashed for absence."""
        context = self.context
        view = context.watch.view()
        model = current_model(context, view.model if any(view.model) else context.parameters.initial_model)
        try:
            config = context.app_config(rehearsed_round(view.number))
            rehearsal = rehearse(context.app, model, config, self._phases())
        except Refused as error:
            raise BadConfig(
                f"The app cannot work on the model of task {context.task}, so nothing was staked: {error}"
            ) from error
        judged = rehearsal.evaluated
        logger().info("rehearsed", task=context.task, loss=judged.loss, examples=judged.examples)
        if rehearsal.slowness:
            logger().warning("rehearsal_was_slow", task=context.task, reason=rehearsal.slowness)
        expected = reconsider(context, view.number, judged.planned)
        if is_exhausted(context):
            above = f"to {expected.words}, above" if judged.planned else "above"
            raise BadConfig(
                f"Another update would bring this node {above} its max_epsilon of {context.max_epsilon:g}, so "
                "nothing was staked: add noise, or raise max_epsilon."
            )

    def _phases(self) -> Phases:
        terms = self.context.parameters
        return Phases(terms.propose_seconds, terms.commit_seconds)

    def _put_up_stake(self) -> None:
        context = self.context
        put_up_stake(
            context.contracts,
            context.sender,
            context.wallet.owner,
            context.task,
            wanted=max(self.stake, context.parameters.minimum_stake),
            lock_days=self.lock_days,
        )
