"""What Prometheus reads at /metrics.

Requests are counted by the template of their route, never by their path, so that strangers cannot make
labels. What is slow to count is counted when it is asked for.
"""

import time
from collections.abc import Callable, Mapping
from http import HTTPMethod

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flock.errors import FlockError
from flock.log import logger

router = APIRouter(tags=["operation"])
UNKNOWN = "unknown"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)

Reading = Callable[[], float]


class Metrics:
    """Counters of one app; ``gauges`` are read at every scrape, by name and what they mean."""

    def __init__(self, gauges: Mapping[str, tuple[str, Reading]]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "flock_requests", "Requests answered", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "flock_request_seconds",
            "Seconds until a request was answered in full",
            ["method", "route"],
            registry=self._registry,
            buckets=SECONDS,
        )
        self._gauges = {
            name: (Gauge(name, meaning, registry=self._registry), read)
            for name, (meaning, read) in gauges.items()
        }

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answered request."""
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(method, route).observe(seconds)

    def exposition(self) -> bytes:
        """Everything as Prometheus reads it; a gauge that cannot be read now is not a number."""
        for gauge, read in self._gauges.values():
            try:
                gauge.set(read())
            except FlockError as error:
                logger().warning("gauge_unreadable", reason=str(error))
                gauge.set(float("nan"))
        return generate_latest(self._registry)


class Measure:
    """ASGI middleware that counts every request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            seconds = time.perf_counter() - start
            self._metrics.count(_method(scope), _route(scope), status, seconds)


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in HTTPMethod.__members__ else UNKNOWN


def _route(scope: Scope) -> str:
    """The template of the route that answered; set by the router on the way in."""
    return getattr(scope.get("route"), "path", UNKNOWN)


@router.get("/metrics", response_class=Response, summary="Metrics for Prometheus")
def metrics(request: Request) -> Response:
    """Requests by route, blob bytes, projector lag, open listeners and sessions, in Prometheus' text format."""
    found: Metrics = request.app.state.metrics
    return Response(found.exposition(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
