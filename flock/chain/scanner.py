"""Following the chain's events, block by block, through reorganisations.

The scanner is stateless: it gets the marks of what was processed and returns what comes next. The reader
applies that and moves its checkpoint in one transaction, so no event is applied twice or lost:

    step = scanner.next(checkpoint.marks(session))
    Batch     → apply its events, checkpoint.save(session, step.mark, step.final)
    Rollback  → undo all after step.block, checkpoint.rewind(session, step.block)
    None      → nothing new
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flock.chain.client import (
    CONFIRMATIONS,
    BlockHeader,
    Client,
    is_too_wide,
    log_query,
    parse_block,
    parse_logs,
)
from flock.chain.client import WIDEST_RANGE as WIDEST_RANGE
from flock.chain.events import Event, decode_event
from flock.chain.rpc import AnswerTooLarge, Call, RpcRefused
from flock.chain.timed_logs import timed
from flock.store.checkpoint import ProcessedBlock


@dataclass(frozen=True)
class Batch:
    """All events up to ``mark``, in chain order; blocks up to ``final`` can no longer be reorganised."""

    events: tuple[Event, ...]
    mark: ProcessedBlock
    final: int


@dataclass(frozen=True)
class Rollback:
    """A reorganisation: whatever came after ``block`` did not happen."""

    block: int


class Scanner:
    """Events of ``addresses`` from block ``start`` on; if ``timed``, every log has the time of its block."""

    def __init__(self, client: Client, addresses: Sequence[str], start: int, *, timed: bool = False) -> None:
        self.client = client
        self._is_timed = timed
        self._addresses = list(addresses)
        self._start = start

    def next(self, marks: Sequence[ProcessedBlock]) -> Batch | Rollback | None:
        """What comes after ``marks`` (newest first); None if nothing does yet. Raises RpcUnavailable."""
        head, final, known = self._look(marks)
        if marks and (known is None or known.hash != marks[0].hash):
            return Rollback(self._fork(marks))
        first = marks[0].number + 1 if marks else self._start
        if head.number < first:
            return None
        return self._read(first, head.number, final, marks)

    def _look(self, marks: Sequence[ProcessedBlock]) -> tuple[BlockHeader, int, BlockHeader | None]:
        """The head, the newest final block's number, and what the chain has at the newest mark."""
        calls = [_block_call("latest"), _block_call("finalized")]
        if marks:
            calls.append(_block_call(marks[0].number))
        answers = self.client.rpc.batch(calls)
        head = _required(answers[0])
        final = _optional(answers[1])
        known = _optional(answers[2]) if marks else None
        return head, final.number if final else max(0, head.number - CONFIRMATIONS), known

    def _fork(self, marks: Sequence[ProcessedBlock]) -> int:
        """The newest processed block that the chain still has; just before the start if there is none."""
        for mark in marks[1:]:
            known = _optional(self.client.rpc.batch([_block_call(mark.number)])[0])
            if known is not None and known.hash == mark.hash:
                return mark.number
        return self._start - 1

    def _read(self, first: int, head: int, final: int, marks: Sequence[ProcessedBlock]) -> Batch | None:
        width = self.client.log_range
        while True:
            last = min(head, first + width.now - 1)
            query: Call = ("eth_getLogs", [log_query(self._addresses, first, last)])
            try:
                opening, before, logs, after = self.client.rpc.batch(
                    [_block_call(first), _block_call(last), query, _block_call(last)]
                )
            except AnswerTooLarge as problem:
                logs = problem
            if not isinstance(logs, RpcRefused | AnswerTooLarge):
                break
            if last == first or not is_too_wide(logs):
                raise logs
            width.refuse(last - first + 1)
        width.fits(last - first + 1)
        if None in (opening, before, after):
            return None  # behind one address, this node is a block behind the one that was asked for its head
        end = _required(after)
        if _required(before) != end or (marks and _required(opening).parent_hash != marks[0].hash):
            return None  # the chain changed meanwhile: the next call sees how
        return Batch(self._events(logs), ProcessedBlock(end.number, end.hash), final)

    def _events(self, logs: Any) -> tuple[Event, ...]:
        ordered = sorted(parse_logs(logs), key=lambda log: (log.block, log.index))
        told = timed(self.client, ordered) if self._is_timed else ordered
        return tuple(event for event in map(decode_event, told) if event is not None)


def _block_call(number: int | str) -> Call:
    return "eth_getBlockByNumber", [hex(number) if isinstance(number, int) else number, False]


def _required(answer: Any) -> BlockHeader:
    if isinstance(answer, RpcRefused):
        raise answer
    return parse_block(answer)


def _optional(answer: Any) -> BlockHeader | None:
    return None if answer is None or isinstance(answer, RpcRefused) else parse_block(answer)
