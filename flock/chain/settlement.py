"""Settlement: roots, who answers for them, and who disputes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from eth_typing import ChecksumAddress

from flock.chain.binding import Binding
from flock.chain.client import Topic, all_logs
from flock.chain.events import decode_event, topic_of
from flock.chain.sender import Receipt, Sender
from flock.chain.token import Token
from flock.errors import NoFunds
from flock.protocol.rewards import RewardTerms
from flock.protocol.units import WAD


class RootState(IntEnum):
    """Where a posted root stands. Parked: it is disputed or disabled, and waits for governance."""

    NONE = 0
    PENDING = 1
    PARKED = 2
    SERVED = 3
    REJECTED = 4


@dataclass(frozen=True)
class PostedRoot:
    """A root that covers all days before ``day``; ``total`` and ``bond`` in wei, ``active_at`` in Unix seconds."""

    root: bytes
    total: int
    day: int
    active_at: int
    state: RootState
    disputes: int
    settler: ChecksumAddress
    bond: int


@dataclass(frozen=True)
class Posting:
    """A root as it was posted; ``tree`` is the SHA-256 of its document, ``block`` where that happened."""

    id: int
    settler: ChecksumAddress
    root: bytes
    tree: bytes
    total: int
    day: int
    active_at: int
    block: int


class Settlement(Binding):
    """Amounts in wei; roots are numbered from 1."""

    contract: ClassVar[str] = "Settlement"

    # ---- what the chain shows

    def treasury(self) -> ChecksumAddress:
        """Who gets fees and what nobody earned."""
        treasury: ChecksumAddress = self.read("treasury")
        return treasury

    def bond(self) -> int:
        """What posting and disputing each put at stake."""
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
        """The root whose window is open or that waits to be served; 0 if there is none."""
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
        """What ``account`` has put down and not at stake."""
        return int(self.read("freeBondOf", account))

    def postings(self, first: int, root_id: int | None = None) -> Sequence[Posting]:
        """How root ``root_id`` was posted, or all of them, oldest first, in blocks from ``first`` on."""
        topics: list[Topic] = [topic_of(self.abi, "RootPosted")]
        topics += [root_id.to_bytes(32, "big")] if root_id else []
        logs = all_logs(self.client, [self.address], first, self.client.block_number(), topics)
        events = filter(None, map(decode_event, logs))
        return [Posting(**event.arguments, block=event.log.block) for event in events]

    # ---- bonds

    def deposit_bond(
        self, sender: Sender, token: Token, amount: int, key: str | None = None
    ) -> Receipt | None:
        """Put ``amount`` of FLOCK down, with the allowance it needs."""
        token.allow(sender, self.address, amount)
        return self.write(sender, key or self.fresh_key("deposit_bond"), "depositBond", amount)

    def cover_bond(self, sender: Sender, token: Token, purpose: str) -> int:
        """Put down what the sender's free bond lacks for one more root or dispute; how much that was.

        Whoever was cut off in it and calls again for the same ``purpose`` puts nothing down twice. Raises NoFunds.
        """
        missing = self.bond() - self.free_bond_of(sender.address)
        if missing <= 0:
            return 0
        held = token.balance_of(sender.address)
        if held < missing:
            raise NoFunds(
                f"{sender.address} holds {held / WAD:g} FLOCK of the {missing / WAD:g} that its bond lacks. "
                "Send FLOCK to that address."
            )
        key = self.key("deposit_bond", purpose, self.free_bond_of(sender.address))
        self.deposit_bond(sender, token, missing, key)
        return missing

    def withdraw_bond(self, sender: Sender, amount: int, key: str | None = None) -> Receipt | None:
        """Take back ``amount`` of the free bond."""
        return self.write(sender, key or self.fresh_key("withdraw_bond"), "withdrawBond", amount)

    # ---- roots

    def post(
        self, sender: Sender, root: bytes, tree: bytes, total: int, day: int, key: str | None = None
    ) -> int:
        """Offer the root that covers all days before ``day``; its number. The bond must be there.

        A sender posts the same root once at most, however often it is told to.
        """
        data = self.abi.functions["post"].encode(root, tree, total, day)
        receipt = sender.send(key or self.key("post_root", day, root.hex()), self.address, data)
        events = [decode_event(log) for log in receipt.logs if log.address == self.address]
        return next(int(event.arguments["id"]) for event in events if event and event.name == "RootPosted")

    def activate(self, sender: Sender, key: str | None = None) -> Receipt | None:
        """Serve the pending root, whose window must be over; that it is served already is no error."""
        return self.write(
            sender, key or self.fresh_key("activate"), "activate", holds=lambda: self.pending_id() == 0
        )

    def dispute(
        self, sender: Sender, root_id: int, evidence: bytes, key: str | None = None
    ) -> Receipt | None:
        """Park a root, or join those who dispute it. ``evidence`` is the SHA-256 of what shows the fault."""
        return self.write(sender, key or self.key("dispute", root_id), "dispute", root_id, evidence)

    def settle_dispute(
        self, sender: Sender, root_id: int, challenger: str, key: str | None = None
    ) -> Receipt | None:
        """Credit ``challenger`` with what a resolved dispute owes it."""
        return self.write(
            sender, key or self.fresh_key("settle_dispute"), "settleDispute", root_id, challenger
        )
