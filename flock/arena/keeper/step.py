"""Push an Arena on if nobody else does, and earn the keeper fee."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flock.arena.keeper.acting import act
from flock.arena.keeper.due import Act, Wait, due
from flock.arena.keeper.outlook import Lookout, Outlook
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender
from flock.protocol.arena.params import ArenaParameters
from flock.protocol.core.units import DAY

PATIENCE_SECONDS = 0.5
TURNS = 5
TURN_SECONDS = 0.5
IDLE_SECONDS = 10.0
"""How long a keeper looks away when it knows of nothing that will be due sooner."""


@dataclass
class KeepArena:
    """A step: one act at a time. Keepers take turns by their addresses, so that not all pay for the same act.

    Between the moments at which something can be due it asks the chain for nothing.
    """

    contracts: Contracts
    sender: Sender
    task: int
    parameters: ArenaParameters
    clock: Callable[[], float] = time.monotonic
    idle_seconds: float = IDLE_SECONDS
    name: str = "keep"
    _look_at: float = 0.0
    _due: tuple[int, int, Act] | None = None
    _due_since: float = 0.0
    _streamed: int = field(default=0, init=False)
    _lookout: Lookout = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._lookout = Lookout(self.contracts, self.task, self.parameters)

    def __call__(self) -> bool:
        if self.clock() < self._look_at:
            return False
        outlook, found = self._look()
        if isinstance(found, Wait):
            self._due = None
            self._rest(outlook, found)
            return False
        if not self._is_my_turn(outlook, found):
            return False
        self._due = None
        return self._act(outlook, found)

    def push(self) -> bool:
        """Do what is due without waiting for others; whether anything was."""
        outlook, found = self._look()
        return isinstance(found, Act) and self._act(outlook, found)

    def _look(self) -> tuple[Outlook, Act | Wait]:
        outlook = self._lookout.look()
        found = due(outlook, self.sender.address)
        if found is Act.STREAM_BOUNTY and self._streamed == outlook.now // DAY:
            found = Wait()  # the board had nothing to stream today, whatever the count of days says
        return outlook, found

    def _act(self, outlook: Outlook, found: Act) -> bool:
        if found is Act.STREAM_BOUNTY:
            self._streamed = outlook.now // DAY
        return act(self.contracts, self.sender, self.task, outlook, found)

    def _is_my_turn(self, outlook: Outlook, found: Act) -> bool:
        what = (outlook.progress.window, outlook.progress.judged, found)
        if self._due != what:
            self._due, self._due_since = what, self.clock()
        turn = int(self.sender.address, 16) % TURNS * TURN_SECONDS
        return self.clock() - self._due_since >= PATIENCE_SECONDS + turn

    def _rest(self, outlook: Outlook, wait: Wait) -> None:
        """The chain's clock and this one may differ, so it looks at least every ``idle_seconds``."""
        seconds = self.idle_seconds if wait.until is None else max(0, wait.until - outlook.now)
        self._look_at = self.clock() + min(float(seconds), self.idle_seconds)
