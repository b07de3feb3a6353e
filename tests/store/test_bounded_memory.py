"""However large a blob, storing, fetching and serving it takes a few pieces of memory."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from eth_account import Account

from flock.errors import BadBlob
from flock.protocol.core.cid import cid_of, digest_of
from flock.protocol.core.commitments import Domain
from flock.store.blobs import PIECE_BYTES, DiskBlobs
from flock.store.http_blobs import HttpBlobs
from flock.store.uploads import Uploader

PIECES = 32
SIZE = PIECES * PIECE_BYTES
CID = cid_of(digest_of(bytes(SIZE)))
KEY = Account.from_key("0x" + "11" * 32)
UPLOADER = Uploader(Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3"), 7, KEY.address, KEY)


def zeros() -> Iterator[bytes]:
    return (bytes(PIECE_BYTES) for _ in range(PIECES))


class Remote(httpx.BaseTransport):
    """A service that has ``CID`` if it ``holds`` it, and counts what it is sent."""

    def __init__(self, *, holds: bool) -> None:
        self.holds = holds
        self.received = 0
        self.largest = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            assert isinstance(request.stream, httpx.SyncByteStream)
            assert request.headers["Content-Length"] == str(SIZE)
            for piece in request.stream:
                self.received += len(piece)
                self.largest = max(self.largest, len(piece))
            return httpx.Response(201, content=iter(()))
        if not self.holds:
            return httpx.Response(404)
        return httpx.Response(200, content=zeros() if request.method == "GET" else b"")


@contextmanager
def few_pieces_of_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 6 * PIECE_BYTES
    finally:
        tracemalloc.stop()


@pytest.fixture
def blobs(tmp_path: Path) -> DiskBlobs:
    return DiskBlobs(tmp_path)


def test_a_large_blob_goes_from_a_service_to_disk_and_is_read_there(blobs: DiskBlobs) -> None:
    with HttpBlobs("http://service", transport=Remote(holds=True)) as remote, few_pieces_of_memory():
        blobs.take(CID, remote.pieces(CID, SIZE), SIZE)
        assert sum(map(len, blobs.pieces(CID, SIZE))) == SIZE
        assert len(blobs.view(CID, SIZE)) == SIZE


def test_a_large_blob_goes_from_disk_to_a_service(blobs: DiskBlobs) -> None:
    blobs.take(CID, zeros(), SIZE)
    service = Remote(holds=False)
    with HttpBlobs("http://service", UPLOADER, transport=service) as remote, few_pieces_of_memory():
        assert remote.put(blobs.view(CID, SIZE)) == CID
    assert service.received == SIZE
    assert service.largest <= PIECE_BYTES


def test_a_service_that_serves_other_bytes_is_found_out_at_the_end(blobs: DiskBlobs) -> None:
    other = cid_of(digest_of(b"other"))
    with (
        HttpBlobs("http://service", transport=Remote(holds=True)) as remote,
        pytest.raises(BadBlob, match="other bytes"),
    ):
        blobs.take(other, remote.pieces(other, SIZE), SIZE)
    assert not blobs.has(other)
