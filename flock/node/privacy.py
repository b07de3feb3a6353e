"""A node's privacy budget: what its updates have revealed, and when another one would exceed it."""

from flock.errors import Refused
from flock.log import logger
from flock.node.context import NodeContext
from flock.node.memory import UNBOUNDED, Spent
from flock.training.app import TrainResult
from flock.training.privacy import MICRO, Mechanism, added, total

UNBOUNDED_REASON = (
    "An update of this task had no noise, or too little for ε to mean anything; the rest cannot help."
)


def spend(context: NodeContext, number: int, result: TrainResult) -> Spent:
    """The total privacy loss once this update of round ``number`` is published.

    Raises:
        Refused: that is more than the node's ``max_epsilon``. It is noted, so that the node leaves the task.
    """
    spent = after(context.memory.spent_until(number), result.mechanism)
    limit = context.max_epsilon
    if limit is not None:
        if not _is_within(spent, limit):
            context.memory.keep_exhausted(limit)
            raise Refused(
                f"The update of round {number} of task {context.task} would bring this node to "
                f"{spent.words}, above its max_epsilon of {limit:g}; it is not proposed."
            )
        if not _is_within(after(spent, result.mechanism), limit):
            context.memory.keep_exhausted(limit)
    _log(context, number, spent, result.mechanism)
    return spent


def is_exhausted(context: NodeContext) -> bool:
    """Whether another update like the last would exceed ``max_epsilon``."""
    exhausted = context.memory.exhausted_at()
    return context.max_epsilon is not None and exhausted is not None and context.max_epsilon <= exhausted


def reconsider(context: NodeContext, number: int, planned: Mechanism | None) -> Spent:
    """The total privacy loss after another update, as announced by the app; used before joining.

    An app that announces more noise than it used before may make room again.
    """
    spent = context.memory.spent_until(number)
    if planned is None:
        return spent
    expected, limit = after(spent, planned), context.max_epsilon
    if limit is not None:
        context.memory.keep_exhausted(None if _is_within(expected, limit) else limit)
    return expected


def after(before: Spent, mechanism: Mechanism | None) -> Spent:
    """The privacy loss including an update made by ``mechanism``; unbounded without one."""
    if before.total is None or mechanism is None:
        return UNBOUNDED
    mechanisms = added(before.mechanisms, mechanism)
    told = total(mechanisms)
    return Spent(mechanisms, told) if told else UNBOUNDED


def _is_within(spent: Spent, limit: float) -> bool:
    return spent.total is not None and spent.total.epsilon_micro <= limit * MICRO


def _log(context: NodeContext, number: int, spent: Spent, mechanism: Mechanism | None) -> None:
    log = logger(task=context.task, round=number)
    if spent.total is not None:
        log.info("privacy_spent", total=spent.words)
    elif mechanism is not None:
        log.warning("privacy_unbounded", reason=UNBOUNDED_REASON)
