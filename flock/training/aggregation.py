"""Aggregation: from the attested updates to the candidate and the harmful ones, the same on every machine.

Updates are taken in the order of their seats, and read a block of coordinates at a time. Sources: fedavg,
McMahan et al. 2017 (arXiv:1602.05629); coordinate median and trimmed mean, Yin et al. 2018
(arXiv:1803.01498); the others in ``flock.training.rules``.
"""

from collections.abc import Callable, Mapping

import numpy as np

from flock.errors import BadArrays
from flock.training import judging
from flock.training.arrays import Arrays, Update, model_header, spec_of, unflatten
from flock.training.blockwise import in_order
from flock.training.combining import combination
from flock.training.dtypes import Array, name_of, rounded
from flock.training.flat import Flat
from flock.training.header import require_spec
from flock.training.judging import Products, UpdateJudgement
from flock.training.proposals import Proposals
from flock.training.reproducible import Floats
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
    """The candidate: current + change, rounded to the formats of ``current``.

    Raises BadArrays for other shapes, or if it overflows.
    """
    require_spec(spec_of(change), spec_of(current), any_format=True)
    return {name: _moved(array, change[name]) for name, array in current.items()}


def candidate(
    current: Arrays, updates: Mapping[int, Update], rule: int, byzantine_bps: int
) -> dict[str, Array]:
    """The model that the updates (by seat) lead to. Raises as ``aggregate`` and ``apply_update`` do."""
    proposals = Proposals(updates)
    require_spec(proposals.spec, spec_of(current))
    combine, base = combination(rule, proposals, byzantine_bps), Flat(current)
    model = {name: np.empty(array.shape, array.dtype) for name, array in current.items()}
    whole = Flat(model)

    def fill(part: slice) -> None:
        change = combine(part)
        for (place, old), (_, new) in zip(base.pieces(part), whole.pieces(part), strict=True):
            new[:] = _moved(old, change[place])

    for _ in in_order(fill, proposals.parts):
        pass
    return model


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
    require_spec(proposals.spec, spec_of(current))
    combine, base = combination(rule, proposals, byzantine_bps), Flat(current)

    def work(part: slice) -> tuple[list[bytes], Products]:
        change = combine(part)
        pieces = [_moved(old, change[place]).tobytes() for place, old in base.pieces(part)]
        return pieces, judging.products(proposals, part, change)

    total = judging.no_products(proposals)
    write(model_header(current))
    for pieces, products in in_order(work, proposals.parts):
        for piece in pieces:
            write(piece)
        total += products
    return judging.judgement(proposals.seats, total)


def judge(updates: Mapping[int, Update], change: Change) -> UpdateJudgement:
    """Compare each update (by seat) with the candidate's change: docs/protocol.md, Vote."""
    proposals, flat = Proposals(updates), Flat(change)

    def work(part: slice) -> Products:
        return judging.products(proposals, part, np.asarray(flat.part(part), np.float64))

    total = sum(in_order(work, proposals.parts), judging.no_products(proposals))
    return judging.judgement(proposals.seats, total)


def _moved(array: Array, change: Floats) -> Array:
    moved = rounded(array.astype(np.float64) + change, array.dtype)
    if not np.isfinite(moved).all():
        raise BadArrays(
            f"The candidate model overflows {name_of(array.dtype)}; the proposals of this round are too large."
        )
    return moved
