"""Address and TLS trust of one of Flower's services."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flwr.supercore.protobuf.client import ProtobufClient

from flock.errors import BadConfig
from flock.store.hosts import is_loopback, place_of, with_port
from flock.store.http_clients import http_client

Client = TypeVar("Client", bound=ProtobufClient)


@dataclass(frozen=True)
class Endpoint:
    """``address`` is host:port. Plain HTTP, or TLS checked against ``ca`` (PEM; the system's CAs if None)."""

    address: str
    plain: bool = False
    ca: bytes | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """With scheme, without a path."""
        return f"{'http' if self.plain else 'https'}://{self.address}"

    def client(self, kind: type[Client], *interceptors: Any) -> Client:
        """One of Flower's wire clients for this endpoint. To be closed."""
        ours: Any = type(kind.__name__, (_OwnConnections, kind), {})
        made: Client = ours.from_server_address(self.address, self.plain, self.ca, list(interceptors))
        return made


class _OwnConnections(ProtobufClient):
    """Flower's own would ask this machine through a proxy that is meant for others, or fail for want of SOCKS."""

    def __init__(
        self,
        base_url: str,
        *,
        interceptors: Sequence[Any] = (),
        verify: ssl.SSLContext | bool | str = True,
        timeout: float = 30.0,
        retry_invoker: Any = None,
    ) -> None:
        self._base_url = base_url
        self._interceptors = tuple(interceptors)
        self._retry_invoker = retry_invoker
        trust = {"verify": verify} if isinstance(verify, ssl.SSLContext) else {}
        self._client = http_client(base_url, timeout=timeout, follow_redirects=True, **trust)


def coordinator_endpoint(coordinator: str, ca: Path | None) -> Endpoint:
    """What a node's settings ``coordinator`` and ``coordinator_ca`` say.

    Raises BadConfig for what is not an address, plain HTTP to another machine, or a file with no certificate.
    """
    url = coordinator if "://" in coordinator else f"http://{coordinator}"
    scheme, host, port = _parts(url, coordinator)
    address = with_port(host, port)
    if scheme == "https":
        return Endpoint(address, ca=None if ca is None else read_ca(ca))
    if not is_loopback(host):
        raise BadConfig(
            f"coordinator = {place_of(coordinator)!r}: plain HTTP is for a coordinator on this machine only; "
            f"write https://{address}, and set coordinator_ca if its certificate is its own."
        )
    if ca is not None:
        raise BadConfig(
            f"coordinator_ca is set, but {place_of(coordinator)} is plain HTTP; write https://{address}."
        )
    return Endpoint(address, plain=True)


def read_ca(path: Path) -> bytes:
    """The PEM certificates in ``path``. Raises BadConfig if there are none."""
    try:
        pem = path.read_bytes()
        SSLContext(PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem.decode("ascii"))
    except (OSError, ValueError) as error:
        raise BadConfig(
            f"coordinator_ca = {str(path)!r} holds no PEM certificate ({error}); "
            f"get the coordinator's CA certificate from its operator."
        ) from None
    return pem


def _parts(url: str, given: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        if (
            parts.scheme in ("http", "https")
            and parts.hostname
            and parts.port
            and parts.path in ("", "/")
            and not parts.query
        ):
            return parts.scheme, parts.hostname, parts.port
    except ValueError:
        pass
    raise BadConfig(
        f"coordinator = {place_of(given)!r} is not an address of a coordinator; "
        'write https://host:port, or "" for none.'
    )
