"""The tables of docs/robustness.md, each a function of the committed results."""

from collections.abc import Callable, Iterator, Mapping

from bench.robustness import choices
from bench.robustness.attacks import ATTACKS
from bench.robustness.federation import LOADERS
from bench.robustness.grid import RULE_WORLDS, SHARES, SPLITS
from bench.robustness.results import Results, Strikes
from bench.robustness.summary import (
    Measure,
    Summary,
    Table,
    by_world,
    fine_percent,
    number,
    over,
    percent,
    table,
)

NAMES = {"nmes1988": "NMES1988", "flchain": "flchain", "mnist": "MNIST 5k"}
WORLDS = [(data, split) for data in LOADERS for split in SPLITS]
DISHONEST = [attack for attack in ATTACKS if attack != "none"]


def _worlds(results: Results, strikes: Strikes) -> list[str]:  # noqa: ARG001
    found = by_world(results)

    def row(data: str, split: str) -> list[str]:
        runs = found.get((data, split, "none", 0), [])
        return [
            f"{NAMES[data]}, {split}",
            number(over(runs, lambda r: r.quality), 3),
            number(over(runs, lambda r: r.accepted), 1),
            percent(over(runs, lambda r: r.harmful / r.seats)),
            percent(over(runs, lambda r: r.outvoted / r.seats)),
            fine_percent(over(runs, lambda r: r.honest_lost)),
        ]

    head = ["nobody attacks", "AUC or accuracy", "accepted of 30", "seats struck as harmful, %"]
    head += ["seats struck as outvoted, %", "stake lost, %"]
    return table(head, [row(*world) for world in WORLDS])


def _by_share(split: str, measure: Measure, shown: Callable[[Summary | None], str]) -> Table:
    """Attacks by share of attackers, over all data sets of one split."""

    def build(results: Results, strikes: Strikes) -> list[str]:  # noqa: ARG001
        found = by_world(results)

        def cell(attack: str, malicious: int) -> str:
            runs = [run for data in LOADERS for run in found.get((data, split, attack, malicious), [])]
            return shown(over(runs, measure))

        rows = [[ATTACKS[attack].title, *(cell(attack, share) for share in SHARES)] for attack in DISHONEST]
        return table(["attackers:", *(f"{share}%" for share in SHARES)], rows)

    return build


def _worst(results: Results, strikes: Strikes) -> list[str]:  # noqa: ARG001
    """Where honest members lose most: the attack and the mean over seeds, by world and share."""
    found = by_world(results)

    def cell(data: str, split: str, malicious: int) -> str:
        means = {
            attack: summary.mean
            for attack in DISHONEST
            if (summary := over(found.get((data, split, attack, malicious), []), lambda r: r.honest_lost))
        }
        worst = max(means, key=lambda attack: means[attack], default=None)
        return f"{100 * means[worst]:.2f} ({ATTACKS[worst].title})" if worst else "–"

    rows = [[f"{NAMES[data]}, {split}", *(cell(data, split, m) for m in SHARES)] for data, split in WORLDS]
    return table(["attackers:", *(f"{share}%" for share in SHARES)], rows)


def _quality(malicious: int) -> Table:
    """Quality by attack and world."""

    def build(results: Results, strikes: Strikes) -> list[str]:  # noqa: ARG001
        found = by_world(results)

        def cell(attack: str, data: str, split: str) -> str:
            runs = found.get((data, split, attack, 0 if attack == "none" else malicious), [])
            return number(over(runs, lambda r: r.quality), 3)

        head = [f"{malicious}% attackers", *(f"{NAMES[data]} {split}" for data, split in WORLDS)]
        return table(head, [[ATTACKS[a].title, *(cell(a, *world) for world in WORLDS)] for a in ATTACKS])

    return build


def _backdoor(results: Results, strikes: Strikes) -> list[str]:  # noqa: ARG001
    found = by_world(results)

    def cell(data: str, split: str, malicious: int) -> str:
        runs = found.get((data, split, "backdoor" if malicious else "none", malicious), [])
        return percent(over(runs, lambda r: r.backdoor))

    shares = (0, *SHARES)
    rows = [[f"{NAMES[data]}, {split}", *(cell(data, split, m) for m in shares)] for data, split in WORLDS]
    return table(["attackers:", *(f"{share}%" for share in shares)], rows)


def _tables() -> Iterator[tuple[str, Table]]:
    yield "worlds", _worlds
    yield "worst", _worst
    for split in SPLITS:
        yield f"honest-{split}", _by_share(split, lambda r: r.honest_lost, fine_percent)
        yield f"attackers-{split}", _by_share(split, lambda r: r.attackers_lost, fine_percent)
        yield f"earned-{split}", _by_share(split, lambda r: r.attackers_earned, number)
        yield f"honest-earned-{split}", _by_share(split, lambda r: r.honest_earned, number)
    yield "quality-20", _quality(20)
    yield "quality-40", _quality(40)
    yield "backdoor", _backdoor
    for data, split, malicious in RULE_WORLDS:
        yield f"rules-{data}-{split}", choices.rules(data, split, malicious)
    yield "limits", choices.limits
    yield "terms", choices.terms
    yield "crowded", choices.crowded
    yield "paces", choices.paces
    yield "majorities", choices.majorities


TABLES: Mapping[str, Table] = dict(_tables())
