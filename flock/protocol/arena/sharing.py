"""How what is emitted to an Arena's task is shared: trainers by rank and stake, validators by closeness and stake.

Both sides' budgets follow from the stakes that were there all day. Of the trainers' side, the daily part goes by the
ranking of the day; the rest is kept, and shared when the task has ended by the final ranking, with the stakes of each
day: stake that comes for the last day counts for the last day. The validators' side of a day on which no reveals were
judged is carried over to the next on which some were, and reveals of days without an emission wait for the next; what
is carried still at the end goes by the last day that was shared.

What is emitted counts only up to a multiple of the bounty, in the order of the days, and the rest is in no share: a
creator who trains and validates for itself gets its bounty back, and takes no more than in proportion to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from flock.protocol.arena.rewards import (
    ArenaTerms,
    Enrolled,
    Trainer,
    Validator,
    carried_rewards,
    sides,
    trainer_rewards,
    validator_rewards,
)
from flock.protocol.core.units import BPS, Gm, Wei, mul_div_down
from flock.protocol.economy.pay_rule import DayShares, Emission, Share, Worker, Workers
from flock.protocol.economy.rewards import Backed

AT_ONCE, WAITING = 0, 1


class Side(Enum):
    """As what an account works on a task."""

    TRAINER = "trainer"
    VALIDATOR = "validator"


class ArenaWork:
    """Whatever bears on how an Arena's emissions are shared."""

    def new_sharing(self) -> "ArenaSharing":
        """Arenas are shared by rank and closeness."""
        return ArenaSharing()


@dataclass(frozen=True, slots=True)
class Began(ArenaWork):
    """The task began, with a ``bounty`` for its members."""

    bounty: Wei


@dataclass(frozen=True, slots=True)
class Joined(ArenaWork):
    """``account`` enrolled on a side; its stake counts on that side's budget from then on, also after it has left."""

    account: str
    side: Side


@dataclass(frozen=True, slots=True)
class Ranked(ArenaWork):
    """The ranking has changed: trainers, the best first. ``is_final``: by what they are paid at the end."""

    trainers: tuple[str, ...]
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class KeyLost(ArenaWork):
    """Set B's key got out early or came too late: what is emitted from now on, and was kept so far, is void.

    The bounty is shared as before.
    """


@dataclass(frozen=True, slots=True)
class Judged(ArenaWork):
    """Validators revealed a score that had a median to be compared with: their distances, in millionths."""

    distances: tuple[tuple[str, int], ...]


@dataclass
class _Reveals:
    """What one validator revealed on one day."""

    number: int = 0
    distance: int = 0


@dataclass(frozen=True)
class _KeptDay:
    """What a day left for the end: a budget, of which the trainers get their side, and who had what at stake then."""

    budget: Wei
    is_bounty: bool
    enrolled: Enrolled
    trainers: Mapping[str, Worker]


