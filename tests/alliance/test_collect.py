"""``flock alliance collect`` and ``migrate``, as an operator runs them beside a service."""

import json
from pathlib import Path

from click.testing import Result

from flock.alliance.product import AllianceProduct
from flock.arena.product import ArenaProduct
from flock.marketplace.product import MarketProduct
from flock.store.blobs import DiskBlobs
from flock.tasks.product import projector_of
from flock.web.models import StoredBlob
from tests.alliance.conftest import ADMIN, Play, ran
from tests.conftest import fresh_database


def beside(words: list[str], name: str, *more: str) -> Result:
    """How another of the service's commands ended, with the options of its start."""
    options = words[words.index("start") + 1 : words.index("--port")]
    return ran(["alliance", name, *options, *more])


def test_garbage_is_seen_once_the_rows_know_the_chain(play: Play, words: list[str], tmp_path: Path) -> None:
    home = tmp_path / "alliance"
    home.mkdir()
    rows = fresh_database(home / "flock.db")
    cid = DiskBlobs(home / "blobs").put(b"a draft")
    with rows.writing() as session:
        session.add(StoredBlob(cid=cid, task=0, account=ADMIN.address, size=7))
    behind = beside(words, "collect", "--dry-run")
    assert behind.exit_code == 75
    assert "behind the chain" in behind.stderr
    contracts = play.alliance.contracts
    products = (
        AllianceProduct(contracts, rows),
        ArenaProduct(contracts, rows, tmp_path / "private"),
        MarketProduct(contracts, rows, home / "blobs"),
    )
    for product in products:
        projector = projector_of(product, contracts, rows)
        while projector.advance():
            pass
    rows.close()
    seen = json.loads(beside(words, "collect", "--dry-run", "--json").stdout)
    assert seen["removed"] == []
    assert [(waste["cid"], waste["size"]) for waste in seen["waiting"]] == [(cid, 7)]


def test_tables_are_taken_back_for_an_older_version(words: list[str]) -> None:
    migrate = ["alliance", "migrate", "--home", words[words.index("--home") + 1]]
    assert "is at revision 0004_alliance" in ran([*migrate, "--to", "0004_alliance"]).stdout
    assert "is up to date" in ran(migrate).stdout
    said = json.loads(ran([*migrate, "--json"]).stdout)
    assert said["database"].endswith("flock.db")
    assert said["revision"] > "0004_alliance"
