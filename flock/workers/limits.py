"""What a worker's process may use of the machine."""

import resource
from dataclasses import dataclass

from flock.workers.network import leave_network

OPEN_FILES = 4096


@dataclass(frozen=True)
class Limits:
    """``memory`` is in bytes, of what a process asks the system for, without shared memory; ``None`` is no limit.

    ``largest_file`` is in bytes as well: no file grows beyond it. Without ``network`` a process can open no
    socket, where the system can see to that (``flock.workers.network``).

    They hold for each process by itself: one that the worker starts has as much again.
    """

    memory: int | None = None
    open_files: int = OPEN_FILES
    largest_file: int | None = None
    network: bool = True

    def apply(self) -> None:
        """Bind this process, for as long as it lives, and leave no copy of its memory behind when it crashes."""
        _lower(resource.RLIMIT_CORE, 0)
        _lower(resource.RLIMIT_NOFILE, self.open_files)
        if self.memory is not None:
            # Not the address space (RLIMIT_AS): of that, graphics drivers reserve far more than they use.
            _lower(resource.RLIMIT_DATA, self.memory)
        if self.largest_file is not None:
            _lower(resource.RLIMIT_FSIZE, self.largest_file)
        if not self.network:
            leave_network()


def _lower(kind: int, wanted: int) -> None:
    _, hard = resource.getrlimit(kind)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(kind, (most, most))
