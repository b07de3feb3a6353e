"""One service of two products: each has its rows, endpoints and say; they share chain, database, blobs and doors."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from flock.alliance.product import AllianceProduct
from flock.errors import BadConfig, Refused
from flock.protocol.core.cid import cid_of
from flock.service.app import Operation, Service, build, collector_of
from flock.service.progress import RowsPosition, progress_of
from flock.store.database import Database
from flock.store.http_blobs import HttpBlobs
from flock.store.uploads import Uploader
from flock.tasks.garbage import Retention
from flock.tasks.product import Product
from flock.web.uploads import Limits
from tests import patience
from tests.alliance.catalogue import Catalogue, Entry
from tests.alliance.conftest import ADMIN, MODEL, NEVER, Play, get
from tests.web.conftest import serve_in_thread

LIBRARIAN = Account.from_key(b"\x77" * 32)


@pytest.fixture
def rows(either_database: Database) -> Database:
    return either_database


@pytest.fixture
def products(play: Play, rows: Database) -> list[Product]:
    contracts = play.alliance.contracts
    return [AllianceProduct(contracts, rows), Catalogue(contracts, rows, LIBRARIAN.address)]


@dataclass(frozen=True)
class Served:
    """The service, on a socket; its rows learn of the chain when the test says so."""

    url: str
    service: Service

    def catch_up(self) -> None:
        for projector in self.service.projectors:
            while projector.advance():
                pass

    def get(self, path: str) -> Any:
        return get(self.url + path)

    def status(self, path: str) -> int:
        return patience.get(self.url + path).status_code


@pytest.fixture
def served(play: Play, products: list[Product], rows: Database, tmp_path: Path) -> Iterator[Served]:
    operation = Operation(Limits(blob=1 << 20, spare=0), poll_seconds=NEVER)
    made = build(products, play.alliance.contracts, rows, tmp_path / "blobs", operation)
    with serve_in_thread(made.app) as url:
        running = Served(url, made)
        running.catch_up()
        yield running


def test_both_answer_from_rows_of_their_own(play: Play, served: Served) -> None:
    assert served.get("/catalogue") == {str(play.task): ADMIN.address}
    assert served.get(f"/tasks/{play.task}")["members"] == len(play.members)
    assert served.get("/openapi.json")["info"]["title"] == "flock Alliance and Catalogue"


def test_both_recover_from_a_reorganisation(play: Play, served: Served) -> None:
    client = play.alliance.client
    before = served.get("/tasks"), served.get("/catalogue")
    fork = client.rpc.request("evm_snapshot")
    undone = play.alliance.create_task()
    play.play()
    served.catch_up()
    assert str(undone) in served.get("/catalogue")
    assert served.get(f"/tasks/{play.task}")["decided"] == 1
    client.rpc.request("evm_revert", fork)
    play.alliance.mine(40)
    served.catch_up()
    assert (served.get("/tasks"), served.get("/catalogue")) == before
    assert served.status(f"/tasks/{undone}") == 404
    again = play.alliance.create_task()
    served.catch_up()
    assert served.get(f"/tasks/{again}")["creator"] == served.get("/catalogue")[str(again)] == ADMIN.address


def test_together_they_are_as_far_as_the_slowest_of_them(
    play: Play, products: list[Product], rows: Database
) -> None:
    progress = progress_of(products, play.alliance.contracts, rows)
    before = progress.replay()
    assert progress.now() == RowsPosition(head=before, projected=before)
    play.alliance.mine(5)
    while progress.projectors[0].advance():
        pass
    assert progress.projectors[0].projected() == before + 5
    assert (progress.now(), progress.now().lag) == (RowsPosition(head=before + 5, projected=before), 5)


def test_whoever_one_of_them_knows_may_upload(play: Play, served: Served) -> None:
    domain = play.alliance.contracts.deployment_domain
    member, stranger = play.members[0], Account.create()
    for key in (member, LIBRARIAN):
        with HttpBlobs(served.url, Uploader(domain, play.task, key.address, key)) as blobs:
            blobs.put(key.address.encode())
    with (
        HttpBlobs(served.url, Uploader(domain, play.task, stranger.address, stranger)) as blobs,
        pytest.raises(Refused, match=f"neither a member nor the creator of task {play.task}: join it"),
    ):
        blobs.put(b"spam")


def test_what_either_needs_is_kept(
    play: Play, served: Served, products: list[Product], rows: Database, tmp_path: Path
) -> None:
    contracts, blobs = play.alliance.contracts, tmp_path / "blobs"
    with HttpBlobs(
        served.url, Uploader(contracts.deployment_domain, play.task, LIBRARIAN.address, LIBRARIAN)
    ) as shared:
        model, cover, waste = (shared.put(data) for data in (b"initial model", b"cover", b"waste"))
    assert model == cid_of(MODEL)
    with rows.writing() as session:
        session.get_one(Entry, play.task).cover = cover
    progress = progress_of(products, contracts, rows)
    collected = collector_of(products, rows, blobs, Retention(grace=0), progress).collect()
    assert [gone.cid for gone in collected.removed] == [waste]
    assert [served.status(f"/blobs/{cid}") for cid in (model, cover, waste)] == [200, 200, 404]


def test_replaying_makes_the_rows_of_both_anew(
    play: Play, served: Served, products: list[Product], rows: Database
) -> None:
    before = served.get("/tasks"), served.get("/catalogue")
    block = progress_of(products, play.alliance.contracts, rows).replay()
    assert block == play.alliance.client.block_number()
    assert (served.get("/tasks"), served.get("/catalogue")) == before


def test_another_deployments_products_are_not_served_from_these_rows(
    play: Play, served: Served, rows: Database, tmp_path: Path
) -> None:
    elsewhere = play.alliance.elsewhere()
    with pytest.raises(BadConfig, match="rows of another deployment"):
        build([AllianceProduct(elsewhere, rows)], elsewhere, rows, tmp_path / "blobs")
