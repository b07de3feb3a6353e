"""The parameters of an Alliance task and the bounds the TaskManager checks them against."""

from collections.abc import Iterator
from dataclasses import dataclass

from flock.protocol.hashing import ZERO
from flock.protocol.rounds import Durations
from flock.protocol.units import BPS, DAY, NO_WEI, WAD, Gm, Wei

MAX_ROUNDS = 10_000
MAX_PROPOSERS = 32
MAX_VOTERS = 63
MAX_MEMBERS = 65_000
MIN_PHASE_SECONDS = 2
MAX_PHASE_SECONDS = 7 * DAY
MAX_TASK_SECONDS = 730 * DAY
MIN_STAKE = WAD
MAX_STAKE = 10**26
MAX_BYZANTINE_BPS = 4_900
MAX_TOLERANCE_BPS = 2_000
MAX_WINDOW = 16
MAX_SLASH_BPS = 5_000
MIXING = 128
RULES = 7


@dataclass(frozen=True)
class AllianceParameters:
    """Everything a task fixes for its whole life, field by field the struct of TaskManager."""

    planned_rounds: int
    proposer_seats: int
    voter_seats: int
    max_members: int
    propose_seconds: int
    attest_seconds: int
    commit_seconds: int
    reveal_seconds: int
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
        """How long each phase of a round may last."""
        return Durations(self.propose_seconds, self.attest_seconds, self.commit_seconds, self.reveal_seconds)

    @property
    def max_openings(self) -> int:
        """Rounds a task may open in all, repeated ones included."""
        return 2 * self.planned_rounds

    def problems(self, now: int, bounty: Wei) -> tuple[str, ...]:
        """One sentence for every bound these parameters violate at time ``now`` (seconds)."""
        return (
            *_range_problems(self),
            *_member_problems(self),
            *_time_problems(self, now),
            *_money_problems(self, bounty),
        )


def byzantine_count(members: int, byzantine_bps: int) -> int:
    """How many of ``members`` updates a rule must withstand: ⌈n·bps/10000⌉, at most (n − 1)/2."""
    if members == 0:
        return 0
    return min(-(-members * byzantine_bps // BPS), (members - 1) // 2)


def _ranges(p: AllianceParameters) -> Iterator[tuple[str, int, int, int]]:
    yield "planned_rounds", p.planned_rounds, 1, MAX_ROUNDS
    yield "proposer_seats", p.proposer_seats, 1, MAX_PROPOSERS
    yield "voter_seats", p.voter_seats, 1, MAX_VOTERS
    for phase in ("propose_seconds", "attest_seconds", "commit_seconds", "reveal_seconds"):
        yield phase, getattr(p, phase), MIN_PHASE_SECONDS, MAX_PHASE_SECONDS
    yield "minimum_stake", p.minimum_stake, MIN_STAKE, MAX_STAKE
    yield "norm_clip", p.norm_clip, 0, 2**128 - 1
    yield "byzantine_bps", p.byzantine_bps, 0, MAX_BYZANTINE_BPS
    yield "vote_tolerance_bps", p.vote_tolerance_bps, 0, MAX_TOLERANCE_BPS
    yield "strike_window", p.strike_window, 1, MAX_WINDOW
    yield "slash_bps", p.slash_bps, 0, MAX_SLASH_BPS
    yield "makers_bps", p.makers_bps, 0, BPS


def _range_problems(p: AllianceParameters) -> Iterator[str]:
    for name, value, low, high in _ranges(p):
        if not low <= value <= high:
            yield f"{name} is {value}; choose {low} to {high}."
    if not 0 <= p.rule % MIXING < RULES or not 0 <= p.rule < 2 * MIXING:
        yield f"rule is {p.rule}; choose 0 to {RULES - 1}, plus {MIXING} for mixing first."


def _member_problems(p: AllianceParameters) -> Iterator[str]:
    if not p.seats <= p.max_members <= MAX_MEMBERS:
        yield f"max_members is {p.max_members}; choose {p.seats} (the seats) to {MAX_MEMBERS}."
    if not 1 <= p.strike_limit <= p.strike_window:
        yield f"strike_limit is {p.strike_limit}; choose 1 to strike_window ({p.strike_window})."


def _time_problems(p: AllianceParameters, now: int) -> Iterator[str]:
    if not now < p.start_by < p.ends_at:
        yield f"start_by is {p.start_by}; it must lie after now ({now}) and before ends_at ({p.ends_at})."
    if p.ends_at > now + MAX_TASK_SECONDS:
        yield f"ends_at is {p.ends_at}; a task ends within two years, by {now + MAX_TASK_SECONDS}."


def _money_problems(p: AllianceParameters, bounty: Wei) -> Iterator[str]:
    if p.keeper_fee < 0 or 4 * p.planned_rounds * p.keeper_fee > bounty // 10:
        most = bounty // (40 * p.planned_rounds) if p.planned_rounds > 0 else 0
        yield f"keeper_fee is {p.keeper_fee}; with this bounty at most {most}, a tenth of it in all."
