"""The terms of an Arena task, and the bounds checked when it is created (IArenaBoard.ArenaTerms)."""

from collections.abc import Iterator
from dataclasses import dataclass

from flock.protocol.arena.leaderboard import Contest
from flock.protocol.arena.scores import MAX_SCORE
from flock.protocol.core.hashing import ZERO
from flock.protocol.core.schedule import Range, bounty_problems, range_problems, schedule_problems
from flock.protocol.core.units import DAY, NO_WEI, WAD, Gm, Wei

MIN_PANEL, MAX_PANEL = 3, 9
MAX_FINALISTS = 64
MAX_VALIDATORS = 4_096
MAX_TOLERANCE = 100_000_000
MAX_PHASE_SECONDS = 7 * DAY
MAX_CLOSE_SECONDS = 30 * DAY
MAX_FINAL_SECONDS = 90 * DAY
MAX_QUOTA = 100
MAX_FEE = 10_000 * WAD
MAX_BOND = 1_000_000 * WAD
MAX_STRIKE_WINDOW = 16
MAX_SLASH_BPS = 5_000
MAX_ABSENCE_BPS = 1_000
MAX_ABSENCES = 15


@dataclass(frozen=True)
class ArenaParameters:
    """Everything an Arena fixes for its whole life; scores are in millionths of the metric's unit.

    ``set_a`` and ``set_b`` are the SHA-256 of the hidden sets, ``cipher_b`` that of set B as it is stored, encrypted;
    ``key_hash_b`` is ``commitments.key_hash`` of its key. Without a set B these three are zero. Amounts are in wei.
    """

    starts_at: int
    start_by: int
    ends_at: int
    minimum_stake: Gm
    set_a: bytes
    baseline: int
    tolerance: int
    makers_bps: int = 0
    set_b: bytes = ZERO
    cipher_b: bytes = ZERO
    key_hash_b: bytes = ZERO
    allow_list_root: bytes = ZERO
    higher_is_better: bool = False
    panel_seats: int = 9
    finalists: int = 20
    minimum_validators: int = 18
    max_validators: int = 1_024
    window_seconds: int = DAY
    commit_seconds: int = DAY // 2
    replace_seconds: int = DAY // 4
    reveal_seconds: int = DAY // 12
    rest_seconds: int = DAY // 24
    queue_seconds: int = 7 * DAY
    disclose_seconds: int = 2 * DAY
    key_seconds: int = 2 * DAY
    final_seconds: int = 14 * DAY
    quota_a_day: int = 2
    evaluation_fee: Wei = NO_WEI
    keeper_fee: Wei = NO_WEI
    creator_bond: Wei = NO_WEI
    strike_window: int = 16
    strike_limit: int = 8
    slash_bps: int = 1_000
    miss_tolerances: int = 10
    miss_bps: int = 200
    absence_bps: int = 25
    absence_limit: int = 2

    @property
    def contest(self) -> Contest:
        """What submissions are compared by."""
        return Contest(self.tolerance, self.baseline, self.higher_is_better)

    @property
    def has_set_b(self) -> bool:
        """Whether finalists are scored on a second hidden set."""
        return self.set_b != ZERO

    def problems(self, now: int, bounty: Wei) -> tuple[str, ...]:
        """One sentence for every bound these parameters violate at time ``now`` (seconds)."""
        return (*self.schedule_problems(now), *self.term_problems(), *bounty_problems(bounty))

    def schedule_problems(self, now: int) -> tuple[str, ...]:
        """The violated bounds of the terms that every task has."""
        return tuple(schedule_problems(self, now))

    def term_problems(self) -> tuple[str, ...]:
        """The violated bounds of an Arena's own terms."""
        return (*range_problems(_ranges(self), AMOUNTS), *_panel_problems(self), *_set_problems(self))


