"""Calls that come together are computed together: whatever waits when the machine is free is one batch."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from flock.web.errors import TooManyRequests

Compute = Callable[[Sequence[Any]], Sequence[Any]]


@dataclass(eq=False)  # one call is never another, whatever they ask
class _Waiting:
    inputs: Sequence[Any]
    answers: "asyncio.Future[Sequence[Any]]" = field(default_factory=asyncio.Future)


class Batches:
    """Rows of many calls in batches of at most ``largest``, one batch at a time, at most ``most`` rows waiting."""

    def __init__(self, compute: Compute, executor: Executor, largest: int, most: int) -> None:
        self._compute = compute
        self._executor = executor
        self._largest = largest
        self._most = most
        self._waiting: list[_Waiting] = []
        self._worker: asyncio.Task[None] | None = None

    async def run(self, inputs: Sequence[Any]) -> Sequence[Any]:
        """An answer for each input. Raises TooManyRequests if too much waits, and what computing raises."""
        if sum(len(each.inputs) for each in self._waiting) + len(inputs) > self._most:
            raise TooManyRequests("The model has too many calls waiting: try again in a second.")
        mine = _Waiting(inputs)
        self._waiting.append(mine)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.ensure_future(self._work())
        try:
            return await mine.answers
        finally:
            if mine in self._waiting:  # whoever asked has gone
                self._waiting.remove(mine)

    async def _work(self) -> None:
        while self._waiting:
            batch = self._next()
            rows = [row for each in batch for row in each.inputs]
            try:
                answers = await asyncio.get_running_loop().run_in_executor(
                    self._executor, self._compute, rows
                )
            except Exception as problem:
                for each in batch:
                    if not each.answers.done():
                        each.answers.set_exception(problem)
                continue
            _hand_out(batch, answers)

    def _next(self) -> list[_Waiting]:
        batch, rows = [self._waiting.pop(0)], 0
        rows = len(batch[0].inputs)
        while self._waiting and rows + len(self._waiting[0].inputs) <= self._largest:
            batch.append(self._waiting.pop(0))
            rows += len(batch[-1].inputs)
        return batch


def _hand_out(batch: Sequence[_Waiting], answers: Sequence[Any]) -> None:
    start = 0
    for each in batch:
        stop = start + len(each.inputs)
        if not each.answers.done():
            each.answers.set_result(answers[start:stop])
        start = stop
