"""A worker's own process: it answers one request after the other, until its supervisor is gone."""

import faulthandler
import importlib
import os
import socket
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TextIO, cast

from flock.errors import FlockError
from flock.workers.frames import Channel, Frame
from flock.workers.limits import Limits
from flock.workers.warden import stand_between

LONGEST_TRACE = 20_000

Handler = Callable[[Frame], Frame]
"""Answers a request. What it raises is told to who asked; a FlockError keeps its class and its sentence."""

Opening = Callable[[Mapping[str, Any]], Handler]
"""Makes a worker's handler of its arguments."""


def main(connection: int, lifeline: int) -> None:
    """Serve the supervisor at the other end of the descriptors ``connection`` and ``lifeline``."""
    stand_between(connection, lifeline)
    os.set_inheritable(connection, False)
    faulthandler.enable()
    cast("Any", sys.stdout).reconfigure(line_buffering=True)
    channel = Channel(socket.socket(fileno=connection))
    with suppress(EOFError, OSError):
        _serve(channel)


def _serve(channel: Channel) -> None:
    opening = channel.receive()
    handler: Handler | None = None

    def opened(_: Frame) -> Frame:
        nonlocal handler
        handler = _opened(opening.head)
        return Frame({"pid": os.getpid()})

    channel.send(_answered(opened, opening))
    while handler is not None:
        channel.send(_answered(handler, channel.receive()))


def _opened(head: Mapping[str, Any]) -> Handler:
    """The handler that ``head`` names as module:function; what is imported for it finds no arguments to parse."""
    sys.argv = [head["name"]]
    Limits(**head["limits"]).apply()
    module, _, function = head["opening"].partition(":")
    handler: Handler = getattr(importlib.import_module(module), function)(head["arguments"])
    return handler


def _answered(handler: Handler, request: Frame) -> Frame:
    """The reply, and whatever it printed before it."""
    process = os.getpid()
    try:
        reply = handler(request)
        answer = Frame({"reply": reply.head}, reply.parts)
    except FlockError as error:
        answer = _failure(type(error).__name__, str(error))
    except BaseException as error:  # what a handler calls may raise anything, and end the program
        answer = _failure("Refused", f"{type(error).__name__}: {error}")
    if os.getpid() != process:
        os._exit(0)  # a copy of this process, left behind by whoever made it, answers nobody
    for stream in (sys.stdout, sys.stderr):
        _flush(stream)
    return answer


def _failure(kind: str, sentence: str) -> Frame:
    """What is raised at the moment, as an answer."""
    trace = traceback.format_exc()[-LONGEST_TRACE:]
    return Frame({"error": {"kind": kind, "sentence": sentence, "trace": trace}})


def _flush(stream: TextIO | None) -> None:
    """The stream may be another by now, or closed."""
    with suppress(Exception):
        cast("TextIO", stream).flush()
