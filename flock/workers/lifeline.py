"""A process that ends with another one, however that ends."""

import fcntl
import os
import signal
import sys
import threading


def end_with(lifeline: int) -> None:
    """End this process and its group once the other end of the pipe ``lifeline`` is closed.

    On Linux the kernel does it, so that code which holds the interpreter's lock cannot put it off.
    """
    if sys.platform == "linux":
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgid(0))
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
        if _is_closed(lifeline):
            os.killpg(0, signal.SIGKILL)
    else:
        threading.Thread(target=_wait_and_end, args=(lifeline,), name="lifeline", daemon=True).start()


def _is_closed(lifeline: int) -> bool:
    """Whether it was closed before the kernel was asked to watch it."""
    try:
        return os.read(lifeline, 1) == b""
    except BlockingIOError:
        return False


def _wait_and_end(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)
