"""The supervisor's side: one worker, started when it is needed, watched, killed, and started again."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from flock import errors
from flock.closing import Closing
from flock.errors import FlockError, Refused, WorkerEnded, WorkerOverdue, WorkerStopped
from flock.log import logger
from flock.workers.endings import how_it_ended
from flock.workers.frames import BadFrame, Channel, Frame
from flock.workers.limits import Limits
from flock.workers.output import LoggedOutput

START_SECONDS = 600.0  # one that ends is noticed at once; this is for one that hangs
PROGRAM = """\
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from flock.workers.child import main
main(int(sys.argv[2]), int(sys.argv[3]))
"""


class Worker(Closing):
    """Calls a handler in a process of its own, one call at a time, from any thread.

    ``name`` is what sentences and the log call it. ``opening`` names, as ``module:function``, what makes the
    handler of ``arguments`` (``flock.workers.child``). The process stays warm between calls, and ends with
    this one, whatever ends this one. After it has ended, the next call starts another.
    """

    def __init__(
        self, name: str, opening: str, arguments: Mapping[str, Any], limits: Limits | None = None
    ) -> None:
        self._name = name
        self._opening = {
            "name": name,
            "opening": opening,
            "arguments": arguments,
            "limits": asdict(limits or Limits()),
        }
        self._process: _Process | None = None
        self._lock = threading.Lock()
        self._is_closed = False

    @property
    def pid(self) -> int | None:
        """The id of its process, while it runs."""
        process = self._process
        return process.pid if process is not None and process.is_running else None

    def start(self) -> None:
        """Start the process unless it runs. Raises what its opening raises, and WorkerEnded."""
        with self._lock:
            self._running()

    def call(self, request: Frame, seconds: float | None = None) -> Frame:
        """The handler's reply.

        Raises:
            FlockError: of the class that the handler raised, or Refused for whatever else it raised.
            WorkerEnded: the process ended. WorkerOverdue: it did not answer within ``seconds`` and was killed.
            WorkerStopped: ``close`` was called.
        """
        with self._lock:
            process = self._running()
            try:
                return process.ask(request, seconds)
            except WorkerEnded:
                self._discard()
                self._require_open()
                raise

    def close(self) -> None:
        """Kill the process with all that it started; calls in other threads end with WorkerStopped."""
        self._is_closed = True
        process = self._process
        if process is not None:
            process.kill()
        with self._lock:  # the call that was waiting has ended
            self._discard()

    def _running(self) -> "_Process":
        if self._process is not None and not self._process.is_running:
            reason = self._process.ending()
            logger(part="worker").warning("worker_ended_between_calls", worker=self._name, reason=reason)
            self._discard()
        self._require_open()
        if self._process is None:
            self._process = _Process(self._name)
            self._open(self._process)
        return self._process

    def _open(self, process: "_Process") -> None:
        try:
            self._require_open()
            process.pid = process.ask(Frame(self._opening), START_SECONDS).head["pid"]
        except BaseException:
            self._discard()
            self._require_open()
            raise

    def _discard(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None

    def _require_open(self) -> None:
        if self._is_closed:
            raise WorkerStopped(f"{self._name} was stopped.")


class _Process:
    """One process of a worker, from its start to its end. ``pid`` is its id, once it has opened."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.pid: int | None = None
        ours, theirs = socket.socketpair()
        # Of these two, one end is this process's: once this process has ended, the warden ends the worker.
        lifeline, self._lifeline = os.pipe()
        self._channel = Channel(ours)
        inherited = (theirs.fileno(), lifeline)
        try:
            self._warden = _started(inherited)
        except OSError as problem:
            self._channel.close()
            os.close(self._lifeline)
            raise WorkerEnded(f"The process of {name} cannot be started: {problem}.") from None
        finally:
            theirs.close()
            os.close(lifeline)
        self._output = LoggedOutput(self._warden.stdout, name)  # type: ignore[arg-type]
        self._ended = threading.Event()
        threading.Thread(target=self._watch, name=f"watch-{name}", daemon=True).start()

    @property
    def is_running(self) -> bool:
        return not self._ended.is_set()

    def ask(self, request: Frame, seconds: float | None) -> Frame:
        deadline = None if seconds is None else time.monotonic() + seconds
        self._output.begin_call()
        try:
            self._channel.send(request, deadline)
            answer = self._channel.receive(deadline)
        except TimeoutError:
            self.kill()
            raise WorkerOverdue(f"{self._name} did not answer within {seconds:g} s and was ended.") from None
        except (EOFError, OSError):
            raise WorkerEnded(self.ending()) from None
        except BadFrame as error:
            self.kill()
            raise WorkerEnded(
                f"{self._name} was ended, since it does not answer as it should: {error}"
            ) from None
        if "error" in answer.head:
            logger(part="worker").debug(
                "worker_raised", worker=self._name, trace=answer.head["error"]["trace"]
            )
        return _reply_in(answer)

    def kill(self) -> None:
        """End it with all that it started; returns when it is gone."""
        self._warden.terminate()
        self._ended.wait()

    def close(self) -> None:
        """End it; nobody may be waiting for its answer."""
        self.kill()
        self._channel.close()

    def ending(self) -> str:
        """How it ended, in a sentence, and what it said last."""
        self.kill()
        words = self._output.last_words()
        said = f" It last said: {words}" if words else ""
        return f"The process of {self._name} {how_it_ended(self._warden.returncode)}.{said}"

    def _watch(self) -> None:
        """Waits for the end, then ends what a warden left that was killed itself, and whoever waits for an answer."""
        self._warden.wait()
        _kill_group(self._warden.pid)
        with suppress(OSError):
            self._channel.hang_up()
        os.close(self._lifeline)
        self._ended.set()


def _started(inherited: Sequence[int]) -> subprocess.Popen[bytes]:
    words = [json.dumps(sys.path), *map(str, inherited)]
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=inherited,
        start_new_session=True,  # Ctrl-C is for the supervisor, and the group can be killed as one
    )


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # nobody is left in it
        os.killpg(leader, signal.SIGKILL)


def _reply_in(answer: Frame) -> Frame:
    """Raises the error that the answer tells of."""
    if "error" in answer.head:
        told = answer.head["error"]
        raise _class_named(told["kind"])(told["sentence"])
    return Frame(answer.head["reply"], answer.parts)


def _class_named(name: str) -> type[FlockError]:
    found = getattr(errors, name, None)
    return found if isinstance(found, type) and issubclass(found, FlockError) else Refused
