"""What demos say while they play."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

WIDTH = 110  # columns, where no terminal sets a width


@contextmanager
def telling(console: Console) -> Iterator[Callable[[str], None]]:
    """A spinner with what is going on; plain lines without a terminal."""
    if not console.is_terminal:
        yield lambda line: console.print(line, highlight=False, soft_wrap=True)
        return
    with console.status("") as status:
        yield status.update
