"""What a worker prints, in the log: bounded, since code of others may print without end."""

import os
import re
import threading
from collections import deque
from typing import BinaryIO

from flock.log import logger

LINES_A_CALL = 200
LONGEST_LINE = 2_000
LAST_LINES = 3
CHUNK = 1 << 16
ENDS_OF_LINES = re.compile(rb"[\r\n]+")  # a progress bar returns to the beginning of its line
LAST_WORDS_SECONDS = 1.0


class LoggedOutput:
    """Reads ``pipe`` to its end, so that no worker ever waits to print, and logs the first lines of each call."""

    def __init__(self, pipe: BinaryIO, name: str) -> None:
        self._pipe, self._name = pipe, name
        self._left = LINES_A_CALL
        self._dropped = 0
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        self._reader = threading.Thread(target=self._read, name=f"output-of-{name}", daemon=True)
        self._reader.start()

    def begin_call(self) -> None:
        """From now on as many lines are logged again."""
        self._say_dropped()
        self._left, self._dropped = LINES_A_CALL, 0

    def last_words(self) -> str:
        """What a process that has ended printed last."""
        self._reader.join(LAST_WORDS_SECONDS)
        return " / ".join(self._last)

    def _read(self) -> None:
        rest = b""
        with self._pipe:
            while chunk := os.read(self._pipe.fileno(), CHUNK):
                *lines, rest = ENDS_OF_LINES.split(rest + chunk)
                self._take(lines)
                if len(rest) > LONGEST_LINE:
                    self._take([rest])
                    rest = b""
        self._take([rest])
        self._say_dropped()

    def _take(self, lines: list[bytes]) -> None:
        said = [line for line in lines if line.strip()]
        for line in said[: self._left]:
            logger(part="worker").info("worker_says", worker=self._name, text=_text(line))
        self._dropped += max(0, len(said) - self._left)
        self._left = max(0, self._left - len(said))
        self._last.extend(_text(line) for line in said[-LAST_LINES:])

    def _say_dropped(self) -> None:
        if self._dropped:
            logger(part="worker").warning("worker_output_dropped", worker=self._name, lines=self._dropped)


def _text(line: bytes) -> str:
    return line[:LONGEST_LINE].decode(errors="replace").rstrip()
