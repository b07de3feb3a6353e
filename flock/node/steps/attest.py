"""Attest the proposals whose bytes have arrived and are valid."""

from dataclasses import dataclass

from flock.node.context import NodeContext
from flock.node.seat import elapsed_share, own_seat
from flock.node.voting import attest, shown_proposals, sound_updates
from flock.protocol.alliance.rounds import Phase, Voter

# A proposer has this share of the phase to publish its bytes; then a voter attests what it has received.
PROPOSERS_SHARE = 0.6


@dataclass
class Attest:
    context: NodeContext
    name: str = "attest"

    def __call__(self) -> bool:
        context = self.context
        view = context.watch.view()
        seat = own_seat(view, context.wallet.owner)
        if view.phase != Phase.ATTEST or seat is None or seat.state != Voter.NONE:
            return False
        shown = shown_proposals(context, view)
        elapsed = elapsed_share(view, context.parameters, context.contracts.client.now())
        if len(shown) < view.proposed.bit_count() and elapsed < PROPOSERS_SHARE:
            return False
        attest(context, view, seat, sound_updates(context, view, shown))
        context.watch.refresh()
        return True
