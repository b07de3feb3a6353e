"""Sortition: drawing members for the seats of a round without replacement, and the seats' weights."""

from collections.abc import Sequence

from flock.protocol.core.commitments import Domain
from flock.protocol.core.hashing import keccak_words
from flock.protocol.core.units import Gm

MAX_WEIGHT = 4
_BITS_PER_WEIGHT = 2


def seed(block_hash: bytes, entropy: int, domain: Domain, task: int, round_number: int) -> bytes:
    """The seed of a draw: a later block's hash mixed with the salts revealed so far."""
    return keccak_words(block_hash, entropy, domain.chain_id, domain.contract, task, round_number)


def draw(seed_word: bytes, members: int, seats: int) -> tuple[int, ...]:
    """Positions (0-based, distinct) in the member list for each seat, in the order of the seats.

    A sparse Fisher–Yates shuffle: seat i takes position i + keccak(seed, i) mod (members − i) and leaves
    behind what stood at i. Raises ValueError when there are fewer members than seats.
    """
    if seats > members:
        raise ValueError(f"{seats} seats cannot be filled from {members} members.")
    moved: dict[int, int] = {}
    drawn = []
    for seat in range(seats):
        chosen = seat + _random(seed_word, seat) % (members - seat)
        drawn.append(moved.get(chosen, chosen))
        moved[chosen] = moved.get(seat, seat)
    return tuple(drawn)


def weight(stake: Gm, minimum: Gm) -> int:
    """How much a seat counts: ⌊stake/minimum⌋, at most 4 so that no one dictates.

    Below the minimum it is 0: such a member is not drawn.
    """
    return min(MAX_WEIGHT, stake // minimum)


def weights_word(weights: Sequence[int]) -> int:
    """The weights of all seats in one word, two bits each (weight − 1), seat 0 lowest."""
    return sum(value - 1 << _BITS_PER_WEIGHT * seat for seat, value in enumerate(weights))


def weights_of(packed: int, seats: int) -> tuple[int, ...]:
    """The weights in a packed word, seat by seat."""
    return tuple((packed >> _BITS_PER_WEIGHT * seat & 3) + 1 for seat in range(seats))


def _random(seed_word: bytes, index: int) -> int:
    return int.from_bytes(keccak_words(seed_word, index), "big")
