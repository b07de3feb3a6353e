"""Publish the proposed bytes once proposing has closed, not before, so that nobody can copy them."""

from dataclasses import dataclass

from flock.node.context import NodeContext
from flock.node.proposing import publish
from flock.node.seat import own_seat
from flock.protocol.alliance.rounds import Phase


@dataclass
class Publish:
    context: NodeContext
    name: str = "publish"

    def __call__(self) -> bool:
        view = self.context.watch.view()
        seat = own_seat(view, self.context.wallet.owner)
        if view.phase not in (Phase.ATTEST, Phase.COMMIT) or seat is None or not seat.has_proposed:
            return False
        memory = self.context.memory
        cid = memory.proposed_update(view.number)
        if cid is not None and memory.is_published(view.number, cid, seat.index):
            return False
        publish(self.context, view.number, seat)
        return True
