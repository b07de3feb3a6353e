"""End a node that can call its app no more, once it has shown what it committed to."""

from collections.abc import Callable
from dataclasses import dataclass

from flock.chain.contracts.alliance_rounds import RoundView
from flock.node.context import NodeContext
from flock.node.memory import NodeMemory
from flock.node.seat import OwnSeat, own_seat
from flock.protocol.alliance.rounds import Phase, Voter


@dataclass
class EndOnceFree:
    """A vote that is never opened, and an update whose bytes never appear, cost a member's stake."""

    context: NodeContext
    end: Callable[[], None]
    name: str = "end_once_free"

    def __call__(self) -> bool:
        view = self.context.watch.view()
        seat = own_seat(view, self.context.wallet.owner)
        if seat is not None and owes(view, seat, self.context.memory):
            return False
        self.end()
        return True


def owes(view: RoundView, seat: OwnSeat, memory: NodeMemory) -> bool:
    """Whether the holder of ``seat`` has a vote to open, or promised bytes to publish, and time for it."""
    if seat.is_voter:
        return seat.state is Voter.COMMITTED and view.phase in (Phase.COMMIT, Phase.REVEAL)
    if not seat.has_proposed or view.phase not in (Phase.PROPOSE, Phase.ATTEST, Phase.COMMIT):
        return False
    cid = memory.proposed_update(view.number)
    return cid is None or not memory.is_published(view.number, cid, seat.index)
