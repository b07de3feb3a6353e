"""What a validator has fetched stays within its bound; what was used longest ago makes room."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flock.arena.scoring.cache import BlobCache
from flock.errors import BadBlob, BlobUnavailable
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.blobs import DiskBlobs

KIB = 1024


class Source:
    """Another store, which counts what is asked of it, and may answer all of it with ``lies``."""

    def __init__(self, root: Path, lies: Iterator[bytes] | None = None) -> None:
        self.blobs = DiskBlobs(root)
        self.asked: list[str] = []
        self.lies = lies

    def put(self, data: bytes) -> str:
        return self.blobs.put(data)

    def get(self, cid: str, max_bytes: int) -> bytes:
        return b"".join(self.pieces(cid, max_bytes))

    def pieces(self, cid: str, max_bytes: int) -> Iterator[bytes]:
        self.asked.append(cid)
        return self.blobs.pieces(cid, max_bytes) if self.lies is None else self.lies

    def has(self, cid: str) -> bool:
        return self.blobs.has(cid)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "source")


def cache_of(source: Source, tmp_path: Path, max_bytes: int = 4 * KIB) -> BlobCache:
    return BlobCache(tmp_path / "cache", max_bytes, source)


def blob(source: Source, byte: int, size: int = KIB) -> bytes:
    """The digest of a new blob of the source."""
    data = bytes([byte]) * size
    source.put(data)
    return digest_of(data)


def test_what_was_fetched_is_not_fetched_again(source: Source, tmp_path: Path) -> None:
    digest = blob(source, 1)
    first = cache_of(source, tmp_path).fetch(digest, KIB)
    assert cache_of(source, tmp_path).fetch(digest, KIB) == first == bytes([1]) * KIB
    assert source.asked == [cid_of(digest)]


def test_what_was_used_longest_ago_makes_room(source: Source, tmp_path: Path) -> None:
    cache = cache_of(source, tmp_path)
    digests = [blob(source, byte) for byte in range(5)]
    for digest in digests[:4]:
        cache.fetch(digest, KIB)
    cache.fetch(digests[0], KIB)
    cache.fetch(digests[4], KIB)
    assert [cache.holds(digest) for digest in digests] == [True, False, True, True, True]
    assert cache.size == 4 * KIB


def test_a_smaller_bound_holds_from_the_start(source: Source, tmp_path: Path) -> None:
    digests = [blob(source, byte) for byte in range(4)]
    cache = cache_of(source, tmp_path)
    for digest in digests:
        cache.fetch(digest, KIB)
    smaller = cache_of(source, tmp_path, 2 * KIB)
    assert [smaller.holds(digest) for digest in digests] == [False, False, True, True]


def test_what_is_larger_than_the_cache_leaves_it_as_it_is(source: Source, tmp_path: Path) -> None:
    cache = cache_of(source, tmp_path)
    kept = blob(source, 1)
    cache.fetch(kept, KIB)
    for size, limit in ((5 * KIB, 1 << 30), (2 * KIB, KIB)):
        with pytest.raises(BadBlob):
            cache.fetch(blob(source, 2, size), limit)
    assert cache.holds(kept)


def test_a_source_without_it_is_told_of(source: Source, tmp_path: Path) -> None:
    with pytest.raises(BlobUnavailable):
        cache_of(source, tmp_path).fetch(bytes(32), KIB)


def test_a_source_that_sends_other_bytes_leaves_nothing(source: Source, tmp_path: Path) -> None:
    digest = blob(source, 1)
    lying = Source(tmp_path / "lying", iter([b"other bytes"]))
    cache = cache_of(lying, tmp_path)
    with pytest.raises(BadBlob):
        cache.fetch(digest, KIB)
    assert cache.size == 0


def test_a_source_without_end_is_cut_off(tmp_path: Path) -> None:
    endless = Source(tmp_path / "endless", itertools.repeat(bytes(KIB)))
    with pytest.raises(BadBlob, match="longer than allowed"):
        cache_of(endless, tmp_path).fetch(bytes(32), 1 << 40)


def test_a_file_that_was_damaged_on_disk_is_fetched_again(source: Source, tmp_path: Path) -> None:
    digest = blob(source, 1)
    cache = cache_of(source, tmp_path)
    cache.fetch(digest, KIB)
    path = DiskBlobs(tmp_path / "cache").path_of(cid_of(digest))
    path.write_bytes(b"damaged")
    os.utime(path)
    assert cache.fetch(digest, KIB) == bytes([1]) * KIB
    assert len(source.asked) == 2
