"""Run an app until it is told to stop."""

import socket

import uvicorn
from fastapi import FastAPI

from flock.errors import BadConfig
from flock.log import logger
from flock.web.background import Background

SHUTDOWN_SECONDS = 5


def serve(app: FastAPI, background: Background, host: str, port: int) -> None:
    """Serve ``app`` on ``host:port`` (port 0: any free one) until SIGINT or SIGTERM.

    Raises BadConfig if the address cannot be had, and whatever ended ``background``.
    """
    listener = listen(host, port)
    server = server_of(app)

    def leave() -> None:
        server.should_exit = True

    background.on_failure = leave
    logger().info("service_started", url=f"http://{host}:{listener.getsockname()[1]}")
    with listener:
        server.run(sockets=[listener])
    if background.failure is not None:
        raise background.failure


def server_of(app: FastAPI) -> uvicorn.Server:
    """The HTTP server of ``app``; it logs nothing of its own."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            ws="none",
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises BadConfig naming the address if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise BadConfig(
            f"Cannot listen on {host}:{port} ({error.strerror}): stop what uses it, or name another port."
        ) from error
