"""Duties split in two: a stock SuperNode's app trains and judges, the node beside it promises.

Both work on the same home. What the app makes is kept there for the node, which alone has the keys.
"""

from flock.node.context import NodeContext
from flock.protocol.rounds import Phase


def has_result(context: NodeContext) -> bool:
    """Whether the app beside this node has made what the open phase asks of a member."""
    view = context.watch.view()
    if view.phase == Phase.PROPOSE:
        return context.memory.proposed_update(view.number) is not None
    return view.phase == Phase.COMMIT and context.memory.vote(view.number) is not None
