"""Histories for tests: days of a deployment written down line by line, with names for accounts."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from flock.protocol.alliance.pay_rule import PROPOSER, VOTER
from flock.protocol.core.units import DAY, WAD, Gm, Wei
from flock.protocol.economy.history import (
    Delegated,
    DelegationRatioSet,
    Event,
    History,
    LeaveBegun,
    PoolSet,
    PoolSlashed,
    StakeMoved,
    TaskClosed,
    TermsSet,
    Undelegated,
    WorkDone,
)
from flock.protocol.economy.pay_rule import Emission
from flock.protocol.economy.points import Earned, PointsEarned
from flock.protocol.economy.pools import FULL
from flock.protocol.economy.rewards import RewardTerms

TREASURY = "treasury"
TASK = 1
GIVEN_FULLY = RewardTerms(epsilon_bps=5_000, operator_fee_bps=0, delegator_fee_bps=0, daily_bps=10_000)
"""Terms without fees and without anything set aside."""


@dataclass
class Days:
    """A history in the making; every line happens a second after the one before."""

    now: int = 0
    events: list[Event] = field(default_factory=list)
    emissions: list[Emission] = field(default_factory=list)

    @property
    def day(self) -> int:
        return self.now // DAY

    @property
    def history(self) -> History:
        return History(TREASURY, tuple(self.events), tuple(self.emissions), self.day)

    def tomorrow(self, *, emitted: int = 0, bounty: int = 0, task: int = TASK) -> None:
        """The day ends; ``emitted`` FLOCK are emitted for it, and ``bounty`` FLOCK came from the task itself."""
        if emitted:
            self.emissions.append(Emission(task, self.day, Wei(emitted * WAD)))
        if bounty:
            self.emissions.append(Emission(task, self.day, Wei(bounty * WAD), is_bounty=True))
        self.now = (self.day + 1) * DAY

    def terms(self, terms: RewardTerms) -> None:
        self._add(TermsSet(self._tick(), terms))

    def ratio(self, ratio: int) -> None:
        self._add(DelegationRatioSet(self._tick(), ratio))

    def stake(self, account: str, gm: int, task: int = TASK) -> None:
        self._add(StakeMoved(self._tick(), task, account, gm * WAD))

    def pool(self, operator: str, commission_bps: int = 5_000, task: int = TASK) -> None:
        self._add(PoolSet(self._tick(), task, operator, commission_bps))

    def delegate(self, delegator: str, operator: str, gm: int, task: int = TASK) -> None:
        self._add(Delegated(self._tick(), task, operator, delegator, Gm(gm * WAD)))

    def leave(self, delegator: str, operator: str, gm: int, task: int = TASK) -> None:
        self._add(LeaveBegun(self._tick(), task, operator, delegator, Gm(gm * WAD)))

    def collect(self, delegator: str, operator: str, gm: int, task: int = TASK) -> None:
        self._add(Undelegated(self._tick(), task, operator, delegator, Gm(gm * WAD)))

    def halve_pool(self, operator: str, gm: int, task: int = TASK) -> None:
        """The first slash of a pool: ``gm`` of it go, which is half of it."""
        self._add(PoolSlashed(self._tick(), task, operator, Gm(gm * WAD), FULL // 2, 0))

    def paid(
        self, proposers: Iterable[str] = (), voters: Iterable[str] = (), points: int = WAD, task: int = TASK
    ) -> None:
        """A round is decided that gives everyone named ``points``."""
        self.work(
            *(Earned(account, PROPOSER, points) for account in proposers),
            *(Earned(account, VOTER, points) for account in voters),
            task=task,
        )

    def work(self, *earned: Earned, task: int = TASK) -> None:
        """Work of any product is paid for."""
        self._add(WorkDone(self._tick(), task, PointsEarned(earned)))

    def close(self, task: int = TASK) -> None:
        self._add(TaskClosed(self._tick(), task))

    def _tick(self) -> int:
        self.now += 1
        return self.now

    def _add(self, event: Event) -> None:
        self.events.append(event)


def earned_in(done: WorkDone) -> tuple[Earned, ...]:
    """The points that the work made."""
    assert isinstance(done.work, PointsEarned)
    return done.work.earned
