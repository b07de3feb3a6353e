"""Splitter and Makers: clones that payments go to, and from which each payee is paid."""

from typing import ClassVar

from flock.chain.contracts.binding import Binding

TREASURY, HOST, OWNER, FIRST_SHARE = range(4)
"""Numbers of the payees; from ``FIRST_SHARE`` on the makers, parents and accounts with a share."""


class Splitter(Binding):
    contract: ClassVar[str] = "Splitter"

    def payee_count(self) -> int:
        return int(self.read("payeeCount"))

    def releasable(self, token: str, payee: int) -> tuple[str, int]:
        """Who the payee is, and what it would be paid."""
        found = self.read("releasable", token, payee)
        return found["account"], int(found["amount"])


class Makers(Binding):
    contract: ClassVar[str] = "Makers"

    def releasable(self, token: str, maker: str) -> int:
        """What a maker would be paid."""
        return int(self.read("releasable", token, maker))
