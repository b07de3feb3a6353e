"""Places in a task's events: what a listener's Last-Event-ID says."""

import re
from dataclasses import dataclass
from typing import Self

from flock.web.errors import BadFields

HASH_DIGITS = 8


@dataclass(frozen=True, order=True)
class EventPosition:
    """A place in a task's events: the block of the last one that was told, its log there, the block's hash."""

    block: int
    index: int
    hash: str

    @classmethod
    def of(cls, block: int, index: int, block_hash: str) -> Self:
        """The position of a log."""
        return cls(block, index, block_hash.removeprefix("0x")[:HASH_DIGITS])

    @classmethod
    def parse(cls, text: str) -> Self:
        """The position that an event's id is. Raises BadFields."""
        found = re.fullmatch(r"([0-9]{1,18})-([0-9]{1,9})-([0-9a-f]{8})", text, re.ASCII)
        if found is None:
            raise BadFields(
                {
                    "Last-Event-ID": "it is not an id of this stream; send one that an event had, or leave it out."
                }
            )
        return cls(int(found[1]), int(found[2]), found[3])

    def __str__(self) -> str:
        return f"{self.block}-{self.index}-{self.hash}"


BEGINNING = EventPosition(0, 0, "0" * HASH_DIGITS)
"""Before every event: the genesis block has no logs."""
