"""What an operator may get wrong about addresses, certificates, keys and bundles, and what it is told."""

import json
import ssl
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner

from flock.cli.coordinator import app
from flock.cli.task_files import TaskFiles
from flock.coordinator.context import CoordinatorContext
from flock.errors import BadConfig
from flock.programs.flower_link import Link
from flock.programs.settings import CoordinatorSettings, NodeSettings, load
from flock.programs.task_config import pinned_bundle, task_bundle
from flock.training.arrays import encode_model
from flock.training.certificates import AUTHORITY, AUTHORITY_KEY, CERTIFICATE, KEY, make_certificate
from flock.training.flower.bundles import bundle_hash, stub_bundle
from flock.training.flower.endpoint import Endpoint, coordinator_endpoint
from flock.training.flower.keys import NodeIdentity, compressed, kept_node_keys


@pytest.mark.parametrize(
    ("coordinator", "address"),
    [
        ("127.0.0.1:9092", "127.0.0.1:9092"),
        ("localhost:9092", "localhost:9092"),
        ("http://[::1]:9092", "[::1]:9092"),
    ],
)
def test_a_coordinator_on_this_machine_needs_no_tls(coordinator: str, address: str) -> None:
    assert coordinator_endpoint(coordinator, None) == Endpoint(address, plain=True)


def test_a_coordinator_elsewhere_is_spoken_to_over_tls(tmp_path: Path) -> None:
    assert coordinator_endpoint("https://flock.example:443", None) == Endpoint("flock.example:443")
    make_certificate(tmp_path, ["flock.example"], 1)
    endpoint = coordinator_endpoint("https://flock.example:9443/", tmp_path / AUTHORITY)
    assert endpoint.ca == (tmp_path / AUTHORITY).read_bytes()
    assert endpoint.url == "https://flock.example:9443"


@pytest.mark.parametrize(
    ("coordinator", "why"),
    [
        ("flock.example:9092", "plain HTTP is for a coordinator on this machine only"),
        ("http://10.0.0.5:9092", "write https://10.0.0.5:9092"),
        ("https://flock.example", "is not an address of a coordinator"),
        ("https://flock.example:443/v1/fleet", "is not an address of a coordinator"),
        ("https://flock.example:99999", "is not an address of a coordinator"),
        ("ftp://flock.example:21", "is not an address of a coordinator"),
        ("nonsense", "is not an address of a coordinator"),
    ],
)
def test_what_is_no_address_of_a_coordinator_is_said_to_be_none(coordinator: str, why: str) -> None:
    with pytest.raises(BadConfig, match=why):
        coordinator_endpoint(coordinator, None)


def test_a_ca_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nnonsense\n")
    for path in (tmp_path / "ca.pem", tmp_path / "absent.pem"):
        with pytest.raises(BadConfig, match=r"holds no PEM certificate .* from its operator"):
            coordinator_endpoint("https://flock.example:443", path)
    with pytest.raises(BadConfig, match="is plain HTTP"):
        coordinator_endpoint("127.0.0.1:9092", tmp_path / "ca.pem")


def test_a_nodes_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    first, second = NodeIdentity(tmp_path / "flower"), NodeIdentity(tmp_path / "flower")
    assert compressed(first.keys[1]) == compressed(second.keys[1])
    assert (tmp_path / "flower" / "node.pem").stat().st_mode & 0o777 == 0o600
    assert second.node_id is None
    first.remember(7)
    assert second.node_id == 7


