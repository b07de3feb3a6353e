"""``flock alliance collect`` and ``migrate``, as an operator runs them beside a service."""

import json
import subprocess
from pathlib import Path

from flock.alliance.product import AllianceProduct
from flock.arena.product import ArenaProduct
from flock.store.blobs import DiskBlobs
from flock.tasks.product import projector_of
from flock.web.models import StoredBlob
from tests.alliance.conftest import ADMIN, Play
from tests.conftest import fresh_database


def run(command: list[str], *words: str) -> subprocess.CompletedProcess[str]:
    """``command`` of a service's start, turned into another of its commands."""
    at = command.index("start")
    options = command[at + 1 : command.index("--port")]
    return subprocess.run(
        [*command[:at], words[0], *options, *words[1:]], capture_output=True, text=True, check=False
    )


def test_garbage_is_seen_once_the_rows_know_the_chain(play: Play, command: list[str], tmp_path: Path) -> None:
    home = tmp_path / "alliance"
    home.mkdir()
    rows = fresh_database(home / "flock.db")
    cid = DiskBlobs(home / "blobs").put(b"a draft")
    with rows.writing() as session:
        session.add(StoredBlob(cid=cid, task=0, account=ADMIN.address, size=7))
    behind = run(command, "collect", "--dry-run")
    assert behind.returncode == 75
    assert "behind the chain" in behind.stderr
    contracts = play.alliance.contracts
    for product in (AllianceProduct(contracts, rows), ArenaProduct(contracts, rows, tmp_path / "private")):
        projector = projector_of(product, contracts, rows)
        while projector.advance():
            pass
    rows.close()
    seen = json.loads(run(command, "collect", "--dry-run", "--json").stdout)
    assert seen["removed"] == []
    assert [(waste["cid"], waste["size"]) for waste in seen["waiting"]] == [(cid, 7)]


def test_tables_are_taken_back_for_an_older_version(command: list[str]) -> None:
    at = command.index("start")
    home = command[command.index("--home") + 1]
    migrate = [*command[:at], "migrate", "--home", home]
    back = subprocess.run([*migrate, "--to", "0004_alliance"], capture_output=True, text=True, check=True)
    assert "is at revision 0004_alliance" in back.stdout
    forth = subprocess.run(migrate, capture_output=True, text=True, check=True)
    assert "is up to date" in forth.stdout
    said = json.loads(subprocess.run([*migrate, "--json"], capture_output=True, text=True, check=True).stdout)
    assert said["database"].endswith("flock.db")
    assert said["revision"] > "0004_alliance"
