"""Staking: locks, gmFLOCK, and what of it is put on which task."""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from eth_typing import ChecksumAddress

from flock.chain.binding import Binding
from flock.chain.sender import Receipt, Sender
from flock.chain.token import Token


class Role(IntEnum):
    """What a stake on a task is for; an Alliance knows members only."""

    TRAINER = 0
    VALIDATOR = 1
    MEMBER = 2


@dataclass(frozen=True)
class Position:
    """A lock: ``flock`` in wei, ``gm`` and ``allocated`` in gmFLOCK, ``unlock_at`` in Unix seconds."""

    gm: int
    allocated: int
    unlock_at: int
    flock: int
    operator: ChecksumAddress

    @property
    def available(self) -> int:
        """gmFLOCK on no task."""
        return self.gm - self.allocated


@dataclass(frozen=True)
class Allocation:
    """gmFLOCK on one task in one role; held while a duty needs it."""

    amount: int
    held: bool


class Staking(Binding):
    contract: ClassVar[str] = "Staking"

    def position_of(self, account: str) -> Position:
        return Position(**self.read("positionOf", account))

    def available_of(self, account: str) -> int:
        """gmFLOCK of ``account`` on no task."""
        return int(self.read("availableOf", account))

    def allocation_of(self, account: str, task: int, role: Role = Role.MEMBER) -> Allocation:
        return Allocation(**self.read("allocationOf", account, task, role))

    def member_stake(self, account: str, task: int) -> int:
        """gmFLOCK of ``account`` on an Alliance."""
        return self.allocation_of(account, task).amount

    def acts_for(self, owner: str, who: str) -> bool:
        """Whether ``who`` is ``owner`` or its operator."""
        return bool(self.read("actsFor", owner, who))

    def keeper_credit_of(self, keeper: str) -> int:
        """FLOCK (wei) owed to ``keeper`` for slashes it executed."""
        return int(self.read("keeperCreditOf", keeper))

    def multiplier_for(self, lock_days: int) -> int:
        """gmFLOCK per FLOCK of a lock, WAD."""
        return int(self.read("multiplierFor", lock_days))

    def lock(
        self, sender: Sender, token: Token, amount: int, lock_days: int, key: str | None = None
    ) -> Receipt | None:
        """Lock ``amount`` wei of FLOCK for ``lock_days``, with the allowance it needs."""
        token.allow(sender, self.address, amount)
        return self.write(sender, key or self.fresh_key("lock"), "lock", amount, lock_days)

    def redeem(self, sender: Sender, gm: int, key: str | None = None) -> Receipt | None:
        """Turn ``gm`` free gmFLOCK back into FLOCK after the lock's end."""
        return self.write(sender, key or self.fresh_key("redeem"), "redeem", gm)

    def allocate(
        self, sender: Sender, task: int, role: Role, gm: int, key: str | None = None
    ) -> Receipt | None:
        """Put ``gm`` more of the sender's free gmFLOCK on a task."""
        return self.write(sender, key or self.fresh_key("allocate"), "allocate", task, role, gm)

    def allocate_member_stake(
        self, sender: Sender, task: int, gm: int, key: str | None = None
    ) -> Receipt | None:
        """Put ``gm`` more of the sender's free gmFLOCK on an Alliance."""
        return self.allocate(sender, task, Role.MEMBER, gm, key)

    def deallocate(
        self, sender: Sender, task: int, role: Role, gm: int, key: str | None = None
    ) -> Receipt | None:
        """Take ``gm`` off a task that does not hold it."""
        return self.write(sender, key or self.fresh_key("deallocate"), "deallocate", task, role, gm)

    def set_operator(self, sender: Sender, operator: str, key: str | None = None) -> Receipt | None:
        """Name the one key that may act on tasks for the sender."""
        return self.write(sender, key or self.fresh_key("set_operator"), "setOperator", operator)

    def withdraw_keeper_credit(self, sender: Sender, key: str | None = None) -> Receipt | None:
        """Take what slashes executed by the sender have earned; nothing credited is no error."""
        return self.write(
            sender,
            key or self.fresh_key("withdraw_keeper_credit"),
            "withdrawKeeperCredit",
            holds=lambda: self.keeper_credit_of(sender.address) == 0,
        )
