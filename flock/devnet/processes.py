"""The demo's processes: started with a log each, watched, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from flock.errors import ServiceUnavailable

GRACE_SECONDS = 10.0


class Processes:
    """Runs ``flock …`` commands as separate processes; leaving the block ends them all.

    Each gets a process group of its own, so that its children go with it. Within the block Ctrl-C and SIGTERM raise
    KeyboardInterrupt, even if a shell started this process with them ignored, but never while a process starts or
    while all are being ended.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._handlers: dict[int, Any] = {}
        self._interrupted = False
        self._must_finish = False
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        self._handlers = {
            number: signal.signal(number, self._interrupt) for number in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._must_finish = True
        self.stop_all()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def start(self, name: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        """Start ``flock <arguments>`` and log what it says to ``<name>.log``."""
        with self._uninterrupted(), (self._logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "flock", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )

    def wait_until(self, holds: Callable[[], bool], what: str, seconds: float) -> None:
        """Wait for ``holds``.

        Raises ServiceUnavailable after ``seconds``, or when a process has died; KeyboardInterrupt after Ctrl-C.
        """
        deadline = time.monotonic() + seconds
        while not holds():
            self._require_uninterrupted()
            self.require_alive()
            if time.monotonic() > deadline:
                raise ServiceUnavailable(
                    f"{what} did not come within {seconds:g} s. See the logs in {self._logs}."
                )
            time.sleep(0.1)

    def require_alive(self) -> None:
        """Raises ServiceUnavailable naming a process that has ended, and its last words."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise ServiceUnavailable(
                    f"The {name} process ended with code {process.returncode}: {self._last_words(name)} "
                    f"See {self._logs / name}.log."
                )

    def pid(self, name: str) -> int:
        """Process id of one that was started."""
        return self._running[name].pid

    def stop(self, name: str) -> None:
        """Ask one to end, then insist."""
        process = self._running.pop(name)
        _signal(process, signal.SIGTERM)
        _reap(process, GRACE_SECONDS)

    def kill(self, name: str) -> None:
        """End one with no chance to clean up, as a power cut would."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def stop_all(self) -> None:
        """Ask all to end, then insist."""
        for process in self._running.values():
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in self._running.values():
            _reap(process, max(0.0, deadline - time.monotonic()))
        self._running.clear()

    def _interrupt(self, *_: object) -> None:
        # Python drops what is raised while it runs a finaliser or a weak reference's callback: also remember it.
        self._interrupted = True
        if not self._must_finish:
            raise KeyboardInterrupt

    def _require_uninterrupted(self) -> None:
        if self._interrupted:
            raise KeyboardInterrupt

    @contextmanager
    def _uninterrupted(self) -> Iterator[None]:
        """Ctrl-C waits for the block: a process that began but is not on the list would be left behind."""
        self._must_finish = True
        try:
            yield
        finally:
            self._must_finish = False
        self._require_uninterrupted()

    def _last_words(self, name: str) -> str:
        lines = (self._logs / f"{name}.log").read_text(errors="replace").strip().splitlines()
        return lines[-1][-300:] if lines else "it said nothing."


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _reap(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait for it, then kill it with all it started: a child may have a session of its own, as Anvil has."""
    import psutil  # of an extra; the help of `flock demo` needs none

    children: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(process.pid).children(recursive=True)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    _signal(process, signal.SIGKILL)
    process.wait()
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.kill()
