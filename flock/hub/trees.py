"""What a revision holds, and the id that follows from that alone."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flock.errors import Refused

REVISION_DIGITS = 40
REVISION_TAG = b"flock hub revision 1\n"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a revision; see ``HubFile``."""

    path: str
    digest: bytes
    size: int
    oid: str
    is_large: bool
    account: str

    @property
    def etag(self) -> str:
        """What names the bytes: their SHA-256 if git would keep them in LFS, git's own name otherwise."""
        return self.digest.hex() if self.is_large else self.oid


Tree = Mapping[str, File]
"""Files by path."""


def revision_of(files: Iterable[File]) -> str:
    """The id of a revision with these files: 40 hexadecimal digits of a SHA-256.

    It is taken over a line for each file, in the order of their paths: its SHA-256, its size and its path. So whoever
    has the files can compute it, and no other files have it.
    """
    seen = hashlib.sha256(REVISION_TAG)
    for file in sorted(files, key=lambda file: file.path):
        seen.update(_line(file))
    return seen.hexdigest()[:REVISION_DIGITS]


EMPTY = revision_of(())
"""The revision of a repository that has just been made."""


def git_oid(data: bytes) -> str:
    """What git calls ``data``."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def pointer_of(digest: bytes, size: int) -> bytes:
    """What git keeps in place of a file that is in LFS."""
    lines = ("version https://git-lfs.github.com/spec/v1", f"oid sha256:{digest.hex()}", f"size {size}", "")
    return "\n".join(lines).encode()


def require_tree(tree: Tree, most: int) -> None:
    """Raises Refused if ``tree`` has more than ``most`` files, or cannot lie in a folder of every system."""
    if len(tree) > most:
        raise Refused(f"The revision would have {len(tree)} files, this hub keeps {most}: put some together.")
    places: dict[str, str] = {}
    for path in tree:
        for place in _places(path):
            if places.setdefault(place.lower(), place) != place:
                raise Refused(
                    f"{path!r} and another file differ only in case: rename one, some disks keep only one."
                )
    for path in tree:
        if any(place in tree for place in _places(path) if place != path):
            raise Refused(f"{path!r} lies in a folder that has the name of a file: rename one.")


def listing(tree: Tree, folder: str, *, is_deep: bool) -> list[dict[str, Any]]:
    """The files and folders below ``folder`` ("" is the whole), as huggingface lists them; with ``is_deep`` also
    those in folders."""
    prefix = f"{folder}/" if folder else ""
    found: dict[str, dict[str, Any]] = {}
    for path, file in tree.items():
        if path.startswith(prefix) and (is_deep or "/" not in path[len(prefix) :]):
            found[path] = _file_entry(file)
    for place, oid in _folders(tree).items():
        if place.startswith(prefix) and (is_deep or "/" not in place[len(prefix) :]):
            found[place] = {"type": "directory", "oid": oid, "size": 0, "path": place}
    return [found[place] for place in sorted(found)]


def sibling(file: File, *, is_full: bool) -> dict[str, Any]:
    """The file as huggingface lists it beside a model's description."""
    if not is_full:
        return {"rfilename": file.path}
    entry = _file_entry(file)
    lfs = {"lfs": {**entry["lfs"], "sha256": file.digest.hex()}} if file.is_large else {}
    return {"rfilename": file.path, "size": file.size, "blobId": file.oid, **lfs}


def _file_entry(file: File) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "file", "oid": file.oid, "size": file.size, "path": file.path}
    if file.is_large:
        pointer = len(pointer_of(file.digest, file.size))
        entry["lfs"] = {"oid": file.digest.hex(), "size": file.size, "pointerSize": pointer}
    return entry


def _folders(tree: Tree) -> Mapping[str, str]:
    """By folder an id that follows from the files in it."""
    seen: dict[str, Any] = {}
    for path in sorted(tree):
        *folders, _ = _places(path)
        for folder in folders:
            seen.setdefault(folder, hashlib.sha256(REVISION_TAG)).update(_line(tree[path]))
    return {folder: found.hexdigest()[:REVISION_DIGITS] for folder, found in seen.items()}


def _line(file: File) -> bytes:
    return f"{file.digest.hex()} {file.size} {file.path}\n".encode()


def _places(path: str) -> Iterator[str]:
    """The folders that ``path`` lies in, outermost first, and itself."""
    end = path.find("/")
    while end != -1:
        yield path[:end]
        end = path.find("/", end + 1)
    yield path
