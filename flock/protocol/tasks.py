"""The TaskManager contract as pure functions: one task and the custody of its bounty.

Refusals carry the names of the contract's errors (contracts/src/interfaces/ITaskManager.sol).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from flock.protocol.params import AllianceParameters
from flock.protocol.refusals import require
from flock.protocol.units import NO_WEI, Wei


class TaskState(IntEnum):
    """The life of a task, numbered as in TaskManager."""

    NONE = 0
    OPEN = 1
    RUNNING = 2
    CLOSED = 3
    CANCELLED = 4


@dataclass(frozen=True)
class Task:
    """A task: ``bounty`` is what was put in before it began, ``balance`` what is still in custody.

    ``paid`` is what each account has received from the task, refunds to the creator apart, which are in
    ``refunded``; ``treasury`` is what the treasury has received. ``began_at`` and ``closed_at`` are 0 until
    it happens.
    """

    creator: str
    parameters: AllianceParameters
    bounty: Wei
    balance: Wei
    state: TaskState = TaskState.OPEN
    paid: Mapping[str, Wei] = field(default_factory=dict)
    refunded: Wei = NO_WEI
    treasury: Wei = NO_WEI
    began_at: int = 0
    closed_at: int = 0


def create(creator: str, parameters: AllianceParameters, bounty: Wei, now: int) -> Task:
    """A new open task with its bounty in custody."""
    require(not parameters.problems(now, bounty), "ParameterOutOfBounds")
    return Task(creator, parameters, bounty, bounty)


def fund(task: Task, amount: Wei) -> Task:
    """Add to the bounty of an open task."""
    _require_open(task)
    require(amount > 0, "AmountIsZero")
    return replace(task, bounty=Wei(task.bounty + amount), balance=Wei(task.balance + amount))


def cancel(task: Task, caller: str, now: int) -> Task:
    """End an open task and refund it: the creator at any time, others once ``start_by`` has passed."""
    _require_open(task)
    allowed = caller == task.creator or now > task.parameters.start_by
    require(allowed, "OnlyTheCreatorMayCancelBefore")
    refunded = Wei(task.refunded + task.balance)
    return replace(task, state=TaskState.CANCELLED, balance=NO_WEI, refunded=refunded)


def begin(task: Task, now: int) -> Task:
    """Open to running; from here on the bounty is fixed."""
    _require_open(task)
    require(now <= task.parameters.start_by, "TooLateToStart")
    return replace(task, state=TaskState.RUNNING, began_at=now)


def pay(task: Task, account: str, amount: Wei) -> Task:
    """Pay an account from the task's custody."""
    require(amount <= task.balance, "PaymentAboveBalance")
    received = Wei(task.paid.get(account, 0) + amount)
    return replace(task, balance=Wei(task.balance - amount), paid={**task.paid, account: received})


def close(task: Task, refund: Wei, to_treasury: Wei, now: int) -> Task:
    """Running to closed; what is left in custody stays payable."""
    require(task.state is TaskState.RUNNING, "TaskIsNotRunning")
    require(refund + to_treasury <= task.balance, "PaymentAboveBalance")
    return replace(
        task,
        state=TaskState.CLOSED,
        balance=Wei(task.balance - refund - to_treasury),
        refunded=Wei(task.refunded + refund),
        treasury=Wei(task.treasury + to_treasury),
        closed_at=now,
    )


def _require_open(task: Task) -> None:
    require(task.state is TaskState.OPEN, "TaskIsNotOpen")
