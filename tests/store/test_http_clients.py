"""Proxies are for other machines, and what is wrong with them is said without a password."""

import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from flock.chain.rpc import Rpc
from flock.errors import EXIT_MISCONFIGURED, BadConfig, RpcUnavailable
from flock.store.http_blobs import HttpBlobs
from flock.store.http_clients import http_client, proxy_variable, straight_to_loopback
from flock.training.flower.endpoint import Endpoint

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
DEAD = "http://user:hidden@127.0.0.1:9"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def without_socks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)


@pytest.fixture
def port() -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
@pytest.mark.parametrize("proxy", [DEAD, "socks5://127.0.0.1:9", "socks://127.0.0.1:9/", "nonsense://x"])
@pytest.mark.usefixtures("without_socks")
def test_this_machine_is_asked_straight(
    port: int, monkeypatch: pytest.MonkeyPatch, name: str, proxy: str
) -> None:
    monkeypatch.setenv(name, proxy)
    for host in ("127.0.0.1", "localhost"):
        with http_client(f"http://{host}:{port}") as http:
            assert http.get(f"http://{host}:{port}").status_code == 204


@pytest.mark.usefixtures("without_socks")
@pytest.mark.parametrize(
    ("name", "proxy"),
    [("HTTP_PROXY", DEAD), ("ALL_PROXY", "socks5://127.0.0.1:9"), ("ALL_PROXY", "socks://x/")],
)
def test_so_does_flowers_own_client(
    monkeypatch: pytest.MonkeyPatch, port: int, name: str, proxy: str
) -> None:
    from flwr.supercore.control.control_http_client import ControlHttpClient

    monkeypatch.setenv(name, proxy)
    client = Endpoint(f"127.0.0.1:{port}", plain=True).client(ControlHttpClient)
    assert client._client.get(f"http://127.0.0.1:{port}").status_code == 204
    client.close()


def test_so_do_programs_that_others_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", DEAD)
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    for name, value in straight_to_loopback().items():
        monkeypatch.setenv(name, value)
    with httpx.Client() as theirs:
        for host in ("localhost", "127.0.0.1", "[::1]", "intranet.example"):
            assert theirs._transport_for_url(httpx.URL(f"http://{host}:1")) is theirs._transport


@pytest.mark.usefixtures("without_socks")
@pytest.mark.parametrize(
    "made",
    [
        lambda: http_client("https://node.example/key-of-mine"),
        lambda: Rpc("https://node.example/key-of-mine"),
        lambda: HttpBlobs("https://node.example/key-of-mine"),
    ],
)
@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        (
            "socks5://user:hidden@127.0.0.1:1080",
            r"^ALL_PROXY names a SOCKS proxy.*pip install 'httpx\[socks\]'",
        ),
        (
            "socks://user:hidden@127.0.0.1:1080/",
            r"^ALL_PROXY in the environment names no proxy: write http://host:port",
        ),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, made: Callable[[], object], proxy: str, words: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(BadConfig, match=words) as told:
        made()
    assert "hidden" not in str(told.value)
    assert "key-of-mine" not in str(told.value)


@pytest.mark.usefixtures("without_socks")
@pytest.mark.parametrize("name", ["all_proxy", "ALL_PROXY"])
def test_only_the_proxy_that_is_asked_has_to_be_usable(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "127.0.0.1:9")
    monkeypatch.setenv(name, "socks5://127.0.0.1:1080")
    http_client("https://node.example").close()


@pytest.mark.usefixtures("without_socks")
@pytest.mark.parametrize(
    ("listed", "host"),
    [
        ("::1,fd00::/8,node.example", "node.example"),
        ("[::1], .example", "node.example"),
        ("*.example", "node.example"),
        ("node.example:443", "node.example"),
        ("127.0.0.1 fd00::/8", "[fd00::7]"),
        ("[fd00::7]", "[fd00::7]"),
        ("10.0.0.0/8", "10.1.2.3"),
        ("*", "node.example"),
    ],
)
def test_hosts_in_no_proxy_are_asked_straight(
    monkeypatch: pytest.MonkeyPatch, listed: str, host: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    monkeypatch.setenv("NO_PROXY", listed)
    http_client(f"https://{host}").close()


@pytest.mark.parametrize(
    "listed", ["::1,fd00::/8", "[::1]", "other.example", "xnode.example", "node.example:80", ""]
)
def test_no_proxy_may_list_whatever_it_likes_for_others(monkeypatch: pytest.MonkeyPatch, listed: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", DEAD)
    monkeypatch.setenv("NO_PROXY", listed)
    http_client("https://node.example").close()
    assert proxy_variable("https://node.example") == "HTTPS_PROXY"


@pytest.mark.parametrize(
    "url", ["http://[::1/key-of-mine", "ftp://x/key-of-mine", "service.example", "http://", "http://x:0"]
)
def test_what_is_no_address_of_a_service_is_refused_without_its_key(url: str) -> None:
    with pytest.raises(BadConfig, match="is no address of a service: write https://host") as told:
        HttpBlobs(url)
    assert "key-of-mine" not in str(told.value)


def test_a_variable_may_be_written_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("Https_Proxy", "127.0.0.1:9")
    http_client("https://node.example").close()
    assert proxy_variable("https://node.example") == "HTTPS_PROXY"


def test_what_failed_through_a_proxy_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", DEAD)
    monkeypatch.setattr("flock.chain.rpc.FIRST_PAUSE_SECONDS", 0.0)
    assert proxy_variable("http://node.example") == "HTTP_PROXY"
    rpc = Rpc("http://node.example/key-of-mine")
    with pytest.raises(RpcUnavailable, match=r"cannot be reached through the proxy in HTTP_PROXY") as told:
        rpc.request("eth_chainId")
    assert "hidden" not in str(told.value)
    rpc.close()


@pytest.mark.parametrize("address", ["127.0.0.1:8545", "localhost:8545", "[::1]:8545"])
def test_an_address_on_this_machine_needs_no_scheme(address: str) -> None:
    rpc = Rpc(address)
    assert rpc.place == f"http://{address}"
    rpc.close()


@pytest.mark.parametrize(
    "address",
    ["node.example/key-of-mine", "ftp://node.example/key-of-mine", "https:///key-of-mine", "", "http://[::1"],
)
def test_what_is_no_address_is_one_sentence_without_the_key(address: str) -> None:
    with pytest.raises(RpcUnavailable, match=r"is no RPC address: give one with its scheme") as told:
        Rpc(address)
    assert told.value.exit_code == EXIT_MISCONFIGURED
    assert "key-of-mine" not in str(told.value)
