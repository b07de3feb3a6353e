"""What judging by panels does to validators: losses of the honest and of others, copying, and pay by distance.

Each study plays seasons of validators at the scale of FLock's test network (tasks of 210, with 48 submissions a day),
some of whom deviate, under several values of the rules, and honest seasons with the same random numbers beside them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean

from flock.simulation.comparing import Fared, Job, Tell, mean_of, played
from flock.simulation.play import ActorRole, Play, Strategy
from flock.simulation.rules import GM_PER_FLOCK, Scale
from flock.simulation.season import Season

Numbers = Sequence[tuple[str, str]]
"""Rules and assumptions by name, with what they are changed to."""

STAKED = 1_000 / GM_PER_FLOCK
"""FLOCK behind 1,000 gmFLOCK."""
ONE_TASK, SEVEN_MONTHS = 61, 210
DIGITS = 4


@dataclass(frozen=True)
class Case:
    """Some validators that play a strategy, in a world where ``numbers`` differ from the defaults."""

    what: str
    strategy: Strategy
    numbers: Numbers = ()
    share: float = 0.1


@dataclass(frozen=True)
class Variant:
    """One value of the rules that all cases of a study are played under; ``days`` is the length of the season."""

    name: str
    numbers: Numbers = ()
    days: int = ONE_TASK


@dataclass(frozen=True)
class Study:
    """Every case under every variant."""

    cases: Sequence[Case]
    variants: Sequence[Variant]


@dataclass(frozen=True)
class ValidatorRow:
    """Means over seeds. Shares of the stake they came with: what they ``lost``, and what all ``others`` did.

    ``pay`` is before fees, work and slashes, relative to what the same validators are paid when they are honest;
    ``gain`` is what they net beyond that, in FLOCK for each 1,000 gmFLOCK, with Student's 95% interval.
    """

    study: str
    case: str
    variant: str
    lost: float
    others: float
    pay: float
    gain: float
    low: float
    high: float


def _hardware(numbers: Numbers, what: str, strategy: Strategy = Strategy.HARDWARE) -> Case:
    return Case(what, strategy, (("offset", "0"), *numbers))


STEADY: Numbers = (("learning", "3"), ("run", "0.01"), ("sets", "0.01"))
"""Models that hardly get better after two weeks: from one submission to the next by less than a tolerance."""
UNSLASHED: Numbers = (("slash", "0"), ("miss", "0"), ("absence", "0"))
SHORT: Numbers = (("limit", "4"), ("window", "8"))
ONE_IN = (100, 50, 30, 20, 15, 12, 10, 5)

HARDWARE = (
    _hardware((("offset", "0.5"),), "honest, measures T/2 more"),
    _hardware((("offset", "1"),), "honest, measures T more"),
    _hardware((("machine", "0.5"),), "honest, with further noise of T/2"),
    _hardware((("machine", "1"),), "honest, with further noise of T"),
)
IDLE = (
    Case("does not look: the mean of all medians", Strategy.LAZY),
    Case("does not look: the last median", Strategy.COPYING),
    Case("evaluates a quarter of the set", Strategy.SKIMPING),
)

STUDIES: Mapping[str, Study] = {
    "losses": Study(
        (
            Case("honest", Strategy.HONEST),
            *HARDWARE,
            *IDLE,
            Case("a third does not look: the mean of all medians", Strategy.LAZY, share=1 / 3),
            Case("a third does not look: the last median", Strategy.COPYING, share=1 / 3),
        ),
        (
            Variant("8 of 16"),
            Variant("4 of 8", SHORT),
            Variant("8 of 16, seven months", days=SEVEN_MONTHS),
        ),
    ),
    "copying": Study(
        (
            Case("copies from day 14 on", Strategy.LATE, STEADY),
            Case("the tenth with the smallest stakes does", Strategy.LATE, (*STEADY, ("smallest", "yes"))),
            Case("a third does", Strategy.LATE, STEADY, share=1 / 3),
            Case("copies from day 14 on while models get better", Strategy.LATE),
            Case("copies from the first day on", Strategy.COPYING, STEADY),
            Case("and reveals nothing when it would miss", Strategy.WITHHOLDING, STEADY),
        ),
        (
            Variant("none", (("openings", "0"),)),
            *(Variant(f"1 in {number}", (("openings", str(1 / number)),)) for number in ONE_IN),
        ),
    ),
    "pay": Study(
        (
            *(_hardware((("offset", far),), f"measures {far} T more") for far in ("0.5", "1", "2")),
            *IDLE,
            *(
                _hardware(
                    (("offset", far),), f"a ring measures {far} T more, one of it 100 T", Strategy.OUTLIER
                )
                for far in ("0.5", "1", "2")
            ),
        ),
        (Variant("absolute", UNSLASHED), Variant("relative", (*UNSLASHED, ("relative", "yes")))),
    ),
}


def seasons(name: str, seeds: int) -> int:
    """How many seasons a study plays."""
    return len(_jobs(STUDIES[name], range(seeds)))


def rows_of(
    name: str, seeds: int, first: int = 0, jobs: int = 1, tell: Tell = lambda: None
) -> list[ValidatorRow]:
    """Play a study under ``seeds`` consecutive seeds, in ``jobs`` processes."""
    study, numbers = STUDIES[name], range(first, first + seeds)
    found = played(_jobs(study, numbers), jobs, tell)
    rows = []
    for case in study.cases:
        for variant in study.variants:
            pairs = [
                (found[deviating][ActorRole.VALIDATOR], found[honest][ActorRole.VALIDATOR])
                for deviating, honest in _pairs(case, variant, numbers)
            ]
            rows.append(_row(name, case, variant, pairs))
    return rows


def _jobs(study: Study, seeds: Sequence[int]) -> list[Job]:
    """Each season once."""
    pairs = (_pairs(case, variant, seeds) for case in study.cases for variant in study.variants)
    return list(dict.fromkeys(job for pair in pairs for both in pair for job in both))


def _pairs(case: Case, variant: Variant, seeds: Sequence[int]) -> Iterator[tuple[Job, Job]]:
    """By seed: the season in which some deviate, and that in which the same are honest."""
    season = Season(scale=Scale(days=variant.days, delegators=1_000))
    for name, value in (*case.numbers, *variant.numbers):
        season = season.with_value(name, value)
    is_honest = case.strategy is Strategy.HONEST
    play = None if is_honest else Play(ActorRole.VALIDATOR, case.strategy)
    for seed in seeds:
        world = replace(season, seed=seed)
        yield Job(world, play, case.share), Job(world, None, case.share)


def _row(name: str, case: Case, variant: Variant, pairs: Sequence[tuple[Fared, Fared]]) -> ValidatorRow:
    gain = mean_of([mine.tested.net - honest.tested.net for mine, honest in pairs])
    means = {
        "lost": mean(mine.tested.lost for mine, _ in pairs) / STAKED,
        "others": mean(mine.others.lost for mine, _ in pairs) / STAKED,
        "pay": mean(mine.tested.gross / honest.tested.gross for mine, honest in pairs),
        "gain": gain.value,
        "low": gain.low,
        "high": gain.high,
    }
    return ValidatorRow(
        name, case.what, variant.name, **{key: round(value, DIGITS) for key, value in means.items()}
    )
