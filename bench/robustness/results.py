"""Results on disk: one line a run, appended as it ends, so that a study that was cut off goes on."""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from bench.robustness.outcome import (
    LIMITS,
    MAJORITIES,
    Result,
    Slashes,
    Terms,
    played,
    result_of,
    slashes_under,
)
from bench.robustness.settings import Setting

FOLDER = Path("docs/robustness")
RESULTS = "results.csv"
STRIKES = "strikes.csv"
DIGITS = 4

TERMS: tuple[Terms, ...] = tuple((majority, *limit) for majority in MAJORITIES for limit in LIMITS)

Results = Mapping[Setting, Result]
Strikes = Mapping[Setting, Mapping[Terms, Slashes]]


@dataclass(frozen=True)
class Store:
    """The two tables in a folder: results of all runs, and of some what other strike terms would do."""

    folder: Path = FOLDER

    def results(self) -> Results:
        """Every run so far."""
        return {_parsed(Setting, row): _parsed(Result, row) for row in self._rows(RESULTS)}

    def strikes(self) -> Strikes:
        """Slashes by terms, of the runs that kept them."""
        return {_parsed(Setting, row): _slashes(row) for row in self._rows(STRIKES)}

    def run(self, setting: Setting, *, with_strikes: bool) -> Result:
        """Play a run and keep what it shows."""
        simulation = played(setting)
        result = _rounded(result_of(simulation))
        if with_strikes:
            found = slashes_under(simulation)
            texts = {
                _column(terms): f"{slashes.honest} {slashes.attackers}" for terms, slashes in found.items()
            }
            self._append(STRIKES, {**asdict(setting), **texts})
        self._append(RESULTS, {**asdict(setting), **asdict(result)})
        return result

    def _rows(self, name: str) -> Iterator[dict[str, str]]:
        path = self.folder / name
        if path.exists():
            with path.open(newline="") as file:
                yield from (row for row in csv.DictReader(file) if None not in row.values())

    def _append(self, name: str, row: Mapping[str, object]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        is_new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, list(row), lineterminator="\n")
            if is_new:
                writer.writeheader()
            writer.writerow(row)


def _column(terms: Terms) -> str:
    majority, window, limit = terms
    return f"{majority} {limit}/{window}"


def _slashes(row: Mapping[str, str]) -> dict[Terms, Slashes]:
    return {terms: Slashes(*map(int, row[_column(terms)].split())) for terms in TERMS}


def _rounded(result: Result) -> Result:
    changed = {
        name: round(value, DIGITS) for name, value in asdict(result).items() if isinstance(value, float)
    }
    return replace(result, **changed)  # type: ignore[arg-type]


def _parsed(kind: type[Any], row: Mapping[str, str]) -> Any:
    """A record of ``kind`` from the texts of its fields."""
    return kind(**{field.name: _READERS[field.type](row[field.name]) for field in fields(kind)})


_READERS: Mapping[object, Callable[[str], object]] = {int: int, float: float, str: str}
