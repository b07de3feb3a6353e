"""Applying an aggregation rule to one block of coordinates of the updates."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flock.protocol.alliance.params import MIXING, byzantine_count
from flock.training import rules
from flock.training.blockwise import gathered, spacious
from flock.training.proposals import Proposals
from flock.training.reproducible import (
    LARGEST_QUANTUM,
    QUANTUM_BITS,
    Floats,
    Row,
    adds_exactly,
    blocks,
    halved_sum,
    sum_of_rows,
    tiled,
)
from flock.training.rules import Rule, Weights

Combination = Callable[[slice], Floats]
Groups = Sequence[Sequence[int]]

INEXACT_COLUMNS = 256  # added exactly, this many at a time


def combination(number: int, proposals: Proposals, byzantine_bps: int) -> Combination:
    """The change that rule ``number`` makes of the coordinates of a part. Raises Refused for no such rule."""
    rule = rules.rule_of(number)
    rules.require_share(byzantine_bps)
    f = byzantine_count(len(proposals), byzantine_bps)
    groups = rules.neighbours(proposals.gram, len(proposals) - f) if number & MIXING else None
    if rule in COORDINATEWISE:
        return _coordinatewise(COORDINATEWISE[rule], proposals, f, groups)
    weights = _weights(rule, proposals, f, groups)
    return _weighted(proposals, weights, cut=rule.cuts)


def _coordinatewise(
    combine: Callable[[Any, int], Floats], proposals: Proposals, f: int, groups: Groups | None
) -> Combination:
    def change(part: slice) -> Floats:
        if groups is not None:
            return combine(mixed(gathered(proposals.flats, part), groups, part), f) + 0.0
        if combine is _mean:
            return combine([flat.part(part) for flat in proposals.flats], f) + 0.0
        return combine(gathered(proposals.flats, part), f) + 0.0  # + 0.0 makes −0 into 0

    return change


def _weights(rule: Rule, proposals: Proposals, f: int, groups: Groups | None) -> Weights:
    """By update; with ``groups`` those of their means, handed down to the members."""
    if rule is Rule.FEDAVG_BY_EXAMPLES:
        weights = rules.by_examples(proposals.examples)
    else:
        gram = proposals.gram if groups is None else rules.sums_of_groups(proposals.gram, groups)
        unit = 1 if groups is None else len(groups[0])
        weights = _by_distance(rule, gram, len(proposals) - f, unit)
    return weights if groups is None else rules.spread(weights, groups)


def _by_distance(rule: Rule, gram: rules.Square, keep: int, unit: int) -> Weights:
    match rule:
        case Rule.MULTI_KRUM:
            return rules.multi_krum(gram, keep)
        case Rule.GEOMETRIC_MEDIAN:
            return rules.geometric_median(gram, unit)
        case _:
            return rules.centred_clipping(gram)


def _weighted(proposals: Proposals, weights: Weights, *, cut: bool) -> Combination:
    """Rows of weight zero are left out of the halving."""
    chosen = [i for i, weight in enumerate(weights.each) if weight]
    limit = proposals.scale * LARGEST_QUANTUM / (1 << QUANTUM_BITS) if cut else np.inf

    def change(part: slice) -> Floats:
        def row(place: int) -> Row:
            i = chosen[place]
            values = proposals.flats[i].part(part)
            if cut and proposals.tops[i] > limit:
                values = np.clip(values.astype(np.float64), -limit, limit)
            return np.multiply(values, float(weights.each[i]), dtype=np.float64)

        if not chosen:
            return np.zeros(part.stop - part.start)
        return sum_of_rows(len(chosen), row) / float(weights.total) + 0.0

    return change


def mixed(rows: NDArray[np.float32], groups: Groups, part: slice) -> Floats:
    """The mean of each group's rows, summed in the order of ``halving``.

    Where any order gives the same sum (``adds_exactly``) that of a matrix product will do.
    """
    members = np.zeros((len(groups), len(rows)))
    for row, group in zip(members, groups, strict=True):
        row[group] = 1
    means: Floats = spacious(len(groups), part, np.float64)
    sums = (members @ tiled(rows)).swapaxes(0, 1).reshape(len(groups), -1)[:, : means.shape[1]]
    inexact = np.flatnonzero(~adds_exactly(rows))
    for some in blocks(len(inexact), INEXACT_COLUMNS):
        columns = inexact[some]
        sums[:, columns] = halved_sum(rows[:, columns].astype(np.float64)[np.array(groups).T])
    return np.divide(sums, len(groups[0]), out=means)


def _mean(rows: Sequence[Row] | Row, f: int) -> Floats:  # noqa: ARG001
    return sum_of_rows(len(rows), rows.__getitem__) / len(rows)


def _median(rows: Row, f: int) -> Floats:  # noqa: ARG001
    rows.sort(axis=0)
    middle: Floats = np.add(rows[(len(rows) - 1) // 2], rows[len(rows) // 2], dtype=np.float64)
    return middle / 2


def _trimmed_mean(rows: Row, f: int) -> Floats:
    rows.sort(axis=0)
    return _mean(rows[f : len(rows) - f], f)


COORDINATEWISE: Mapping[Rule, Callable[[Any, int], Floats]] = {
    Rule.FEDAVG: _mean,
    Rule.MEDIAN: _median,
    Rule.TRIMMED_MEAN: _trimmed_mean,
}
