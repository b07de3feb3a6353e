"""The stock huggingface_hub against a hub on a real socket, over both kinds of database.

The client runs in processes of its own: with this environment's huggingface_hub, and with those of the Pythons that
HUB_CLIENTS names (paths, ``:`` between them), each with another version installed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from eth_account.signers.local import LocalAccount
from safetensors.numpy import save_file

from flock.hub.trees import REVISION_TAG
from flock.store.database import Database
from tests import patience
from tests.hub.conftest import Serve, Site

SCRIPT = Path(__file__).with_name("stock_client.py")
CLIENTS = [sys.executable, *filter(None, os.environ.get("HUB_CLIENTS", "").split(":"))]

Client = Callable[..., dict[str, Any]]
MEBIBYTE = 1 << 20


@pytest.fixture(params=CLIENTS, ids=lambda python: Path(python).parents[1].name)
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Client:
    """Runs a verb of ``stock_client.py``; ``said`` is what it wrote to its user."""

    def run(site: Site, key: str | None, verb: str, *arguments: object, xet: bool = False) -> dict[str, Any]:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PYTEST"))
        }
        environment |= {
            "HF_ENDPOINT": site.url,
            "HF_HOME": str(tmp_path / "hf-home"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        }
        environment |= {} if xet else {"HF_HUB_DISABLE_XET": "1"}
        environment |= {} if key is None else {"HF_TOKEN": key}
        if request.param != sys.executable:
            environment.pop("PYTHONPATH", None)
        ran = subprocess.run(
            [request.param, SCRIPT, verb, *map(str, arguments)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=patience.SECONDS,
        )
        assert ran.stdout, ran.stderr
        return {**json.loads(ran.stdout.splitlines()[-1]), "warned": ran.stderr}

    return run


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder as a trainer leaves it: weights, texts, and a pickle."""
    folder = tmp_path / "model"
    (folder / "checkpoint").mkdir(parents=True)
    weights = np.random.default_rng(7).normal(size=(300, 100)).astype(np.float32)
    save_file({"w": weights}, folder / "model.safetensors")
    save_file({"w": weights}, folder / "checkpoint" / "model.safetensors")  # the same bytes twice
    (folder / "config.json").write_text('{"hidden_size": 100}')
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# A model\n")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "checkpoint" / "vocab.txt").write_text("a\nb\n")
    (folder / "checkpoint" / "state.txt").write_text("x" * 5000)
    (folder / "training_args.bin").write_bytes(b"\x80\x02}.")
    return folder


KEPT = {
    "model.safetensors",
    "config.json",
    "README.md",
    "empty.txt",
    "checkpoint/vocab.txt",
    "checkpoint/state.txt",
    "checkpoint/model.safetensors",
}


def revision_by_hand(folder: Path) -> str:
    """As docs/hub.md says it."""
    lines = []
    for path in sorted(KEPT):
        data = (folder / path).read_bytes()
        lines.append(f"{sha256(data).hexdigest()} {len(data)} {path}\n".encode())
    return sha256(REVISION_TAG + b"".join(lines)).hexdigest()[:40]


def test_a_folder_goes_to_the_hub_and_comes_back_the_same_without_its_pickle(
    either_database: Database, serve: Serve, client: Client, wallet: LocalAccount, model: Path, tmp_path: Path
) -> None:
    site = serve(either_database)
    key = site.key_of(wallet)
    pushed = client(site, key, "push", model, "mnist")
    namespace = wallet.address.lower()
    assert pushed["repo"] == pushed["again"] == f"{namespace}/mnist"
    assert pushed["conflict"] == 409
    assert pushed["who"] == namespace
    assert set(pushed["files"]) == KEPT
    assert len(set(pushed["commits"])) == 3, "the same folder again is the same revision"
    assert pushed["commits"][-1] == revision_by_hand(model)

    pulled = client(site, key, "pull", pushed["repo"], tmp_path / "cache")
    assert pulled["sha"] == pulled["commit"] == pushed["commits"][-1]
    assert pulled["private"] is True
    assert {name: bytes.fromhex(data) for name, data in pulled["found"].items()} == {
        name: (model / name).read_bytes() for name in KEPT
    }
    assert pulled["sizes"] == {name: (model / name).stat().st_size for name in KEPT}
    assert pulled["large"] == {
        name: sha256((model / name).read_bytes()).hexdigest()
        for name in ("model.safetensors", "checkpoint/model.safetensors", "checkpoint/state.txt")
    }
    assert pulled["exists"] == [True, False]
    assert pulled["tree"] == ["README.md", "checkpoint", "config.json", "empty.txt", "model.safetensors"]


def test_what_is_in_the_cache_is_not_fetched_again_and_old_revisions_stay(
    site: Site, client: Client, wallet: LocalAccount, model: Path, tmp_path: Path
) -> None:
    key = site.key_of(wallet)
    pushed = client(site, key, "push", model, "mnist")
    repo, cache = pushed["repo"], tmp_path / "cache"
    first = client(site, key, "fetch", repo, "config.json", cache)
    old = client(site, key, "fetch", repo, "config.json", cache, pushed["commits"][0])
    site.wire.asked.clear()
    again = client(site, key, "fetch", repo, "config.json", cache)
    assert again["sha256"] == first["sha256"] == sha256((model / "config.json").read_bytes()).hexdigest()
    assert {asked.method for asked in site.wire.asked} == {"HEAD"}
    assert old == {**old, "sha256": sha256(b"{}").hexdigest(), "commit": pushed["commits"][0]}


