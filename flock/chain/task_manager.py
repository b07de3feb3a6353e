"""TaskManager: tasks, their terms, and the custody of their bounties."""

from dataclasses import astuple, dataclass
from typing import ClassVar

from eth_typing import ChecksumAddress

from flock.chain.binding import Binding
from flock.chain.events import decode_event
from flock.chain.sender import Receipt, Sender
from flock.chain.token import Token
from flock.protocol.params import AllianceParameters
from flock.protocol.tasks import TaskState


@dataclass(frozen=True)
class Task:
    """``bounty`` is what was put in before the task began, ``balance`` what is in custody; wei.

    ``began_at`` and ``closed_at`` are Unix times, 0 until it happens.
    """

    creator: ChecksumAddress
    state: TaskState
    kind: int
    began_at: int
    closed_at: int
    bounty: int
    balance: int
    metadata: bytes

    @property
    def exists(self) -> bool:
        return self.state is not TaskState.NONE

    @property
    def is_open(self) -> bool:
        return self.state is TaskState.OPEN

    @property
    def is_running(self) -> bool:
        return self.state is TaskState.RUNNING


class TaskManager(Binding):
    contract: ClassVar[str] = "TaskManager"

    def task_count(self) -> int:
        """Tasks made so far; their ids are 1 to this."""
        return int(self.read("taskCount"))

    def task_of(self, task: int) -> Task:
        """A task; one that does not exist has state NONE."""
        fields = self.read("taskOf", task)
        return Task(**{**fields, "state": TaskState(fields["state"])})

    def parameters_of(self, task: int) -> AllianceParameters:
        """The terms of an Alliance. Raises ContractRefused (UnknownTask) if there is none of that number."""
        return AllianceParameters(**self.read("allianceParametersOf", task))

    def creation_fee(self) -> int:
        """What making a task costs beside its bounty, wei."""
        return int(self.read("creationFee"))

    def creation_call(self, parameters: AllianceParameters, metadata: bytes, bounty: int) -> bytes:
        """What to send to this contract to make an Alliance."""
        return self.abi.functions["create"].encode(astuple(parameters), metadata, bounty)

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
        token.allow(sender, self.address, bounty + self.creation_fee())
        data = self.creation_call(parameters, metadata, bounty)
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
        """Add ``amount`` wei to the bounty of an open task, allowance included."""
        token.allow(sender, self.address, amount)
        return self.write(sender, key or self.fresh_key("fund"), "fund", task, amount)

    def cancel(self, sender: Sender, task: int) -> Receipt | None:
        """End an open task and refund its creator."""
        return self.write(
            sender,
            self.key("cancel", task),
            "cancel",
            task,
            holds=lambda: self.task_of(task).state is TaskState.CANCELLED,
        )
