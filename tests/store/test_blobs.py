"""Blobs on disk are whole and right, whoever writes them and however a writer dies."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flock.errors import BadBlob, BlobUnavailable, Refused, ServiceUnavailable
from flock.protocol.cid import cid_of, digest_of
from flock.store.blobs import ABANDONED_AFTER_SECONDS, BlobStore, DiskBlobs, LayeredBlobs

DATA = b"weights" * 1000
CID = cid_of(digest_of(DATA))


@pytest.fixture
def blobs(tmp_path: Path) -> DiskBlobs:
    return DiskBlobs(tmp_path / "blobs")


def receive(blobs: DiskBlobs, data: bytes, max_bytes: int) -> None:
    """Write ``data`` piece by piece as the blob ``CID``."""
    with blobs.incoming(max_bytes) as blob:
        for start in range(0, len(data), 6):
            blob.write(data[start : start + 6])
        blobs.keep(blob, CID)


class Failing:
    """A remote store that answers every request with the same error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def put(self, data: bytes) -> str:
        raise self._error

    def get(self, cid: str, max_bytes: int) -> bytes:
        raise self._error

    def has(self, cid: str) -> bool:
        raise self._error


class TestDisk:
    def test_a_blob_comes_back_under_its_address(self, blobs: DiskBlobs) -> None:
        assert blobs.put(DATA) == CID
        assert blobs.get(CID, len(DATA)) == DATA
        assert blobs.has(CID)

    def test_the_same_bytes_twice_are_one_file(self, blobs: DiskBlobs, tmp_path: Path) -> None:
        assert blobs.put(DATA) == blobs.put(DATA)
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [CID]

    def test_a_missing_blob_may_come_later(self, blobs: DiskBlobs) -> None:
        assert not blobs.has(CID)
        with pytest.raises(BlobUnavailable, match=CID):
            blobs.get(CID, 10)

    def test_a_blob_larger_than_expected_is_refused(self, blobs: DiskBlobs) -> None:
        blobs.put(DATA)
        with pytest.raises(BadBlob, match=f"larger than the {len(DATA) - 1} bytes"):
            blobs.get(CID, len(DATA) - 1)

    def test_an_address_cannot_lead_out_of_the_folder(self, blobs: DiskBlobs) -> None:
        with pytest.raises(BadBlob, match="not a content address"):
            blobs.get("../../../../etc/passwd", 10)

    def test_a_file_that_decayed_is_removed_and_can_be_stored_again(self, blobs: DiskBlobs) -> None:
        blobs.put(DATA)
        blobs.path_of(CID).write_bytes(b"rot")
        with pytest.raises(BlobUnavailable, match="damaged"):
            blobs.get(CID, len(DATA))
        blobs.put(DATA)
        assert blobs.get(CID, len(DATA)) == DATA


class TestPieces:
    def test_pieces_become_one_blob(self, blobs: DiskBlobs) -> None:
        receive(blobs, DATA, len(DATA))
        assert blobs.get(CID, len(DATA)) == DATA

    def test_other_bytes_than_promised_are_refused_and_leave_no_trace(
        self, blobs: DiskBlobs, tmp_path: Path
    ) -> None:
        with pytest.raises(BadBlob, match=CID):
            receive(blobs, b"something else", 100)
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    def test_a_blob_that_grows_too_large_stops_there_and_leaves_no_trace(
        self, blobs: DiskBlobs, tmp_path: Path
    ) -> None:
        with pytest.raises(BadBlob, match="larger than the 10 bytes"):
            receive(blobs, DATA, 10)
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


class TestManyWriters:
    def test_threads_that_write_the_same_blobs_all_succeed(self, blobs: DiskBlobs) -> None:
        contents = [bytes([number]) * 10_000 for number in range(8)]
        with ThreadPoolExecutor(8) as pool:
            cids = list(pool.map(blobs.put, contents * 8))
        assert len(set(cids)) == 8
        assert [blobs.get(cid, 10_000) for cid in cids[:8]] == contents

    def test_a_killed_writer_leaves_whole_blobs_only(self, tmp_path: Path) -> None:
        writer = subprocess.Popen(
            [sys.executable, "-c", _ENDLESS_WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        written = [writer.stdout.readline().strip() for _ in range(20)]
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        blobs = DiskBlobs(tmp_path)
        placed = [path.name for path in tmp_path.rglob("bafkrei*")]
        assert set(written) <= set(placed)
        for cid in placed:
            assert len(blobs.get(cid, 1 << 20)) == 1 << 20

    def test_what_a_killed_writer_left_is_swept_once_it_is_old(self, tmp_path: Path) -> None:
        blobs = DiskBlobs(tmp_path)
        with blobs.incoming(10) as abandoned, blobs.incoming(10) as fresh:
            old = time.time() - ABANDONED_AFTER_SECONDS - 1
            os.utime(abandoned._path, (old, old))
            DiskBlobs(tmp_path)
            assert not abandoned._path.exists()
            assert fresh._path.exists()


class TestLayers:
    def test_a_remote_blob_is_fetched_once_and_kept(self, tmp_path: Path) -> None:
        local, remote = DiskBlobs(tmp_path / "local"), DiskBlobs(tmp_path / "remote")
        remote.put(DATA)
        assert LayeredBlobs(local, remote).get(CID, len(DATA)) == DATA
        assert local.get(CID, len(DATA)) == DATA

    def test_the_first_remote_that_is_right_serves(self, tmp_path: Path) -> None:
        good = DiskBlobs(tmp_path / "good")
        good.put(DATA)
        layers = LayeredBlobs(DiskBlobs(tmp_path / "local"), Failing(BadBlob("a lie")), good)
        assert layers.get(CID, len(DATA)) == DATA

    @pytest.mark.parametrize(
        ("remotes", "expected"),
        [
            ([], BlobUnavailable),
            ([Failing(BadBlob("a lie"))], BadBlob),
            ([Failing(BadBlob("a lie")), Failing(BlobUnavailable("not yet"))], BlobUnavailable),
        ],
    )
    def test_a_blob_is_given_up_only_when_every_remote_lies(
        self, tmp_path: Path, remotes: list[BlobStore], expected: type[Exception]
    ) -> None:
        with pytest.raises(expected):
            LayeredBlobs(DiskBlobs(tmp_path), *remotes).get(CID, len(DATA))

    def test_a_write_reaches_every_store_and_reports_the_one_that_failed(self, tmp_path: Path) -> None:
        local, remote = DiskBlobs(tmp_path / "local"), DiskBlobs(tmp_path / "remote")
        layers = LayeredBlobs(local, Failing(ServiceUnavailable("down")), remote)
        with pytest.raises(ServiceUnavailable, match="down"):
            layers.put(DATA)
        assert local.has(CID)
        assert remote.has(CID)

    def test_a_refusal_is_reported_too(self, tmp_path: Path) -> None:
        with pytest.raises(Refused, match="not a member"):
            LayeredBlobs(DiskBlobs(tmp_path), Failing(Refused("not a member"))).put(DATA)

    def test_a_blob_is_there_if_any_store_has_it(self, tmp_path: Path) -> None:
        local, remote = DiskBlobs(tmp_path / "local"), DiskBlobs(tmp_path / "remote")
        layers = LayeredBlobs(local, remote)
        assert not layers.has(CID)
        remote.put(DATA)
        assert layers.has(CID)


_ENDLESS_WRITER = """
import sys
from pathlib import Path
from flock.store.blobs import DiskBlobs

blobs = DiskBlobs(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    print(blobs.put(number.to_bytes(8) * (1 << 17)), flush=True)
"""
