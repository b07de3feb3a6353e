"""Train and propose when the coordinator has not asked in time."""

from dataclasses import dataclass

from flock.node.context import NodeContext
from flock.node.duties import MemberDuties
from flock.node.privacy import is_exhausted
from flock.node.seat import own_seat
from flock.node.steps.patience import should_wait_for_coordinator
from flock.protocol.alliance.rounds import Phase


@dataclass
class Train:
    context: NodeContext
    duties: MemberDuties
    name: str = "train"

    def __call__(self) -> bool:
        view = self.context.watch.view()
        seat = own_seat(view, self.context.wallet.owner)
        if view.phase != Phase.PROPOSE or seat is None or seat.is_voter or seat.has_proposed:
            return False
        if is_exhausted(self.context):  # the node is leaving and does not propose until it has left
            return False
        if should_wait_for_coordinator(self.context, view):
            return False
        self.duties.propose_unprompted(view.number)
        return True
