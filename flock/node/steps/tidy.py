"""Remove the models and updates of rounds that are over."""

from collections.abc import Iterator
from dataclasses import dataclass

from flock.chain.contracts.alliance_rounds import RoundView
from flock.log import logger
from flock.node.context import NodeContext
from flock.protocol.alliance.rounds import Phase
from flock.protocol.core.cid import cid_of

BEFORE_ATTESTING = (Phase.WAITING, Phase.SEEDED, Phase.PROPOSE)
DURING_ROUND = (Phase.ATTEST, Phase.COMMIT, Phase.REVEAL, Phase.TALLY)


@dataclass
class Tidy:
    """Lists the blobs when a round begins, before anyone attests, and later removes those it did not use.

    A node that was started in the middle of a round leaves all as it is until the next: it cannot tell which
    bytes it had attested.
    """

    context: NodeContext
    name: str = "tidy"
    _number: int = -1
    _found: frozenset[str] = frozenset()

    def __call__(self) -> bool:
        view = self.context.watch.view()
        if view.number != self._number:
            self._number = view.number
            early = view.phase in BEFORE_ATTESTING
            self._found = self.context.local.inventory() if early else frozenset()
        if not self._found or view.phase not in DURING_ROUND:
            return False
        return self._remove(view)

    def _remove(self, view: RoundView) -> bool:
        over, self._found = self._found - set(needed(self.context, view)), frozenset()
        removed = sum(map(self.context.local.remove_idle, over))
        logger().debug("blobs_tidied", task=self.context.task, round=view.number, blobs=removed)
        return removed > 0


def needed(context: NodeContext, view: RoundView) -> Iterator[str]:
    """The current model, and this node's commitments in the open round and the previous one."""
    yield cid_of(view.model)
    for number in (view.number - 1, view.number):
        update, vote = context.memory.proposed_update(number), context.memory.vote(number)
        if update is not None:
            yield update
        if vote is not None:
            yield cid_of(bytes.fromhex(vote.candidate))
