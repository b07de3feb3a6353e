"""One measurement beside its rival's, and where it is kept."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(".flock/bench")


@dataclass(frozen=True)
class Result:
    """``ratio`` is ours / rival; ``unit`` is that of both."""

    name: str
    ours: float
    rival: float
    rival_name: str
    unit: str

    @property
    def ratio(self) -> float:
        return self.ours / self.rival

    def write(self) -> None:
        """Keep it as ``.flock/bench/<name>.json``."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        record = {**asdict(self), "ratio": round(self.ratio, 4)}
        (FOLDER / f"{self.name}.json").write_text(json.dumps(record, indent=2) + "\n")

    def __str__(self) -> str:
        return (
            f"{self.name:<20} {_number(self.ours):>10} {self.unit}, {self.rival_name} {_number(self.rival)}: "
            f"ratio {self.ratio:.3f}"
        )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
