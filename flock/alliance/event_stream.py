"""Events of the chain as listeners are told them: by a short name, with plain arguments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from flock.chain.events import Event
from flock.protocol.alliance.sortition import weights_of
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.cid import cid_of
from flock.protocol.core.units import bits
from flock.web.errors import BadFields

NAMES: Mapping[str, str] = {
    "TaskCreated": "created",
    "TaskFunded": "funded",
    "TaskBegun": "begun",
    "TaskClosed": "closed",
    "TaskCancelled": "cancelled",
    "Joined": "joined",
    "LeaveRequested": "leaving",
    "Left": "left",
    "Retained": "retained",
    "SeedNamed": "seeded",
    "Drawn": "opened",
    "Proposed": "proposed",
    "Attested": "attested",
    "VoteCommitted": "sealed",
    "VoteRevealed": "revealed",
    "RoundFinalised": "finalised",
    "MemberSlashed": "slashed",
}
"""What is told, and as what. A name that is not here moves money only."""

BITMAPS = ("bitmap", "harmful", "rewarded", "attested", "struck", "judged")
AMOUNTS = (
    *("bounty", "amount", "refund", "to_treasury", "stake", "minimum_stake", "gm", "flock"),
    *("proposer_unit", "voter_unit", "pool_left"),
)
UNTOLD = ("task_id", "board", "terms_hash")
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
                {"Last-Event-ID": "it is no id of this stream; send one that an event had, or leave it out."}
            )
        return cls(int(found[1]), int(found[2]), found[3])

    def __str__(self) -> str:
        return f"{self.block}-{self.index}-{self.hash}"


BEGINNING = EventPosition(0, 0, "0" * HASH_DIGITS)
"""Before every event: the genesis block has no logs."""


def told(event: Event) -> dict[str, Any]:
    """The arguments as JSON holds them: amounts as text, bitmaps as seats, models as CIDs; and where it happened."""
    arguments = {name: _plain(name, value) for name, value in event.arguments.items() if name not in UNTOLD}
    if "weights" in arguments:
        seats = event.arguments["seats"]
        arguments["weights"] = list(weights_of(event.arguments["weights"], len(seats)))
    return {**arguments, "block": event.log.block, "transaction": event.log.transaction}


def _plain(name: str, value: Any) -> Any:
    if name in BITMAPS:
        return list(bits(value))
    if name in AMOUNTS:
        return str(value)
    if name in ("candidate", "metadata"):
        return cid_of(value) if any(value) else None
    if name == "outcome":
        return Outcome(value).name.lower()
    return "0x" + value.hex() if isinstance(value, bytes) else value
