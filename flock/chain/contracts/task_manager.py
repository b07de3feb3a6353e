"""TaskManager: tasks of every product, their terms, and the custody of their bounties."""

from dataclasses import dataclass
from typing import Any, ClassVar

from eth_typing import ChecksumAddress

from flock.chain.abi_codec import artifact
from flock.chain.address_book import NOBODY
from flock.chain.client import Client
from flock.chain.contracts.binding import TreasuryDebtor
from flock.chain.contracts.token import Token
from flock.chain.events import decode_event
from flock.chain.sending.sender import Receipt, Sender
from flock.protocol.alliance.params import (
    ALLIANCE_TERMS,
    AllianceParameters,
    alliance_terms,
)
from flock.protocol.core.schedule import SCHEDULE, schedule
from flock.protocol.core.tasks import TaskState


@dataclass(frozen=True)
class TaskView:
    """``bounty`` is what was put in before the task began, ``balance`` what is in custody for pay; wei.

    ``board`` is the contract that runs it. Times are Unix times; ``began_at`` and ``closed_at`` are 0 until it
    happens. ``minimum_stake`` is in gmFLOCK wei, ``terms_hash`` the Keccak-256 of the board's encoded terms.
    """

    creator: ChecksumAddress
    starts_at: int
    start_by: int
    state: TaskState
    board: ChecksumAddress
    ends_at: int
    began_at: int
    makers_bps: int
    closed_at: int
    minimum_stake: int
    balance: int
    bounty: int
    metadata: bytes
    terms_hash: bytes

    @property
    def exists(self) -> bool:
        return self.state is not TaskState.NONE

    @property
    def is_open(self) -> bool:
        return self.state is TaskState.OPEN

    @property
    def is_running(self) -> bool:
        return self.state is TaskState.RUNNING


class TaskManager(TreasuryDebtor):
    """``alliances`` is the board that new Alliances name: AllianceRounds."""

    contract: ClassVar[str] = "TaskManager"

    def __init__(self, client: Client, address: str, alliances: str = NOBODY) -> None:
        super().__init__(client, address)
        self.alliances = alliances

    def task_count(self) -> int:
        """Tasks made so far; their ids are 1 to this."""
        return int(self.read("taskCount"))

    def task_of(self, task: int) -> TaskView:
        """A task; one that does not exist has state NONE."""
        fields = self.read("taskOf", task)
        return TaskView(**{**fields, "state": TaskState(fields["state"])})

    def parameters_of(self, task: int) -> AllianceParameters:
        """The terms of an Alliance. Raises ContractRefused (UnknownTask) if no task has that number."""
        self.read("endsAtOf", task)  # refuses a task that does not exist
        made = self.task_of(task)
        view = artifact("AllianceRounds").abi.functions["termsOf"]
        terms = view.decode_outputs(self.client.call(made.board, view.encode(task)))
        return AllianceParameters(**terms, **{name: getattr(made, name) for name in SCHEDULE})

    def creation_fee(self) -> int:
        """The fee for creating a task, in addition to its bounty, wei."""
        return int(self.read("creationFee"))

    def creation_arguments(
        self, parameters: AllianceParameters, metadata: bytes, bounty: int
    ) -> tuple[object, ...]:
        """What ``create`` takes to make an Alliance."""
        task = (self.alliances, *schedule(parameters), metadata, bounty)
        return task, encoded_terms(parameters)

    def create(
        self,
        sender: Sender,
        token: Token,
        parameters: AllianceParameters,
        metadata: bytes,
        bounty: int,
        key: str | None = None,
    ) -> int:
        """Make an Alliance with ``bounty`` wei, allowance included; returns its number.

        ``metadata`` is the SHA-256 of the metadata document. Give a ``key`` to make repeating the call safe.
        """
        arguments = self.creation_arguments(parameters, metadata, bounty)
        return self.create_by(sender, token, arguments, bounty, key)

    def create_by(
        self,
        sender: Sender,
        token: Token,
        arguments: tuple[object, ...],
        bounty: int,
        key: str | None = None,
    ) -> int:
        """Make a task of any board by the ``arguments`` of ``create``, allowance included; returns its number."""
        token.allow(sender, self.address, bounty + self.creation_fee())
        data = self.abi.functions["create"].encode(*arguments)
        return self.created(sender.send(key or self.fresh_key("create"), self.address, data))

    def created(self, receipt: Receipt) -> int:
        """The number of the task that a transaction made."""
        events = [decode_event(log) for log in receipt.logs if log.address == self.address]
        return next(
            int(event.arguments["task_id"]) for event in events if event and event.name == "TaskCreated"
        )

    def fund(
        self, sender: Sender, token: Token, task: int, amount: int, key: str | None = None
    ) -> Receipt | None:
        """Add ``amount`` wei to the bounty of an open task, allowance included; carries on with one cut off."""
        token.allow(sender, self.address, amount)
        cut_off = sender.unfinished_key(self.address, self.abi.functions["fund"].encode(task, amount))
        return self.write(sender, key or cut_off or self.fresh_key("fund"), "fund", task, amount)

    def cancel(self, sender: Sender, task: int) -> Receipt | None:
        """Cancel an open task; backers can then withdraw their contributions."""
        return self.write(
            sender,
            self.key("cancel", task),
            "cancel",
            task,
            holds=lambda: self.task_of(task).state is TaskState.CANCELLED,
        )

    def refund_of(self, task: int, backer: str) -> int:
        """The refund of ``backer`` from a cancelled or closed task, wei."""
        return int(self.read("refundOf", task, backer))

    def withdraw_refund(self, sender: Sender, task: int, backer: str) -> Receipt | None:
        """Pay ``backer`` its refund; anyone can send the transaction."""
        return self.write(
            sender,
            self.fresh_key("withdraw_refund"),
            "withdrawRefund",
            task,
            backer,
            holds=lambda: self.refund_of(task, backer) == 0,
        )


def encoded_terms(parameters: AllianceParameters) -> bytes:
    """The terms of an Alliance as its board takes them: the struct AllianceTerms, ABI-encoded."""
    return artifact("AllianceRounds").abi.functions["termsOf"].outputs.encode([alliance_terms(parameters)])


def alliance_parameters(created: dict[str, Any], opened: dict[str, Any]) -> AllianceParameters:
    """The terms of a task from its two events, TaskCreated and AllianceOpened."""
    terms = opened["terms"]
    shown = {name: created[name] for name in SCHEDULE} | {name: terms[name] for name in ALLIANCE_TERMS}
    return AllianceParameters(**shown)
