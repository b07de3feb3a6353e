"""A small process between supervisor and worker, which ends all that the worker started once either has ended.

On Linux it inherits processes that lose their parent, so that a program which makes itself a daemon ends too
(https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html). Elsewhere such a program is left over.
"""

import ctypes
import os
import resource
import signal
import sys
import threading
import time
from contextlib import suppress

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
END, CHILD_ENDED = signal.SIGTERM, signal.SIGCHLD
SWEEP_SECONDS = 10.0  # what cannot be killed, as another user's, or while a disk does not answer, is left


def stand_between(connection: int, lifeline: int) -> None:
    """Fork: returns in the worker, while this process becomes its warden and never returns.

    To be called while the process has one thread. The warden ends the worker when it is told to by SIGTERM, or
    when the other end of the pipe ``lifeline`` is closed. It then ends as the worker did, by exit code or signal.
    """
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {END, CHILD_ENDED})
    signal.signal(
        CHILD_ENDED, _take_note
    )  # some systems drop a signal that nobody handles, though one waits for it
    if sys.platform == "linux":
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
    warden, worker = os.getpid(), os.fork()
    if worker:
        os.close(connection)
        _watch(worker, lifeline)
    os.close(lifeline)
    signal.signal(CHILD_ENDED, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, former)
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != warden:  # it was gone before the kernel was asked to watch it
            os._exit(1)


def _take_note(*_: object) -> None:
    """Waiting for the signal is all there is to do."""


def _watch(worker: int, lifeline: int) -> None:
    threading.Thread(target=_wait_for_supervisor, args=(lifeline,), daemon=True).start()
    status: int | None = None
    while status is None and signal.sigwait({END, CHILD_ENDED}) == CHILD_ENDED:
        status = _reaped().get(worker)
    swept = _sweep()
    _end_as(swept.get(worker, signal.SIGKILL) if status is None else status)


def _wait_for_supervisor(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.kill(os.getpid(), END)


def _reaped() -> dict[int, int]:
    """How those ended that have, by process id."""
    found = {}
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            found[ended[0]] = ended[1]
    return found


def _sweep() -> dict[int, int]:
    """Kill whatever descends from this process, children of those killed included; how they ended."""
    import psutil

    found: dict[int, int] = {}
    me, deadline = psutil.Process(), time.monotonic() + SWEEP_SECONDS
    while (children := me.children(recursive=True)) and time.monotonic() < deadline:
        for child in children:
            with suppress(psutil.Error):
                child.kill()
        found |= _reaped()
        time.sleep(0.001)
    return found


def _end_as(status: int) -> None:
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        os._exit(code)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # SIGKILL is as it is
        signal.signal(-code, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {-code})  # that one alone: the supervisor's may be waiting
    os.kill(os.getpid(), -code)
    os._exit(1)


def _prctl(option: int, value: int) -> None:
    """Raises OSError if the kernel refuses it."""
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        problem = ctypes.get_errno()
        raise OSError(problem, os.strerror(problem))