ARENA_TERMS = (
    "set_a",
    "set_b",
    "cipher_b",
    "key_hash_b",
    "allow_list_root",
    "baseline",
    "tolerance",
    "higher_is_better",
    "panel_seats",
    "finalists",
    "minimum_validators",
    "max_validators",
    "window_seconds",
    "commit_seconds",
    "replace_seconds",
    "reveal_seconds",
    "rest_seconds",
    "queue_seconds",
    "disclose_seconds",
    "key_seconds",
    "final_seconds",
    "quota_a_day",
    "evaluation_fee",
    "keeper_fee",
    "creator_bond",
    "strike_window",
    "strike_limit",
    "slash_bps",
    "miss_tolerances",
    "miss_bps",
    "absence_bps",
    "absence_limit",
)
"""The fields of the struct ArenaTerms, in its order."""

AMOUNTS = {
    "minimum_stake": " gmFLOCK",
    "evaluation_fee": " FLOCK",
    "keeper_fee": " FLOCK",
    "creator_bond": " FLOCK",
}
"""The terms that are counted in units of 1e-18, and what is said after them in whole tokens."""


def arena_terms(p: ArenaParameters) -> tuple[int | bytes, ...]:
    """The struct ArenaTerms: ``ARENA_TERMS``."""
    return tuple(getattr(p, name) for name in ARENA_TERMS)


def _ranges(p: ArenaParameters) -> Iterator[Range]:
    yield "baseline", p.baseline, 0, MAX_SCORE
    yield "tolerance", p.tolerance, 1, MAX_TOLERANCE
    yield "finalists", p.finalists, 1, MAX_FINALISTS
    yield "window_seconds", p.window_seconds, 10, MAX_PHASE_SECONDS
    yield "commit_seconds", p.commit_seconds, 2, MAX_PHASE_SECONDS
    for phase in ("replace_seconds", "reveal_seconds", "rest_seconds"):
        yield phase, getattr(p, phase), 10, MAX_PHASE_SECONDS
    yield "queue_seconds", p.queue_seconds, 60, MAX_CLOSE_SECONDS
    for phase in ("disclose_seconds", "key_seconds"):
        yield phase, getattr(p, phase), 10, MAX_CLOSE_SECONDS
    yield "final_seconds", p.final_seconds, 60, MAX_FINAL_SECONDS
    yield "quota_a_day", p.quota_a_day, 1, MAX_QUOTA
    yield "evaluation_fee", p.evaluation_fee, 0, MAX_FEE
    yield "keeper_fee", p.keeper_fee, 0, 2**96 - 1
    yield "creator_bond", p.creator_bond, 0, MAX_BOND
    yield "strike_window", p.strike_window, 1, MAX_STRIKE_WINDOW
    yield "strike_limit", p.strike_limit, 1, min(p.strike_window, MAX_STRIKE_WINDOW)
    yield "slash_bps", p.slash_bps, 0, MAX_SLASH_BPS
    yield "miss_tolerances", p.miss_tolerances, 2, 255
    yield "miss_bps", p.miss_bps, 0, MAX_SLASH_BPS
    yield "absence_bps", p.absence_bps, 0, MAX_ABSENCE_BPS
    yield "absence_limit", p.absence_limit, 1, MAX_ABSENCES


def _panel_problems(p: ArenaParameters) -> Iterator[str]:
    if not MIN_PANEL <= p.panel_seats <= MAX_PANEL or p.panel_seats % 2 == 0:
        yield f"panel_seats is {p.panel_seats}; choose an odd number from {MIN_PANEL} to {MAX_PANEL}."
    if not p.panel_seats <= p.max_validators <= MAX_VALIDATORS:
        yield (
            f"max_validators is {p.max_validators}; choose {p.panel_seats} (panel_seats) to {MAX_VALIDATORS}."
        )
    elif not p.panel_seats <= p.minimum_validators <= p.max_validators:
        yield (
            f"minimum_validators is {p.minimum_validators}; choose {p.panel_seats} (panel_seats) to "
            f"max_validators ({p.max_validators})."
        )


def _set_problems(p: ArenaParameters) -> Iterator[str]:
    if p.set_a == ZERO:
        yield "set_a is zero; give the SHA-256 of the hidden set."
    if len({part == ZERO for part in (p.set_b, p.cipher_b, p.key_hash_b)}) > 1:
        yield "set_b, cipher_b and key_hash_b belong together; give all three, or none."