@dataclass
class ArenaSharing:
    """The ``Sharing`` of one Arena's task."""

    terms: ArenaTerms = field(default_factory=ArenaTerms)
    _sides: dict[str, Side] = field(default_factory=dict)
    _ranking: tuple[str, ...] = ()
    _final: tuple[str, ...] = ()
    _reveals: dict[str, _Reveals] = field(default_factory=dict)
    _kept: list[_KeptDay] = field(default_factory=list)
    _carried: dict[bool, int] = field(default_factory=dict)
    _judged: list[tuple[Worker, Validator]] = field(default_factory=list)
    _are_paid: bool = False
    _emissions_left: int = 0
    _key_is_lost: bool = False

    def take(self, work: ArenaWork) -> None:
        """Take in the beginning, an enrolment, a ranking or a judgement."""
        match work:
            case Began(bounty):
                self._emissions_left = self.terms.emissions_per_bounty * bounty
            case Joined(account, side):
                self._sides[account] = side
            case Ranked(trainers, is_final=True):
                self._final = trainers
            case Ranked(trainers):
                self._ranking = trainers
            case KeyLost():
                self._key_is_lost = True
            case Judged(distances):
                for account, distance in distances:
                    reveals = self._reveals.setdefault(account, _Reveals())
                    reveals.number += 1
                    reveals.distance += distance

    def share(self, emission: Emission, workers: Workers, daily_bps: int) -> DayShares:
        """Validators get all of their side, trainers the daily part of theirs."""
        if not emission.is_bounty:
            emission = replace(emission, amount=self._counted(emission.amount))
        if not emission.amount:
            return DayShares(())
        trainers, validators = (self._at_work(side, workers) for side in (Side.TRAINER, Side.VALIDATOR))
        enrolled = Enrolled(_effective(trainers), _effective(validators))
        daily = Wei(mul_div_down(emission.amount, daily_bps, BPS))
        day = _KeptDay(Wei(emission.amount - daily), emission.is_bounty, enrolled, trainers)
        self._kept.append(day)
        ranked = self._by_rank(replace(day, budget=daily), self._ranking, AT_ONCE)
        close, carried = self._by_closeness(emission, enrolled, validators)
        kept = sides(day.budget, enrolled, self.terms.gamma_bps).trainers
        return DayShares([*ranked, *close], Wei(kept + carried))

    def _counted(self, emitted: Wei) -> Wei:
        """What counts of it: as much as the bounty allows, and nothing once set B's key is lost."""
        counted = 0 if self._key_is_lost else min(emitted, self._emissions_left)
        self._emissions_left -= counted
        return Wei(counted)

    def end_day(self) -> None:
        """Forget reveals that were paid for; others wait for the next emission."""
        if self._are_paid:
            self._reveals, self._are_paid = {}, False

    def close(self) -> Sequence[Share]:
        """Share what was kept by the final ranking, with the stakes of each day; validators as on their last day."""
        kept, self._kept = self._kept, []
        counts = [day for day in kept if day.is_bounty or not self._key_is_lost]
        ranked = [share for day in counts for share in self._by_rank(day, self._final, WAITING)]
        carried = sum(wei for is_bounty, wei in self._carried.items() if is_bounty or not self._key_is_lost)
        self._carried = {}
        judged = [each for _, each in self._judged]
        return [*ranked, *self._shares(carried_rewards(Wei(carried), judged, self.terms))]

    def _at_work(self, side: Side, workers: Workers) -> Mapping[str, Worker]:
        found = {account: workers(account) for account, chosen in self._sides.items() if chosen is side}
        return {account: worker for account, worker in found.items() if worker is not None}

    def _by_rank(self, day: _KeptDay, ranking: Sequence[str], waiting: int) -> Sequence[Share]:
        ranked = [day.trainers[account] for account in ranking if account in day.trainers]
        paid = trainer_rewards(day.budget, [_trainer(worker) for worker in ranked], day.enrolled, self.terms)
        return [Share(worker, paid[worker.account], waiting, of=1) for worker in ranked]

    def _by_closeness(
        self, emission: Emission, enrolled: Enrolled, workers: Mapping[str, Worker]
    ) -> tuple[Sequence[Share], int]:
        """The validators' shares, and what of their side is carried over; less than 0 if some is that was."""
        at_work = [workers[account] for account in self._reveals if account in workers]
        if not at_work:
            side = sides(emission.amount, enrolled, self.terms.gamma_bps).validators
            self._carried[emission.is_bounty] = self._carried.get(emission.is_bounty, 0) + side
            return (), side
        self._are_paid = True
        self._judged = [(worker, _validator(worker, self._reveals[worker.account])) for worker in at_work]
        judged = [each for _, each in self._judged]
        carried = self._carried.pop(emission.is_bounty, 0)
        today = validator_rewards(emission.amount, judged, enrolled, self.terms)
        before = carried_rewards(Wei(carried), judged, self.terms)
        return self._shares({account: _sum(today[account], before[account]) for account in today}), -carried

    def _shares(self, paid: Mapping[str, Backed]) -> Sequence[Share]:
        return [Share(worker, paid[worker.account], AT_ONCE, of=1) for worker, _ in self._judged]


def _sum(one: Backed, other: Backed) -> Backed:
    return Backed(Wei(one.operator + other.operator), Wei(one.pool + other.pool))


def _effective(workers: Mapping[str, Worker]) -> Gm:
    return Gm(sum(worker.effective for worker in workers.values()))


def _trainer(worker: Worker) -> Trainer:
    return Trainer(worker.account, worker.own, Gm(worker.effective - worker.own), worker.commission_bps)


def _validator(worker: Worker, reveals: _Reveals) -> Validator:
    backing = Gm(worker.effective - worker.own)
    distance = reveals.distance // reveals.number
    return Validator(worker.account, worker.own, backing, worker.commission_bps, reveals.number, distance)
