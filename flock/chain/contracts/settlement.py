"""Settlement: roots, their settlers and challengers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from eth_typing import ChecksumAddress

from flock.amounts import tokens
from flock.chain.address_book import NOBODY
from flock.chain.client import Topic, all_logs
from flock.chain.contracts.binding import TreasuryDebtor
from flock.chain.contracts.token import Token
from flock.chain.events import Event, decode_event, topic_of
from flock.chain.sending.sender import Receipt, Sender
from flock.errors import NoFunds
from flock.protocol.economy.rewards import RewardTerms


class RootState(IntEnum):
    """The state of a posted root. Parked: it is disputed or disabled, and waits for governance."""

    NONE = 0
    PENDING = 1
    PARKED = 2
    SERVED = 3
    REJECTED = 4


@dataclass(frozen=True)
class PostedRoot:
    """A root that covers all days before ``day``; ``total`` and bonds in wei, ``active_at`` in Unix seconds.

    ``challenger`` is NOBODY if no account disputed it, even if the guardian parked it.
    """

    root: bytes
    total: int
    day: int
    active_at: int
    state: RootState
    settler: ChecksumAddress
    bond: int
    challenger: ChecksumAddress
    challenger_bond: int


@dataclass(frozen=True)
class Posting:
    """A root as it was posted; ``tree`` is the SHA-256 of its document, ``block`` where that happened.

    ``settler`` is NOBODY for a root that governance served in place of another.
    """

    id: int
    settler: ChecksumAddress
    root: bytes
    tree: bytes
    total: int
    day: int
    active_at: int
    block: int


# What of a Posting the event of a replacement does not say.
BY_GOVERNANCE: Mapping[str, object] = {"settler": NOBODY, "active_at": 0}


class Settlement(TreasuryDebtor):
    """Amounts in wei; roots are numbered from 1."""

    contract: ClassVar[str] = "Settlement"

    # ---- what the chain shows

    def treasury(self) -> ChecksumAddress:
        """The account that receives fees and what nobody earned."""
        treasury: ChecksumAddress = self.read("treasury")
        return treasury

    def bond(self) -> int:
        """The bond for a post; a dispute takes as much as the root's settler deposited."""
        return int(self.read("bond"))

    def window(self) -> int:
        """Seconds in which a posted root can be disputed."""
        return int(self.read("window"))

    def terms(self) -> RewardTerms:
        """The terms in force now."""
        return RewardTerms(**self.read("terms"))

    def root_count(self) -> int:
        """Roots posted so far; their numbers are 1 to this."""
        return int(self.read("rootCount"))

    def pending_id(self) -> int:
        """The pending root: its window is open, or it can be served; 0 if there is none."""
        return int(self.read("pendingId"))

    def served_day(self) -> int:
        """All days before this one are settled and served."""
        return int(self.read("servedDay"))

    def served_total(self) -> int:
        """The total of the served root."""
        return int(self.read("servedTotal"))

    def root_of(self, root_id: int) -> PostedRoot:
        """A posted root; one that was never posted has state NONE."""
        fields = self.read("rootOf", root_id)
        return PostedRoot(**{**fields, "state": RootState(fields["state"])})

    def free_bond_of(self, account: str) -> int:
        """The free bond of ``account``."""
        return int(self.read("freeBondOf", account))

    def postings(self, first: int, root_id: int | None = None) -> Sequence[Posting]:
        """The posting of root ``root_id``, or of all roots, oldest first, in blocks from ``first`` on."""
        found = self._told(first, ("RootPosted", "RootReplaced"), root_id)
        return [Posting(**{**BY_GOVERNANCE, **event.arguments}, block=event.log.block) for event in found]

    def served_id(self, first: int) -> int:
        """The root that was served last, in blocks from ``first`` on; 0 if none was."""
        served = self._told(first, ("RootServed", "RootReplaced"))
        return int(served[-1].arguments["id"]) if served else 0

    def _told(self, first: int, names: Sequence[str], root_id: int | None = None) -> list[Event]:
        topics: list[Topic] = [[topic_of(self.abi, name) for name in names]]
        topics += [root_id.to_bytes(32, "big")] if root_id else []
        logs = all_logs(self.client, [self.address], first, self.client.block_number(), topics)
        return [event for event in map(decode_event, logs) if event is not None]

    # ---- bonds

    def deposit_bond(
        self, sender: Sender, token: Token, amount: int, key: str | None = None
    ) -> Receipt | None:
        """Deposit ``amount`` of FLOCK as bond, with the allowance it needs."""
        token.allow(sender, self.address, amount)
        return self.write(sender, key or self.fresh_key("deposit_bond"), "depositBond", amount)

    def cover_bond(self, sender: Sender, token: Token, purpose: str) -> int:
        """Top up the sender's free bond for one more root; returns the amount.

        Repeating an interrupted call with the same ``purpose`` deposits nothing twice. Raises NoFunds.
        """
        missing = self.bond() - self.free_bond_of(sender.address)
        if missing <= 0:
            return 0
        held = token.balance_of(sender.address)
        if held < missing:
            raise NoFunds(
                f"{sender.address} holds {tokens(held)} FLOCK of the {tokens(missing)} that its bond lacks. "
                "Send FLOCK to that address."
            )
        key = self.key("deposit_bond", purpose, self.free_bond_of(sender.address))
        self.deposit_bond(sender, token, missing, key)
        return missing

    def withdraw_bond(self, sender: Sender, amount: int, key: str | None = None) -> Receipt | None:
        """Withdraw ``amount`` of the free bond."""
        return self.write(sender, key or self.fresh_key("withdraw_bond"), "withdrawBond", amount)

    # ---- roots

    def post(
        self, sender: Sender, root: bytes, tree: bytes, total: int, day: int, key: str | None = None
    ) -> int:
        """Offer the root that covers all days before ``day``; its number. The bond must be there.

        Idempotent: a sender posts the same root at most once.
        """
        data = self.abi.functions["post"].encode(root, tree, total, day)
        receipt = sender.send(key or self.key("post_root", day, root.hex()), self.address, data)
        events = [decode_event(log) for log in receipt.logs if log.address == self.address]
        return next(int(event.arguments["id"]) for event in events if event and event.name == "RootPosted")

    def activate(self, sender: Sender, key: str | None = None) -> Receipt | None:
        """Serve the pending root, whose window must be over; does nothing if it is already served."""
        return self.write(
            sender, key or self.fresh_key("activate"), "activate", holds=lambda: self.pending_id() == 0
        )

    def dispute(
        self, sender: Sender, root_id: int, evidence: bytes, key: str | None = None
    ) -> Receipt | None:
        """Park a root until governance decides. ``evidence`` is the SHA-256 of what shows the fault.

        Takes as much of the sender's free bond as the root's settler deposited.
        """
        return self.write(sender, key or self.key("dispute", root_id), "dispute", root_id, evidence)
