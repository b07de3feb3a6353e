"""The tables from which rule and terms were chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import comb

from bench.robustness.attacks import ATTACKS
from bench.robustness.federation import LOADERS, RECIPES
from bench.robustness.grid import (
    CROWDED,
    CROWDED_ATTACKS,
    DEMO,
    LR_SCALES,
    PACED_ROUNDS,
    PACED_SEEDS,
    RULE_ATTACKS,
    RULES,
    SHARES,
    SPLITS,
    TERM_CHANGES,
)
from bench.robustness.outcome import LIMITS, MAJORITIES, Result, Terms
from bench.robustness.results import Results, Strikes
from bench.robustness.settings import Setting
from bench.robustness.summary import (
    Measure,
    Table,
    World,
    by_world,
    fine_percent,
    number,
    over,
    percent,
    table,
)
from flock.protocol.alliance.params import MIXING
from flock.training.aggregation import Rule

MEMBERS = Setting().members
SEATS = (5, 9, 15, 21, 31, 45)
PACED_TERMS: Sequence[Terms] = tuple((Fraction(2, 3), *limit) for limit in ((8, 3), (8, 4), (16, 8)))


def rule_name(rule: int) -> str:
    """A rule as people call it."""
    name = Rule(rule % MIXING).name.lower().replace("_", " ")
    return f"mixing + {name}" if rule >= MIXING else name


def rules(data: str, split: str, malicious: int) -> Table:
    """Quality by rule and attack in one world."""

    def build(results: Results, strikes: Strikes) -> list[str]:  # noqa: ARG001
        def row(rule: int) -> list[str]:
            found = by_world(results, rule=rule)
            attacked = [found.get((data, split, attack, malicious), []) for attack in RULE_ATTACKS]
            cells = [
                over(runs, lambda r: r.quality)
                for runs in (found.get((data, split, "none", 0), []), *attacked)
            ]
            doors = over(attacked[RULE_ATTACKS.index("backdoor")], lambda r: r.backdoor)
            lost = over([run for runs in attacked for run in runs], lambda r: r.honest_lost)
            shown = [f"{cell.mean:.3f}" if cell else "–" for cell in cells]
            seeds = str(min(map(len, attacked)))
            return [f"{rule} {rule_name(rule)}", seeds, *shown, percent(doors), fine_percent(lost)]

        titles = [ATTACKS[attack].title for attack in ("none", *RULE_ATTACKS)]
        head = ["rule", "seeds", *titles, "backdoor opens, %", "honest stake lost, %"]
        return table(head, [row(rule) for rule in RULES])

    return build


def limits(results: Results, strikes: Strikes) -> list[str]:  # noqa: ARG001
    """Honest losses at their worst and attackers' losses on average, by the terms of strikes."""
    rows = [_limit_row(strikes, (majority, *limit)) for majority in MAJORITIES for limit in LIMITS]
    head = ["voter struck by", "L of W", "honest, iid: mean, worst", "honest, Dirichlet: mean, worst"]
    head += ["forgers at 10–20%, iid", "forgers at 10–20%, Dirichlet"]
    return table(head, rows)


def _limit_row(strikes: Strikes, terms: Terms) -> list[str]:
    majority, window, limit = terms
    honest = [honest_losses(strikes, terms, split) for split in SPLITS]
    forgers = [forgers_losses(strikes, terms, split) for split in SPLITS]
    return [
        f"{majority}",
        f"{limit} of {window}",
        *(f"{100 * _mean(list(cells.values())):.1f}, {100 * max(cells.values()):.1f}" for cells in honest),
        *(f"{100 * _mean(cells):.1f}" for cells in forgers),
    ]


def honest_losses(strikes: Strikes, terms: Terms, split: str) -> dict[World, float]:
    """Honest members' loss by world, at slashes of a tenth: means over seeds."""
    found: dict[World, list[float]] = {}
    for setting, slashes in strikes.items():
        if setting.split == split:
            world = (setting.data, setting.split, setting.attack, setting.malicious)
            lost = slashes[terms].honest / (setting.members - setting.attackers) / 10
            found.setdefault(world, []).append(lost)
    return {world: _mean(losses) for world, losses in found.items()}


def forgers_losses(strikes: Strikes, terms: Terms, split: str) -> list[float]:
    """Losses of those who forge or poison updates so that they harm, where they are few, run by run."""
    forgers = ("sign-flip-5", "sign-flip-1", "label-flip", "gaussian", "ipm", "free-rider-zero")
    return [
        found[terms].attackers / setting.attackers / 10
        for setting, found in strikes.items()
        if setting.split == split and setting.attack in forgers and setting.malicious <= 20
    ]


