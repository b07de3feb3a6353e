"""One program a home folder: two would share a journal, vote salts and a Flower key."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from flock.errors import BadConfig


@contextmanager
def alone_in(home: Path, program: str) -> Iterator[None]:
    """Hold ``home`` for this ``program`` until the block ends; a killed process leaves no lock behind.

    Raises BadConfig if another process holds it, or if the folder cannot be written.
    """
    lock = FileLock(home / f"{program}.lock")
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise BadConfig(
            f"Another {program} works in {home}. Stop it first, or give this one a home of its own (home)."
        ) from None
    except OSError as problem:
        raise BadConfig(
            f"The home folder {home} cannot be written ({problem.strerror}). Correct its rights, or home."
        ) from None
    try:
        yield
    finally:
        lock.release()
