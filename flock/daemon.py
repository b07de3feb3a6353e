"""The only loop: run a list of steps again and again until told to stop.

A step reads the world, returns ``False`` if its goal already holds, performs at most one effect and returns
``True``. Steps keep nothing that cannot be had again, so a daemon may be killed at any line.
"""

import threading
from collections.abc import Sequence
from typing import Protocol

from flock.errors import FlockError, Misconfigured, Refused, Transient
from flock.log import logger

MAX_BACKOFF_SECONDS = 10.0


class Step(Protocol):
    """One duty of a daemon."""

    @property
    def name(self) -> str: ...

    def __call__(self) -> bool:
        """Do one effect if one is due; say whether one was done."""


def run(steps: Sequence[Step], stop: threading.Event, interval: float) -> None:
    """Run ``steps`` in order every ``interval`` seconds until ``stop`` is set.

    Transient errors back off (doubling up to 10 s), refused acts are logged and dropped; so is a step that
    fails for a reason of its own, with its trace, and it is tried again like a transient one.

    Raises:
        Misconfigured: only the operator can mend it, so the daemon ends.
    """
    pause = interval
    while not stop.is_set():
        pause = min(2 * pause, max(interval, MAX_BACKOFF_SECONDS)) if _tick(steps, stop) else interval
        stop.wait(pause)


def _tick(steps: Sequence[Step], stop: threading.Event) -> bool:
    """Run each step once; say whether one of them could not reach the world."""
    unreachable = False
    for step in steps:
        if stop.is_set():
            break
        log = logger(step=step.name)
        try:
            if step():
                log.debug("step_done")
        except Transient as error:
            unreachable = True
            log.warning("step_postponed", reason=str(error))
        except Misconfigured:
            raise
        except (Refused, FlockError) as error:
            log.error("step_refused", reason=str(error))
        except OSError as problem:  # a full disk, for one, has room again some day
            unreachable = True
            log.warning("step_postponed", reason=f"{problem}. Mend that; it is tried again.")
        except Exception:  # a defect in one duty must not cost the others their deadlines
            unreachable = True
            log.exception("step_failed")
    return unreachable