def p384() -> bytes:
    key = generate_private_key(SECP384R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


@pytest.mark.parametrize("content", [lambda: b"nonsense", p384])
def test_a_file_that_is_no_nodes_key_is_refused_with_the_way_out(
    tmp_path: Path, content: Callable[[], bytes]
) -> None:
    (tmp_path / "node.pem").write_bytes(content())
    with pytest.raises(BadConfig, match=r"holds no P-256 key .* remove it, and a new one is made"):
        kept_node_keys(tmp_path / "node.pem")


def test_a_certificate_is_renewed_under_the_same_authority(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    arguments = ["certificate", "--host", "flock.example", "--host", "10.0.0.5", "--folder", str(folder)]
    first = CliRunner().invoke(app, arguments)
    assert first.exit_code == 0
    assert f'tls_certificate = "{folder / CERTIFICATE}"' in first.stdout
    authority, certificate = (folder / AUTHORITY).read_bytes(), (folder / CERTIFICATE).read_bytes()
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert (folder / AUTHORITY).read_bytes() == authority
    assert (folder / CERTIFICATE).read_bytes() != certificate
    for secret in (AUTHORITY_KEY, KEY):
        assert (folder / secret).stat().st_mode & 0o777 == 0o600
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(folder / CERTIFICATE, folder / KEY)


def test_an_authority_without_its_key_makes_no_certificate(tmp_path: Path) -> None:
    make_certificate(tmp_path / "one", ["a.example"], 1)
    make_certificate(tmp_path / "two", ["a.example"], 1)
    (tmp_path / "one" / AUTHORITY_KEY).write_bytes((tmp_path / "two" / AUTHORITY_KEY).read_bytes())
    with pytest.raises(BadConfig, match="are not a certificate authority and its key"):
        make_certificate(tmp_path / "one", ["a.example"], 1)
    (tmp_path / "two" / AUTHORITY_KEY).unlink()
    with pytest.raises(BadConfig, match="are not a certificate authority and its key"):
        make_certificate(tmp_path / "two", ["a.example"], 1)


def test_a_host_that_is_none_gets_no_certificate(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="is neither a host name nor an IP address"):
        make_certificate(tmp_path, ["flöck"], 1)


def test_metadata_pin_a_bundle_by_its_hash() -> None:
    wanted = bundle_hash(b"bundle")
    assert pinned_bundle(f'{{"fab": "{wanted}"}}'.encode(), "It") == wanted
    assert pinned_bundle(b"{}", "It") is None
    for malformed in (b'{"fab": 7}', b'{"fab": "AB"}', b'{"fab": "../../x"}'):
        with pytest.raises(BadConfig, match="It: fab: write the SHA-256"):
            pinned_bundle(malformed, "It")
    with pytest.raises(BadConfig, match="It is not JSON"):
        pinned_bundle(b"\xff", "It")


def test_a_creator_pins_the_bundle_in_the_metadata(tmp_path: Path) -> None:
    model, metadata, fab = tmp_path / "model", tmp_path / "metadata.json", tmp_path / "app.fab"
    model.write_bytes(encode_model({"w": np.zeros(2, np.float32)}))
    metadata.write_text('{"title": "Wine", "train": {"lr": 0.1}}')
    fab.write_bytes(b"bundle")
    document = TaskFiles(model, metadata, fab).read_metadata()
    assert document == {"title": "Wine", "train": {"lr": 0.1}, "fab": bundle_hash(b"bundle")}
    metadata.write_text(json.dumps(document))
    assert TaskFiles(model, metadata, fab).read_metadata() == document
    fab.write_bytes(b"another")
    with pytest.raises(BadConfig, match=r"names bundle .* leave one of them out"):
        TaskFiles(model, metadata, fab).read_metadata()


def bundle_for(metadata: bytes, fab: Path | None) -> bytes | None:
    """What a coordinator of a task with this metadata serves when its setting is ``fab``."""
    tasks = SimpleNamespace(task_of=lambda _: SimpleNamespace(metadata=bytes(32)))
    blobs = SimpleNamespace(get=lambda *_: metadata)
    context: Any = SimpleNamespace(contracts=SimpleNamespace(task_manager=tasks), task=1, blobs=blobs)
    settings = load(CoordinatorSettings, task=1, key="keeper", fab=fab)
    return task_bundle(settings, cast(CoordinatorContext, context))


def test_a_coordinator_serves_the_tasks_own_bundle_and_no_other(tmp_path: Path) -> None:
    fab = tmp_path / "app.fab"
    fab.write_bytes(stub_bundle())
    pinned = f'{{"fab": "{bundle_hash(stub_bundle())}"}}'.encode()
    assert bundle_for(pinned, fab) == stub_bundle()
    assert bundle_for(b"{}", None) is None
    with pytest.raises(BadConfig, match=r"get it from the task's creator, and set `fab`"):
        bundle_for(pinned, None)
    with pytest.raises(
        BadConfig, match=r"but task 1 names none; set `fab` to the task's own, or leave it out"
    ):
        bundle_for(b"{}", fab)
    fab.write_bytes(b"another")
    with pytest.raises(BadConfig, match=rf"is bundle {bundle_hash(b'another')}, but task 1 names"):
        bundle_for(pinned, fab)
    with pytest.raises(BadConfig, match="cannot be read"):
        bundle_for(pinned, tmp_path / "absent.fab")


def test_a_node_beside_a_supernode_keeps_no_line_of_its_own() -> None:
    settings = load(NodeSettings, task=1, key="hospital", app="a:b", supernode=True)
    with pytest.raises(BadConfig, match=r"uses this node's key; set coordinator = \"\""):
        Link(settings)
