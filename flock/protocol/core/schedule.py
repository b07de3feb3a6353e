"""What every task fixes when it is created, whatever the product: its times, and the stake that taking part needs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from flock.amounts import tokens
from flock.protocol.core.tasks import MAX_BOUNTY
from flock.protocol.core.units import BPS, DAY, WAD, Gm, Wei

MAX_TASK_SECONDS = 730 * DAY
MIN_STAKE = WAD
MAX_STAKE = 10**26

SCHEDULE = ("starts_at", "start_by", "ends_at", "minimum_stake", "makers_bps")
"""The fields of the struct NewTask that are terms, in its order."""

Range = tuple[str, int, int, int]
"""A term by name, its value, the lowest and the highest that are possible."""


class Scheduled(Protocol):
    """The terms of a task of whatever product."""

    @property
    def starts_at(self) -> int:
        """Until then only the creator begins it, Unix seconds."""

    @property
    def start_by(self) -> int:
        """The last moment to begin it, Unix seconds."""

    @property
    def ends_at(self) -> int:
        """When no more work is begun, Unix seconds."""

    @property
    def minimum_stake(self) -> Gm:
        """What taking part needs, gmFLOCK wei."""

    @property
    def makers_bps(self) -> int:
        """Share of later sales for the makers of the model."""


def schedule(terms: Scheduled) -> tuple[int, ...]:
    """What a NewTask takes of the terms: ``SCHEDULE``."""
    return tuple(getattr(terms, name) for name in SCHEDULE)


def schedule_problems(terms: Scheduled, now: int) -> Iterator[str]:
    """One sentence for every bound that the schedule violates at time ``now`` (seconds)."""
    yield from range_problems(
        [
            ("minimum_stake", terms.minimum_stake, MIN_STAKE, MAX_STAKE),
            ("makers_bps", terms.makers_bps, 0, BPS),
        ],
        {"minimum_stake": " gmFLOCK"},
    )
    if not now < terms.start_by < terms.ends_at:
        yield (
            f"start_by is {terms.start_by}; it must lie after now ({now}) and before ends_at ({terms.ends_at})."
        )
    if not 0 <= terms.starts_at <= terms.start_by:
        yield f"starts_at is {terms.starts_at}; it may be no later than start_by ({terms.start_by})."
    if terms.ends_at > now + MAX_TASK_SECONDS:
        yield f"ends_at is {terms.ends_at}; a task ends within two years, by {now + MAX_TASK_SECONDS}."


def bounty_problems(bounty: Wei) -> Iterator[str]:
    """The bound that every bounty has."""
    if bounty > MAX_BOUNTY:
        yield f"bounty is {tokens(bounty)} FLOCK; choose at most {tokens(MAX_BOUNTY)}."


def range_problems(ranges: Iterable[Range], amounts: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each value outside of its range; ``amounts`` says what follows those counted in 1e-18."""
    for name, value, low, high in ranges:
        if not low <= value <= high:
            shown = [
                tokens(number) + amounts[name] if name in amounts else str(number)
                for number in (value, low, high)
            ]
            yield f"{name} is {shown[0]}; choose {shown[1]} to {shown[2]}."
