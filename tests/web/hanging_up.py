"""An upload whose sender hangs up in the middle."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from flock.store.uploads import OFFSET_HEADER
from tests import patience


@dataclass(frozen=True)
class Announced:
    """A PUT to ``url`` of ``size`` bytes."""

    url: str
    params: Mapping[str, str | int]
    headers: Mapping[str, str]
    size: int

    def put(self, sent: bytes, offset: int) -> httpx.Response:
        """Send ``sent`` as what follows the first ``offset`` bytes."""
        headers = {**self.headers, **({OFFSET_HEADER: str(offset)} if offset else {})}
        return patience.put(self.url, params=dict(self.params), headers=headers, content=sent)

    def held(self) -> int | None:
        """How many bytes the service says it has; None if it has all, or says something else."""
        said = self.put(b"", self.size).headers.get(OFFSET_HEADER)
        return None if said is None else int(said)

    def hang_up_after(self, arrived: bytes, has_arrived: Callable[[], bool]) -> None:
        """Send ``arrived``, wait until it ``has_arrived``, close, and return once the service has noticed."""
        url = httpx.URL(self.url, params=dict(self.params))
        lines = [
            f"PUT {url.raw_path.decode()} HTTP/1.1",
            f"Host: {url.netloc.decode()}",
            f"Content-Length: {self.size}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        with socket.create_connection((url.host, url.port or 80)) as line:
            line.sendall("\r\n".join([*lines, "", ""]).encode() + arrived)
            patience.until(has_arrived)
        patience.until(lambda: self.held() == len(arrived))
