"""The settler's duties, as a daemon's steps: emit what is due, serve what has stood its window, post what is settled.

Each reads the chain first and keeps nothing, so a settler may be killed at any line, and several do no harm.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from flock.chain.address_book import NOBODY
from flock.chain.contracts.deployed import Contracts
from flock.chain.contracts.settlement import PostedRoot, RootState
from flock.chain.sending.sender import Sender
from flock.economy.settling import Recomputed, final_block, recompute
from flock.errors import ContractRefused
from flock.log import logger

Keep = Callable[[Recomputed], None]
"""Keeps a settlement's document where others find it, before its root is posted."""

# How the contract refuses what somebody else's transaction has done already.
BEATEN_TO_IT = frozenset(
    {"AnotherRootIsPending", "DayIsSettled", "NothingIsDue", "RootMustCover", "WindowIsOpen", "UnknownRoot"}
)


@dataclass
class Emit:
    """Emit the days that are over."""

    contracts: Contracts
    sender: Sender
    name: str = "emit"

    def __call__(self) -> bool:
        emissions = self.contracts.emissions
        if emissions.is_paused() or not emissions.is_due():
            return False
        emissions.emit_due(self.sender)
        logger().info("emitted", until=emissions.next_day())
        return True


@dataclass
class Activate:
    """Serve the pending root once nobody may dispute it any more."""

    contracts: Contracts
    sender: Sender
    name: str = "activate"

    def __call__(self) -> bool:
        settlement = self.contracts.settlement
        pending = settlement.pending_id()
        if not pending or self.contracts.client.now() < settlement.root_of(pending).active_at:
            return False
        settlement.activate(self.sender)
        logger().info("root_served", id=pending)
        return True


@dataclass
class Post:
    """Post the root of all days that are over and emitted, if it pays anybody anything new."""

    contracts: Contracts
    sender: Sender
    keep: Keep
    name: str = "post"
    _idle: tuple[int, int] | None = field(default=None, init=False)

    def __call__(self) -> bool:
        due = due_day(self.contracts)
        look = due and (due.day, self.contracts.settlement.root_count())
        if due is None or look == self._idle:
            return False
        recomputed = due_settlement(self.contracts, due, self.sender.address)
        if recomputed is None:
            self._idle = look  # reading all events again would find the same
            return False
        return self._post(recomputed)

    def _post(self, due: Recomputed) -> bool:
        self.keep(due)
        settlement, document = self.contracts.settlement, due.document
        purpose = f"post:{document.day}:{settlement.root_count()}"
        settlement.cover_bond(self.sender, self.contracts.token, purpose)
        try:
            root_id = settlement.post(self.sender, due.root, document.digest, document.total, document.day)
        except ContractRefused as refusal:
            if refusal.error not in BEATEN_TO_IT:
                raise
            return False
        logger().info("root_posted", id=root_id, day=document.day, total=document.total)
        return True


class Due(NamedTuple):
    """All days before ``day``, which are all that are emitted, may be settled, by the events up to ``block``."""

    day: int
    block: int


def due_day(contracts: Contracts) -> Due | None:
    """What may be settled now.

    ``None`` while a root is pending, all is served that is emitted, or what is emitted may still change.
    """
    settlement = contracts.settlement
    return None if settlement.pending_id() else due_after(contracts, settlement.served_day())


def due_after(contracts: Contracts, served_day: int) -> Due | None:
    """What may be settled once all days before ``served_day`` are served."""
    day, block = contracts.emissions.next_day(), final_block(contracts)
    return None if day <= served_day or _is_emitted_after(contracts, block) else Due(day, block)


def due_settlement(contracts: Contracts, due: Due, settler: str) -> Recomputed | None:
    """What ``settler`` is to post; ``None`` if it pays nobody anything new, or one like it is not to be posted again.

    A root like somebody else's that was disputed is: it waits for less. After its own root, or one that the guardian
    has parked, a settler posts the next day's.
    """
    recomputed = recompute(contracts, due.day, due.block)
    is_new = recomputed.document.total > contracts.settlement.served_total()
    return recomputed if is_new and not is_offered(contracts, recomputed, settler) else None


def is_offered(contracts: Contracts, due: Recomputed, settler: str) -> bool:
    """Whether the same root was posted before, by this settler or one whom the guardian stopped."""
    settlement, document = contracts.settlement, due.document
    wanted = due.root, document.total, document.day
    posted = settlement.postings(contracts.book.deployed_block)
    alike = [each for each in posted if (each.root, each.total, each.day) == wanted]
    return any(each.settler == settler or _is_disabled(settlement.root_of(each.id)) for each in alike)


def _is_emitted_after(contracts: Contracts, block: int) -> bool:
    """Whether days were emitted in blocks that are not final."""
    is_newest = contracts.client.block_number() <= block
    return not is_newest and bool(contracts.emissions.events("DayEmitted", block + 1))


def _is_disabled(root: PostedRoot) -> bool:
    return root.state is RootState.PARKED and root.challenger == NOBODY
