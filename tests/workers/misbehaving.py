"""A worker's handler that does to its process whatever it is asked for."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flock.errors import BadArrays, BadConfig
from flock.workers.child import Handler
from flock.workers.frames import Frame

ONE_AFTER_THE_OTHER = 1 << 20  # bytes


def open_worker(arguments: Mapping[str, Any]) -> Handler:
    if "refuse" in arguments:
        raise BadConfig(arguments["refuse"])
    if "exit" in arguments:
        os._exit(arguments["exit"])
    return handle


def handle(request: Frame) -> Frame:
    head = dict(request.head)
    return globals()[head.pop("do")](request, **head)


def echo(request: Frame) -> Frame:
    return request


def look(request: Frame) -> Frame:
    return Frame({"pid": os.getpid(), "session": os.getsid(0), "arguments": sys.argv[1:]})


def raises(request: Frame) -> Frame:
    raise ValueError("the column 'age' is missing")


def refuse(request: Frame) -> Frame:
    raise BadArrays("Array 'w' is of another shape.")


def leave(request: Frame) -> Frame:
    sys.exit("no data is mounted")


def end(request: Frame, code: int) -> Frame:
    sys.stdout.write("about to end\n")
    os._exit(code)


def signal_itself(request: Frame, number: int) -> Frame:
    os.kill(os.getpid(), number)
    return hang(request)


def crash(request: Frame) -> Frame:
    ctypes.string_at(0)
    return request


def hang(request: Frame) -> Frame:
    while True:
        time.sleep(3600)


def hang_holding_the_interpreter(request: Frame) -> Frame:
    ctypes.PyDLL(None).pause()
    return request


def say(request: Frame, lines: int) -> Frame:
    for number in range(lines):
        sys.stdout.write(f"line {number}\n")
    return request


def allocate(request: Frame, size: int) -> Frame:
    held = [bytearray(ONE_AFTER_THE_OTHER) for _ in range(size // ONE_AFTER_THE_OTHER)]
    return Frame({"held": len(held)})


def open_files(request: Frame, number: int) -> Frame:
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(number)]
    return Frame({"held": len(held)})


def open_socket(request: Frame, family: int) -> Frame:
    socket.socket(socket.AddressFamily(family)).close()
    return request


def have_a_program_open_a_socket(request: Frame) -> Frame:
    program = [sys.executable, "-c", "import socket; socket.socket()"]
    return Frame({"exit_code": subprocess.run(program, stderr=subprocess.DEVNULL, check=False).returncode})


def write_file(request: Frame, path: str, size: int) -> Frame:
    Path(path).write_bytes(bytes(size))
    return request


def start_program(request: Frame) -> Frame:
    program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    return Frame({"pid": program.pid})


def start_daemon(request: Frame) -> Frame:
    """A program that leaves its parent, its group and its session, as daemons do."""
    program = (
        "import os, time\n"
        "if os.fork(): os._exit(0)\n"
        "os.setsid()\n"
        "if os.fork(): os._exit(0)\n"
        "print(os.getpid(), flush=True)\n"
        "time.sleep(3600)"
    )
    started = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    started.wait()
    return Frame({"pid": int(started.stdout.readline())})


def end_its_warden(request: Frame) -> Frame:
    os.kill(os.getppid(), signal.SIGKILL)
    return hang(request)


def fork(request: Frame) -> Frame:
    """Both the process and its copy return."""
    os.fork()
    return request
