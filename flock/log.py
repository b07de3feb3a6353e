"""Structured logs: constant snake_case events, bound context, never a secret.

Human-readable on a terminal, one JSON object a line elsewhere.
"""

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog


def configure(level: str = "info", json: bool | None = None, stream: TextIO | None = None) -> None:
    """Set up logging for the whole process; ``json=None`` means JSON unless ``stream`` is a terminal."""
    out = stream or sys.stderr
    as_json = not out.isatty() if json is None else json
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Lossy(out))),
    )


class _Lossy:
    """A stream that ignores write errors: on a full disk, losing log lines beats missing a duty."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def logger(**context: object) -> structlog.typing.FilteringBoundLogger:
    """A logger that adds ``context`` to every line."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger(**context)
    return bound
