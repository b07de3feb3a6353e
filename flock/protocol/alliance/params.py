"""The terms of an Alliance task, and the bounds checked when it is created.

A task has a schedule, which the TaskManager stores and bounds for every product, and the terms
of an Alliance, which AllianceRounds stores and bounds. Here they are one class.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from flock.amounts import tokens
from flock.protocol.alliance.rounds import Durations
from flock.protocol.core.hashing import ZERO
from flock.protocol.core.schedule import Range, bounty_problems, range_problems, schedule_problems
from flock.protocol.core.units import BPS, DAY, NO_WEI, Gm, Wei

MAX_ROUNDS = 10_000
MAX_PROPOSERS = 32
MAX_VOTERS = 63
MAX_MEMBERS = 65_000
MIN_PHASE_SECONDS = 2
MIN_REVEAL_SECONDS = 10
MAX_PHASE_SECONDS = 7 * DAY
KEEPERS_PART = 10
"""Keepers get at most a tenth of the bounty."""
MAX_BYZANTINE_BPS = 4_900
MAX_TOLERANCE_BPS = 2_000
MAX_WINDOW = 16
MAX_SLASH_BPS = 5_000
MIXING = 128
RULES = 7


@dataclass(frozen=True)
class AllianceParameters:
    """Everything a task fixes for its whole life; ``schedule`` and ``alliance_terms`` have it as the contracts do."""

    planned_rounds: int
    proposer_seats: int
    voter_seats: int
    minimum_members: int
    max_members: int
    propose_seconds: int
    attest_seconds: int
    commit_seconds: int
    reveal_seconds: int
    starts_at: int
    start_by: int
    ends_at: int
    minimum_stake: Gm
    keeper_fee: Wei = NO_WEI
    norm_clip: int = 0
    rule: int = MIXING + 3
    byzantine_bps: int = 4_000
    vote_tolerance_bps: int = 100
    strike_window: int = 16
    strike_limit: int = 8
    slash_bps: int = 100
    makers_bps: int = 0
    allow_list_root: bytes = ZERO
    initial_model: bytes = ZERO

    @property
    def seats(self) -> int:
        """Members drawn into a round."""
        return self.proposer_seats + self.voter_seats

    @property
    def durations(self) -> Durations:
        """The maximum length of each phase of a round."""
        return Durations(self.propose_seconds, self.attest_seconds, self.commit_seconds, self.reveal_seconds)

    @property
    def keepers_reserve(self) -> Wei:
        """The part of the bounty reserved for draws."""
        return keepers_reserve(self.planned_rounds, self.keeper_fee)

    def problems(self, now: int, bounty: Wei) -> tuple[str, ...]:
        """One sentence for every bound these parameters violate at time ``now`` (seconds)."""
        return (*self.schedule_problems(now), *self.term_problems(bounty), *bounty_problems(bounty))

    def schedule_problems(self, now: int) -> tuple[str, ...]:
        """The violated bounds of the terms that every task has."""
        return tuple(schedule_problems(self, now))

    def term_problems(self, bounty: Wei) -> tuple[str, ...]:
        """The violated bounds of an Alliance's own terms."""
        return (
            *range_problems(_term_ranges(self), AMOUNTS),
            *_rule_problems(self),
            *_member_problems(self),
            *_money_problems(self, bounty),
        )


ALLIANCE_TERMS = (
    "planned_rounds",
    "proposer_seats",
    "voter_seats",
    "minimum_members",
    "max_members",
    "propose_seconds",
    "attest_seconds",
    "commit_seconds",
    "reveal_seconds",
    "keeper_fee",
    "norm_clip",
    "rule",
    "byzantine_bps",
    "vote_tolerance_bps",
    "strike_window",
    "strike_limit",
    "slash_bps",
    "allow_list_root",
    "initial_model",
)
"""The fields of the struct AllianceTerms, in its order."""


def alliance_terms(p: AllianceParameters) -> tuple[int | bytes, ...]:
    """The struct AllianceTerms: ``ALLIANCE_TERMS``."""
    return tuple(getattr(p, name) for name in ALLIANCE_TERMS)


def keepers_reserve(planned_rounds: int, keeper_fee: Wei) -> Wei:
    """The part of a bounty reserved for draws: two for each planned round, as rounds can be void."""
    return Wei(2 * planned_rounds * keeper_fee)


AMOUNTS = {"minimum_stake": " gmFLOCK", "keeper_fee": " FLOCK", "norm_clip": ""}
"""The terms that are counted in units of 1e-18, and what is said after them in whole tokens."""


def byzantine_count(members: int, byzantine_bps: int) -> int:
    """How many of ``members`` updates a rule must tolerate: ⌈n·bps/10000⌉, at most (n − 1)/2."""
    if members == 0:
        return 0
    return min(-(-members * byzantine_bps // BPS), (members - 1) // 2)


def _term_ranges(p: AllianceParameters) -> Iterator[Range]:
    yield "planned_rounds", p.planned_rounds, 1, MAX_ROUNDS
    yield "proposer_seats", p.proposer_seats, 1, MAX_PROPOSERS
    yield "voter_seats", p.voter_seats, 1, MAX_VOTERS
    for phase in ("propose_seconds", "attest_seconds", "commit_seconds"):
        yield phase, getattr(p, phase), MIN_PHASE_SECONDS, MAX_PHASE_SECONDS
    yield "reveal_seconds", p.reveal_seconds, MIN_REVEAL_SECONDS, MAX_PHASE_SECONDS
    yield "norm_clip", p.norm_clip, 0, 2**128 - 1
    yield "byzantine_bps", p.byzantine_bps, 0, MAX_BYZANTINE_BPS
    yield "vote_tolerance_bps", p.vote_tolerance_bps, 0, MAX_TOLERANCE_BPS
    yield "strike_window", p.strike_window, 1, MAX_WINDOW
    yield "slash_bps", p.slash_bps, 0, MAX_SLASH_BPS


def _rule_problems(p: AllianceParameters) -> Iterator[str]:
    if not 0 <= p.rule % MIXING < RULES or not 0 <= p.rule < 2 * MIXING:
        yield f"rule is {p.rule}; choose 0 to {RULES - 1}, plus {MIXING} for mixing first."
    if not 1 <= p.strike_limit <= p.strike_window:
        yield f"strike_limit is {p.strike_limit}; choose 1 to strike_window ({p.strike_window})."


def _member_problems(p: AllianceParameters) -> Iterator[str]:
    if not p.seats <= p.max_members <= MAX_MEMBERS:
        yield f"max_members is {p.max_members}; choose {p.seats} (the seats) to {MAX_MEMBERS}."
    elif not p.seats <= p.minimum_members <= p.max_members:
        yield (
            f"minimum_members is {p.minimum_members}; "
            f"choose {p.seats} (the seats) to max_members ({p.max_members})."
        )


def _money_problems(p: AllianceParameters, bounty: Wei) -> Iterator[str]:
    if p.keeper_fee < 0 or KEEPERS_PART * p.keepers_reserve > bounty:
        most = bounty // (2 * KEEPERS_PART * p.planned_rounds) if p.planned_rounds > 0 else 0
        yield (
            f"keeper_fee is {tokens(p.keeper_fee)} FLOCK; with this bounty choose at most {tokens(most)}, "
            "a tenth of it in all."
        )
