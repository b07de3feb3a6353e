"""Call the drawn members to their duties through Flower, so that nobody has to wait for a deadline."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord
from flwr.serverapp import Grid

from flock.chain.contracts.alliance_rounds import RoundView
from flock.coordinator.context import CoordinatorContext
from flock.coordinator.roster import Roster
from flock.coordinator.round_source import ChainRoundSource
from flock.log import logger
from flock.protocol.alliance.rounds import Phase
from flock.training.strategy import ChainCoordinated

REPLY_POLL_SECONDS = 0.05
GRACE_SECONDS = 0.5


@dataclass
class CallMembers:
    """Call proposers while proposing is open, voters while committing is; each node once a phase.

    A node that connects in mid-phase is called then. ``_called`` is only a cache: members called twice find
    their duty done.
    """

    context: CoordinatorContext
    floor: ChainRoundSource
    strategy: ChainCoordinated
    roster: Roster
    grid: Callable[[], Grid]
    name: str = "call"
    _occasion: Hashable = None
    _called: set[int] = field(default_factory=set)

    def __call__(self) -> bool:
        view = self.context.view()
        if view.phase not in (Phase.PROPOSE, Phase.COMMIT):
            return False
        grid = self.grid()  # a different one after a restart of the SuperLink, which forgets sent messages
        if self._occasion != (grid, _occasion(view)):
            self._occasion, self._called = (grid, _occasion(view)), set()
        waiting = self._call(grid, view)
        if not waiting:
            return False
        replies = self._gather(grid, view, waiting)
        metrics = self._aggregate(view, replies)
        logger().info(
            "members_called",
            task=self.context.task,
            round=view.number,
            phase=view.phase.name.lower(),
            replies=len(replies),
            metrics=dict(metrics or {}),
        )
        return True

    def _call(self, grid: Grid, view: RoundView) -> set[str]:
        """Send its duty to every node that has a seat and was not called yet; the ids of the messages."""
        self.floor.enter(view, self.roster.node_of)
        proposing = view.phase == Phase.PROPOSE
        nodes = self.floor.proposers(view.number) if proposing else self.floor.voters(view.number)
        if self._called.issuperset(nodes):
            return set()
        configure = self.strategy.configure_train if proposing else self.strategy.configure_evaluate
        drafted: list[Message] = list(configure(view.number, ArrayRecord(), ConfigRecord(), grid))
        messages = [each for each in drafted if each.metadata.dst_node_id not in self._called]
        sent = set(grid.push_messages(messages)) if messages else set()
        self._called.update(each.metadata.dst_node_id for each in messages)
        return sent

    def _aggregate(self, view: RoundView, replies: list[Message]) -> MetricRecord | None:
        if view.phase == Phase.PROPOSE:
            return self.strategy.aggregate_train(view.number, replies)[1]
        return self.strategy.aggregate_evaluate(view.number, replies)

    def _gather(self, grid: Grid, view: RoundView, waiting: set[str]) -> list[Message]:
        """The replies, until all are here or the chain has moved on.

        The chain decides when a phase is over. A member's last transaction ends it a moment before its reply
        arrives, hence the grace period; the coordinator waits no longer for missing replies.
        """
        replies: list[Message] = []
        last_open = time.monotonic()
        while waiting and time.monotonic() - last_open < GRACE_SECONDS:
            if self._is_open(view):
                last_open = time.monotonic()
                self.roster.refresh(grid)
                waiting |= self._call(grid, view)
            for reply in grid.pull_messages(waiting):
                waiting.discard(reply.metadata.reply_to_message_id)
                replies.append(reply)
            time.sleep(REPLY_POLL_SECONDS)
        return replies

    def _is_open(self, asked: RoundView) -> bool:
        return _occasion(self.context.view()) == _occasion(asked) and not self.context.stopping()


def _occasion(view: RoundView) -> Hashable:
    """Identifies a call: a reorganisation may redraw the same round or change its model."""
    return view.number, view.phase, view.drawn_block, view.seats, view.model
