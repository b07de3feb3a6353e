"""HostTills and Till: what channels pay a host, and to which versions it attributes that."""

from collections.abc import Mapping
from typing import ClassVar

from eth_typing import ChecksumAddress

from flock.chain.contracts.binding import Binding
from flock.chain.sending.sender import Receipt, Sender


class HostTills(Binding):
    contract: ClassVar[str] = "HostTills"

    def till_of(self, host: str) -> "Till":
        """The host's till, the receiver of its channels, deployed or not."""
        return Till(self.client, self.read("tillOf", host))

    def deploy_till(self, sender: Sender, host: str) -> Receipt | None:
        """Nothing is sent if it is there."""
        if self.client.code(self.till_of(host).address):
            return None
        return self.write(sender, self.key("deploy_till", host), "deployTill", host)

    def is_receipt_key(self, host: str, key: str) -> bool:
        return bool(self.read("isReceiptKey", host, key))

    def add_receipt_key(self, sender: Sender, host: str, key: str) -> Receipt | None:
        """Let ``key`` sign the receipts of ``host``, the sender, for good."""
        return self.write(sender, self.key("add_receipt_key", host, key), "addReceiptKey", host, key)


class Till(Binding):
    contract: ClassVar[str] = "Till"

    def distribute(
        self, sender: Sender, token: ChecksumAddress, amounts: Mapping[int, int]
    ) -> Receipt | None:
        """Send each version's splitter its amount of what was settled here."""
        key = self.fresh_key("distribute")
        return self.write(sender, key, "distribute", token, list(amounts), list(amounts.values()))

    def attributed_to(self, token: str, version: int) -> int:
        """What was attributed to a version in all."""
        return int(self.read("attributedTo", token, version))
