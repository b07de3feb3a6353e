"""The work on one task: submissions, panels that score them, medians, strikes, and work by actor."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from flock.simulation import formulas, panels
from flock.simulation.formulas import Bools, Floats, Ints, Judged
from flock.simulation.play import ActorRole, Plays, Strategy
from flock.simulation.population import Identities, stream
from flock.simulation.rules import SUBMISSION_DAYS, Rules, World

UNRANKED = -np.inf
BASELINE_SPREAD = 0.01
SKIMPED = 0.25  # of the set is evaluated
SKIMPED_ERROR = np.sqrt(1 / SKIMPED - 1)  # of a part against the whole, in errors of the whole
COPY_DAY = SUBMISSION_DAYS // 2  # of those who begin late
OUT_OF_SIGHT = 100.0  # tolerances
MOST_ABSENCES = 2  # in a row; then a validator is suspended
SUBMIT, SCORE, MORE = range(3)

COPIES = (Strategy.COPYING, Strategy.WITHHOLDING, Strategy.LATE)
OTHER_HARDWARE = (Strategy.HARDWARE, Strategy.OUTLIER)


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


class _Chances(NamedTuple):
    """What chance brings on a day: orders of the validators, noise by trainer and seat, and uniform numbers."""

    shuffle: Ints
    second_shuffle: Ints
    noise: Floats
    of_set: Floats
    opened: Bools
    absent: Bools


class _Window(NamedTuple):
    """Panels (rows × seats) of a window, what they report, and which seats reveal."""

    panel: Ints
    reports: Floats
    there: Bools
    opened: Bools
    looks: Floats  # how much of the set each seat evaluates


class Scoring:
    """Quality counts from the published baseline, 0, in units of what an average trainer gains on it.

    A day is one window. Validators have one entry each in its shuffle, whatever they have at stake.
    """

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
        self._final = np.zeros((2, rows))  # sum and number of the medians on the closing days
        self._top = np.zeros(0, np.int64)
        self._medians = [0.0, 0.0]  # sum and number
        self._history = np.zeros(len(validators.actor), np.int64)
        self._missed = np.zeros(len(validators.actor), np.int64)  # windows in a row

    def ranking(self, final: bool) -> Ints:
        """Rows better than the baseline, best first: by set A, or those scored again by set B and then the others."""
        score, margin = self._best.copy(), self._rules.margin
        if final:
            summed, number = self._final[:, self._top]
            found = summed / np.maximum(1, number)
            score[self._top] = np.where(found > margin, found + score.max(), UNRANKED)
        order = np.argsort(-score, kind="stable")
        return order[score[order] > margin]

    def work(self, day: int, trains: Bools, scores: Bools) -> Worked:
        """A day of it, with which trainers and validators may act."""
        suspended = self._missed >= MOST_ABSENCES
        self._missed[suspended] = 0  # they come back for the next window
        scores = scores & ~suspended
        if day < SUBMISSION_DAYS:
            return self._submissions(day, trains, scores)
        if day == SUBMISSION_DAYS:
            self._top = self.ranking(final=False)[: self._world.rescored]
        if not scores.any():
            self._top = self._top[:0]
        medians, worked = self._window(day, self._top, self._quality[self._top], scores)
        self._final[:, self._top] += np.nan_to_num(medians), ~np.isnan(medians)
        return worked

    def _submissions(self, day: int, trains: Bools, scores: Bools) -> Worked:
        rng, base, owner = stream(*self._key, day, SUBMIT), self._trainers.base, self._trainers.owner
        submits = rng.random(base) < self._world.submits
        grown = -np.expm1(-(day + 1) / self._world.learning)
        quality = self._skill * grown + self._world.run * rng.standard_normal(base)[owner]
        lazy = self._trainers.tested & self._is(ActorRole.TRAINER, Strategy.LAZY)
        quality = np.where(lazy, BASELINE_SPREAD * rng.standard_normal(base)[owner], quality)
        rows = np.flatnonzero(submits[owner] & trains & scores.any())
        medians, worked = self._window(day, rows, quality[rows], scores)
        self._learn(rows, quality[rows], medians)
        trained = submits & trains[:base] & ~lazy[:base]
        return Worked(
            worked.distance, worked.reveals, worked.slashed, trained.astype(float), worked.evaluations
        )

    def _learn(self, rows: Ints, quality: Floats, medians: Floats) -> None:
        """What everybody knows once a window is judged; a void panel tells nothing."""
        known = ~np.isnan(medians)
        rows, quality, medians = rows[known], quality[known], medians[known]
        better = medians > self._best[rows]
        self._best[rows[better]], self._quality[rows[better]] = medians[better], quality[better]
        self._last[rows] = medians
        self._medians[0] += medians.sum()
        self._medians[1] += len(medians)

    # --- A window ---

    def _window(self, day: int, rows: Ints, truth: Floats, scores: Bools) -> tuple[Floats, Worked]:
        """Medians of these trainers' submissions, and what the validators drawn for them did."""
        chances = self._chances(day, rows, scores)
        seats = max(1, min(self._world.panel, int(scores.sum())))
        drawn = panels.drawn(chances.shuffle, len(rows), seats)
        second = panels.drawn(chances.second_shuffle, len(rows), seats)
        panel = panels.filled(drawn, second, chances.absent)
        looks = self._looks(day, rows, panel)
        true = truth + self._world.sets * chances.of_set
        reports = np.where(
            looks > 0, self._measured(true, panel, chances.noise[:, :seats]), self._guesses(rows)[:, None]
        )
        window = _Window(panel, reports, panel != panels.NOBODY, chances.opened, looks)
        away = np.zeros(len(self._missed), bool)
        away[drawn] = chances.absent[drawn]
        return self._judged(rows, window, away)

    def _chances(self, day: int, rows: Ints, scores: Bools) -> _Chances:
        """Those of first identities are the same in every world."""
        first, more = stream(*self._key, day, SCORE), stream(*self._key, day, MORE)
        base, size = self._validators.base, len(self._validators.actor)
        base_rows, all_rows = self._trainers.base, len(self._trainers.actor)
        by_validator = np.concatenate([first.random((base, 3)), more.random((size - base, 3))])
        shape = self._world.panel + 1
        noise = np.concatenate(
            [first.standard_normal((base_rows, shape)), more.standard_normal((all_rows - base_rows, shape))]
        )
        opened = np.concatenate([first.random(base_rows), more.random(all_rows - base_rows)])
        able = np.flatnonzero(scores)
        return _Chances(
            able[np.argsort(by_validator[able, 0])],
            able[np.argsort(by_validator[able, 1])],
            noise[rows, :-1],
            noise[rows, -1],
            opened[rows] < self._rules.openings,
            by_validator[:, 2] < self._world.absent,
        )

    def _looks(self, day: int, rows: Ints, panel: Ints) -> Floats:
        """How much of the set each seat evaluates."""
        tested, looks = self._validators.tested[panel], np.ones(panel.shape)
        if self._plays_as_validator(Strategy.LAZY):
            looks[tested] = 0
        if self._plays_as_validator(Strategy.SKIMPING):
            looks[tested] = SKIMPED
        if self._plays_as_validator(*COPIES):
            is_known = ~np.isnan(self._last[rows])
            copies = is_known & (day >= COPY_DAY or not self._plays_as_validator(Strategy.LATE))
            looks[tested & copies[:, None]] = 0
        return looks

    def _measured(self, true: Floats, panel: Ints, noise: Floats) -> Floats:
        world, tested = self._world, self._validators.tested[panel]
        spread, offset = np.full(panel.shape, world.measured), np.zeros(panel.shape)
        if self._plays_as_validator(Strategy.SKIMPING):
            spread[tested] = np.hypot(world.measured, SKIMPED_ERROR * world.sets)
        if self._plays_as_validator(*OTHER_HARDWARE):
            spread[tested] = np.hypot(world.measured, world.machine * world.tolerance)
            offset[tested] = world.offset * world.tolerance
        if self._plays_as_validator(Strategy.OUTLIER):
            offset[panel == self._outlier()] = OUT_OF_SIGHT * world.tolerance
        return np.asarray(true[:, None] + spread * noise + offset)

    def _guesses(self, rows: Ints) -> Floats:
        """What those answer who do not look: the mean of the medians so far, or the trainer's last one."""
        mean = self._medians[0] / max(1.0, self._medians[1])
        if self._plays_as_validator(Strategy.LAZY):
            return np.full(len(rows), mean)
        return np.where(np.isnan(self._last[rows]), mean, self._last[rows])

    def _outlier(self) -> int:
        """The smallest of those tested."""
        stakes = np.where(self._validators.tested, self._validators.stake, np.inf)
        return int(stakes.argmin())

    def _judged(self, rows: Ints, window: _Window, away: Bools) -> tuple[Floats, Worked]:
        panel, withheld = window.panel, np.zeros_like(away)
        judged = formulas.judge(window.reports, window.there, self._world.tolerance)
        if self._plays_as_validator(Strategy.WITHHOLDING):
            withheld[panel[judged.miss]] = True
            withheld &= self._validators.tested
            window = window._replace(there=window.there & ~withheld[panel])
            judged = formulas.judge(window.reports, window.there, self._world.tolerance)
        took_part = np.bincount(panel[panel != panels.NOBODY], minlength=len(away)) > 0
        absences = away | withheld
        self._missed = np.where(absences, self._missed + 1, np.where(took_part, 0, self._missed))
        misses = judged.miss | self._wrong_leaves(window) & ~np.isnan(judged.median)[:, None]
        strikes = self._strikes(panel, window.there, judged.strike | misses, withheld)
        number = np.bincount(panel[misses], minlength=len(away))
        rules = self._rules
        slashed = strikes * rules.slash + number * rules.miss + absences * rules.absence
        return judged.median, self._worked(rows, window, judged, slashed)

    def _wrong_leaves(self, window: _Window) -> Bools:
        """Seats whose opened leaves differ from those of most.

        Who skimps has all of the leaves that are opened so rarely (of eight, once in 65,536) that it counts as never.
        """
        looked = window.looks == 1
        most = 2 * (looked & window.there).sum(axis=1) > window.there.sum(axis=1)
        return np.asarray(window.opened[:, None] & window.there & (looked != most[:, None]))

    def _strikes(self, panel: Ints, there: Bools, bad: Bools, withheld: Bools) -> Ints:
        """How often each validator reached the limit, its reveals taken in their order, then what it withheld."""
        who = np.concatenate([panel[there], np.flatnonzero(withheld)])
        far = np.concatenate([bad[there], np.ones(withheld.sum(), bool)])
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

    def _worked(self, rows: Ints, window: _Window, judged: Judged, slashed: Floats) -> Worked:
        """Reveals are those that had a median to be compared with."""
        counts = window.there & ~np.isnan(judged.median)[:, None]
        who, size = window.panel[counts], len(self._validators.actor)
        reveals = np.bincount(who, minlength=size).astype(float)
        mean = np.bincount(who, judged.distance[counts], size) / np.maximum(1, reveals)
        nothing = np.zeros(self._trainers.base)
        return Worked(mean, reveals, slashed, nothing, self._evaluations(rows, window))

    def _evaluations(self, rows: Ints, window: _Window) -> Floats:
        """Work by actor, in whole sets: one evaluation serves all its identities on a panel."""
        owner, base = self._validators.owner, self._validators.base
        submission = np.broadcast_to(np.arange(len(rows))[:, None], window.panel.shape)
        seated = window.panel != panels.NOBODY
        distinct, where = np.unique(
            submission[seated] * base + owner[window.panel[seated]], return_index=True
        )
        return np.bincount(distinct % base, window.looks[seated][where], base).astype(float)

    def _plays_as_validator(self, *strategies: Strategy) -> bool:
        return self._is(ActorRole.VALIDATOR, *strategies)

    def _is(self, role: ActorRole, *strategies: Strategy) -> bool:
        return self._plays.get(role) in strategies
