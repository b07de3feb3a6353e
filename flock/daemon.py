"""The daemon loop: run a list of steps again and again until told to stop.

A step reads the world, returns ``False`` if its goal already holds, performs at most one effect and returns
``True``. Steps have no state that cannot be recovered, so a daemon can be killed at any line.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from flock.errors import FlockError, Misconfigured, Refused, Transient
from flock.log import logger

MAX_BACKOFF_SECONDS = 10.0


class Step(Protocol):
    """One duty of a daemon."""

    @property
    def name(self) -> str: ...

    def __call__(self) -> bool:
        """Perform one effect if one is due; whether one was performed."""


def run(steps: Sequence[Step], stop: threading.Event, interval: float) -> None:
    """Run ``steps`` in order every ``interval`` seconds until ``stop`` is set.

    Transient errors back off (doubling up to 10 s), refused actions are dropped and logged, the same refusal
    once; a step that fails for any other reason is logged with its trace and retried like a transient error.

    Raises:
        Misconfigured: only the operator can fix it, so the daemon ends.
    """
    pause = interval
    refusals: dict[str, str] = {}
    while not stop.is_set():
        pause = (
            min(2 * pause, max(interval, MAX_BACKOFF_SECONDS)) if _tick(steps, stop, refusals) else interval
        )
        stop.wait(pause)


@contextmanager
def beside(steps: Sequence[Step], stop: threading.Event, interval: float) -> Iterator[None]:
    """Run ``steps`` in a thread of their own as ``run`` does, until the block ends; they delay no others.

    Raises:
        Misconfigured: as ``run`` does, which sets ``stop``; at the end of the block.
    """
    problems: list[Misconfigured] = []

    def work() -> None:
        try:
            run(steps, stop, interval)
        except Misconfigured as problem:
            problems.append(problem)
            stop.set()

    thread = threading.Thread(target=work, name="steps-beside")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if problems:
        raise problems[0]


def _tick(steps: Sequence[Step], stop: threading.Event, refusals: dict[str, str]) -> bool:
    """Run each step once; whether one of them failed transiently. ``refusals`` are the last, by step."""
    unreachable = False
    for step in steps:
        if stop.is_set():
            break
        log = logger(step=step.name)
        try:
            if step():
                log.debug("step_done")
            refusals.pop(step.name, None)
        except Transient as error:
            unreachable = True
            log.warning("step_postponed", reason=str(error))
        except Misconfigured:
            raise
        except (Refused, FlockError) as error:
            if refusals.get(step.name) != str(error):
                log.error("step_refused", reason=str(error))
            refusals[step.name] = str(error)
        except OSError as problem:  # a full disk, for example, has space again later
            unreachable = True
            log.warning("step_postponed", reason=f"{problem}. Fix that; it is tried again.")
        except Exception:  # a bug in one duty must not make the others miss their deadlines
            unreachable = True
            log.exception("step_failed")
    return unreachable
