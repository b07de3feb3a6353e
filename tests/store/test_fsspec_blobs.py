"""Blobs on any file system that fsspec reaches keep the promises that those on disk do."""

import errno
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest

from flock.errors import BadBlob, BadConfig, BlobUnavailable, ServiceUnavailable
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.blobs import ABANDONED_AFTER_SECONDS, PIECE_BYTES, BlobBackend, DiskBlobs
from flock.store.fsspec_blobs import FsspecBlobs, open_backend

DATA = b"weights" * 1000
CID = cid_of(digest_of(DATA))


@pytest.fixture(params=["disk", "memory"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlobBackend]:
    yield open_backend(tmp_path if request.param == "disk" else f"memory://{uuid4().hex}/blobs")
    fsspec.filesystem("memory").store.clear()


def put(backend: BlobBackend, data: bytes = DATA, cid: str = CID) -> None:
    with backend.incoming(len(data)) as blob:
        blob.write(data)
        backend.keep(blob, cid)


def names() -> list[str]:
    """The objects in memory, by the last part of their names."""
    return [name.rpartition("/")[2] for name in fsspec.filesystem("memory").store]


class TestEveryShelf:
    def test_a_blob_comes_back_in_pieces(self, backend: BlobBackend) -> None:
        data = bytes(2 * PIECE_BYTES + 1)
        cid = cid_of(digest_of(data))
        put(backend, data, cid)
        pieces = list(backend.pieces(cid, len(data)))
        assert [len(piece) for piece in pieces] == [PIECE_BYTES, PIECE_BYTES, 1]
        assert backend.size_of(cid) == len(data)

    @pytest.mark.parametrize(
        ("start", "stop"), [(0, 7000), (0, 1), (6999, 7000), (10, 20), (5, 5), (6000, 9000)]
    )
    def test_a_part_of_a_blob_is_read_alone(self, backend: BlobBackend, start: int, stop: int) -> None:
        put(backend)
        assert b"".join(backend.part(CID, start, stop)) == DATA[start:stop]

    def test_a_part_comes_in_pieces_too(self, backend: BlobBackend) -> None:
        data = bytes(2 * PIECE_BYTES + 1)
        put(backend, data, cid_of(digest_of(data)))
        pieces = list(backend.part(cid_of(digest_of(data)), 1, len(data)))
        assert [len(piece) for piece in pieces] == [PIECE_BYTES, PIECE_BYTES]

    def test_the_same_blob_twice_is_one(self, backend: BlobBackend) -> None:
        put(backend)
        put(backend)
        assert b"".join(backend.pieces(CID, len(DATA))) == DATA

    def test_other_bytes_than_the_address_names_are_not_kept(self, backend: BlobBackend) -> None:
        with pytest.raises(BadBlob, match=CID):
            put(backend, b"other")
        assert not backend.has(CID)

    def test_a_blob_that_grows_too_large_is_refused(self, backend: BlobBackend) -> None:
        with backend.incoming(10) as blob, pytest.raises(BadBlob, match="larger than the 10 bytes"):
            blob.write(DATA)

    def test_a_missing_blob_may_come_later(self, backend: BlobBackend) -> None:
        assert not backend.has(CID)
        with pytest.raises(BlobUnavailable, match=CID):
            backend.size_of(CID)
        with pytest.raises(BlobUnavailable, match=CID):
            list(backend.pieces(CID, len(DATA)))
        with pytest.raises(BlobUnavailable, match=CID):
            list(backend.part(CID, 0, 1))

    def test_a_blob_is_removed_once(self, backend: BlobBackend) -> None:
        put(backend)
        assert [backend.remove(CID), backend.remove(CID)] == [True, False]
        assert not backend.has(CID)

    def test_an_address_cannot_lead_elsewhere(self, backend: BlobBackend) -> None:
        with pytest.raises(BadBlob, match="not a content address"):
            backend.has("../../etc/passwd")


class TestObjects:
    @pytest.fixture
    def blobs(self) -> Iterator[FsspecBlobs]:
        yield FsspecBlobs(f"memory://{uuid4().hex}")
        fsspec.filesystem("memory").store.clear()

    def test_what_is_not_kept_leaves_no_trace(self, blobs: FsspecBlobs) -> None:
        with blobs.incoming(10) as blob:
            blob.write(b"half")
        assert names() == []

    def test_a_kept_blob_is_the_only_trace(self, blobs: FsspecBlobs) -> None:
        put(blobs)
        assert names() == [CID]

    def test_a_damaged_object_is_never_served_whole_and_is_removed(self, blobs: FsspecBlobs) -> None:
        put(blobs)
        files = fsspec.filesystem("memory")
        (place,) = files.store
        files.pipe_file(place, bytes(len(DATA)))
        with pytest.raises(BlobUnavailable, match="damaged"):
            list(blobs.pieces(CID, len(DATA)))
        assert not blobs.has(CID)

    def test_what_a_killed_writer_left_is_swept_once_it_is_old(self) -> None:
        url = f"memory://{uuid4().hex}"
        blobs = FsspecBlobs(url)
        old, fresh = blobs.incoming(10), blobs.incoming(10)
        long_ago = datetime.now(UTC) - timedelta(seconds=ABANDONED_AFTER_SECONDS + 1)
        fsspec.filesystem("memory").store[old.name].modified = long_ago
        FsspecBlobs(url)
        assert names() == [fresh.name.rpartition("/")[2]]
        fsspec.filesystem("memory").store.clear()

    def test_a_store_that_fails_may_come_back(
        self, blobs: FsspecBlobs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise TimeoutError("https://user:secret@bucket said nothing")

        monkeypatch.setattr(fsspec.filesystem("memory").__class__, "isfile", fail)
        with pytest.raises(ServiceUnavailable, match="said nothing") as failed:
            blobs.has(CID)
        assert "secret" not in str(failed.value)

    def test_a_full_store_says_so_itself(self, blobs: FsspecBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(fsspec.filesystem("memory").__class__, "open", fail)
        with pytest.raises(OSError, match="No space left"):
            blobs.incoming(10)


class TestPlace:
    def test_a_file_url_is_a_folder(self, tmp_path: Path) -> None:
        backend = open_backend(f"file://{tmp_path}/blobs")
        assert isinstance(backend, DiskBlobs)
        put(backend)
        assert DiskBlobs(tmp_path / "blobs").has(CID)

    @pytest.mark.parametrize(
        ("where", "why"),
        [
            ("nosuch://flock:secret@bucket", "nosuch"),
            ("s3://bucket/flock", "s3fs"),
            ("/proc/nowhere", "No such file"),
            ("file:///dev/null/blobs", "Not a directory"),
        ],
    )
    def test_where_no_blob_can_be_kept_is_named(self, where: str, why: str) -> None:
        with pytest.raises(BadConfig, match=f"cannot be stored.*{why}") as refused:
            open_backend(where)
        assert "secret" not in str(refused.value)

    def test_where_nothing_can_be_written_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise PermissionError("Forbidden")

        monkeypatch.setattr(fsspec.filesystem("memory").__class__, "open", fail)
        with pytest.raises(BadConfig, match="Forbidden"):
            FsspecBlobs("memory://locked")
