"""The front on a real SuperLink: nodes with a known key get through it, and nobody gets anywhere else."""

import socket
import ssl
from collections.abc import Iterator

import httpx
import pytest

from flock.coordinator import front
from flock.coordinator.front import BODY_BYTES, FrontDoor
from flock.errors import BadConfig
from flock.training.certificates import make_certificate
from flock.training.flower.endpoint import coordinator_endpoint
from flock.training.flower.keys import NodeIdentity, compressed
from flock.training.supernode import WarmNode
from tests import patience
from tests.machines.conftest import Site, complaint_of, echo, running

PROTOBUF = {"content-type": "application/protobuf"}


@pytest.fixture
def http(site: Site) -> Iterator[httpx.Client]:
    trust = ssl.create_default_context(cafile=site.ca)
    with patience.client(base_url=site.endpoint.url, verify=trust) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/control/start-run"),
        ("POST", "/v1/control/list-nodes"),
        ("POST", "/v1/control/register-node"),
        ("POST", "/v1/runtime/acquire-task"),
        ("POST", "/v1/fleet/start-run"),
        ("POST", "/v1/fleet/../control/start-run"),
        ("POST", "/v1/fleet/%2e%2e%2fcontrol%2fstart-run"),
        ("POST", "/v1/fleet/get-fab/"),
        ("POST", "//v1/control/start-run"),
        ("GET", "/v1/fleet/pull-messages"),
        ("GET", "/openapi.json"),
        ("GET", "/health"),
        ("GET", "/"),
    ],
)
def test_all_but_fleet_calls_lead_nowhere(http: httpx.Client, method: str, path: str) -> None:
    answer = http.request(method, path, headers=PROTOBUF)
    assert (answer.status_code, answer.content) == (404, b"")


def test_a_node_whose_key_is_known_answers_through_tls(site: Site) -> None:
    identity = site.identity("known")
    with running(WarmNode(site.endpoint, identity, echo)) as node:
        assert node.connected.wait(patience.SECONDS)
        assert identity.node_id is not None
        assert site.ask(identity.node_id, "hello").content["said"] == {"text": "hello"}


def test_a_strangers_key_does_not_connect_and_is_sent_nothing(site: Site) -> None:
    stranger = WarmNode(site.endpoint, site.identity("stranger", is_admitted=False), echo)
    assert "does not know this node's key" in complaint_of(stranger)
    assert not stranger.connected.is_set()


def test_a_node_that_was_killed_is_let_in_again_under_its_id(site: Site) -> None:
    identity = site.identity("killed")
    with running(WarmNode(site.endpoint, identity, echo)) as node:
        assert node.connected.wait(patience.SECONDS)
        before = identity.node_id
        # The first one has said no goodbye when the second comes.
        with running(WarmNode(site.endpoint, NodeIdentity(site.folder / "killed"), echo)) as again:
            assert again.connected.wait(patience.SECONDS)
    assert identity.node_id == before


def test_a_key_that_was_struck_off_never_comes_back(site: Site) -> None:
    identity = site.identity("replaced")
    key = compressed(identity.keys[1])
    site.server.register.strike_off(key)
    assert not site.server.register.admit(key)
    assert "does not know this node's key" in complaint_of(WarmNode(site.endpoint, identity, echo))


def test_a_run_of_another_bundle_than_the_tasks_is_refused(site: Site) -> None:
    identity, wanted = site.identity("pinned"), "ab" * 32
    with running(WarmNode(site.endpoint, identity, echo, bundle=wanted)) as node:
        assert node.connected.wait(patience.SECONDS)
        assert identity.node_id is not None
        reply = site.ask(identity.node_id, "do this")
    assert reply.has_error()
    assert f"but the task names {wanted}" in reply.error.reason


def test_garbage_is_refused_and_the_fleet_goes_on(site: Site, http: httpx.Client) -> None:
    garbage = http.post("/v1/fleet/pull-messages", content=b"\xff\xff\xff", headers=PROTOBUF)
    assert garbage.status_code == 400
    unsigned = http.post("/v1/fleet/pull-messages", content=b"", headers=PROTOBUF)
    assert unsigned.status_code == 401
    not_protobuf = http.post("/v1/fleet/pull-messages", content=b"{}")
    assert not_protobuf.status_code == 415


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_that_is_too_long_is_cut_off(http: httpx.Client, is_chunked: bool) -> None:
    body = bytes(BODY_BYTES + 1)
    content = iter([body[:1000], body[1000:]]) if is_chunked else body
    assert http.post("/v1/fleet/push-object", content=content, headers=PROTOBUF).status_code == 413


def test_a_coordinator_whose_ca_is_another_is_not_trusted(site: Site) -> None:
    make_certificate(site.folder / "other", ["127.0.0.1"], 1)
    endpoint = coordinator_endpoint(site.endpoint.url, site.folder / "other" / "ca.pem")
    complaint = complaint_of(WarmNode(endpoint, site.identity("trusting"), echo))
    assert "shows a certificate that is not trusted here" in complaint
    assert "set coordinator_ca" in complaint


def test_a_certificate_for_another_host_is_not_trusted(site: Site) -> None:
    port = site.front.address.rpartition(":")[2]
    endpoint = coordinator_endpoint(f"https://localhost:{port}", site.ca)
    assert "certificate that is not trusted" in complaint_of(
        WarmNode(endpoint, site.identity("elsewhere"), echo)
    )


def test_plain_http_on_the_tls_port_gets_no_answer_and_does_no_harm(site: Site, http: httpx.Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        patience.post(f"http://{site.front.address}/v1/fleet/pull-messages")
    assert http.get("/").status_code == 404


def test_who_dawdles_over_a_request_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "HEADER_SECONDS", 0.2)
    host, port = site.front.address.split(":")
    trust = ssl.create_default_context(cafile=site.ca)
    with (
        socket.create_connection((host, int(port)), timeout=patience.SECONDS) as raw,
        trust.wrap_socket(raw, server_hostname=host) as dawdler,
    ):
        dawdler.sendall(b"POST /v1/fleet/pull-messages HTTP/1.1\r\nHost:")
        assert _is_cut_off(dawdler)


def test_one_machine_has_so_many_connections_and_no_more(
    site: Site, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "is_loopback", lambda _: False)
    monkeypatch.setattr(front, "CONNECTIONS_PER_HOST", 0)
    with pytest.raises(httpx.TransportError):
        http.get("/")
    monkeypatch.undo()
    assert http.get("/").status_code == 404


def test_a_door_to_other_machines_needs_a_certificate(site: Site) -> None:
    with pytest.raises(BadConfig, match="Nodes on other machines connect over TLS: set tls_certificate"):
        FrontDoor("0.0.0.0", 0).tls()  # noqa: S104
    with pytest.raises(BadConfig, match="set tls_certificate and tls_key"):
        FrontDoor("127.0.0.1", 0, certificate=site.ca).tls()
    with pytest.raises(BadConfig, match="are not a TLS certificate and its key"):
        FrontDoor("127.0.0.1", 0, site.ca, site.ca).tls()


def _is_cut_off(connection: ssl.SSLSocket) -> bool:
    try:
        return connection.recv(1) == b""
    except OSError as error:
        return not isinstance(error, TimeoutError)
