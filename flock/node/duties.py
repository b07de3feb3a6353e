"""The duties that need the member's app, whether the coordinator or the node itself starts them."""

import threading
import time
from collections.abc import Callable, Mapping

from flock.errors import Refused
from flock.node import proposing, voting
from flock.node.context import NodeContext
from flock.node.resting import AppRest
from flock.training.app import Scalar
from flock.training.mods import TRAINER, VOTER, Evaluate, Train


class MemberDuties:
    """Implements ``flock.training.mods.Duties``; one at a time, so nothing is trained or sealed twice.

    An app that failed is tried again after a while, by ``clock``.
    """

    def __init__(self, context: NodeContext, clock: Callable[[], float] = time.monotonic) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._rest = AppRest(clock)

    def propose(self, task: int, round: int, train: Train) -> Mapping[str, Scalar]:
        self._require_own_task(task)
        with self._lock:
            self._rest.require_rested(TRAINER, round)
            return proposing.propose(self._context, round, self._rest.watched(TRAINER, round, train))

    def vote(self, task: int, round: int, evaluate: Evaluate) -> Mapping[str, Scalar]:
        self._require_own_task(task)
        with self._lock:
            self._rest.require_rested(VOTER, round)
            return voting.cast(self._context, round, self._rest.watched(VOTER, round, evaluate))

    def propose_unprompted(self, number: int) -> Mapping[str, Scalar]:
        """Propose without a coordinator's call."""
        return self.propose(self._context.task, number, self._context.app.train)

    def vote_unprompted(self, number: int) -> Mapping[str, Scalar]:
        """Vote without a coordinator's call."""
        return self.vote(self._context.task, number, self._context.app.evaluate)

    def _require_own_task(self, task: int) -> None:
        if task != self._context.task:
            raise Refused(f"This node works on task {self._context.task}, not on task {task}.")
