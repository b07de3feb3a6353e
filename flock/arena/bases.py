"""The base models that a task's submissions may adapt, fetched when they are asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flock.arena.client import ArenaClient
from flock.arena.scoring.cache import BlobCache

LARGEST_BASE = 1 << 40


@dataclass(frozen=True)
class Bases(Mapping[str, bytes]):
    """By SHA-256 in hex; which may be used, the task says.

    To look one up raises BlobUnavailable while ``service`` has it not, and BadBlob if it serves other bytes.
    """

    service: ArenaClient
    cache: BlobCache

    def __contains__(self, digest: object) -> bool:
        return isinstance(digest, str)

    def __getitem__(self, digest: str) -> bytes:
        wanted = bytes.fromhex(digest)
        return self.cache.fetch(wanted, lambda: self.service.blob(wanted, LARGEST_BASE))

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
