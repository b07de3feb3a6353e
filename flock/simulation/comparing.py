"""What strategies earn compared with honesty: the same actors in two worlds, otherwise identical."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from math import sqrt
from multiprocessing import get_context
from statistics import mean, stdev
from typing import NamedTuple

from flock.errors import Refused
from flock.simulation.accounts import Account
from flock.simulation.formulas import Bools
from flock.simulation.play import ActorRole, Play
from flock.simulation.season import HONESTY, Season, play_season

QUANTILES = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""Student's t, 97.5%, for 1 to 10 degrees of freedom."""
TOLERANCE = 0.005
"""A gain below this is gas and rounding."""

Tell = Callable[[], None]


@dataclass(frozen=True)
class NetPay:
    """What some actors earned in one season: FLOCK for each 1,000 gmFLOCK that they came with."""

    gross: float
    cost: float
    lost: float

    @property
    def net(self) -> float:
        """After work, gas and slashes."""
        return self.gross - self.cost - self.lost

    @property
    def per_cost(self) -> float:
        """What one FLOCK of work and gas brought, slashes taken off."""
        return (self.gross - self.lost) / self.cost if self.cost else 0.0


class Fared(NamedTuple):
    """One role in one season: those tested, and all others of it."""

    tested: NetPay
    others: NetPay


@dataclass(frozen=True)
class Mean:
    """Of some seeds, with its 95% confidence interval; one seed alone has none."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Compared:
    """One strategy compared with the honesty of the same actors, seed by seed."""

    play: Play
    honest: Sequence[NetPay]
    earned: Sequence[NetPay]

    @property
    def ratio(self) -> Mean:
        """What the strategy earns net, over what honesty does. Raises Refused where honesty earns nothing."""
        if min(earned.net for earned in self.honest) <= 0:
            role = self.play.role.value
            raise Refused(
                f"Under these numbers an honest {role} earns nothing net: there is nothing to compare."
            )
        return mean_of([mine.net / theirs.net for mine, theirs in zip(self.earned, self.honest, strict=True)])

    @property
    def beats_honesty(self) -> bool:
        """Whether all of the interval lies above one."""
        return self.ratio.low > 1 + TOLERANCE


@dataclass(frozen=True)
class Job:
    """One season to play: what it follows from, what those tested play, and their share."""

    season: Season
    play: Play | None
    share: float


def compare(
    season: Season,
    plays: Sequence[Play],
    seeds: int,
    share: float,
    jobs: int = 1,
    tell: Tell = lambda: None,
) -> list[Compared]:
    """Every play under ``seeds`` consecutive seeds from the season's on, in ``jobs`` processes.

    ``tell`` is called for each finished season: one a seed for honesty, and one for each play.
    """
    worlds = [replace(season, seed=season.seed + number) for number in range(seeds)]
    work = [Job(world, play, share) for play in (None, *plays) for world in worlds]
    found = played(work, jobs, tell)

    def column(play: Play | None, role: ActorRole) -> list[NetPay]:
        return [found[Job(world, play, share)][role].tested for world in worlds]

    return [Compared(play, column(None, play.role), column(play, play.role)) for play in plays]


def mean_of(values: Sequence[float]) -> Mean:
    """With Student's interval over independent seeds."""
    middle = mean(values)
    if len(values) == 1:
        return Mean(middle, middle, middle)
    quantile = QUANTILES[min(len(values) - 2, len(QUANTILES) - 1)]
    half = quantile * stdev(values) / sqrt(len(values))
    return Mean(middle, middle - half, middle + half)


def earned_by(account: Account, who: Bools) -> NetPay:
    """What these actors earned, for each 1,000 gmFLOCK."""
    staked = account.staked[who].sum() / 1_000
    gross, cost, lost = (
        float(column[who].sum() / staked) for column in (account.earned, account.cost, account.lost)
    )
    return NetPay(gross, cost, lost)


def default_jobs() -> int:
    """One process a core."""
    return os.cpu_count() or 1


def played(work: Sequence[Job], jobs: int, tell: Tell) -> Mapping[Job, Mapping[ActorRole, Fared]]:
    """How every role fared in each of these seasons, played in ``jobs`` processes."""
    return dict(_all_played(work, jobs, tell))


def _all_played(
    work: Sequence[Job], jobs: int, tell: Tell
) -> Iterator[tuple[Job, Mapping[ActorRole, Fared]]]:
    if jobs == 1:
        for each in work:
            yield each, _played(each)
            tell()
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_played, each): each for each in work}
        for done in as_completed(waiting):
            yield waiting[done], done.result()
            tell()


def _played(work: Job) -> Mapping[ActorRole, Fared]:
    plays = {work.play.role: work.play.strategy} if work.play else HONESTY
    books = play_season(work.season, plays, work.share)
    return {
        role: Fared(earned_by(account, account.tested), earned_by(account, ~account.tested))
        for role, account in books.accounts.items()
    }
