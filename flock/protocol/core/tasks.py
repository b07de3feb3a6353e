"""The TaskManager contract as pure functions: one task and the custody of its bounty.

Refusals carry the names of the contract's errors (contracts/src/interfaces/ITaskManager.sol).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Generic, Protocol, TypeVar

from flock.protocol.core.hashing import ZERO
from flock.protocol.core.refusals import require
from flock.protocol.core.units import NO_WEI, Wei, mul_div_down

MAX_BOUNTY = 2**92 - 1


class Terms(Protocol):
    """The terms that every task has, whatever its product; times in Unix seconds."""

    @property
    def starts_at(self) -> int:
        """When anyone can start it; its creator can earlier."""

    @property
    def start_by(self) -> int:
        """The last moment to start it."""

    def schedule_problems(self, now: int) -> tuple[str, ...]:
        """A sentence for every bound of the TaskManager that is violated."""

    def term_problems(self, bounty: Wei) -> tuple[str, ...]:
        """A sentence for every bound of the product that is violated."""


AnyTerms = TypeVar("AnyTerms", bound=Terms)


class TaskState(IntEnum):
    """The life of a task, numbered as in TaskManager."""

    NONE = 0
    OPEN = 1
    RUNNING = 2
    CLOSED = 3
    CANCELLED = 4

    @property
    def is_over(self) -> bool:
        """Whether the task has ended."""
        return self in (TaskState.CLOSED, TaskState.CANCELLED)


@dataclass(frozen=True)
class Refund:
    """The refunds not withdrawn yet: wei ``left`` for the ``shares``, the contributions not withdrawn yet."""

    left: Wei = NO_WEI
    shares: Wei = NO_WEI

    def of(self, contribution: Wei) -> Wei:
        """A contribution's part, rounded down; the last one takes all that is left."""
        return Wei(mul_div_down(self.left, contribution, self.shares)) if self.shares else NO_WEI


@dataclass(frozen=True)
class Task(Generic[AnyTerms]):
    """A task: ``bounty`` is what was put in before it began, ``balance`` what is still in custody for pay.

    ``contributions`` are what each backer put in and has not had refunded. ``paid`` and ``refunded`` are what each
    account has received from the task, ``owed_to_treasury`` and ``treasury`` what is the treasury's and what it has
    received. ``began_at`` and ``closed_at`` are 0 until it happens, ``model`` is what the task has made.
    """

    creator: str
    parameters: AnyTerms
    bounty: Wei
    balance: Wei
    state: TaskState = TaskState.OPEN
    contributions: Mapping[str, Wei] = field(default_factory=dict)
    refund: Refund = Refund()
    paid: Mapping[str, Wei] = field(default_factory=dict)
    refunded: Mapping[str, Wei] = field(default_factory=dict)
    owed_to_treasury: Wei = NO_WEI
    treasury: Wei = NO_WEI
    began_at: int = 0
    closed_at: int = 0
    model: bytes = ZERO

    @property
    def custody(self) -> Wei:
        """Everything the contract holds for the task."""
        return Wei(self.balance + self.refund.left + self.owed_to_treasury)

    @property
    def is_alive(self) -> bool:
        """Whether it is open or running."""
        return self.state in (TaskState.OPEN, TaskState.RUNNING)


def create(creator: str, parameters: AnyTerms, bounty: Wei, now: int) -> Task[AnyTerms]:
    """A new open task with its bounty in custody."""
    require(not parameters.schedule_problems(now) and bounty <= MAX_BOUNTY, "OutOfBounds")
    require(not parameters.term_problems(bounty), "TermOutOfBounds")
    return Task(creator, parameters, bounty, bounty, contributions={creator: bounty})


def fund(task: Task[AnyTerms], backer: str, amount: Wei) -> Task[AnyTerms]:
    """Add to the bounty of an open task."""
    _require_open(task)
    require(amount > 0, "AmountIsZero")
    require(task.bounty + amount <= MAX_BOUNTY, "OutOfBounds")
    return replace(
        task,
        bounty=Wei(task.bounty + amount),
        balance=Wei(task.balance + amount),
        contributions=_added(task.contributions, backer, amount),
    )


def cancel(task: Task[AnyTerms], caller: str, now: int) -> Task[AnyTerms]:
    """End an open task; backers may withdraw all: the creator at any time, others once ``start_by`` has passed."""
    _require_open(task)
    allowed = caller == task.creator or now > task.parameters.start_by
    require(allowed, "OnlyTheCreatorMayCancelBefore")
    return replace(task, state=TaskState.CANCELLED, balance=NO_WEI, refund=Refund(task.balance, task.bounty))


def withdraw_refund(task: Task[AnyTerms], backer: str) -> Task[AnyTerms]:
    """Pay a backer its share of the refund.

    A part that rounds to zero also uses up its shares: the last backer gets everything that is left.
    """
    contribution = task.contributions.get(backer, NO_WEI)
    require(task.refund.left > 0 and contribution > 0, "NothingToWithdraw")
    amount = task.refund.of(contribution)
    return replace(
        task,
        refund=Refund(Wei(task.refund.left - amount), Wei(task.refund.shares - contribution)),
        contributions={**task.contributions, backer: NO_WEI},
        refunded=_added(task.refunded, backer, amount),
    )


def begin(task: Task[AnyTerms], starter: str, now: int) -> Task[AnyTerms]:
    """Open to running; from here on the bounty is fixed. Before ``starts_at`` only the creator may."""
    _require_open(task)
    require(now <= task.parameters.start_by, "TooLateToStart")
    allowed = now >= task.parameters.starts_at or starter == task.creator
    require(allowed, "OnlyTheCreatorMayStartBefore")
    return replace(task, state=TaskState.RUNNING, began_at=now)


def pay(task: Task[AnyTerms], account: str, amount: Wei) -> Task[AnyTerms]:
    """Pay an account from the task's custody."""
    require(amount <= task.balance, "PaymentAboveBalance")
    return replace(task, balance=Wei(task.balance - amount), paid=_added(task.paid, account, amount))


def close(task: Task[AnyTerms], refund: Wei, to_treasury: Wei, model: bytes, now: int) -> Task[AnyTerms]:
    """Running to closed; what is neither for backers nor for the treasury stays payable."""
    require(task.state is TaskState.RUNNING, "TaskIsNotRunning")
    require(refund + to_treasury <= task.balance, "PaymentAboveBalance")
    return replace(
        task,
        state=TaskState.CLOSED,
        balance=Wei(task.balance - refund - to_treasury),
        refund=Refund(refund, task.bounty),
        owed_to_treasury=Wei(task.owed_to_treasury + to_treasury),
        closed_at=now,
        model=model,
    )


def pay_treasury(task: Task[AnyTerms]) -> Task[AnyTerms]:
    """Pay the treasury its part of the task."""
    require(task.owed_to_treasury > 0, "NothingToWithdraw")
    return replace(task, owed_to_treasury=NO_WEI, treasury=Wei(task.treasury + task.owed_to_treasury))


def _added(amounts: Mapping[str, Wei], account: str, amount: Wei) -> Mapping[str, Wei]:
    return {**amounts, account: Wei(amounts.get(account, NO_WEI) + amount)}


def _require_open(task: Task[AnyTerms]) -> None:
    require(task.state is TaskState.OPEN, "TaskIsNotOpen")
