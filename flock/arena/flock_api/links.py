"""Links that open one hidden set for an hour to whoever holds them: FLock.io's clients fetch sets without a key."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from typing import Literal

from flock.web.errors import Forbidden

LINK_SECONDS = 3600
SetName = Literal["a", "b"]


class Links:
    """Signed with a secret of this process: a restart ends them, and clients ask for another."""

    def __init__(self, url: str, now: Callable[[], float] = time.time) -> None:
        self._url = url.rstrip("/")
        self._now = now
        self._secret = secrets.token_bytes(32)

    def of(self, task: int, name: SetName) -> str:
        """The URL of a set of ``task``."""
        until = int(self._now()) + LINK_SECONDS
        signature = self._signature(task, name, until)
        return f"{self._url}/api/v1/sets/{task}/{name}?until={until}&signature={signature}"

    def require(self, task: int, name: SetName, until: int, signature: str) -> None:
        """Raises Forbidden for a link that is over, or was never given."""
        known = self._signature(task, name, until)
        if not hmac.compare_digest(known.encode(), signature.encode("utf-8", "backslashreplace")):
            raise Forbidden(
                "This link was not given out here, or before a restart: ask for the assignment again."
            )
        if until < self._now():
            raise Forbidden(f"This link is over after {LINK_SECONDS} seconds: ask for the assignment again.")

    def _signature(self, task: int, name: SetName, until: int) -> str:
        return hmac.new(self._secret, f"{task}/{name}/{until}".encode(), hashlib.sha256).hexdigest()
