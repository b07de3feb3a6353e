"""RewardDistributor: claims against the served root."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from flock.chain.binding import Binding
from flock.chain.client import all_logs
from flock.chain.events import decode_event, topic_of
from flock.chain.sender import Receipt, Sender
from flock.protocol.merkle import Entry, Multiproof
from flock.protocol.units import Wei


class Claim(NamedTuple):
    """What an account's leaf says and the proof of it."""

    account: str
    entry: Entry
    proof: Sequence[bytes]


class Distributor(Binding):
    """Amounts in wei."""

    contract: ClassVar[str] = "RewardDistributor"

    def root(self) -> bytes:
        """The root that is served; zero before the first."""
        root: bytes = self.read("root")
        return root

    def funded(self) -> int:
        """All that was ever funded."""
        return int(self.read("funded"))

    def claimed_of(self, account: str) -> Entry:
        """What ``account`` has had."""
        return Entry(**{name: Wei(wei) for name, wei in self.read("claimedOf", account).items()})

    def funded_by_task(self, first: int, last: int, before_day: int) -> dict[int, Wei]:
        """What the days before ``before_day`` of every task were funded with, in blocks ``first`` to ``last``."""
        funds: dict[int, Wei] = {}
        for log in all_logs(self.client, [self.address], first, last, [topic_of(self.abi, "Funded")]):
            event = decode_event(log)
            if event is not None and event.arguments["day"] < before_day:
                task = event.arguments["task_id"]
                funds[task] = Wei(funds.get(task, 0) + event.arguments["amount"])
        return funds

    def claim(self, sender: Sender, claim: Claim, key: str | None = None) -> Receipt | None:
        """Pay an account what its leaf says beyond what it has had; nothing to pay is no error."""
        return self.write(
            sender,
            key or self.fresh_key("claim"),
            "claim",
            claim.account,
            *claim.entry,
            list(claim.proof),
            holds=lambda: self.claimed_of(claim.account) == claim.entry,
        )

    def claim_many(self, sender: Sender, claims: Multiproof, key: str | None = None) -> Receipt | None:
        """Pay many accounts in one multiproof."""
        return self.write(
            sender, key or self.fresh_key("claim_many"), "claimMany", *(list(part) for part in claims)
        )
