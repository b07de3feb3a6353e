"""One task of a season, day by day, from enrolment to the close."""

from dataclasses import dataclass

import numpy as np

from flock.simulation.accounts import Books
from flock.simulation.delegating import NOWHERE, Delegating, known_pools
from flock.simulation.formulas import Bools, Floats, Ints, slash
from flock.simulation.pay import Stakes, shared, trainers_pay, validators_pay
from flock.simulation.play import ActorRole, Plays, Strategy
from flock.simulation.population import Identities, Population, identities, stream
from flock.simulation.rules import SUBMISSION_DAYS, TASK_DAYS, Rules, World
from flock.simulation.scoring import Scoring, Worked

LATE_DAY = SUBMISSION_DAYS // 2
BAIT_DAY, BAIT_SIGMA = 7, 0.1
RECORD_DAYS = 7
TRUST, KNOW = range(100, 102)


@dataclass(frozen=True)
class Prices:
    """What work costs, in FLOCK."""

    submission: float
    evaluation: float


@dataclass(frozen=True)
class Day:
    """What the close still needs of a day: stakes that counted, σ, and what each delegator had where."""

    stakes: Stakes
    sigma: Floats
    pool: Ints
    amount: Floats


class SimulatedTask:
    """Rows are identities of operators: trainers, then validators. gmFLOCK and FLOCK in whole tokens."""

    def __init__(
        self,
        number: int,
        cohort: int,
        casts: dict[ActorRole, Population],
        seed: int,
        rules: Rules,
        world: World,
        prices: Prices,
        plays: Plays,
    ) -> None:
        self._casts, self._rules, self._world, self._prices, self._plays = casts, rules, world, prices, plays
        self.cohort = cohort
        key = (seed, number)
        self._trainers = self._side(ActorRole.TRAINER)
        self._validators = self._side(ActorRole.VALIDATOR)
        self._split_at = len(self._trainers.actor)
        self._own = np.concatenate([self._trainers.stake, self._validators.stake])
        self._idle = np.zeros_like(self._own)
        self._sigma = np.full_like(self._own, rules.sigma)
        self._raised = np.zeros(len(self._own), bool)
        self._start_late_and_bait()
        self._joined = self._exposed()
        self._scoring = Scoring(
            self._trainers,
            self._validators,
            casts[ActorRole.TRAINER].talent[casts[ActorRole.TRAINER].of_cohort(cohort)],
            key,
            rules,
            world,
            plays,
        )
        self._delegating = self._delegators(key)
        self._record = np.concatenate(
            [
                casts[ActorRole.TRAINER].record[self._trainers.actor],
                casts[ActorRole.VALIDATOR].record[self._validators.actor],
            ]
        )
        self._worth = np.zeros_like(self._own)  # summed over days: of a gm delegated, before σ
        self._yesterday = np.zeros_like(self._own)
        self._days: list[Day] = []

    @property
    def day(self) -> int:
        """How many days it has run."""
        return len(self._days)

    @property
    def is_over(self) -> bool:
        return self.day == TASK_DAYS

    def run_day(self, budget: float, books: Books) -> None:
        """One day: stake moves, work is done, slashed and paid."""
        own = self._own.copy()
        self._delegating.start()
        self._delegating.morning(
            self.day, self._so_far(), self._now(self._yesterday), self._raised, self._rules, self._world
        )
        exposed = self._exposed()
        worked = self._work(exposed)
        self._charge(worked, books)
        self._slash(exposed, worked.slashed, books)
        self._evening()
        day = self._counted(own, budget)
        self._days.append(day)
        self._pay(day, worked, books)

    def close(self, books: Books) -> None:
        """The rest of the trainers' side goes by the final ranking; everybody takes its stake home."""
        ranking = self._scoring.ranking(final=True)
        days = self._days
        stacked = Stakes(
            *(np.stack([getattr(day.stakes, name) for day in days]) for name in Stakes.__annotations__)
        )
        with_pool, without = trainers_pay(stacked, ranking, self._rules)
        sigma = np.stack([day.sigma[: self._split_at] for day in days])
        parts = shared(with_pool, without, sigma, stacked.behind_trainers)
        kept = 1 - self._rules.delta
        books.emit(0.0, float(kept * with_pool.sum()))
        for number, day in enumerate(days):
            operator = _padded(kept * parts.operator[number], len(self._own))
            self._reward(day, operator, _padded(kept * parts.pool[number], len(self._own)), books)
        self._go_home(books)

    # --- Stake ---

    def _side(self, role: ActorRole) -> Identities:
        cast = self._casts[role]
        splits = self._plays.get(role) is Strategy.SYBIL
        return identities(cast, cast.of_cohort(self.cohort), splits, self._world.minimum_stake)

    def _who_play(self, strategy: Strategy) -> Bools:
        """Those tested of the roles that play it."""
        sides = ((ActorRole.TRAINER, self._trainers), (ActorRole.VALIDATOR, self._validators))
        return np.concatenate([side.tested & (self._plays.get(role) is strategy) for role, side in sides])

    def _start_late_and_bait(self) -> None:
        late = self._who_play(Strategy.LATE) & (np.arange(len(self._own)) < self._split_at)
        self._idle[late] = np.maximum(0, self._own - self._world.minimum_stake)[late]
        self._own -= self._idle
        self._sigma[self._who_play(Strategy.BAIT)] = BAIT_SIGMA

    def _exposed(self) -> Floats:
        """What stands on the task between midnights."""
        brief = self._who_play(Strategy.JIT) & (not self._rules.held)
        return np.where(brief, np.minimum(self._own, self._world.minimum_stake), self._own)

    def _evening(self) -> None:
        self._delegating.evening(self.day, self._so_far(), self._now(self._yesterday))
        self._raised[:] = False
        if self.day == LATE_DAY:
            ranking = self._scoring.ranking(final=False)
            good = np.isin(np.arange(len(self._own)), ranking[: max(1, self._split_at // 2)])
            self._own += self._idle * good
            self._idle *= ~good
        if self.day == BAIT_DAY and self._may_raise():
            self._raised = self._who_play(Strategy.BAIT)
            self._sigma[self._raised] = 1.0

    def _may_raise(self) -> bool:
        return self._rules.rising_sigma and self._rules.sigma_freeze < TASK_DAYS - BAIT_DAY

    def _counted(self, own: Floats, budget: float) -> Day:
        least = np.minimum(own, self._own)
        least = np.where(self._meets(least), least, 0)
        pool, amount = self._delegating.counted()
        here = pool != NOWHERE
        behind = np.where(least > 0, np.bincount(pool[here], amount[here], len(least)), 0.0)
        t = self._split_at
        stakes = Stakes(np.array([budget]), least[:t], behind[:t], least[t:], behind[t:])
        return Day(stakes, self._sigma.copy(), pool, amount)

    def _meets(self, own: Floats) -> Bools:
        return np.asarray(own >= self._world.minimum_stake * (1 - 1e-9))

    # --- Work ---

    def _work(self, exposed: Floats) -> Worked:
        able, t = self._meets(exposed), self._split_at
        return self._scoring.work(self.day, able[:t], able[t:])

    def _charge(self, worked: Worked, books: Books) -> None:
        for role, side, done, price in (
            (ActorRole.TRAINER, self._trainers, worked.submissions, self._prices.submission),
            (ActorRole.VALIDATOR, self._validators, worked.evaluations, self._prices.evaluation),
        ):
            books.charge(role, side.actor[: side.base], done * price)
        books.submissions += worked.submissions.sum()
        books.evaluations += worked.reveals.sum()

    def _slash(self, exposed: Floats, shares: Floats, books: Books) -> None:
        t, pools = self._split_at, self._delegating.in_pools(len(self._own))
        share = np.concatenate([np.zeros(t), np.minimum(1, shares)])
        taken = slash(exposed, pools, self._joined, share)
        self._own -= taken.own
        books.lose(ActorRole.VALIDATOR, self._validators.actor, taken.own[t:])
        if taken.pool.any():
            kept = 1 - taken.pool / np.where(pools > 0, pools, 1)
            before = self._delegating.amount
            self._delegating.slash(kept)
            books.lose(ActorRole.DELEGATOR, self._delegating.who, before - self._delegating.amount)

    # --- Pay ---

    def _pay(self, day: Day, worked: Worked, books: Books) -> None:
        stakes, delta = day.stakes, self._rules.delta
        by_rank = trainers_pay(stakes, self._scoring.ranking(final=False), self._rules)
        by_work = validators_pay(stakes, worked.distance, worked.reveals, self._rules)
        self._learn(stakes, np.concatenate([by_rank[0], by_work[0]]))
        with_pool = np.concatenate([delta * by_rank[0], by_work[0]])
        without = np.concatenate([delta * by_rank[1], by_work[1]])
        behind = np.concatenate([stakes.behind_trainers, stakes.behind_validators])
        parts = shared(with_pool, without, day.sigma, behind)
        books.emit(float(stakes.budget[0]), float(with_pool.sum()))
        self._reward(day, parts.operator, parts.pool, books)

    def _reward(self, day: Day, operator: Floats, pool: Floats, books: Books) -> None:
        t, rules = self._split_at, self._rules
        books.pay(ActorRole.TRAINER, self._trainers.actor, operator[:t], rules.operator_fee)
        books.pay(ActorRole.VALIDATOR, self._validators.actor, operator[t:], rules.operator_fee)
        behind = np.concatenate([day.stakes.behind_trainers, day.stakes.behind_validators])
        each = pool / np.where(behind > 0, behind, 1)
        reward = np.where(day.pool == NOWHERE, 0, day.amount * each[day.pool])
        books.pay(ActorRole.DELEGATOR, self._delegating.who, reward, rules.delegator_fee)

    def _learn(self, stakes: Stakes, reward: Floats) -> None:
        """Public information: what a gm delegated to each operator would have earned on this day, before σ."""
        own = np.concatenate([stakes.trainers, stakes.validators])
        behind = np.concatenate([stakes.behind_trainers, stakes.behind_validators])
        effective = own + self._rules.epsilon * behind
        self._yesterday = self._rules.epsilon * reward / np.where(effective > 0, effective, 1)
        self._worth += self._yesterday

    def _so_far(self) -> Floats:
        """A gm's daily reward on this task until now; the last task counts as much as a week of it."""
        return self._now((self._worth + RECORD_DAYS * self._record) / (self.day + RECORD_DAYS))

    def _now(self, worth: Floats) -> Floats:
        return np.asarray(worth * (1 - self._sigma))

    # --- Delegators, and the end ---

    def _delegators(self, key: tuple[int, ...]) -> Delegating:
        cast = self._casts[ActorRole.DELEGATOR]
        who = cast.of_cohort(self.cohort)
        rng = stream(*key, KNOW)
        base = (self._trainers.base, self._validators.base)
        known = [self._pools(rng, drawn, base) for drawn in known_pools(rng, cast.tested[who], sum(base))]
        strategy = self._plays.get(ActorRole.DELEGATOR, Strategy.HONEST)
        return Delegating(cast, who, (known[0], known[1]), (*key, TRUST), strategy)

    def _pools(self, rng: np.random.Generator, drawn: Ints, base: tuple[int, int]) -> Ints:
        """Rows of the operators drawn; of one with many identities any."""
        chance, is_trainer = rng.random(drawn.shape), drawn < base[0]
        trainers = self._trainers.rows(np.where(is_trainer, drawn, 0), chance)
        validators = self._validators.rows(np.where(is_trainer, 0, drawn - base[0]), chance)
        return np.where(is_trainer, trainers, validators + self._split_at)

    def _go_home(self, books: Books) -> None:
        t, left = self._split_at, self._own + self._idle
        for role, side, stake, worth in (
            (ActorRole.TRAINER, self._trainers, left[:t], self._worth[:t]),
            (ActorRole.VALIDATOR, self._validators, left[t:], self._worth[t:]),
        ):
            cast = self._casts[role]
            actors = side.actor[: side.base]
            cast.stake[actors] = np.bincount(side.actor, stake, len(cast.stake))[actors]
            cast.record[actors] = worth[: side.base] / self.day
            books.charge(role, side.actor, np.full(len(side.actor), self._world.identity))
        self._casts[ActorRole.DELEGATOR].stake[self._delegating.who] = self._delegating.amount
        books.charge(
            ActorRole.DELEGATOR, self._delegating.who, self._world.move * (self._delegating.moves + 1)
        )


def _padded(column: Floats, size: int) -> Floats:
    return np.concatenate([column, np.zeros(size - len(column))])
