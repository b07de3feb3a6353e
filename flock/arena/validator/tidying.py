"""What a validator no longer needs goes from its disk."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flock.arena.actor import LOOK_SECONDS, Actor
from flock.log import logger
from flock.protocol.arena.stages import Stage
from flock.store.blobs import DiskBlobs


@dataclass
class ForgetLosses:
    """A step: once the task is finished, remove the losses by example, of which nobody can ask for a proof any more.

    ``losses`` has those of this task and nothing else. Sets and bases are in a cache, which has a bound.
    """

    actor: Actor
    losses: DiskBlobs
    clock: Callable[[], float] = time.monotonic
    name: str = "forget"
    _look_at: float = field(default=0.0, init=False)

    def __call__(self) -> bool:
        if self.clock() < self._look_at:
            return False
        self._look_at = self.clock() + LOOK_SECONDS
        if self.actor.stage is not Stage.FINISHED:
            return False
        found = self.losses.inventory()
        for cid in found:
            self.losses.remove(cid)
        if found:
            logger().info("losses_removed", task=self.actor.task, blobs=len(found))
        return bool(found)
