"""What the demo of the market finds: ``report.json``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class ModelRow:
    """A published version. ``parent`` is the one it was made from; ``earned`` all that arrived for it at the host.

    Wei in decimal digits.
    """

    version: int
    name: str
    owner: str
    parent: int | None
    accuracy: float
    price: str
    earned: str


@dataclass(frozen=True)
class BuyerRow:
    """Who bought, and how. ``answers`` were had, ``refused`` counts answers 402.

    ``charged`` is what receipts, or the subscription, say; ``paid`` what has left the account. Wei in decimal digits.
    """

    name: str
    how: str
    answers: int
    refused: int
    charged: str
    paid: str


@dataclass(frozen=True)
class PayeeRow:
    """One payee of a splitter; ``via`` names it. ``released`` is what it was paid, wei in decimal digits."""

    via: str
    role: str
    name: str
    released: str


@dataclass(frozen=True)
class MarketReport:
    """All of the demo. ``left`` is what divisions left in the splitters; ``faults`` are what must not be."""

    models: list[ModelRow]
    buyers: list[BuyerRow]
    payees: list[PayeeRow]
    left: str
    faults: list[str]

    @property
    def paid(self) -> int:
        """By all buyers, in wei."""
        return sum(int(row.paid) for row in self.buyers)

    @property
    def released(self) -> int:
        """To all payees, in wei. What parents' splitters were paid is theirs to pay out, and counted there."""
        return sum(int(row.released) for row in self.payees if row.role != "parent")

    @property
    def dust(self) -> int:
        """Wei that nobody has."""
        return self.paid - self.released - int(self.left)

    @property
    def problems(self) -> list[str]:
        """What must not be: a wrong receipt, a buyer who paid something else than its receipts say, a missing wei."""
        wrong = [
            f"{row.name} paid {row.paid} wei, and receipts say {row.charged}."
            for row in self.buyers
            if row.paid != row.charged
        ]
        return [*self.faults, *wrong, *([f"{self.dust} wei are missing."] if self.dust else [])]

    def as_data(self) -> dict[str, object]:
        """For JSON."""
        return {**asdict(self), "dust": str(self.dust), "problems": self.problems}

    def write(self, path: Path) -> None:
        """Write whole or not at all."""
        draft = path.with_suffix(".partial")
        draft.write_text(json.dumps(self.as_data(), indent=2) + "\n")
        draft.replace(path)
