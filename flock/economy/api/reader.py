"""What the economy's endpoints ask: the chain, once a block, and the ledger, computed once for every change of it.

Two steps beside the requests keep up: one notes where stake and proposals are, one has the ledger computed whenever a
day is emitted or a root served, in one thread of its own. No request ever computes it.
"""

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from flock.chain.client import CONFIRMATIONS, all_logs
from flock.chain.contracts.deployed import Contracts
from flock.chain.contracts.governor import Proposal
from flock.chain.events import decode_event
from flock.chain.scanner import WIDEST_RANGE
from flock.chain.simulation import View, read_all
from flock.daemon import Step
from flock.economy.api.per_block import PerBlock
from flock.economy.computed import Computed, compute
from flock.economy.stake_index import StakeIndex
from flock.errors import FlockError, ServiceUnavailable, UnknownTask
from flock.log import logger
from flock.protocol.core.tasks import TaskState

RETRY_SECONDS = 60.0


class Economy:
    """One deployment's economy, as endpoints read it; thread-safe."""

    def __init__(self, contracts: Contracts, clock: Callable[[], float] = time.monotonic) -> None:
        self.contracts = contracts
        self.cache = PerBlock(contracts.client)
        self.follow = IndexStakes(contracts)
        self.recompute = Recompute(contracts, self.cache, clock)

    @property
    def steps(self) -> Sequence[Step]:
        """What is to run beside the requests."""
        return self.follow, self.recompute

    def read(self, *views: View) -> tuple[Any, ...]:
        """What the views say in the newest block."""
        question = tuple((view.binding.address, view.data) for view in views)
        return self.cache.get(question, lambda: read_all(self.contracts.client, views))

    def view(self, name: str, function: str, *arguments: object) -> View:
        """A view of the contract that ``Contracts`` calls ``name``."""
        return View(getattr(self.contracts, name), function, arguments)

    def require_task(self, task: int) -> str:
        """The task's state. Raises UnknownTask if there is none of that number."""
        [found] = self.read(self.view("task_manager", "taskOf", task))
        if found["state"] == TaskState.NONE:
            raise UnknownTask(f"There is no task {task}: see /tasks for those there are.")
        return TaskState(found["state"]).name.lower()

    def places(self) -> StakeIndex:
        """Where stake is or ever was. Raises ServiceUnavailable until the chain has been read once."""
        return self.follow.places()

    def proposals(self) -> list[Proposal]:
        """The newest first. Raises ServiceUnavailable until the chain has been read once."""
        return self.follow.proposals()

    def computed(self) -> Computed:
        """The ledger, as of the last change. Raises ServiceUnavailable until it has been computed once."""
        return self.recompute.computed()

    def kept(self, question: Hashable, read: Callable[[], Any]) -> Any:
        """What ``read`` says, once a block."""
        return self.cache.get(question, read)


class IndexStakes:
    """Notes, block by block, where accounts have stake, and what was proposed. What it notes it keeps.

    The newest blocks are read again and again until they are final, so a reorganisation hides nothing.
    """

    name = "economy_follow"

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self._next = contracts.book.deployed_block
        self._seen = -1
        self._is_ready = False
        self._places = StakeIndex()
        self._proposals: dict[int, Proposal] = {}

    def __call__(self) -> bool:
        head = self._contracts.client.block_number()
        if head == self._seen:
            return False
        last = min(head, self._next + WIDEST_RANGE - 1)
        self._note(self._next, last)
        if last == head:
            self._is_ready, self._seen = True, head
        self._next = max(self._next, last + 1 - CONFIRMATIONS) if last == head else last + 1
        return True

    def places(self) -> StakeIndex:
        self._require_ready()
        return self._places

    def proposals(self) -> list[Proposal]:
        self._require_ready()
        return sorted(self._proposals.values(), key=lambda proposal: proposal.block, reverse=True)

    def _note(self, first: int, last: int) -> None:
        staking = self._contracts.staking.address
        logs = all_logs(self._contracts.client, [staking], first, last)
        self._places.note(event for event in map(decode_event, logs) if event)
        made = self._contracts.governor.proposals(first, last)
        self._proposals.update({proposal.id: proposal for proposal in made})

    def _require_ready(self) -> None:
        if not self._is_ready:
            raise ServiceUnavailable(
                f"The service is still reading the chain, and is at block {self._next}: try again later."
            )


class Recompute:
    """Has the ledger computed whenever a day is emitted or a root served: by one thread, one at a time."""

    name = "economy_recompute"

    def __init__(self, contracts: Contracts, cache: PerBlock, clock: Callable[[], float]) -> None:
        self._contracts = contracts
        self._cache = cache
        self._clock = clock
        self._worker: threading.Thread | None = None
        self._computed: Computed | None = None
        self._as_of: object = None
        self._tried: object = None
        self._tried_at = float("-inf")

    def __call__(self) -> bool:
        if self._worker and self._worker.is_alive():
            return False
        state = self._state()
        if not self._is_due(state):
            return False
        self._tried, self._tried_at = state, self._clock()
        self._worker = threading.Thread(target=self._run, args=(state,), name="economy", daemon=True)
        self._worker.start()
        return True

    def wait(self) -> None:
        """Until what is being computed is there, or has failed."""
        if self._worker:
            self._worker.join()

    def computed(self) -> Computed:
        """As of the last change. Raises ServiceUnavailable before the first."""
        if self._computed is None:
            raise ServiceUnavailable("The rewards are still being computed from the chain: try again later.")
        return self._computed

    def _state(self) -> object:
        """What the ledger depends on; it changes a few times a day."""
        contracts = self._contracts
        views = (
            View(contracts.settlement, "servedDay"),
            View(contracts.distributor, "root"),
            View(contracts.emissions, "nextDay"),
        )
        return self._cache.get(self.name, lambda: read_all(contracts.client, views))

    def _is_due(self, state: object) -> bool:
        """A change is; what failed, and a root that is another, are looked at again after a while."""
        if state != self._tried:
            return True
        computed, waited = self._computed, self._clock() - self._tried_at >= RETRY_SECONDS
        return waited and (state != self._as_of or (computed is not None and not computed.agrees))

    def _run(self, state: object) -> None:
        try:
            computed = compute(self._contracts)
            computed.warm()
        except FlockError as problem:
            logger().warning("economy_not_computed", reason=str(problem))
            return
        except Exception:  # a defect here must not take what was computed before from those who ask
            logger().exception("economy_failed")
            return
        self._computed, self._as_of = computed, state
