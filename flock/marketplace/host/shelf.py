"""Models in memory, the ones used last, in a budget; files are read again when they are wanted again."""

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from flock.errors import BadConfig
from flock.marketplace.host.documents import Described
from flock.protocol.core.cid import digest_of

if TYPE_CHECKING:
    from flock.marketplace.host.computing import LoadedModel

MEBIBYTE = 1 << 20


class Shelf:
    """Loads models when they are asked for; thread-safe. ``budget`` is in bytes of their files."""

    def __init__(self, budget: int, threads: int, device: str) -> None:
        self._budget = budget
        self._threads = threads
        self._device = device
        self._lock = threading.Lock()
        self._loaded: OrderedDict[Path, tuple[int, LoadedModel]] = OrderedDict()

    def get(self, path: Path, digest: bytes, described: Described) -> "LoadedModel":
        """The model in ``path``. Raises BadConfig if the file is not what was published, or fits no budget."""
        from flock.arena.scoring.run import Run
        from flock.marketplace.host.computing import LoadedModel

        with self._lock:
            if path in self._loaded:
                self._loaded.move_to_end(path)
                return self._loaded[path][1]
            artifact = _read(path, self._budget)
            if digest_of(artifact) != digest:
                raise BadConfig(
                    f"{path} is not what was published: its SHA-256 is {digest_of(artifact).hex()}, the version's "
                    f"{digest.hex()}. Serve the published file."
                )
            model = LoadedModel(described, artifact, Run(threads=self._threads, device=self._device))
            self._make_room(len(artifact))
            self._loaded[path] = (len(artifact), model)
            return model

    def _make_room(self, size: int) -> None:
        while self._loaded and sum(each for each, _ in self._loaded.values()) + size > self._budget:
            self._loaded.popitem(last=False)


def _read(path: Path, budget: int) -> bytes:
    try:
        size = path.stat().st_size
        if size > budget:
            raise BadConfig(
                f"{path} has {size // MEBIBYTE} MiB, more than all models may take (`memory_mib`): raise that."
            )
        return path.read_bytes()
    except OSError as problem:
        raise BadConfig(
            f"{path} cannot be read ({problem.strerror}): name the model's file in `artifact`."
        ) from None
