"""The updates of a round as rows of one matrix that is never in memory as a whole."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from flock.errors import BadArrays
from flock.training.arrays import Update, spec_of
from flock.training.blockwise import gathered, in_order, parts_of
from flock.training.flat import Flat, largest
from flock.training.header import require_spec
from flock.training.reproducible import Integers, common_scale, inner_products, quantise, tiled
from flock.training.rules import Square


class Proposals:
    """Updates in the order of their seats. Raises BadArrays for none, and for unlike ones."""

    def __init__(self, updates: Mapping[int, Update]) -> None:
        if not updates:
            raise BadArrays("There are no updates to aggregate; a candidate needs at least one.")
        self.seats = sorted(updates)
        self.spec = spec_of(updates[self.seats[0]].arrays)
        for seat in self.seats:
            require_spec(spec_of(updates[seat].arrays), self.spec)
        self.flats = [Flat(updates[seat].arrays) for seat in self.seats]
        self.examples = [updates[seat].examples for seat in self.seats]
        self.size = self.flats[0].size
        self.parts = parts_of(self.size, len(self.flats))

    def __len__(self) -> int:
        return len(self.flats)

    @cached_property
    def tops(self) -> list[float]:
        """The largest absolute coordinate of each."""
        return list(in_order(largest, self.flats))

    @cached_property
    def scale(self) -> float:
        """What they are quantised with."""
        return common_scale(self.tops)

    @cached_property
    def gram(self) -> Square:
        """Inner products of the quantised updates, exact."""
        total = np.zeros((len(self), len(self)), np.int64)
        for products in in_order(self._products, self.parts):
            total += products
        return total.tolist()

    def _products(self, part: slice) -> Integers:
        steps = tiled(quantise(gathered(self.flats, part), self.scale))
        return inner_products(steps, steps)
