"""Every HTTP client is made here: what proxies and authorities it uses, and what to say if it cannot be made."""

import os
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import httpx

from flock.errors import BadConfig
from flock.store.responses import trust

NO_PROXY = "NO_PROXY"


def is_loopback(host: str) -> bool:
    """Whether ``host`` is certainly this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def http_client(url: str, **options: Any) -> httpx.Client:
    """A client for the service at ``url``; ``options`` are httpx's. Raises BadConfig, as all of these."""
    made: httpx.Client = _made(httpx.Client, url, options)
    return made


def async_http_client(url: str, **options: Any) -> httpx.AsyncClient:
    """The same for asyncio."""
    made: httpx.AsyncClient = _made(httpx.AsyncClient, url, options)
    return made


def proxy_variable(url: str) -> str | None:
    """The environment variable whose proxy requests to ``url`` go through; None if they go straight there.

    This machine is never asked through a proxy, whatever the environment says.
    """
    parts = urlsplit(url)
    proxies = getproxies_environment()
    if is_loopback(parts.hostname or "") or proxy_bypass(parts.hostname or ""):
        return None
    kind = next((kind for kind in (parts.scheme.lower(), "all") if proxies.get(kind)), None)
    return None if kind is None else _as_it_is_written(f"{kind}_proxy")


def straight_to_loopback() -> dict[str, str]:
    """What the environment of a program that others wrote needs, so that it asks this machine without a proxy."""
    listed = getproxies_environment().get("no", "")
    hosts = ",".join(filter(None, (listed, "localhost", "127.0.0.1", "::1")))
    return {NO_PROXY: hosts, NO_PROXY.lower(): hosts}


def _made(kind: Any, url: str, options: Mapping[str, Any]) -> Any:
    """The sentences name variables only: a proxy's address, as the URL's, may hold a password."""
    variable = proxy_variable(url)
    try:
        return kind(**{"verify": trust(), **options}, trust_env=variable is not None)
    except ImportError:
        raise BadConfig(
            f"{_socks_variable() or variable} names a SOCKS proxy, which needs one more package: "
            "`pip install 'httpx[socks]'`, or unset the variable."
        ) from None
    except (httpx.InvalidURL, ValueError):
        if variable is None:
            raise
        raise BadConfig(
            f"The proxy settings in the environment ({_all_variables()}) do not hold: write http://host:port or "
            "socks5://host:port, and names or addresses in NO_PROXY."
        ) from None


def _as_it_is_written(variable: str) -> str:
    return variable if os.environ.get(variable) else variable.upper()


def _socks_variable() -> str | None:
    proxies = getproxies_environment()
    found = next((kind for kind, value in proxies.items() if value.lower().startswith("socks")), None)
    return None if found is None else _as_it_is_written(f"{found}_proxy")


def _all_variables() -> str:
    return ", ".join(_as_it_is_written(f"{kind}_proxy") for kind in sorted(getproxies_environment()))
