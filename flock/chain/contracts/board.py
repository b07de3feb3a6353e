"""What the boards of all products have in common: IBoard, and what each of them says in the same words."""

from abc import abstractmethod

from eth_typing import ChecksumAddress

from flock.chain.contracts.binding import Binding
from flock.chain.sending.sender import Receipt, Sender
from flock.protocol.core.commitments import Domain


class Board(Binding):
    """The contract that runs a product's tasks."""

    @property
    def domain(self) -> Domain:
        """What the contract hashes into every commitment."""
        return Domain(self.client.chain_id, self.address)

    @abstractmethod
    def owed(self, task: int, account: str) -> int:
        """What ``withdraw`` would pay ``account``, wei."""

    def model_of(self, task: int) -> bytes | None:
        """The SHA-256 of what the task has made; None if nothing yet."""
        made: bytes = self.read("modelOf", task)
        return made if any(made) else None

    def account_of(self, task: int, member_id: int) -> ChecksumAddress:
        """The account of a member."""
        account: ChecksumAddress = self.read("accountOf", task, member_id)
        return account

    def withdraw(self, sender: Sender, task: int, account: str, key: str | None = None) -> Receipt | None:
        """Pay ``account`` its credit; does nothing if there is none."""
        return self.write(
            sender,
            key or self.fresh_key("withdraw"),
            "withdraw",
            task,
            account,
            holds=lambda: self.owed(task, account) == 0,
        )
