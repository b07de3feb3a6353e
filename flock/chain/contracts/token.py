"""FlockToken, or any ERC-20 in its place."""

from typing import ClassVar

from flock.chain.contracts.binding import Binding
from flock.chain.sending.sender import Receipt, Sender


class Token(Binding):
    """FLOCK; amounts in wei."""

    contract: ClassVar[str] = "FlockToken"

    def balance_of(self, account: str) -> int:
        return int(self.read("balanceOf", account))

    def total_supply(self) -> int:
        return int(self.read("totalSupply"))

    def allowance(self, owner: str, spender: str) -> int:
        return int(self.read("allowance", owner, spender))

    def transfer(self, sender: Sender, to: str, amount: int, key: str | None = None) -> Receipt | None:
        """Send ``amount`` to ``to``."""
        return self.write(sender, key or self.fresh_key("transfer"), "transfer", to, amount)

    def allow(self, sender: Sender, spender: str, amount: int) -> Receipt | None:
        """Let ``spender`` take ``amount``; nothing is sent if it may already."""
        if self.allowance(sender.address, spender) >= amount:
            return None
        return self.write(sender, self.fresh_key("approve"), "approve", spender, amount)
