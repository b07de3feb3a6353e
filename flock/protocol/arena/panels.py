"""Panels: which validators score which submission of a window, computed from the window's seed and never stored.

A window has ``count`` submissions with ``seats`` seats each, so count · seats slots. The seed shuffles the
validators' list once; the slots go through it, over and over. So a panel is ``seats`` different validators, and
nobody has more than one slot above anybody else.
"""

from collections.abc import Sequence

from flock.protocol.core.hashing import keccak_words

FEISTEL_ROUNDS = 6


def shuffled(seed: bytes, index: int, size: int) -> int:
    """Where ``index`` comes to stand in the shuffle of 0 … size − 1 that ``seed`` makes.

    A Feistel network over the smallest square power of two that holds ``size``, walked until the result is below
    ``size``: one place is computed without the others, which a contract can afford. Raises ValueError for an index
    out of range.
    """
    if not 0 <= index < size:
        raise ValueError(f"There is no index {index} among {size}.")
    half = _half_bits(size)
    while True:
        index = _network(seed, index, half)
        if index < size:
            return index


def unshuffled(seed: bytes, place: int, size: int) -> int:
    """Which index comes to stand at ``place``: the inverse of ``shuffled``. Raises ValueError as that does."""
    if not 0 <= place < size:
        raise ValueError(f"There is no place {place} among {size}.")
    half = _half_bits(size)
    while True:
        place = _network_back(seed, place, half)
        if place < size:
            return place


def slots_of(seed: bytes, position: int, slots: int, validators: int) -> tuple[int, ...]:
    """The slots, the lowest first, of the validator at ``position`` in a window of ``slots`` slots.

    Slot s is seat s mod k of the window's submission number s // k. Raises ValueError for a position out of range.
    """
    return tuple(range(unshuffled(seed, position, validators), slots, validators))


def panel(seed: bytes, order: int, seats: int, validators: int) -> tuple[int, ...]:
    """Positions in the validators' list, all different, that score the window's submission number ``order``.

    Raises ValueError when there are fewer validators than seats.
    """
    if seats > validators:
        raise ValueError(f"{seats} seats cannot be filled from {validators} validators.")
    return tuple(shuffled(seed, slot % validators, validators) for slot in _slots(order, seats))


def substitutes(
    seed: bytes, order: int, drawn: Sequence[int], absent: frozenset[int], validators: int
) -> tuple[int | None, ...]:
    """Who steps in, seat by seat, for the ``absent`` of the panel ``drawn``; None where nobody does.

    ``seed`` is named after the last moment to commit. One that is absent as well, or sits on the panel already, does
    not step in: such a seat stays empty.
    """
    chosen = panel(seed, order, len(drawn), validators)
    return tuple(
        stand_in if holder in absent and stand_in not in absent and stand_in not in drawn else None
        for holder, stand_in in zip(drawn, chosen, strict=True)
    )


def seated(seed: bytes, slots: int, validators: int) -> tuple[int, ...]:
    """Positions that have a slot or more in a window that has ``slots``."""
    return tuple(shuffled(seed, slot, validators) for slot in range(min(slots, validators)))


def capacity(seats: int, validators: int, most_slots: int) -> int:
    """How many submissions a window can take so that nobody gets more than ``most_slots`` slots."""
    return most_slots * validators // seats


def _slots(order: int, seats: int) -> range:
    return range(order * seats, (order + 1) * seats)


def _half_bits(size: int) -> int:
    """Half the bits of the network's words, at least one."""
    return max(1, ((size - 1).bit_length() + 1) // 2)


def _network(seed: bytes, value: int, half: int) -> int:
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for number in range(FEISTEL_ROUNDS):
        mixed = int.from_bytes(keccak_words(seed, number, right), "big") & mask
        left, right = right, left ^ mixed
    return left << half | right


def _network_back(seed: bytes, value: int, half: int) -> int:
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for number in reversed(range(FEISTEL_ROUNDS)):
        mixed = int.from_bytes(keccak_words(seed, number, left), "big") & mask
        left, right = right ^ mixed, left
    return left << half | right
