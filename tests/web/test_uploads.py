"""What comes in is written down first: it counts at once, and nothing collects or forgets it half-way."""

import asyncio
import errno
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import pytest
from eth_account import Account
from fastapi import FastAPI
from sqlalchemy import select

from flock.errors import BadBlob, BlobUnavailable, ServiceUnavailable
from flock.protocol.core.cid import cid_of, digest_of
from flock.protocol.core.commitments import Domain
from flock.store.blobs import BlobBackend, DiskBlobs, Incoming
from flock.store.database import Database
from flock.store.fsspec_blobs import FsspecBlobs, open_backend
from flock.store.http_blobs import HttpBlobs
from flock.store.uploads import BlobUpload, Uploader
from flock.tasks.garbage import Collector, Retention
from flock.web import blobs as blob_endpoints
from flock.web.app import build_app
from flock.web.background import Background
from flock.web.errors import DiskFull, Forbidden, TooSlow
from flock.web.models import DRAFT, StoredBlob
from flock.web.uploads import Limits, Uploads
from tests import patience

MEMBER = Account.from_key(bytes([1]) * 32)
OTHER = "0x000000000000000000000000000000000000dEaD"
DOMAIN = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
TASK = 7
Meanwhile = Callable[[], object] | None
LIMITS = Limits(blob=100, quota=100, spare=0, drafts=50, all_drafts=80)


class OneMember:
    domain = DOMAIN

    def require_belongs(self, task: int, account: str) -> None:
        if account != MEMBER.address:
            raise Forbidden(f"{account} is neither a member nor the creator of task {task}: join it first.")

    def acts_for(self, account: str, signer: str) -> bool:
        return signer == account