@pytest.mark.parametrize("verb", ["fetch", "fetch_here"])
def test_a_download_that_is_cut_off_goes_on_where_it_was(
    database: Database, serve: Serve, client: Client, wallet: LocalAccount, tmp_path: Path, verb: str
) -> None:
    site = serve(database, file=24 * MEBIBYTE, account=64 * MEBIBYTE)
    folder = tmp_path / "large"
    folder.mkdir()
    save_file({"w": np.arange(5 * MEBIBYTE, dtype=np.float32)}, folder / "model.safetensors")
    key = site.key_of(wallet)
    repo = client(site, key, "push", folder, "mnist")["repo"]
    site.wire.asked.clear()
    site.wire.cut_after = 12 * MEBIBYTE  # clients write down 10 MiB at a time
    fetched = client(site, key, verb, repo, "model.safetensors", tmp_path / "cache")
    if "error" in fetched:  # 0.29 goes on only when it is called again
        fetched = client(site, key, verb, repo, "model.safetensors", tmp_path / "cache")
    assert fetched["sha256"] == sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    gets = [(asked.status, asked.range) for asked in site.wire.asked if asked.method == "GET"]
    assert gets == [(0, None), (206, f"bytes={10 * MEBIBYTE}-")]


def test_a_private_repository_is_no_strangers_until_it_is_released(
    site: Site, client: Client, wallet: LocalAccount, stranger: LocalAccount, model: Path, tmp_path: Path
) -> None:
    key, other = site.key_of(wallet), site.key_of(stranger)
    repo = client(site, key, "push", model, "mnist")["repo"]
    reads = [
        ["pull", repo, f"{tmp_path}/x"],
        ["fetch", repo, "config.json", f"{tmp_path}/x"],
        ["release", repo],
    ]
    for who, status in ((None, 401), (other, 404)):
        for refused in client(site, who, "several", json.dumps(reads))["answers"]:
            assert refused["error"] in (
                "RepositoryNotFoundError",
                "LocalEntryNotFoundError",
                "HfHubHTTPError",
            )
            assert refused["status"] in (status, None)
    assert client(site, key, "release", repo)["private"] is False
    assert client(site, None, "pull", repo, tmp_path / "y")["private"] is False
    assert client(site, other, "change", repo, "0" * 40)["status"] == 403


def test_a_revoked_key_opens_nothing(site: Site, client: Client, wallet: LocalAccount, model: Path) -> None:
    key = site.key_of(wallet)
    repo = client(site, key, "push", model, "mnist")["repo"]
    with site.session(wallet) as session:
        (known,) = session.get("/api-keys").json()
        assert session.delete(f"/api-keys/{known['id']}").status_code == 204
    calls = [["pull", repo, "/nowhere"], ["change", repo, "0" * 40], ["delete", repo]]
    for refused in client(site, key, "several", json.dumps(calls))["answers"]:
        assert refused["status"] == 401
        assert "Invalid credentials" in refused["said"]
        assert "POST /api-keys" in refused["said"]
        assert key not in refused["said"]


def test_a_commit_deletes_and_adds_and_says_what_it_leaves_out(
    site: Site, client: Client, wallet: LocalAccount, model: Path, tmp_path: Path
) -> None:
    key = site.key_of(wallet)
    pushed = client(site, key, "push", model, "mnist")
    repo, head = pushed["repo"], pushed["commits"][-1]
    changed = client(site, key, "change", repo, head)
    assert changed["url"].endswith(f"/{repo}/commit/{changed['commit']}")
    pulled = client(site, key, "pull", repo, tmp_path / "cache")
    assert pulled["found"].keys() == KEPT - {"config.json"} | {"notes/a.txt"}
    refused = client(site, key, "change", repo, head)
    assert refused["status"] == 412
    assert f"is at {changed['commit']} now" in refused["said"]


def test_what_nobody_has_read_can_be_deleted(
    site: Site, client: Client, wallet: LocalAccount, model: Path
) -> None:
    key = site.key_of(wallet)
    repo = client(site, key, "push", model, "mnist")["repo"]
    assert client(site, key, "delete", repo)["exists"] is False
    assert client(site, key, "push", model, "mnist")["repo"] == repo
    client(site, key, "release", repo)
    assert client(site, key, "delete", repo)["status"] == 403


def test_a_client_that_would_use_xet_is_told_how_not_to(
    site: Site, client: Client, wallet: LocalAccount, model: Path
) -> None:
    pushed = client(site, site.key_of(wallet), "push", model, "mnist", xet=True)
    assert "files" in pushed or "set-HF_HUB_DISABLE_XET=1-and-push-again" in pushed["said"]
