"""Recomputing a settlement from the chain, and holding what was posted against it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flock.chain.contracts.deployed import Contracts
from flock.chain.contracts.settlement import Posting, RootState
from flock.economy.history import read_history
from flock.errors import NoRoot
from flock.protocol.core.merkle import Entry
from flock.protocol.core.units import NO_WEI, Wei
from flock.protocol.economy.history import History
from flock.protocol.economy.ledger import DaySettlement, settle
from flock.protocol.economy.tree_document import TreeDocument


@dataclass(frozen=True)
class Recomputed:
    """What the events up to ``block`` give."""

    block: int
    settlement: DaySettlement
    document: TreeDocument

    @property
    def root(self) -> bytes:
        return self.document.tree.root


@dataclass(frozen=True)
class Fault:
    """One thing that is not as the chain's events have it."""

    what: str
    posted: str
    computed: str

    def __str__(self) -> str:
        return f"{self.what} is {self.posted}; the chain's events give {self.computed}."


@dataclass(frozen=True)
class RootVerification:
    """A posted root beside what anybody can compute; it is right if there is no fault."""

    posting: Posting
    state: RootState
    recomputed: Recomputed
    faults: tuple[Fault, ...]

    @property
    def is_right(self) -> bool:
        return not self.faults


def recompute(contracts: Contracts, day: int, block: int | None = None) -> Recomputed:
    """The settlement of all days before ``day`` from the events up to ``block``, the newest if it is None.

    Raises Refused if one of those days is not emitted by then.
    """
    last = contracts.client.block_number() if block is None else block
    return recomputed_of(contracts, read_history(contracts, last), day, last)


def recomputed_of(contracts: Contracts, history: History, day: int, block: int) -> Recomputed:
    """The settlement of all days before ``day``, of what happened up to ``block``. Raises Refused as above."""
    settlement = settle(history, day)
    document = TreeDocument.of(settlement, contracts.chain_id, contracts.distributor.address)
    return Recomputed(block, settlement, document)


def posting_of(contracts: Contracts, root_id: int | None = None, day: int | None = None) -> Posting:
    """A posted root by its number, or the newest that covers all days before ``day``.

    Without either it is the root that is pending, or else the newest. Raises NoRoot if there is none.
    """
    settlement = contracts.settlement
    number = root_id or (None if day else settlement.pending_id() or settlement.root_count())
    found = settlement.postings(contracts.book.deployed_block, number)
    fitting = [posting for posting in found if day in (None, posting.day)]
    if not fitting:
        raise NoRoot(_no_root(root_id, day))
    return fitting[-1]


def verify(contracts: Contracts, posting: Posting, block: int | None = None) -> RootVerification:
    """Recompute a posted root from the events up to ``block`` and compare everything that can be compared.

    Raises Refused if its days cannot be settled yet: then it was posted too early to be right.
    """
    recomputed = recompute(contracts, posting.day, block)
    state = contracts.settlement.root_of(posting.id).state
    faults = [*_posted_faults(posting, recomputed), *_served_faults(contracts, posting, state)]
    return RootVerification(posting, state, recomputed, tuple(faults))


def owed(contracts: Contracts, settlement: DaySettlement) -> Wei:
    """What the accounts of a settlement have not had yet of what it gives them."""
    had = contracts.distributor.claims(contracts.book.deployed_block)
    due = 0
    for account, entry in settlement.entries.items():
        paid = had.get(account, Entry(NO_WEI, NO_WEI))
        due += max(0, entry.liquid - paid.liquid) + max(0, entry.vesting - paid.vesting)
    return Wei(due)


def final_block(contracts: Contracts) -> int:
    """The newest block to settle by: a final one, on a local chain simply the newest."""
    client = contracts.client
    return (client.head() if client.is_local else client.finalised_head()).number


# --- What can be wrong ---


def _posted_faults(posting: Posting, recomputed: Recomputed) -> Sequence[Fault]:
    compared = (
        ("The root", "0x" + posting.root.hex(), "0x" + recomputed.root.hex()),
        ("The total in wei", str(posting.total), str(recomputed.settlement.total)),
        (
            "The digest of the tree's document",
            "0x" + posting.tree.hex(),
            "0x" + recomputed.document.digest.hex(),
        ),
    )
    return [Fault(*each) for each in compared if each[1] != each[2]]


def _served_faults(contracts: Contracts, posting: Posting, state: RootState) -> Sequence[Fault]:
    """Whether the distributor serves the root that was served last."""
    first, served = contracts.book.deployed_block, contracts.distributor.root()
    is_newest = state is RootState.SERVED and contracts.settlement.served_id(first) == posting.id
    if not is_newest or served == posting.root:
        return []
    return [Fault("The root that the distributor serves", "0x" + served.hex(), "0x" + posting.root.hex())]


def _no_root(root_id: int | None, day: int | None) -> str:
    if root_id is not None:
        return f"There is no root {root_id} in the Settlement contract: leave out the number for the newest."
    if day is not None:
        return (
            f"No root was posted for the days before {day}: `flock settle` posts one once they are emitted."
        )
    return "No root was posted yet: `flock settle` posts one once a day is over and emitted."
