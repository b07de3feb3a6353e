"""RewardDistributor: claims against the served root."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from flock.chain.client import all_logs
from flock.chain.contracts.binding import Binding
from flock.chain.events import decode_event, topic_of
from flock.chain.sending.sender import Receipt, Sender
from flock.protocol.core.merkle import Entry, Multiproof
from flock.protocol.core.units import NO_WEI, Wei


class Claim(NamedTuple):
    """An account's leaf and its proof."""

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

    def claimed_of(self, account: str) -> Entry:
        """What ``account`` has claimed."""
        return Entry(**{name: Wei(wei) for name, wei in self.read("claimedOf", account).items()})

    def claims(self, first: int) -> dict[str, Entry]:
        """What every account has claimed, in blocks from ``first`` on."""
        had: dict[str, Entry] = {}
        last, topics = self.client.block_number(), [topic_of(self.abi, "Claimed")]
        for event in map(decode_event, all_logs(self.client, [self.address], first, last, topics)):
            if event is not None:
                paid, before = event.arguments, had.get(event.arguments["account"], Entry(NO_WEI, NO_WEI))
                had[paid["account"]] = Entry(
                    Wei(before.liquid + paid["liquid"]), Wei(before.vesting + paid["vesting"])
                )
        return had

    def claim(self, sender: Sender, claim: Claim, key: str | None = None) -> Receipt | None:
        """Pay an account the part of its leaf it has not claimed; does nothing if there is none."""
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
