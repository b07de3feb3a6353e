"""Run an app until it is told to stop."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from flock.errors import BadConfig
from flock.log import logger
from flock.store.hosts import with_port
from flock.web.background import Background

SHUTDOWN_SECONDS = 5


def serve(
    app: FastAPI,
    background: Background,
    host: str,
    port: int,
    *,
    grace: int = SHUTDOWN_SECONDS,
    on_leave: Callable[[], None] = lambda: None,
) -> None:
    """Serve ``app`` on ``host:port`` (port 0: any free one) until SIGINT or SIGTERM; then ``on_leave`` is called, and
    requests have ``grace`` seconds to end.

    Raises BadConfig if the address cannot be had, and whatever ended ``background``.
    """
    server = server_of(app, grace)

    def leave(*_: object) -> None:
        on_leave()
        server.should_exit = True

    background.on_failure = leave
    with listen(host, port) as listener, _signals_call(leave):
        logger().info("service_started", url=f"http://{with_port(host, listener.getsockname()[1])}")
        server.run(sockets=[listener])
    if background.failure is not None:
        raise background.failure
    logger().info("service_stopped")


def server_of(app: FastAPI, grace: int = SHUTDOWN_SECONDS) -> uvicorn.Server:
    """The HTTP server of ``app``; it logs nothing of its own."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            ws="none",
            proxy_headers=False,  # an app trusts the proxies that it was told of, and no others
            timeout_graceful_shutdown=grace,
        )
    )


@contextmanager
def _signals_call(leave: Callable[..., None]) -> Iterator[None]:
    """uvicorn raises the signal that ended it once more when it is done, which is not a failure here."""
    ours = {number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, before in ours.items():
            signal.signal(number, before)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises BadConfig naming the address if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        dualstack = host == "::" and socket.has_dualstack_ipv6()  # every interface means those of IPv4 too
        return socket.create_server((host, port), family=family, dualstack_ipv6=dualstack)
    except OSError as error:
        raise BadConfig(
            f"Cannot listen on {with_port(host, port)} ({error.strerror}): stop what uses it, or name another port."
        ) from error
