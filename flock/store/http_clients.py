"""Every HTTP client is made here: what proxies and authorities it uses, and what to say if it cannot be made."""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

import httpx

from flock.errors import BadConfig
from flock.store.hosts import is_loopback, is_web_address, place_of, with_port, without_brackets
from flock.store.responses import trust

NO_PROXY = "NO_PROXY"


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
    kind = _kind_of_proxy(url)
    return None if kind is None else _as_it_is_written(f"{kind}_proxy")


def through_proxy(url: str) -> str:
    """What a sentence about ``url`` says of the proxy on the way there; empty if there is none."""
    variable = proxy_variable(url)
    return f" through the proxy in {variable}" if variable else ""


def straight_to_loopback() -> dict[str, str]:
    """What the environment of a program that others wrote needs, so that it asks this machine without a proxy."""
    listed = getproxies_environment().get("no", "")
    hosts = ",".join(filter(None, (listed, "localhost", "127.0.0.1", "::1")))
    return {NO_PROXY: hosts, NO_PROXY.lower(): hosts}


def _made(kind: Any, url: str, options: Mapping[str, Any]) -> Any:
    """The sentences name variables only: a proxy's address, as the URL's, may hold a password.

    httpx is not left to read the environment: it stumbles over networks and brackets in NO_PROXY, and over a proxy
    that this URL has no need of.
    """
    if not is_web_address(url):
        raise BadConfig(
            f"{place_of(url)!r} is no address of a service: write https://host or http://host:port."
        )
    variable = proxy_variable(url)
    proxy = _proxy_of(url)
    try:
        return kind(**{"verify": trust(), **options}, proxy=proxy, trust_env=False)
    except ImportError:
        raise BadConfig(
            f"{variable} names a SOCKS proxy, which needs one more package: "
            "`pip install 'httpx[socks]'`, or unset the variable."
        ) from None
    except (httpx.InvalidURL, ValueError):
        if variable is None:
            raise
        raise BadConfig(
            f"{variable} in the environment names no proxy: write http://host:port or socks5://host:port, or unset "
            "the variable."
        ) from None


def _kind_of_proxy(url: str) -> str | None:
    """The key of ``getproxies_environment`` whose proxy ``url`` is asked through."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or _is_exempt(host, parts.port or (443 if parts.scheme == "https" else 80)):
        return None
    proxies = getproxies_environment()
    return next((kind for kind in (parts.scheme, "all") if proxies.get(kind)), None)


def _proxy_of(url: str) -> str | None:
    kind = _kind_of_proxy(url)
    if kind is None:
        return None
    proxy = getproxies_environment()[kind]
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_exempt(host: str, port: int) -> bool:
    """Whether NO_PROXY lists the host: by its name or a domain, with its port or without, or by a network."""
    listed = getproxies_environment().get("no", "").lower()
    return any(_covers(entry, host, port) for entry in re.split(r"[,\s]+", listed) if entry)


def _covers(entry: str, host: str, port: int) -> bool:
    name = entry.removeprefix("*").lstrip(".")
    if not name:  # an asterisk alone
        return True
    if any(each == name or each.endswith(f".{name}") for each in (host, with_port(host, port))):
        return True
    try:
        return ip_address(host) in ip_network(without_brackets(name), strict=False)
    except ValueError:
        return False


def _as_it_is_written(variable: str) -> str:
    return variable if os.environ.get(variable) else variable.upper()
