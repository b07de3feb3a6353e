"""A service on a real socket, in a thread of the test."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from fastapi import FastAPI

from flock.web.serve import listen, server_of
from tests.cli.conftest import flock, home, site

__all__ = ["flock", "home", "site"]


@contextmanager
def serve_in_thread(app: FastAPI, listener: socket.socket | None = None) -> Iterator[str]:
    """Serve ``app``, on ``listener`` if it has one already, while the block runs; yields its URL."""
    listener = listener or listen("127.0.0.1", 0)
    server = server_of(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield url_of(listener)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def url_of(listener: socket.socket) -> str:
    """Where a service that is made later will be, for one that has to know that."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def running() -> Callable[[FastAPI], AbstractContextManager[str]]:
    return serve_in_thread
