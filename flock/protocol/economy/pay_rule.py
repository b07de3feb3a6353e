"""What a product brings to the economy: the rule by which the emissions of its tasks are shared.

The ledger knows no product: it hands each day's emission of a task to the task's ``Sharing``, which has taken in the
day's work, and keeps the books of what comes back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from flock.protocol.core.units import NO_WEI, Gm, Wei
from flock.protocol.economy.rewards import Backed


@dataclass(frozen=True, slots=True)
class Emission:
    """``amount`` came to a task for ``day`` (counted from the Unix epoch): emitted, or out of its own bounty."""

    task: int
    day: int
    amount: Wei
    is_bounty: bool = False


@dataclass(frozen=True, slots=True)
class Worker:
    """An operator on a task for one day: the stake that was there all day.

    ``effective`` counts delegation as well; ``shares`` is what each delegator had in the pool, gm by account.
    """

    account: str
    own: Gm
    effective: Gm
    commission_bps: int
    shares: Mapping[str, Gm]


class Share(NamedTuple):
    """What a worker and its pool get; of the ``of`` equal parts of it, ``waiting`` are paid in part at once.

    The ledger sets the rest of those aside until the task ends.
    """

    worker: Worker
    backed: Backed
    waiting: int
    of: int


class DayShares(NamedTuple):
    """How an emission was shared; the sharing keeps ``kept`` wei of it for later.

    Less than 0 if more of what it kept before was shared than it keeps now.
    """

    shares: Sequence[Share]
    kept: Wei = NO_WEI


Workers = Callable[[str], Worker | None]
"""Who an account was on the task all day; None for accounts that had no stake of their own there."""


class Sharing(Protocol):
    """Shares what is emitted to one task. It takes in the task's work in the order of the chain, day by day."""

    def take(self, work: Any) -> None:
        """Take in work of this day."""

    def share(self, emission: Emission, workers: Workers, daily_bps: int) -> DayShares:
        """Share an emission of this day; what is in no share is the treasury's.

        ``daily_bps`` of what waits for the end is paid at once.
        """

    def end_day(self) -> None:
        """A day with work or an emission is over: work that was paid for is not to count again."""

    def close(self) -> Sequence[Share]:
        """Share what was kept, once the task has ended; what is in no share is the treasury's."""


class Work(Protocol):
    """Something that happened on a task and bears on how its emissions are shared."""

    def new_sharing(self) -> Sharing:
        """The sharing of a task whose first work this is."""


class PayRule(Protocol):
    """How one product's events become work. A rule is made anew for each history that is read."""

    @property
    def events(self) -> Sequence[str]:
        """The events of the product's board that it needs."""

    def read(self, name: str, arguments: Mapping[str, Any]) -> Work | None:
        """Take in the next of those events, in the order of the chain; the work that it tells of, if any.

        Raises RpcUnavailable if some are missing.
        """
