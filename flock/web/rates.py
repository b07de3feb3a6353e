"""How often one account, or one address that nobody has signed in from, may ask.

Counted in this process's memory: a restart forgets, and two services behind one proxy count apart.
"""

import ipaddress
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

from fastapi.concurrency import run_in_threadpool
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from flock.errors import FlockError
from flock.web.api_keys import PREFIX, ApiKeys
from flock.web.errors import TooManyRequests, answer_to
from flock.web.router import PathRules
from flock.web.sessions import Sessions

IPV6_SITE_BITS = 64


@dataclass(frozen=True)
class Rates:
    """A minute: requests in all, of them to sign in, and of them to create something."""

    requests: int = 12_000
    sign_ins: int = 30
    creations: int = 10


class RateLimits:
    """Rate limiting as ASGI middleware: too many requests are answered with 429."""

    def __init__(
        self, app: ASGIApp, sessions: Sessions, keys: ApiKeys, rates: Rates, rules: PathRules
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._keys = keys
        self._rules = rules
        self._requests = RateLimitItemPerMinute(rates.requests, namespace="requests")
        self._sign_ins = RateLimitItemPerMinute(rates.sign_ins, namespace="sign-ins")
        self._creations = RateLimitItemPerMinute(rates.creations, namespace="creations")
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            who = await self._who(request)
        except FlockError as problem:  # the handlers of the app are further inside
            await answer_to(request, problem)(scope, receive, send)
            return
        for item, counted in self._items(request, who):
            if not self._limiter.hit(item, counted):
                refusal = self._refusal(item, counted)
                await answer_to(request, refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _items(self, request: Request, who: str) -> Iterator[tuple[RateLimitItemPerMinute, str]]:
        """What the request counts for, and as whose: sessions make no more room to begin sessions."""
        path = request.url.path.rstrip("/")
        if path in self._rules.sign_ins:
            yield self._sign_ins, _address(request)
        if request.method == "POST" and path in self._rules.creations:
            yield self._creations, who
        yield self._requests, who

    def _refusal(self, item: RateLimitItemPerMinute, who: str) -> TooManyRequests:
        reset_at = self._limiter.get_window_stats(item, who).reset_time
        seconds = max(1, math.ceil(reset_at - time.time()))
        return TooManyRequests(
            f"{who} may send {item.amount} {item.namespace} a minute, and has: go on in {seconds} seconds.",
            seconds,
        )

    async def _who(self, request: Request) -> str:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        account = await run_in_threadpool(self._account, token) if scheme.lower() == "bearer" else None
        return account or _address(request)

    def _account(self, token: str) -> str | None:
        if token.startswith(PREFIX):
            return self._keys.find(token)
        session = self._sessions.find(token)
        return None if session is None else session.account


def _address(request: Request) -> str:
    return address_key(request.client.host if request.client else "")


def address_key(host: str) -> str:
    """What an address is counted under: itself, or the /64 that an IPv6 user owns whole."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, IPV6_SITE_BITS), strict=False))
    return str(address)
