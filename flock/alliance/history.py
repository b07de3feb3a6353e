"""The history of one task, read from the chain."""

from collections.abc import Iterator

from flock.chain.client import all_logs
from flock.chain.contracts.deployed import Contracts
from flock.chain.events import decode_event
from flock.protocol.alliance.task_history import TaskEvent, TaskHistory, history_of


def read_history(contracts: Contracts, task: int, last: int | None = None) -> TaskHistory:
    """All that has happened to a task that exists, up to block ``last``, the newest one if it is None.

    Raises RpcUnavailable if the endpoint cannot be reached, or leaves events out.
    """
    head = contracts.client.block_number() if last is None else last
    return history_of(task, task_events(contracts, task, contracts.book.deployed_block, head))


def task_events(contracts: Contracts, task: int, first: int, last: int) -> Iterator[TaskEvent]:
    """The events of AllianceRounds about ``task`` from block ``first`` to ``last``, in the order of the chain."""
    topics = [None, task.to_bytes(32, "big")]
    for log in all_logs(contracts.client, [contracts.alliance_rounds.address], first, last, topics):
        event = decode_event(log)
        if event is not None:
            yield TaskEvent(event.name, event.arguments, log.block, log.transaction)
