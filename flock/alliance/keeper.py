"""Pushing a task on: anybody may, once a phase is over, and the contract pays for opening rounds."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from flock.chain.client import BlockHeader
from flock.chain.contracts.alliance_rounds import RoundView
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender
from flock.errors import ContractRefused
from flock.log import logger
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.state import READABLE_BLOCKS
from flock.protocol.alliance.votes import Ballots, winning_key
from flock.protocol.core.commitments import Vote
from flock.protocol.core.hashing import ZERO

# How the contract refuses what somebody else's transaction, perhaps still pending, has done already.
BEATEN_TO_IT = frozenset(
    {"WrongPhase", "TaskIsNotOpen", "TaskIsNotRunning", "SeedIsStillReadable", "NothingToWithdraw"}
)
NO_VOTE = Vote(ZERO, 0, 0, False)
PHASES_OF_MEMBERS = frozenset({Phase.PROPOSE, Phase.ATTEST, Phase.COMMIT, Phase.REVEAL})


class Push(StrEnum):
    """What anybody may call to bring a task forward."""

    START = "start"
    RESEED = "reseed"
    DRAW = "draw"
    FINALISE = "finalise"
    CLOSE = "close"
    REFUND = "refund"


def due_push(
    contracts: Contracts, task: int, parameters: AllianceParameters, view: RoundView, caller: str
) -> Push | None:
    """What ``caller`` may do now, or ``None`` while members have their phase, or nothing can be done."""
    match view.phase:
        case Phase.TALLY:
            return Push.FINALISE
        case Phase.SEEDED:
            return _due_when_seeded(contracts, parameters, view)
        case Phase.NONE | Phase.WAITING:
            return _due_when_waiting(contracts, task, parameters, caller)
        case Phase.ENDED:
            return _due_when_ended(contracts, task)
        case _:
            return None


@dataclass
class DuePush:
    """What is due for ``caller``, found out once for each block; ``head`` says the newest."""

    contracts: Contracts
    task: int
    parameters: AllianceParameters
    caller: str
    head: Callable[[], BlockHeader]
    _asked: tuple[str, RoundView] | None = None
    _due: Push | None = None

    def of(self, view: RoundView) -> Push | None:
        """As ``due_push``."""
        if view.phase in PHASES_OF_MEMBERS:
            return None
        asked = self.head().hash, view
        if asked != self._asked:
            self._due = due_push(self.contracts, self.task, self.parameters, view, self.caller)
            self._asked = asked
        return self._due


def push(contracts: Contracts, sender: Sender, task: int, view: RoundView, due: Push) -> None:
    """Do what is due. That somebody else did it first counts as done."""
    try:
        _do(contracts, sender, task, view, due)
    except ContractRefused as refusal:
        if refusal.error not in BEATEN_TO_IT:
            raise
    else:
        logger().info("task_pushed", task=task, round=view.number, push=str(due))


def _do(contracts: Contracts, sender: Sender, task: int, view: RoundView, due: Push) -> None:
    rounds = contracts.alliance_rounds
    match due:
        case Push.START:
            rounds.start(sender, task)
        case Push.RESEED:
            rounds.reseed(sender, task)
        case Push.DRAW:
            rounds.draw(sender, task, view.number + 1)
        case Push.FINALISE:
            _finalise(contracts, sender, task, view)
        case Push.CLOSE:
            rounds.close(sender, task)
        case Push.REFUND:
            manager = contracts.task_manager
            manager.withdraw_refund(sender, task, manager.task_of(task).creator)


def _due_when_ended(contracts: Contracts, task: int) -> Push | None:
    """What the task gives back waits to be asked for; its creator need not be the one who asks."""
    state = contracts.task_manager.task_of(task)
    if state.is_running:
        return Push.CLOSE
    return Push.REFUND if contracts.task_manager.refund_of(task, state.creator) else None


def _due_when_seeded(contracts: Contracts, parameters: AllianceParameters, view: RoundView) -> Push | None:
    if contracts.client.now() >= parameters.ends_at:
        return Push.CLOSE
    if not view.seed_block:  # all sealed votes were opened: the seed is known
        return Push.DRAW
    age = contracts.client.block_number() - view.seed_block
    if age > READABLE_BLOCKS:
        return Push.RESEED
    return Push.DRAW if age > 0 else None


def _due_when_waiting(
    contracts: Contracts, task: int, parameters: AllianceParameters, caller: str
) -> Push | None:
    state, now = contracts.task_manager.task_of(task), contracts.client.now()
    if state.is_running:
        if now >= parameters.ends_at:
            return Push.CLOSE
    elif not state.is_open or (now < parameters.starts_at and caller != state.creator):
        return None
    members = contracts.alliance_rounds.member_count(task)
    return Push.START if members >= parameters.minimum_members else None


def _finalise(contracts: Contracts, sender: Sender, task: int, view: RoundView) -> None:
    """The contract decides by itself; it only wants to be shown the preimage of the ballot that won."""
    rounds = contracts.alliance_rounds
    revealed = rounds.revealed_votes(task, view.number, view.drawn_block)
    by_voter = {vote.seat - view.proposers: vote.vote for vote in revealed}
    key = winning_key(Ballots(by_voter, view.weights[view.proposers :]))
    winner = next((vote for vote in by_voter.values() if vote.key == key), NO_VOTE)
    rounds.finalise(sender, task, view.number, winner.candidate, winner.harmful, winner.rewarded)
