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
            f"{self.name:<28} ours {self.ours:>12,.4g}  {self.rival_name} {self.rival:>12,.4g} {self.unit}"
            f"  ratio {self.ratio:.3f}"
        )
