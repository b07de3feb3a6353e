"""Duties split in two: the app of a stock SuperNode trains and evaluates, the node beside it commits.

Both work on one home. The app's results are stored there for the node; only the node has the keys: whoever
wrote the app, it cannot sign.
"""

from collections.abc import Mapping
from typing import Protocol

from flwr.app import Context, Message

from flock.errors import Refused
from flock.node import proposing, voting
from flock.node.context import NodeContext
from flock.node.memory import KeyValue
from flock.protocol.alliance.rounds import Phase
from flock.training.app import Scalar
from flock.training.evaluation import Evaluation
from flock.training.mods import Evaluate, Train
from flock.training.ties import Ties

PROMISED_BY_THE_NODE = ("update/", "vote/")


class WritesOnce(KeyValue, Protocol):
    """Durable text by key; with ``write_once`` the first writer wins."""

    def write_once(self, key: str, value: object) -> None: ...


class DetachedDuties:
    """Implements ``flock.training.mods.Duties`` without a key: it stores results for the node to commit to."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context

    @property
    def ties(self) -> Ties:
        """The names that the app has for arrays of the model beside the model's own."""
        return self._context.app.ties

    @property
    def evaluation(self) -> Evaluation:
        """How the task's models are evaluated."""
        return self._context.app.evaluation

    def propose(self, task: int, round: int, train: Train) -> Mapping[str, Scalar]:
        self._require_own_task(task)
        return proposing.prepare(self._context, round, train)

    def vote(self, task: int, round: int, evaluate: Evaluate) -> Mapping[str, Scalar]:
        self._require_own_task(task)
        return voting.prepare(self._context, round, evaluate)

    def _require_own_task(self, task: int) -> None:
        if task != self._context.task:
            raise Refused(f"This node works on task {self._context.task}, not on task {task}.")


class FirstKept:
    """A node's memory for the app beside it, which must not overwrite what the node may have committed to."""

    def __init__(self, store: WritesOnce) -> None:
        self._store = store

    def read(self, key: str) -> object | None:
        return self._store.read(key)

    def write(self, key: str, value: object) -> None:
        if key.startswith(PROMISED_BY_THE_NODE):
            self._store.write_once(key, value)
        else:
            self._store.write(key, value)


def needs_no_app(message: Message, context: Context) -> Message:  # noqa: ARG001
    """A placeholder, where a SuperNode's app does the work, or nothing is left to do that needs one."""
    raise Refused("This process calls no app.")


def has_result(context: NodeContext) -> bool:
    """Whether the app beside this node has produced what the open phase requires of the member."""
    view = context.watch.view()
    if view.phase == Phase.PROPOSE:
        return context.memory.proposed_update(view.number) is not None
    return view.phase == Phase.COMMIT and context.memory.vote(view.number) is not None
