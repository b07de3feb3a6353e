"""Sharing by points: a day's emission goes to those whose work earned points, by points times effective stake."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flock.protocol.core.units import Wei
from flock.protocol.economy.pay_rule import DayShares, Emission, Share, Worker, Workers
from flock.protocol.economy.rewards import share_with_pool


@dataclass(frozen=True, slots=True)
class Role:
    """As what somebody earns. Of the reward of a role that ``waits`` only the daily part is paid at once.

    The rest is set aside until the task ends.
    """

    name: str
    waits: bool


class Earned(NamedTuple):
    """Points that an account earned in a role."""

    account: str
    role: Role
    points: int


@dataclass(frozen=True, slots=True)
class PointsEarned:
    """Work that made points."""

    earned: tuple[Earned, ...]

    def new_sharing(self) -> "PointsSharing":
        """Points are shared by points."""
        return PointsSharing()


@dataclass
class _Points:
    """What one account earned on one day, and how much of it in roles whose reward waits."""

    all: int = 0
    waiting: int = 0


class PointsSharing:
    """The ``Sharing`` of a task by points; it keeps nothing for the end itself."""

    def __init__(self) -> None:
        self._points: dict[str, _Points] = {}

    def take(self, work: PointsEarned) -> None:
        """Add the points to those of the day."""
        for account, role, earned in work.earned:
            points = self._points.setdefault(account, _Points())
            points.all += earned
            points.waiting += earned if role.waits else 0

    def share(self, emission: Emission, workers: Workers, daily_bps: int) -> DayShares:
        """Share by points times effective stake."""
        del daily_bps  # the ledger sets aside what waits
        earners = list(self._earners(workers))
        total = sum(points.all * worker.effective for worker, points in earners)
        return DayShares([_share(emission.amount, worker, points, total) for worker, points in earners])

    def end_day(self) -> None:
        """Forget the points."""
        self._points = {}

    def close(self) -> Sequence[Share]:
        """Nothing was kept."""
        return ()

    def _earners(self, workers: Workers) -> Iterator[tuple[Worker, _Points]]:
        for account, points in self._points.items():
            worker = workers(account) if points.all else None
            if worker is not None:
                yield worker, points


def _share(amount: Wei, worker: Worker, points: _Points, total: int) -> Share:
    backed = share_with_pool(
        amount,
        points.all,
        effective=worker.effective,
        own=worker.own,
        total=total,
        commission_bps=worker.commission_bps,
    )
    return Share(worker, backed, points.waiting, points.all)
