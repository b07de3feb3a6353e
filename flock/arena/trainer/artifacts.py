"""Where a trainer's artifacts come from: a file that somebody writes, or a recipe."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from flock.arena.actor import Actor
from flock.arena.bases import Bases
from flock.arena.scoring.artifact import read_file
from flock.arena.scoring.cache import BlobCache
from flock.arena.scoring.task import ScoringTask
from flock.arena.task_document import LARGEST_SET, TaskDocument
from flock.arena.trainer.submitting import require_submittable
from flock.errors import BadConfig
from flock.log import logger


@dataclass
class FromFile:
    """The bytes of ``path``, whenever it was replaced by a file that can be submitted."""

    path: Path
    task: ScoringTask
    _seen: tuple[int, int] | None = field(default=None, init=False)

    def __call__(self) -> bytes | None:
        """None if it is as it was, or not there. Raises Rejected, once, for what no validator could score."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        mark = (status.st_mtime_ns, status.st_size)
        if mark == self._seen:
            return None
        self._seen = mark
        artifact = read_file(self.path, self.task.bounds)
        require_submittable(self.task, artifact)
        return artifact


@dataclass
class FromRecipe:
    """What the recipe of the task's kind makes of its training set: ``steps`` the first time, twice as many each
    further time, so that each submission is another and a better one. Adapters are for the task's first base.
    """

    actor: Actor
    document: TaskDocument
    cache: BlobCache
    steps: int
    seed: int
    clock: Callable[[], float] = time.monotonic
    _made: int = field(default=0, init=False)

    def __call__(self) -> bytes:
        from flock.arena.recipes.training import Effort, Material, train

        digest = self.document.training_set
        if digest is None:
            raise BadConfig(
                f"Task {self.actor.task} names no training set that the service serves, so no recipe can train: "
                "name an `artifact` of your own."
            )
        service = self.actor.service
        examples = self.cache.fetch(digest, lambda: service.blob(digest, LARGEST_SET))
        effort = Effort(steps=self.steps << min(self._made, 8), seed=self.seed)
        began = self.clock()
        artifact = train(self.document.scoring, Material(examples, Bases(service, self.cache)), effort)
        self._made += 1
        logger().info("trained", steps=effort.steps, seconds=round(self.clock() - began, 1))
        return artifact
