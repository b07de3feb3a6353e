"""Aggregation: from the attested updates to the candidate and the harmful ones, the same on every machine.

Updates are taken in the order of their seats, and read a block of coordinates at a time. Sources: fedavg,
McMahan et al. 2017 (arXiv:1602.05629); coordinate median and trimmed mean, Yin et al. 2018
(arXiv:1803.01498); the others in ``flock.training.rules``.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from flock.errors import BadArrays
from flock.training import judging
from flock.training.arrays import Arrays, Update, model_header, spec_of, trained_part, unflatten
from flock.training.blockwise import in_order
from flock.training.combining import Combination, combination
from flock.training.dtypes import Array, is_trained, name_of, rounded
from flock.training.flat import Flat
from flock.training.header import require_spec, update_spec
from flock.training.judging import Products, UpdateJudgement
from flock.training.proposals import Proposals
from flock.training.reproducible import Floats, blocks
from flock.training.rules import Rule as Rule

Change = Mapping[str, Floats]


def aggregate(rule: int, updates: Mapping[int, Update], byzantine_bps: int) -> dict[str, Floats]:
    """The change that ``rule`` makes of the updates (by seat), float64, with the shapes of the model.

    Raises Refused for an unknown rule or invalid share, BadArrays for no updates or differing shapes.
    """
    proposals = Proposals(updates)
    combine = combination(rule, proposals, byzantine_bps)
    change = np.empty(proposals.size, np.float64)
    for part, block in zip(proposals.parts, in_order(combine, proposals.parts), strict=True):
        change[part] = block
    return unflatten(change, proposals.spec)


def apply_update(current: Arrays, change: Change) -> dict[str, Array]:
    """The candidate: current + change, rounded to the formats of ``current``, and its constants as they are.

    Raises BadArrays for other shapes, or if it overflows.
    """
    require_spec(spec_of(change), update_spec(spec_of(current)), any_format=True)
    moved = {name: _moved(array, change[name]) for name, array in trained_part(current).items()}
    return {**current, **moved}


def candidate(
    current: Arrays, updates: Mapping[int, Update], rule: int, byzantine_bps: int
) -> dict[str, Array]:
    """The model that the updates (by seat) lead to. Raises as ``aggregate`` and ``apply_update`` do."""
    proposals = Proposals(updates)
    combine, base = _prepared(current, proposals, rule, byzantine_bps)
    moved = {name: np.empty(array.shape, array.dtype) for name, array in trained_part(current).items()}
    whole = Flat(moved)

    def fill(part: slice) -> None:
        change = combine(part)
        for (place, old), (_, new) in zip(base.pieces(part), whole.pieces(part), strict=True):
            new[:] = _moved(old, change[place])

    for _ in in_order(fill, proposals.parts):
        pass
    return {**current, **moved}


def write_candidate(
    current: Arrays,
    updates: Mapping[int, Update],
    rule: int,
    byzantine_bps: int,
    write: Callable[[bytes], object],
) -> UpdateJudgement:
    """Hand the candidate's canonical bytes to ``write``, a few MiB at a time, and judge the updates.

    For models that do not fit into memory. Raises as ``candidate`` does, possibly after some
    bytes were written.
    """
    proposals = Proposals(updates)
    combine, base = _prepared(current, proposals, rule, byzantine_bps)

    def work(part: slice) -> tuple[list[Array], Products]:
        change = combine(part)
        pieces = [_moved(old, change[place]) for place, old in base.pieces(part)]
        return pieces, judging.products(proposals, part, change)

    total = judging.no_products(proposals)
    constants = _Constants(current)
    write(model_header(current))
    for pieces, products in in_order(work, proposals.parts):
        for piece in pieces:
            for constant in constants.due(piece.size):
                _write(constant, write)
            write(piece.tobytes())
        total += products
    for constant in constants.rest():
        _write(constant, write)
    return judging.judgement(proposals.seats, total)


def judge(updates: Mapping[int, Update], change: Change) -> UpdateJudgement:
    """Compare each update (by seat) with the candidate's change: docs/protocol.md, Vote."""
    proposals, flat = Proposals(updates), Flat(change)

    def work(part: slice) -> Products:
        return judging.products(proposals, part, np.asarray(flat.part(part), np.float64))

    total = sum(in_order(work, proposals.parts), judging.no_products(proposals))
    return judging.judgement(proposals.seats, total)


def _prepared(
    current: Arrays, proposals: Proposals, rule: int, byzantine_bps: int
) -> tuple[Combination, Flat]:
    """The change by part, and what it is added to."""
    require_spec(proposals.spec, update_spec(spec_of(current)))
    return combination(rule, proposals, byzantine_bps), Flat(trained_part(current))


class _Constants:
    """A model's constants, each in its place between the coordinates that are trained."""

    def __init__(self, model: Arrays) -> None:
        self._written = 0
        self._waiting: deque[tuple[int, Array]] = deque()
        before = 0
        for name in sorted(model):
            if is_trained(model[name].dtype):
                before += model[name].size
            else:
                self._waiting.append((before, model[name]))

    def due(self, size: int) -> Iterator[Array]:
        """Those that come before the next ``size`` coordinates, which are all of one array."""
        while self._waiting and self._waiting[0][0] <= self._written:
            yield self._waiting.popleft()[1]
        self._written += size

    def rest(self) -> Iterator[Array]:
        """Those after all coordinates."""
        return (array for _, array in self._waiting)


def _write(array: Array, write: Callable[[bytes], object]) -> None:
    flat = array.reshape(-1)
    for part in blocks(flat.size):
        write(flat[part].tobytes())


def _moved(array: Array, change: Floats) -> Array:
    moved = rounded(array.astype(np.float64) + change, array.dtype)
    if not np.isfinite(moved).all():
        raise BadArrays(
            f"The candidate model overflows {name_of(array.dtype)}; the proposals of this round are too large."
        )
    return moved