def terms(results: Results, strikes: Strikes) -> list[str]:  # noqa: ARG001
    """One term changed at a time, on NMES1988."""
    changes: Sequence[Mapping[str, int | float]] = ({}, *TERM_CHANGES)
    head = ["changed", "split", "honest lost, nobody attacks, %", "honest lost, 40% replay, %"]
    head += ["sign flippers lose, 40%, %", "AUC, nobody attacks", "AUC, 40% sign flip"]
    head += ["rounds captured, 40%, %"]
    rows = []
    for change in changes:
        found = by_world(results, **change)
        rows += [_term_row(found, change, split) for split in SPLITS]
    return table(head, rows)


def _term_row(
    found: Mapping[World, list[Result]], change: Mapping[str, int | float], split: str
) -> list[str]:
    def cell(attack: str, malicious: int, measure: Measure, scale: int = 100) -> str:
        mean = over(found.get(("nmes1988", split, attack, malicious), []), measure)
        return f"{scale * mean.mean:.{2 if scale == 100 else 3}f}" if mean else "–"

    return [
        ", ".join(f"{name} = {value}" for name, value in change.items()) or "the defaults",
        split,
        cell("none", 0, lambda r: r.honest_lost),
        cell("free-rider-replay", 40, lambda r: r.honest_lost),
        cell("sign-flip-5", 40, lambda r: r.attackers_lost),
        cell("none", 0, lambda r: r.quality, 1),
        cell("sign-flip-5", 40, lambda r: r.quality, 1),
        cell("capture", 40, _captured_share),
    ]


def crowded(results: Results, strikes: Strikes) -> list[str]:  # noqa: ARG001
    """What honest members lose with fifteen voters, and with so many that nearly everybody sits."""
    few, many = by_world(results), by_world(results, voters=CROWDED)

    def row(data: str, split: str) -> list[str]:
        cells = [
            fine_percent(over(found.get((data, split, *attack), []), lambda r: r.honest_lost))
            for attack in CROWDED_ATTACKS
            for found in (few, many)
        ]
        return [f"{data}, {split}", *cells]

    head = [f"{ATTACKS[a].title} {m}%, V = {v}" for a, m in CROWDED_ATTACKS for v in (15, CROWDED)]
    return table(["honest stake lost, %", *head], [row(data, split) for data in LOADERS for split in SPLITS])


def _captured_share(result: Result) -> float:
    return result.captured / (result.accepted + result.rejected + result.void)


def paces(results: Results, strikes: Strikes) -> list[str]:
    """Ten honest members: who is struck, by how far a round of training goes and how many there are."""

    def row(scale: float, rounds: int) -> list[str]:
        settings = [replace(DEMO, seed=seed, lr_scale=scale, rounds=rounds) for seed in PACED_SEEDS]
        runs = [results[setting] for setting in settings if setting in results]
        kept = [strikes[setting] for setting in settings if setting in strikes]
        return [
            f"{scale * RECIPES['nmes1988'].lr * RECIPES['nmes1988'].steps:.2f}",
            str(rounds),
            number(over(runs, lambda r: r.quality), 3),
            percent(over(runs, lambda r: 2 * r.harmful / r.seats)),
            percent(over(runs, lambda r: 2 * r.outvoted / r.seats)),
            *(f"{_mean([found[terms].honest for found in kept]):.1f}" for terms in PACED_TERMS),
        ]

    head = ["learning rate × steps", "rounds", "AUC", "proposals struck as harmful, %", "votes struck, %"]
    head += [f"slashes at {limit} of {window}" for _, window, limit in PACED_TERMS]
    return table(head, [row(scale, rounds) for scale in LR_SCALES for rounds in PACED_ROUNDS])


def majorities(results: Results, strikes: Strikes) -> list[str]:  # noqa: ARG001
    """Exact: how often attackers of equal weight hold more than half of the voter seats."""
    head = ["V", *(f"{share}% attackers" for share in SHARES)]
    rows = [[str(v), *(f"{100 * majority_chance(v, share):.2g}%" for share in SHARES)] for v in SEATS]
    return table(head, rows)


def majority_chance(voters: int, malicious: int, members: int = MEMBERS) -> float:
    """The hypergeometric chance that more than half of the voters drawn are attackers."""
    bad = members * malicious // 100
    ways = sum(
        comb(bad, held) * comb(members - bad, voters - held) for held in range(voters // 2 + 1, voters + 1)
    )
    return float(Fraction(ways, comb(members, voters)))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
