"""What a demo of the Arena finds: ``report.json``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Member:
    """A member of a competition. ``kind`` says how it cheats, or that it does not. Amounts are wei in decimal digits.

    The settlement gives it ``at_once`` and ``vesting``; ``lost`` is what was slashed of its stake, and a trainer's
    fees that did not come back.
    """

    name: str
    kind: str
    address: str
    at_once: str
    vesting: str
    lost: str

    @property
    def earned(self) -> int:
        """What the settlement gives it, in wei."""
        return int(self.at_once) + int(self.vesting)

    @property
    def net(self) -> int:
        """What it is richer by, in wei."""
        return self.earned - int(self.lost)


@dataclass(frozen=True)
class TrainerRow(Member):
    """One trainer. Scores are millionths, None without one.

    ``rank`` is in the final ranking; ``copy_of`` names whose copy its submission was found to be; ``failed`` counts
    submissions that could not be scored.
    """

    rank: int | None
    score_on_a: int | None
    score_on_b: int | None
    copy_of: str | None
    failed: int


@dataclass(frozen=True)
class ValidatorRow(Member):
    """One validator. ``distance`` is the mean of its reveals, in millionths, None without a reveal."""

    judged: int
    distance: int | None
    strikes: int
    misses: int
    absences: int
    is_suspended: bool


@dataclass(frozen=True)
class Comparison:
    """A cheat beside the honest ``peer`` it is measured against; wei in decimal digits."""

    name: str
    kind: str
    net: str
    peer: str
    net_of_peer: str

    @property
    def cost(self) -> int:
        """By how much it came out worse than its peer, in wei."""
        return int(self.net_of_peer) - int(self.net)


@dataclass(frozen=True)
class Kinds:
    """Where a bounty went, and what members were given, in wei as decimal digits.

    ``streamed`` went to where rewards are paid, with the fees that were kept.
    """

    bounty: str
    streamed: str
    refunded: str
    keepers: str
    trainers_at_once: str
    trainers_vesting: str
    validators_at_once: str
    validators_vesting: str


@dataclass(frozen=True)
class ArenaReport:
    """One competition. ``baseline`` is its score on set A, in millionths as decimal digits."""

    task: int
    title: str
    metric: str
    baseline: str
    rewards: Kinds
    trainers: list[TrainerRow]
    validators: list[ValidatorRow]
    cheats: list[Comparison]


@dataclass(frozen=True)
class SettlementReport:
    """The posted root, and what became of all that was emitted; wei in decimal digits.

    ``faults`` are what ``flock verify`` finds. ``claimed`` was paid to members, or vests for them.
    """

    root: str
    recomputed_root: str
    faults: list[str]
    emitted: str
    to_members: str
    to_treasury: str
    set_aside: str
    claimed: str
    left_in_board: str

    @property
    def dust(self) -> int:
        """Wei that nobody has: of what was emitted, of what members were given, and of what the board held."""
        given = int(self.to_members) + int(self.to_treasury) + int(self.set_aside)
        unclaimed = int(self.to_members) - int(self.claimed)
        return abs(int(self.emitted) - given) + abs(unclaimed) + int(self.left_in_board)


@dataclass(frozen=True)
class DemoReport:
    """All of the demo."""

    arenas: list[ArenaReport]
    settlement: SettlementReport

    @property
    def problems(self) -> list[str]:
        """What must not be: a cheat that paid, a root that the events do not give, a wei that nobody has."""
        cheats = [
            f"{arena.title}: {each.name} ({each.kind}) came out no worse than {each.peer}."
            for arena in self.arenas
            for each in arena.cheats
            if each.cost <= 0
        ]
        dust = self.settlement.dust
        return [*cheats, *self.settlement.faults, *([f"{dust} wei are missing."] if dust else [])]

    def as_data(self) -> dict[str, object]:
        """For JSON."""
        return {**asdict(self), "dust": str(self.settlement.dust), "problems": self.problems}

    def write(self, path: Path) -> None:
        """Write whole or not at all."""
        draft = path.with_suffix(".partial")
        draft.write_text(json.dumps(self.as_data(), indent=2) + "\n")
        draft.replace(path)
