"""Attestation: a round counts the proposals that more than half of the attesting weight found valid."""

from collections.abc import Sequence

from flock.protocol.core.units import bitmap_of, bits


def add(tallies: Sequence[int], bitmap: int, weight: int) -> tuple[int, ...]:
    """Tallies by proposer seat after a voter of ``weight`` attested the proposals in ``bitmap``."""
    return tuple(tally + weight * (bitmap >> seat & 1) for seat, tally in enumerate(tallies))


def attested_set(tallies: Sequence[int], attesting_weight: int) -> int:
    """The bitmap of proposals that are in: twice the tally exceeds the weight of all who attested."""
    return bitmap_of([seat for seat, tally in enumerate(tallies) if 2 * tally > attesting_weight])


def tally(bitmaps: Sequence[int | None], weights: Sequence[int], proposers: int) -> tuple[int, ...]:
    """Tallies from the bitmaps of all voters; None is a voter who did not attest."""
    counts = [0] * proposers
    for bitmap, weight in zip(bitmaps, weights, strict=True):
        for seat in bits(bitmap or 0):
            counts[seat] += weight
    return tuple(counts)
