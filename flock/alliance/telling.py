"""An Alliance's events as listeners are told them: by a short name, with plain arguments; and its phases."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from flock.alliance.models import TaskRow, TaskStatus
from flock.alliance.queries import known_task
from flock.chain.contracts.alliance_rounds import AllianceRounds
from flock.chain.events import Event
from flock.errors import FlockError
from flock.protocol.alliance.rounds import Phase, is_timed
from flock.protocol.alliance.sortition import weights_of
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.cid import cid_of
from flock.protocol.core.units import bits

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
OVER = (TaskStatus.CLOSED, TaskStatus.CANCELLED)


class AllianceTelling:
    """What who follows an Alliance is told."""

    names = NAMES

    def __init__(self, rounds: AllianceRounds) -> None:
        self._rounds = rounds

    def told(self, event: Event) -> Mapping[str, Any]:
        """The arguments as JSON holds them, and where it happened."""
        return told(event)

    def require_task(self, session: Session, task: int) -> None:
        """Raises UnknownTask."""
        known_task(session, task)

    def is_over(self, session: Session, task: int) -> bool:
        """Whether nothing more happens to the task."""
        row = session.get(TaskRow, task)
        return row is not None and row.state in OVER

    def phase(self, task: int, block: int) -> Mapping[str, Any] | None:
        """Where the task's round stands at ``block``; ``ends_at`` in Unix seconds, if the phase has a deadline."""
        view = self._rounds.abi.functions["roundView"]
        try:
            answer = self._rounds.client.call(self._rounds.address, view.encode(task), block=block)
        except FlockError:
            return None  # it is asked again at the next block
        fields = view.decode_outputs(answer)
        phase = Phase(fields["phase"])
        ends_at = fields["ends_at"] if is_timed(phase) else None
        return {"round": fields["number"], "phase": phase.name.lower(), "ends_at": ends_at}


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
