"""Two hosts for a test: network namespaces where the machine allows them, two loopback addresses elsewhere."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count

IP = shutil.which("ip") or "/usr/sbin/ip"
_numbers = count()


@dataclass(frozen=True)
class Hosts:
    """``near`` and ``far`` are addresses of two hosts; the words run a command on them."""

    near: str
    far: str
    on_near: Sequence[str] = ()
    on_far: Sequence[str] = ()


@contextmanager
def namespaces() -> Iterator[Hosts]:
    """Two network namespaces with a wire between them, and nothing else; whatever runs there ends with them."""
    stem = f"flock{os.getpid() % 100_000}x{next(_numbers)}"
    near, far = f"{stem}a", f"{stem}b"
    try:
        for name in (near, far):
            _ip("netns", "add", name)
        _ip("link", "add", near, "netns", near, "type", "veth", "peer", "name", far, "netns", far)
        for name, address in ((near, "10.111.0.1"), (far, "10.111.0.2")):
            _ip("-n", name, "address", "add", f"{address}/24", "dev", name)
            for device in ("lo", name):
                _ip("-n", name, "link", "set", device, "up")
        yield Hosts("10.111.0.1", "10.111.0.2", (IP, "netns", "exec", near), (IP, "netns", "exec", far))
    finally:
        for name in (near, far):
            _remove(name)


@contextmanager
def loopback() -> Iterator[Hosts]:
    """Two addresses of this machine: less than two hosts, but a service on one is not on the other."""
    yield Hosts("127.0.0.2", "127.0.0.3")


def can_make_namespaces() -> bool:
    """Whether this machine lets this user have them."""
    if os.geteuid() != 0:
        return False
    try:
        with namespaces() as hosts:
            subprocess.run([*hosts.on_far, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _ip(*words: str) -> None:
    subprocess.run([IP, *words], check=True, capture_output=True)


def _remove(name: str) -> None:
    running = subprocess.run([IP, "netns", "pids", name], check=False, capture_output=True, text=True)
    for pid in running.stdout.split():
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    subprocess.run([IP, "netns", "delete", name], check=False, capture_output=True)
