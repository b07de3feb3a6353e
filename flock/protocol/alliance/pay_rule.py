"""What a seat in an Alliance counts in the emissions: the pay of a round whose reward is one FLOCK."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flock.errors import RpcUnavailable
from flock.protocol.alliance.played_round import PlayedRound
from flock.protocol.alliance.round_history import RoundHistory
from flock.protocol.alliance.task_history import TaskEvent, TaskHistory, opened
from flock.protocol.alliance.votes import Outcome
from flock.protocol.economy.points import Earned, PointsEarned, Role
from flock.protocol.economy.rewards import EVEN, next_sixteenths, points

PROPOSER = Role("proposer", waits=True)
VOTER = Role("voter", waits=False)


class AlliancePay:
    """The PayRule of Alliances. ``sixteenths`` is how often a task's rounds were accepted of late."""

    events: ClassVar[Sequence[str]] = ("AllianceOpened", "Joined", "Drawn", "VoteRevealed", "RoundFinalised")

    def __init__(self) -> None:
        self._tasks: dict[int, TaskHistory] = {}
        self._sixteenths: dict[int, int] = {}

    def read(self, name: str, arguments: Mapping[str, Any]) -> PointsEarned | None:
        """The points of a round that was decided; everything else makes none."""
        event, task = TaskEvent(name, arguments), arguments["task_id"]
        if name == "AllianceOpened":
            self._tasks[task] = opened(event)
            return None
        history = self._tasks.get(task)
        if history is None:
            raise RpcUnavailable(
                f"The RPC serves events of task {task}, but not its opening: use an endpoint that has all logs since "
                "the contracts were deployed."
            )
        history.read(event)
        if name != "RoundFinalised":
            return None
        # A history may be years long: what a round was made of is not needed beyond it.
        round_ = history.rounds.pop(arguments["round"])
        history.keeper_fees.clear()
        return self._earned(task, round_, round_.played) if round_.played else None

    def _earned(self, task: int, round_: RoundHistory, played: PlayedRound) -> PointsEarned | None:
        if played.record.outcome is Outcome.VOID:
            return None
        paid, is_accepted = played.paid_seats, played.record.outcome is Outcome.ACCEPTED
        sixteenths = self._sixteenths.get(task, EVEN)
        worth = points(
            accepted=is_accepted,
            sixteenths=sixteenths,
            proposer_weight=sum(played.weights[seat] for seat in paid.proposers),
            voter_weight=sum(played.weights[seat] for seat in paid.voters),
        )
        self._sixteenths[task] = next_sixteenths(sixteenths, accepted=is_accepted)
        earned = (
            *(Earned(round_.accounts[seat], PROPOSER, worth.proposer) for seat in paid.proposers),
            *(Earned(round_.accounts[seat], VOTER, worth.voter) for seat in paid.voters),
        )
        return PointsEarned(earned) if earned else None
