"""Vote when the coordinator has not asked in time."""

from dataclasses import dataclass

from flock.node.context import NodeContext
from flock.node.duties import MemberDuties
from flock.node.seat import own_seat
from flock.node.steps.patience import should_wait_for_coordinator
from flock.protocol.alliance.rounds import Phase, Voter


@dataclass
class CommitVote:
    context: NodeContext
    duties: MemberDuties
    name: str = "commit_vote"

    def __call__(self) -> bool:
        view = self.context.watch.view()
        seat = own_seat(view, self.context.wallet.owner)
        if view.phase != Phase.COMMIT or seat is None or seat.state != Voter.ATTESTED:
            return False
        if should_wait_for_coordinator(self.context, view):
            return False
        self.duties.vote_unprompted(view.number)
        return True
