"""A service ends when it cannot go on, and says why."""

import contextlib
import socket
from pathlib import Path

import pytest

from flock.errors import BadConfig, WrongChain
from flock.web.app import build_app
from flock.web.background import Background
from flock.web.serve import listen, serve
from tests.conftest import fresh_database


class Fails:
    """A step that can never succeed."""

    name = "fails"

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __call__(self) -> bool:
        raise self._error


@pytest.mark.parametrize(
    "error", [WrongChain("The chain is another."), BadConfig("The database is another.")]
)
def test_a_service_whose_background_fails_for_good_ends_with_its_error(
    tmp_path: Path, error: Exception
) -> None:
    database = fresh_database(tmp_path / "flock.db")
    background = Background([Fails(error)], 60)
    with pytest.raises(type(error), match=str(error)):
        serve(build_app("failing", database, [], background), background, "127.0.0.1", 0)
    database.close()


def test_an_address_that_cannot_be_had_is_named() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadConfig, match=f"Cannot listen on 127.0.0.1:{port}"):
            listen("127.0.0.1", port)


def ways_to_every_interface() -> list[tuple[str, str]]:
    """What listens on every interface, and an address that reaches it: those of IPv6 where it is not switched off."""
    ways = [("0.0.0.0", "127.0.0.1")]  # noqa: S104 - closed again at once
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        ways += [("::", "127.0.0.1"), ("::", "::1")]
    return ways


@pytest.mark.parametrize(("host", "address"), ways_to_every_interface())
def test_every_interface_is_that_of_either_family(host: str, address: str) -> None:
    with listen(host, 0) as listener, socket.create_connection((address, listener.getsockname()[1])):
        pass
