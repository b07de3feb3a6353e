"""Call the drawn members to their duties through Flower, so that no one has to wait for a deadline."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flwr.app import ArrayRecord, ConfigRecord, Message
from flwr.serverapp import Grid

from flock.chain.alliance_rounds import RoundView
from flock.coordinator.context import CoordinatorContext
from flock.coordinator.floor import ChainFloor
from flock.coordinator.roster import Roster
from flock.log import logger
from flock.protocol.rounds import Phase
from flock.training.strategy import ChainCoordinated

REPLY_POLL_SECONDS = 0.05
GRACE_SECONDS = 0.5
Configure = Callable[[int, ArrayRecord, ConfigRecord, Grid], Iterable[Message]]


@dataclass
class Call:
    """Call proposers while proposing is open, voters while committing is; each phase once.

    ``_called`` is only a cache: members called twice find their duty done.
    """

    context: CoordinatorContext
    floor: ChainFloor
    strategy: ChainCoordinated
    roster: Roster
    grid: Callable[[], Grid]
    name: str = "call"
    _called: tuple[int, Phase] = (0, Phase.NONE)

    def __call__(self) -> bool:
        view = self.context.view()
        if view.phase not in (Phase.PROPOSE, Phase.COMMIT) or self._called == (view.number, view.phase):
            return False
        self._called = (view.number, view.phase)
        self.floor.enter(view, self.roster.node_of)
        if view.phase == Phase.PROPOSE:
            replies = self._ask(self.strategy.configure_train, view)
            _, metrics = self.strategy.aggregate_train(view.number, replies)
        else:
            replies = self._ask(self.strategy.configure_evaluate, view)
            metrics = self.strategy.aggregate_evaluate(view.number, replies)
        logger().info(
            "members_called",
            task=self.context.task,
            round=view.number,
            phase=view.phase.name.lower(),
            replies=len(replies),
            metrics=dict(metrics or {}),
        )
        return True

    def _ask(self, configure: Configure, view: RoundView) -> list[Message]:
        """Send one phase's messages and gather the replies, until all are here or the chain has moved on.

        The chain decides when a phase is over. A member's last transaction ends it a moment before its reply
        is here, hence the grace; nobody waits longer for a member that will not answer.
        """
        grid = self.grid()
        messages = list(configure(view.number, ArrayRecord(), ConfigRecord(), grid))
        waiting = set(grid.push_messages(messages)) if messages else set()
        replies: list[Message] = []
        last_open = time.monotonic()
        while waiting and time.monotonic() - last_open < GRACE_SECONDS:
            if self._is_open(view):
                last_open = time.monotonic()
            for reply in grid.pull_messages(waiting):
                waiting.discard(reply.metadata.reply_to_message_id)
                replies.append(reply)
            time.sleep(REPLY_POLL_SECONDS)
        return replies

    def _is_open(self, asked: RoundView) -> bool:
        now = self.context.view()
        return (now.number, now.phase) == (asked.number, asked.phase) and not self.context.stopping()
