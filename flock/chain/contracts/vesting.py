"""Vesting: streams of rewards that were set aside until their task ended."""

from typing import ClassVar

from flock.chain.contracts.binding import Binding
from flock.chain.sending.sender import Receipt, Sender
from flock.protocol.economy.vesting import Stream


class Vesting(Binding):
    contract: ClassVar[str] = "Vesting"

    def vesting_seconds(self) -> int:
        """How long streams that are opened from now on take."""
        return int(self.read("vestingSeconds"))

    def streams_of(self, account: str) -> tuple[Stream, ...]:
        """The streams of ``account``, oldest first, those paid in full included."""
        return tuple(Stream(**fields) for fields in self.read("streamsOf", account))

    def releasable_of(self, account: str) -> int:
        """What ``release`` would pay now, wei."""
        return int(self.read("releasableOf", account))

    def release(self, sender: Sender, account: str, key: str | None = None) -> Receipt | None:
        """Pay ``account`` all that has vested; does nothing if there is nothing to pay."""
        return self.write(
            sender,
            key or self.fresh_key("release"),
            "release",
            account,
            holds=lambda: self.releasable_of(account) == 0,
        )
