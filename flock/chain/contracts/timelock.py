"""FlockTimelock: the roles that queue, execute and cancel what governance has decided."""

from collections.abc import Sequence
from typing import ClassVar

from eth_hash.auto import keccak

from flock.chain.address_book import AddressBook
from flock.chain.contracts.access import walk
from flock.chain.contracts.binding import Binding
from flock.chain.sending.sender import Receipt, Sender

ADMIN = bytes(32)
PROPOSER = bytes(keccak(b"PROPOSER_ROLE"))
EXECUTOR = bytes(keccak(b"EXECUTOR_ROLE"))
CANCELLER = bytes(keccak(b"CANCELLER_ROLE"))


class Timelock(Binding):
    contract: ClassVar[str] = "FlockTimelock"

    def has_role(self, role: bytes, account: str) -> bool:
        return bool(self.read("hasRole", role, account))

    def delay(self) -> int:
        """Seconds between queueing and execution."""
        return int(self.read("getMinDelay"))

    def holders(self, first: int) -> dict[bytes, set[str]]:
        """The holders of each role, from all grants and revocations since block ``first``."""
        return walk(self, "role", first)

    def grant(self, sender: Sender, role: bytes, account: str) -> Receipt | None:
        """Grant a role; nothing is sent if it is granted."""
        if self.has_role(role, account):
            return None
        return self.write(sender, self.fresh_key("grant_role"), "grantRole", role, account)

    def renounce(self, sender: Sender) -> Receipt | None:
        """Renounce the sender's administrator role; nothing is sent if it does not have it."""
        if not self.has_role(ADMIN, sender.address):
            return None
        return self.write(sender, self.fresh_key("renounce_admin"), "renounceRole", ADMIN, sender.address)


def grants(book: AddressBook) -> Sequence[tuple[str, bytes, str]]:
    """What the deployer grants before it renounces: a name for people, role and account.

    The guardian cancels through the Governor, which does not let it stop its own removal; the Timelock would.
    """
    return [
        ("Governor may queue", PROPOSER, book.governor),
        ("Governor may cancel", CANCELLER, book.governor),
    ]
