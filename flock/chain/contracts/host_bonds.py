"""HostBonds: the gmFLOCK that hosts of models can lose."""

from typing import ClassVar

from flock.chain.contracts.binding import Binding
from flock.chain.sending.sender import Receipt, Sender


class HostBonds(Binding):
    contract: ClassVar[str] = "HostBonds"

    def task(self) -> int:
        """The task that hosts allocate gmFLOCK to; 0 until ``open_bonds``."""
        return int(self.read("taskId"))

    def minimum_bond(self) -> int:
        """gmFLOCK a host must have there, in wei."""
        return int(self.read("minimumBond"))

    def is_host(self, account: str) -> bool:
        return bool(self.read("isHost", account))

    def open_bonds(self, sender: Sender) -> Receipt | None:
        """Make the task; nothing is sent if it is there."""
        return self.write(sender, self.key("open_bonds"), "openBonds", holds=lambda: self.task() != 0)

    def bond(self, sender: Sender, host: str) -> Receipt | None:
        """Take in a host that has allocated its bond; nothing is sent if it is one."""
        return self.write(sender, self.fresh_key("bond"), "bond", host, holds=lambda: self.is_host(host))

    def leave(self, sender: Sender, host: str) -> Receipt | None:
        return self.write(sender, self.fresh_key("leave_hosting"), "leave", host)

    def free(self, sender: Sender, host: str) -> Receipt | None:
        """Free the bond of a host whose time to leave is over."""
        return self.write(sender, self.fresh_key("free_bond"), "free", host)
