"""How long a node waits for the coordinator before it acts on its own."""

from flock.chain.contracts.alliance_rounds import RoundView
from flock.node.context import NodeContext
from flock.node.seat import elapsed_share

# The coordinator makes rounds fast, so it goes first; half a phase is enough to train and vote without it.
COORDINATOR_SHARE = 0.5


def should_wait_for_coordinator(context: NodeContext, view: RoundView) -> bool:
    """Whether the coordinator is reachable and still has time to call for this phase's duty."""
    if not context.hears_coordinator():
        return False
    return elapsed_share(view, context.parameters, context.contracts.client.now()) < COORDINATOR_SHARE
