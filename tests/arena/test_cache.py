"""What was fetched stays within its bound; what was used longest ago makes room."""

import os
from pathlib import Path

import pytest

from flock.arena.scoring.cache import BlobCache
from flock.errors import BadBlob, BlobUnavailable
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.blobs import DiskBlobs

KIB = 1024
BLOBS = [bytes([byte]) * KIB for byte in range(5)]
DIGESTS = [digest_of(data) for data in BLOBS]


def cache_of(tmp_path: Path, max_bytes: int = 4 * KIB) -> BlobCache:
    return BlobCache(tmp_path / "cache", max_bytes)


def fetch(cache: BlobCache, number: int) -> bytes:
    return cache.fetch(DIGESTS[number], lambda: BLOBS[number])


def nobody() -> bytes:
    raise BlobUnavailable("Nobody has it now: ask again later.")


def test_what_was_fetched_is_not_fetched_again(tmp_path: Path) -> None:
    fetch(cache_of(tmp_path), 1)
    assert cache_of(tmp_path).fetch(DIGESTS[1], nobody) == BLOBS[1]


def test_what_was_used_longest_ago_makes_room(tmp_path: Path) -> None:
    cache = cache_of(tmp_path)
    for number in (0, 1, 2, 3, 0, 4):
        fetch(cache, number)
    assert [cache.holds(digest) for digest in DIGESTS] == [True, False, True, True, True]
    assert cache.size == 4 * KIB


def test_a_smaller_bound_holds_from_the_start(tmp_path: Path) -> None:
    cache = cache_of(tmp_path)
    for number in range(4):
        fetch(cache, number)
    smaller = cache_of(tmp_path, 2 * KIB)
    assert [smaller.holds(digest) for digest in DIGESTS[:4]] == [False, False, True, True]


def test_what_is_larger_than_the_cache_passes_it_by(tmp_path: Path) -> None:
    cache, large = cache_of(tmp_path), bytes(5 * KIB)
    fetch(cache, 1)
    assert cache.fetch(digest_of(large), lambda: large) == large
    assert not cache.holds(digest_of(large))
    assert cache.holds(DIGESTS[1])


def test_a_source_without_it_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(BlobUnavailable, match="ask again later"):
        cache_of(tmp_path).fetch(DIGESTS[1], nobody)


def test_a_source_that_sends_other_bytes_leaves_nothing(tmp_path: Path) -> None:
    cache = cache_of(tmp_path)
    with pytest.raises(BadBlob, match="other bytes"):
        cache.fetch(DIGESTS[1], lambda: BLOBS[2])
    assert cache.size == 0


def test_a_file_that_was_damaged_on_disk_is_fetched_again(tmp_path: Path) -> None:
    cache = cache_of(tmp_path)
    fetch(cache, 1)
    path = DiskBlobs(tmp_path / "cache").path_of(cid_of(DIGESTS[1]))
    path.write_bytes(b"damaged")
    os.utime(path)
    assert fetch(cache, 1) == BLOBS[1]
    assert cache.fetch(DIGESTS[1], nobody) == BLOBS[1]
