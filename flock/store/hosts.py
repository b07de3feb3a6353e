"""Hosts and URLs: as people write them, as sockets take them, as messages may show them."""

import re
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether ``host`` is certainly this machine."""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def with_port(host: str, port: int) -> str:
    """``host:port``, as URLs have it: an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def without_brackets(host: str) -> str:
    """A host as sockets take it: an IPv6 address without the brackets that URLs put around it."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def with_scheme(url: str) -> str:
    """``url``, with the scheme that people leave out for their own machine."""
    if "://" not in url:
        with suppress(ValueError):
            if is_loopback(urlsplit(f"//{url}").hostname or ""):
                return f"http://{url}"
    return url


def is_web_address(url: str) -> bool:
    """Whether a web server could be there."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def place_of(url: str) -> str:
    """Scheme, host and port: what else is in a URL may be an API key or a password, and is never printed."""
    scheme, found, rest = url.partition("://")
    place = re.split(r"[/?#\\]", rest if found else url, maxsplit=1)[0].rpartition("@")[2]
    return f"{scheme}://{place}" if found else place


def without_secrets(text: str) -> str:
    """``text`` that another program wrote, with the place alone of each URL in it."""
    return re.sub(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>()]+", lambda found: place_of(found[0]), text)
