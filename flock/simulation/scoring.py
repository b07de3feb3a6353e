"""The work on one task: submissions, panels that score them, medians, strikes, and work by actor."""

from dataclasses import dataclass

import numpy as np

from flock.simulation import formulas
from flock.simulation.formulas import Bools, Floats, Ints
from flock.simulation.play import ActorRole, Plays, Strategy
from flock.simulation.population import Identities, stream
from flock.simulation.rules import CLOSING_DAYS, SUBMISSION_DAYS, Rules, World

UNRANKED = -np.inf
LEARNING_DAYS = 10.0
BASELINE_SPREAD = 0.01
SKIMPED = 0.25  # of the set is evaluated: noise is twice as large
SUBMIT, SCORE, MORE = range(3)


@dataclass(frozen=True)
class Worked:
    """A day's work.

    By validator: mean ``distance`` to the medians beyond what is allowed, number of ``reveals``, and the share of its
    stake as joined that it is ``slashed``. By actor: ``submissions`` trained, ``evaluations`` made.
    """

    distance: Floats
    reveals: Floats
    slashed: Floats
    submissions: Floats
    evaluations: Floats


class Scoring:
    """Quality counts from the published baseline, 0, in units of what an average trainer gains on it."""

    def __init__(
        self,
        trainers: Identities,
        validators: Identities,
        talent: Floats,
        key: tuple[int, ...],
        rules: Rules,
        world: World,
        plays: Plays,
    ) -> None:
        self._trainers, self._validators = trainers, validators
        self._key, self._rules, self._world, self._plays = key, rules, world, plays
        skill = talent + world.luck * stream(*key).standard_normal(trainers.base)
        self._skill = skill[trainers.owner]
        rows = len(trainers.actor)
        self._best = np.full(rows, UNRANKED)
        self._quality = np.zeros(rows)
        self._last = np.full(rows, np.nan)
        self._final = np.zeros(rows)  # summed over the closing days
        self._top = np.zeros(0, np.int64)
        self._medians = [0.0, 0.0]  # sum and number
        self._history = np.zeros(len(validators.actor), np.int64)

    def ranking(self, final: bool) -> Ints:
        """Rows better than the baseline, best first: by set A, or those scored again by set B and then the others."""
        score, margin = self._best.copy(), self._rules.margin
        if final:
            found = self._final[self._top]
            score[self._top] = np.where(found > margin * CLOSING_DAYS, found + score.max(), UNRANKED)
        order = np.argsort(-score, kind="stable")
        return order[score[order] > margin]

    def work(self, day: int, weight: Floats, trains: Bools, scores: Bools) -> Worked:
        """A day of it, with the validators' weights in medians, and which trainers and validators may act."""
        if day < SUBMISSION_DAYS:
            return self._submissions(day, weight, trains, scores)
        if day == SUBMISSION_DAYS:
            self._top = self.ranking(final=False)[: self._world.rescored]
        if not scores.any():
            self._top = self._top[:0]
        truth = self._quality[self._top]
        medians, worked = self._panel(day, self._top, truth, weight, scores)
        self._final[self._top] += medians
        return worked

    def _submissions(self, day: int, weight: Floats, trains: Bools, scores: Bools) -> Worked:
        rng, base, owner = stream(*self._key, day, SUBMIT), self._trainers.base, self._trainers.owner
        submits = rng.random(base) < self._world.submits
        grown = -np.expm1(-(day + 1) / LEARNING_DAYS)
        quality = self._skill * grown + self._world.run * rng.standard_normal(base)[owner]
        lazy = self._trainers.tested & self._is(ActorRole.TRAINER, Strategy.LAZY)
        quality = np.where(lazy, BASELINE_SPREAD * rng.standard_normal(base)[owner], quality)
        rows = np.flatnonzero(submits[owner] & trains & scores.any())
        medians, worked = self._panel(day, rows, quality[rows], weight, scores)
        better = medians > self._best[rows]
        self._best[rows[better]], self._quality[rows[better]] = medians[better], quality[rows][better]
        self._last[rows] = medians
        self._medians[0] += medians.sum()
        self._medians[1] += len(medians)
        trained = submits & trains[:base] & ~lazy[:base]
        return Worked(
            worked.distance, worked.reveals, worked.slashed, trained.astype(float), worked.evaluations
        )

    def _panel(
        self, day: int, rows: Ints, truth: Floats, weight: Floats, scores: Bools
    ) -> tuple[Floats, Worked]:
        """Medians of these trainers' submissions, and what the validators drawn for them did."""
        count = max(1, min(self._world.panel, int(scores.sum())))
        keys, normal, chance = self._draws(day)
        keys = keys[rows]
        keys[:, ~scores] = 2.0
        panel = np.argpartition(keys, count - 1, axis=1)[:, :count]
        reports = self._reports(rows, truth, panel, normal[rows, :count], normal[rows, -1])
        present = chance[rows, :count] >= self._world.absent
        medians = formulas.weighted_median(reports, weight[panel] * present)
        off = np.abs(reports - medians[:, None])
        spread = formulas.weighted_median(off, weight[panel] * present)
        allowed = np.maximum(self._world.tau * spread, self._world.tolerance)[:, None]
        return medians, self._worked(rows, panel, present, formulas.distance(off, allowed), off > allowed)

    def _draws(self, day: int) -> tuple[Floats, Floats, Floats]:
        """Keys of the draw, noise and chances: those of first identities the same in every world."""
        rows, columns = len(self._trainers.actor), len(self._validators.actor)
        base_rows, base = self._trainers.base, self._validators.base
        panel = self._world.panel
        first, more = stream(*self._key, day, SCORE), stream(*self._key, day, MORE)
        keys = np.empty((rows, columns))
        keys[:base_rows, :base] = first.random((base_rows, base))
        keys[:base_rows, base:] = more.random((base_rows, columns - base))
        keys[base_rows:] = more.random((rows - base_rows, columns))
        extra = rows - base_rows
        normal = np.concatenate(
            [first.standard_normal((base_rows, panel + 1)), more.standard_normal((extra, panel + 1))]
        )
        chance = np.concatenate([first.random((base_rows, panel)), more.random((extra, panel))])
        return keys, normal, chance

    def _reports(self, rows: Ints, truth: Floats, panel: Ints, noise: Floats, of_set: Floats) -> Floats:
        true = truth + self._world.sets * of_set
        tested = self._validators.tested[panel]
        if self._is(ActorRole.VALIDATOR, Strategy.SKIMPING):
            noise = np.where(tested, noise / np.sqrt(SKIMPED), noise)
        reports = true[:, None] + self._world.measured * noise
        mean = self._medians[0] / max(1.0, self._medians[1])
        if self._is(ActorRole.VALIDATOR, Strategy.LAZY):
            reports = np.where(tested, mean, reports)
        if self._is(ActorRole.VALIDATOR, Strategy.COPYING):
            guess = np.where(np.isnan(self._last[rows]), mean, self._last[rows])
            reports = np.where(tested, guess[:, None], reports)
        return reports

    def _worked(self, rows: Ints, panel: Ints, present: Bools, distance: Floats, far: Bools) -> Worked:
        size = len(self._validators.actor)
        who = panel[present]
        reveals = np.bincount(who, minlength=size).astype(float)
        summed = np.bincount(who, distance[present], size)
        strikes = self._strikes(who, far[present])
        absences = np.bincount(panel[~present], minlength=size)
        slashed = strikes * self._rules.slash + absences * self._rules.absence
        mean = summed / np.maximum(1, reveals)
        nothing = np.zeros(self._trainers.base)
        return Worked(mean, reveals, slashed, nothing, self._evaluations(rows, panel, present))

    def _strikes(self, who: Ints, far: Bools) -> Ints:
        """How often each validator reached the limit, its reveals taken in their order."""
        order = np.argsort(who, kind="stable")
        who, far = who[order], far[order]
        number = np.arange(len(who)) - np.searchsorted(who, who)
        slashes = np.zeros(len(self._history), np.int64)
        for turn in range(int(number.max(initial=-1)) + 1):
            mine = number == turn
            history, slashed = formulas.mark(
                self._history[who[mine]], far[mine], self._rules.window, self._rules.limit
            )
            self._history[who[mine]] = history
            slashes[who[mine]] += slashed
        return slashes

    def _evaluations(self, rows: Ints, panel: Ints, present: Bools) -> Floats:
        """Work by actor: one evaluation serves all its identities on a panel."""
        owner, base = self._validators.owner, self._validators.base
        submission = np.repeat(np.arange(len(rows)), panel.shape[1]).reshape(panel.shape)
        distinct = np.unique(submission[present] * base + owner[panel[present]])
        done = np.bincount(distinct % base, minlength=base).astype(float)
        tested = self._validators.tested[:base]
        if self._is(ActorRole.VALIDATOR, Strategy.LAZY, Strategy.COPYING):
            done[tested] = 0
        if self._is(ActorRole.VALIDATOR, Strategy.SKIMPING):
            done[tested] *= SKIMPED
        return done

    def _is(self, role: ActorRole, *strategies: Strategy) -> bool:
        return self._plays.get(role) in strategies
