"""A process that leaves the network: from then on it can open no socket, nor can what it starts.

On Linux the kernel sees to that, by a filter of system calls that needs no rights and cannot be taken off again
(https://docs.kernel.org/userspace-api/seccomp_filter.html). What is open stays open.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Mapping
from typing import NamedTuple

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
IO_URING_SETUP = 425  # its operations open sockets too
X32_CALLS = 1 << 30  # numbers of the second table of calls that x86-64 has

# Of struct seccomp_data, the offsets of the call's number and of the table that it is from.
NUMBER, TABLE = 0, 4
LOAD, EQUAL, AT_LEAST, ANSWER = 0x20, 0x15, 0x35, 0x06
ALLOW, REFUSE = 0x7FFF_0000, 0x0005_0000 | errno.EPERM
INSTRUCTION = struct.Struct("HBBI")


class _Calls(NamedTuple):
    """A processor's table of system calls, as the kernel names it, and ``socket`` in it."""

    table: int
    socket: int


PROCESSORS: Mapping[str, _Calls] = {
    "x86_64": _Calls(0xC000_003E, 41),
    "aarch64": _Calls(0xC000_00B7, 198),
}


def leave_network() -> None:
    """To be called while the process has one thread: others would stay. Says so where the system has no such filter.

    Raises OSError if the kernel refuses it.
    """
    calls = PROCESSORS.get(platform.machine()) if sys.platform == "linux" else None
    if calls is None:
        sys.stderr.write("This system has no filter that keeps a process off the network.\n")
        return
    _bind(_filter(calls))


def _filter(calls: _Calls) -> bytes:
    """Instructions for the kernel's virtual machine: operation, how many to skip if so, if not, and its number."""
    instructions = (
        (LOAD, 0, 0, TABLE),
        (EQUAL, 0, 5, calls.table),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 3, 0, X32_CALLS),
        (EQUAL, 2, 0, IO_URING_SETUP),
        (EQUAL, 1, 0, calls.socket),
        (ANSWER, 0, 0, ALLOW),
        (ANSWER, 0, 0, REFUSE),
    )
    return b"".join(INSTRUCTION.pack(*instruction) for instruction in instructions)


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _bind(instructions: bytes) -> None:
    program = _Program(len(instructions) // INSTRUCTION.size, instructions)
    call = ctypes.CDLL(None, use_errno=True).prctl
    for arguments in (
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0),
    ):
        if call(*arguments):
            problem = ctypes.get_errno()
            raise OSError(problem, f"The process cannot leave the network: {os.strerror(problem)}")
