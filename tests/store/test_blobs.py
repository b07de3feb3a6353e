"""Blobs on disk are whole and right, whoever writes them and however a writer dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flock.errors import BadBlob, BlobUnavailable
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.blobs import ABANDONED_AFTER_SECONDS, PIECE_BYTES, DiskBlobs

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

    def test_nothing_is_a_blob_too(self, blobs: DiskBlobs) -> None:
        cid = blobs.put(b"")
        assert blobs.get(cid, 0) == b""
        assert list(blobs.pieces(cid, 0)) == []

    def test_any_buffer_can_be_stored(self, blobs: DiskBlobs) -> None:
        assert blobs.put(memoryview(DATA)) == CID
        assert blobs.get(CID, len(DATA)) == DATA

    def test_a_blob_that_is_removed_is_gone(self, blobs: DiskBlobs) -> None:
        blobs.put(DATA)
        assert blobs.remove(CID)
        assert not blobs.has(CID)
        assert not blobs.remove(CID)

    def test_who_holds_a_view_keeps_the_bytes_of_a_removed_blob(self, blobs: DiskBlobs) -> None:
        blobs.put(DATA)
        view = blobs.view(CID, len(DATA))
        blobs.remove(CID)
        assert view == DATA
        assert view.readonly


class TestIdle:
    def test_what_nobody_used_since_the_inventory_can_be_removed(self, blobs: DiskBlobs) -> None:
        blobs.put(DATA)
        assert blobs.inventory() == {CID}
        assert blobs.remove_idle(CID)
        assert not blobs.has(CID)

    @pytest.mark.parametrize(
        "use",
        [
            lambda blobs: blobs.put(DATA),
            lambda blobs: blobs.has(CID),
            lambda blobs: blobs.get(CID, len(DATA)),
            lambda blobs: list(blobs.pieces(CID, len(DATA))),
            lambda blobs: blobs.take(CID, [DATA], len(DATA)),
        ],
    )
    def test_what_was_used_since_stays(self, blobs: DiskBlobs, use: Callable[[DiskBlobs], object]) -> None:
        blobs.put(DATA)
        blobs.inventory()
        use(blobs)
        assert not blobs.remove_idle(CID)
        assert blobs.get(CID, len(DATA)) == DATA

    def test_without_an_inventory_nothing_is_idle(self, blobs: DiskBlobs) -> None:
        blobs.put(DATA)
        assert not blobs.remove_idle(CID)


class TestPieces:
    def test_a_blob_is_read_in_pieces_of_bounded_size(self, blobs: DiskBlobs) -> None:
        data = bytes(2 * PIECE_BYTES + 1)
        pieces = list(blobs.pieces(blobs.put(data), len(data)))
        assert [len(piece) for piece in pieces] == [PIECE_BYTES, PIECE_BYTES, 1]
        assert b"".join(pieces) == data

    def test_a_blob_is_taken_in_from_pieces(self, blobs: DiskBlobs) -> None:
        blobs.take(CID, [DATA[:10], memoryview(DATA)[10:]], len(DATA))
        assert blobs.get(CID, len(DATA)) == DATA

    def test_pieces_of_another_blob_are_not_taken_in(self, blobs: DiskBlobs) -> None:
        with pytest.raises(BadBlob, match=CID):
            blobs.take(CID, [DATA, b"more"], 2 * len(DATA))
        assert not blobs.has(CID)

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
            os.utime(abandoned.name, (old, old))
            DiskBlobs(tmp_path)
            assert not Path(abandoned.name).exists()
            assert Path(fresh.name).exists()


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
