"""Open the sealed vote once committing has closed, and serve the candidate it names."""

from dataclasses import dataclass

from flock.node.context import NodeContext
from flock.node.seat import own_seat
from flock.node.voting import reveal, serve_candidate
from flock.protocol.alliance.rounds import Phase, Voter


@dataclass
class RevealVote:
    """Not before the block after the last sealed vote: its hash and the salts make the next seed."""

    context: NodeContext
    name: str = "reveal_vote"

    def __call__(self) -> bool:
        view = self.context.watch.view()
        seat = own_seat(view, self.context.wallet.owner)
        if view.phase != Phase.REVEAL or seat is None or seat.state != Voter.COMMITTED:
            return False
        if view.seed_block and self.context.contracts.client.block_number() <= view.seed_block:
            return False
        reveal(self.context, view, seat)
        self.context.watch.refresh()
        return True


@dataclass
class ServeCandidate:
    """Not before committing has closed: others could vote for an early candidate without computing it."""

    context: NodeContext
    name: str = "serve_candidate"
    _served: int = 0

    def __call__(self) -> bool:
        view = self.context.watch.view()
        if view.number == self._served or view.phase in (Phase.PROPOSE, Phase.ATTEST, Phase.COMMIT):
            return False
        vote = self.context.memory.vote(view.number)
        if vote is None:  # a lost vote may be recomputed when it is to be revealed
            return False
        serve_candidate(self.context, vote)
        self._served = view.number
        return True