@pytest.fixture(params=["disk", "memory"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlobBackend]:
    yield open_backend(tmp_path / "blobs" if request.param == "disk" else f"memory://{uuid4().hex}")
    fsspec.filesystem("memory").store.clear()


class Door:
    """Uploads by the member, each in an event loop of its own."""

    def __init__(self, database: Database, backend: BlobBackend) -> None:
        self.database = database
        self.backend = backend
        self.uploads = Uploads(database, backend, OneMember(), LIMITS)

    def bring(
        self,
        data: bytes,
        *,
        sent: bytes | None = None,
        size: int | None = None,
        task: int = TASK,
        account: str = MEMBER.address,
        meanwhile: Meanwhile = None,
    ) -> bool:
        """Upload ``data``, said to have ``size`` bytes.

        ``sent`` is what really arrives, and ``meanwhile`` runs before the last piece.
        """

        async def body() -> AsyncIterator[bytes]:
            yield (data if sent is None else sent)[:1]
            if meanwhile is not None:
                await asyncio.to_thread(meanwhile)
            yield (data if sent is None else sent)[1:]

        digest, size = digest_of(data), len(data) if size is None else size
        if task == DRAFT:
            return asyncio.run(self.uploads.receive_draft(digest, account, size, body()))
        upload = BlobUpload(digest, task, account, size, 2**40)
        signature = "0x" + MEMBER.sign_message(upload.typed_data(DOMAIN)).signature.hex()
        return asyncio.run(self.uploads.receive(upload, signature, body()))

    def bring_and_stop(self, data: bytes) -> None:
        """Send the first byte, and then nothing, with the line open, to a service that waits 0.05 s."""

        async def body() -> AsyncIterator[bytes]:
            yield data[:1]
            await asyncio.Event().wait()

        limits = replace(LIMITS, idle_seconds=0.05)
        uploads = Uploads(self.database, self.backend, OneMember(), limits)
        asyncio.run(uploads.receive_draft(digest_of(data), MEMBER.address, len(data), body()))

    def rows(self) -> dict[str, int]:
        """Task by CID."""
        with self.database.reading() as session:
            return {row.cid: row.task for row in session.scalars(select(StoredBlob))}


@pytest.fixture
def door(either_database: Database, tmp_path: Path) -> Door:
    return Door(either_database, DiskBlobs(tmp_path / "blobs"))


@pytest.fixture
def any_door(database: Database, backend: BlobBackend) -> Door:
    return Door(database, backend)


def cid(data: bytes) -> str:
    return cid_of(digest_of(data))


class TestRows:
    def test_a_blob_is_stored_once(self, any_door: Door) -> None:
        assert [any_door.bring(b"model"), any_door.bring(b"model")] == [True, False]
        assert any_door.rows() == {cid(b"model"): TASK}
        assert any_door.backend.has(cid(b"model"))

    def test_uploads_side_by_side_cannot_pass_the_quota(self, door: Door) -> None:
        def another() -> None:
            with pytest.raises(
                Forbidden, match="60 bytes for task 7, and 41 more would pass its quota of 100"
            ):
                door.bring(bytes(41))

        assert door.bring(b"x" * 60, meanwhile=another)
        assert door.bring(bytes(40))

    def test_an_upload_that_fails_counts_no_more(self, any_door: Door) -> None:
        with pytest.raises(BadBlob):
            any_door.bring(b"model", sent=b"other")
        assert any_door.rows() == {}

    def test_an_upload_that_goes_silent_is_ended_and_counts_no_more(self, any_door: Door) -> None:
        with pytest.raises(TooSlow, match=r"Nothing came for 0\.05 s"):
            any_door.bring_and_stop(b"model")
        assert any_door.rows() == {}

    def test_an_announcement_of_few_bytes_makes_no_room_for_many(self, door: Door) -> None:
        def in_earnest() -> None:
            door.bring(b"x" * 60)
            with pytest.raises(Forbidden, match="60 bytes for task 7, and 41 more"):
                door.bring(bytes(41))

        with pytest.raises(BadBlob):
            door.bring(b"x" * 60, sent=b"xx", size=1, meanwhile=in_earnest)

    def test_an_upload_whose_row_went_meanwhile_counts_anew(self, door: Door) -> None:
        def others() -> None:
            with pytest.raises(BadBlob):
                door.bring(b"x" * 60, sent=b"other")  # takes the row along
            door.bring(bytes(60))

        with pytest.raises(Forbidden, match="60 bytes for task 7, and 60 more"):
            door.bring(b"x" * 60, meanwhile=others)
        assert not door.backend.has(cid(b"x" * 60))
        assert door.rows() == {cid(bytes(60)): TASK}

    def test_a_disk_that_fills_on_the_way_is_said(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_: Incoming, piece: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(Incoming, "write", fail)
        with pytest.raises(DiskFull, match="no room"):
            door.bring(b"model")
        assert door.rows() == {}
        assert not door.backend.has(cid(b"model"))

    def test_bytes_that_were_lost_are_taken_in_again(self, door: Door) -> None:
        door.bring(b"model")
        door.backend.remove(cid(b"model"))
        assert door.bring(b"model")
        assert door.backend.has(cid(b"model"))


class TestDrafts:
    def test_drafts_have_a_quota_of_their_own(self, door: Door) -> None:
        assert door.bring(bytes(50), task=DRAFT)
        with pytest.raises(Forbidden, match="50 bytes in drafts, and 1 more would pass its quota of 50"):
            door.bring(b"x", task=DRAFT)
        assert door.bring(b"x")

    def test_a_draft_becomes_the_tasks_when_it_is_uploaded_for_it(self, door: Door) -> None:
        door.bring(b"model", task=DRAFT)
        assert not door.bring(b"model")
        assert door.rows() == {cid(b"model"): TASK}

    @pytest.mark.parametrize("said", [50, 0])
    def test_a_draft_becomes_no_tasks_that_has_no_room_for_it(self, door: Door, said: int) -> None:
        door.bring(b"x" * 60)
        door.bring(bytes(50), task=DRAFT)
        with pytest.raises(Forbidden, match="60 bytes for task 7, and 50 more"):
            door.bring(bytes(50), size=said)
        assert door.rows()[cid(bytes(50))] == DRAFT

    def test_nobody_is_rid_of_a_draft_because_another_sends_it_too(self, door: Door) -> None:
        door.bring(bytes(50), task=DRAFT)
        assert not door.bring(bytes(50), task=DRAFT, account=OTHER)
        with pytest.raises(Forbidden, match="50 bytes in drafts"):
            door.bring(b"x", task=DRAFT)

    def test_drafts_of_many_accounts_have_a_limit_together(self, door: Door) -> None:
        door.bring(bytes(50), task=DRAFT)
        door.bring(b"x" * 30, task=DRAFT, account=OTHER)
        with pytest.raises(DiskFull, match="no room for more drafts"):
            door.bring(b"y", task=DRAFT, account=OTHER)
        assert door.bring(b"y")


class TestGarbage:
    AT_ONCE = Retention(grace=0, drafts=0)

    def collector(self, door: Door) -> Collector:
        return Collector(door.database, door.backend, self.AT_ONCE, [], lambda: True)

    def test_a_blob_that_is_uploaded_again_is_not_collected_for_what_was_found_before(
        self, door: Door
    ) -> None:
        door.bring(b"model")
        Collector(door.database, door.backend, Retention(), [], lambda: True).collect()
        assert not door.bring(b"model")
        with door.database.reading() as session:
            assert session.get_one(StoredBlob, cid(b"model")).unneeded_since is None

    def test_collecting_while_an_upload_is_on_its_way_loses_neither_bytes_nor_row(self, door: Door) -> None:
        assert door.bring(b"model", meanwhile=self.collector(door).collect)
        assert door.backend.has(cid(b"model"))
        assert door.rows() == {cid(b"model"): TASK}

    def test_nobody_is_told_of_bytes_that_were_collected_as_they_came(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keep = DiskBlobs.keep

        def keep_too_late(*given: Any) -> None:
            keep(*given)
            self.collector(door).collect()

        monkeypatch.setattr(DiskBlobs, "keep", keep_too_late)
        with pytest.raises(ServiceUnavailable, match="send it again"):
            door.bring(b"model")
        assert door.rows() == {}

    def test_a_blob_waits_from_when_it_is_here(self, door: Door) -> None:
        door.bring(
            b"model", meanwhile=Collector(door.database, door.backend, Retention(), [], lambda: True).collect
        )
        with door.database.reading() as session:
            assert session.get_one(StoredBlob, cid(b"model")).unneeded_since is None

    def test_what_was_collected_counts_no_more(self, door: Door) -> None:
        door.bring(bytes(100))
        self.collector(door).collect()
        assert door.bring(b"x" * 100)


class TestObjects:
    @pytest.fixture
    def url(
        self, database: Database, running: Callable[[FastAPI], AbstractContextManager[str]]
    ) -> Iterator[str]:
        """A service whose blobs are objects in memory."""
        app = build_app("blobs", database, [blob_endpoints.router], Background([], 60))
        app.state.uploads = Uploads(
            database, FsspecBlobs(f"memory://{uuid4().hex}"), OneMember(), Limits(blob=1 << 22, spare=0)
        )
        with running(app) as url:
            yield url
        fsspec.filesystem("memory").store.clear()

    def test_they_are_stored_and_served(self, url: str) -> None:
        data = bytes(range(256)) * (1 << 13)
        with HttpBlobs(url, Uploader(DOMAIN, TASK, MEMBER.address, MEMBER)) as blobs:
            assert blobs.put(data) == cid(data)
            assert blobs.get(cid(data), len(data)) == data
        assert patience.head(f"{url}/blobs/{cid(data)}").headers["Content-Length"] == str(len(data))
        assert patience.get(f"{url}/blobs/{cid(b'nothing')}").status_code == 404

    def test_a_damaged_one_is_never_whole_and_can_be_uploaded_again(self, url: str) -> None:
        with HttpBlobs(url, Uploader(DOMAIN, TASK, MEMBER.address, MEMBER)) as blobs:
            blobs.put(b"model")
            files = fsspec.filesystem("memory")
            (place,) = files.store
            files.pipe_file(place, b"MODEL")
            with pytest.raises(BlobUnavailable):
                blobs.get(cid(b"model"), 10)
            blobs.put(b"model")
            assert blobs.get(cid(b"model"), 10) == b"model"
