"""Names that strangers give: of repositories, revisions and files. All are plain ASCII, so that two that look alike
are alike, and none leaves its folder, breaks a header or means a device to any operating system.
"""

import re
from dataclasses import dataclass

from flock.errors import Refused

MAIN = "main"
LONGEST_PART = 96
LONGEST_PATH = 512
DEEPEST_PATH = 16
LONGEST_SEGMENT = 200

_PART = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?")
_REVISION = re.compile(r"[0-9a-f]{40}")
_SEGMENT = re.compile(r"[A-Za-z0-9._+=@,~()\[\]-](?:[A-Za-z0-9 ._+=@,~()\[\]-]*[A-Za-z0-9_+=@,~()\[\]-])?")
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)

PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".mar")
"""Endings of files that run code when they are loaded by the programs that commonly load them."""
SAFETENSORS = ".safetensors"


@dataclass(frozen=True, slots=True)
class RepositoryName:
    """``namespace/name``. Names that differ only in case are the same repository's."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def key(self) -> str:
        """What the repository is found by."""
        return str(self).lower()


def repository_name(namespace: str, name: str) -> RepositoryName:
    """The name of a repository that is to be made. Raises Refused if it is not one."""
    for part in (namespace, name):
        if not _is_part(part):
            raise Refused(
                f"{part[:LONGEST_PART]!r} cannot be part of a repository's name: write 1 to {LONGEST_PART} letters, "
                f"digits, '-', '_' and '.', begin with a letter or digit, without '--' and '..', and not '.git' at "
                f"the end."
            )
    return RepositoryName(namespace, name)


def asked_name(namespace: str, name: str) -> RepositoryName | None:
    """The name of a repository that is asked for; None if none can have it."""
    return RepositoryName(namespace, name) if _is_part(namespace) and _is_part(name) else None


def is_commit(revision: str) -> bool:
    """Whether ``revision`` is written like the id of one."""
    return _REVISION.fullmatch(revision) is not None


def file_path(path: str) -> str:
    """``path`` as it is. Raises Refused if it cannot be a file's place in a repository."""
    if not is_path(path):
        raise Refused(
            f"{path[:80]!r} cannot be a file's name here: write folders and name with '/' between them, at most "
            f"{DEEPEST_PATH} parts and {LONGEST_PATH} characters, of letters, digits, blanks and ._+-=@,~()[] only, "
            f"no part '..', '.git', ending in '.' or a blank, or a device of Windows."
        )
    return path


def is_path(path: str) -> bool:
    """Whether a repository can have a file at ``path``."""
    segments = path.split("/")
    return len(path) <= LONGEST_PATH and len(segments) <= DEEPEST_PATH and all(map(_is_segment, segments))


def is_left_out(path: str) -> bool:
    """Whether the file would run code where it is loaded."""
    return path.lower().endswith(PICKLES)


def must_be_safetensors(path: str) -> bool:
    """Whether the file's name says that it holds tensors and nothing else."""
    return path.lower().endswith(SAFETENSORS)


def _is_part(part: str) -> bool:
    is_reserved = "--" in part or ".." in part or part.lower().endswith(".git")
    return _PART.fullmatch(part) is not None and not is_reserved


def _is_segment(segment: str) -> bool:
    if len(segment) > LONGEST_SEGMENT or segment.lower() == ".git" or set(segment) <= {"."}:
        return False
    return _SEGMENT.fullmatch(segment) is not None and _DEVICES.fullmatch(segment) is None
