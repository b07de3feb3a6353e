"""Backups: one encrypted file with a node's keys, each in it still encrypted with its own password.

In it is a ZIP archive of ``keys/NAME``, perhaps ``node.toml`` and ``node.pem``, and ``manifest.json`` with the
SHA-256 of each. What an archive holds is checked before anything is written, and nothing is replaced unasked.
Earlier versions wrote the bare archive; those backups are still read.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tomllib
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkstemp

from flock.cli.key_sealing import MAGIC, is_sealed, is_whole, seal, unseal
from flock.errors import BadKey
from flock.store.text_files import text_of

FORMAT = "flock backup 1"
MANIFEST, CONFIG, NODE_KEY, KEYS = "manifest.json", "node.toml", "node.pem", "keys/"
MOST_BYTES = 1 << 20  # of one file in it; a keystore file has five hundred
MOST_FILES = 1_000
MOST_IN_ALL = 1 << 26
MOST_SEALED = MOST_IN_ALL + MOST_FILES * 1_000  # with their names, digests and headers
PRIVATE = 0o600
ZIP = b"PK"


@dataclass(frozen=True)
class Backup:
    """What a backup holds: ``files`` by their name in it, ``made_at`` as ISO 8601."""

    made_at: str
    files: Mapping[str, bytes]
    is_encrypted: bool

    @property
    def keys(self) -> Mapping[str, bytes]:
        """Keystore files by the name of their key."""
        return {name.removeprefix(KEYS): data for name, data in self.files.items() if name.startswith(KEYS)}


@dataclass(frozen=True)
class Restoration:
    """One file to restore to ``place``, where there may be nothing, the same or something else."""

    name: str
    place: Path
    data: bytes

    @property
    def is_there(self) -> bool:
        return self.place.exists() and self.place.read_bytes() == self.data

    @property
    def replaces(self) -> bool:
        return self.place.exists() and not self.is_there


def write_backup(file: Path, files: Mapping[str, bytes], password: str) -> None:
    """Write ``files``, encrypted, to a new file of mode 600.

    Raises BadKey if something is there already, or ``restore`` would refuse one of the files.
    """
    require_free(file)
    _require_restorable(file, files)
    sealed = seal(pack(files), password)
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE)
    except FileExistsError:
        raise _taken(file) from None
    except OSError as problem:
        raise BadKey(f"The backup {file} cannot be written ({problem.strerror}).") from None
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(sealed)
            out.flush()
            os.fsync(out.fileno())
    except OSError as problem:  # a half of it would be in the way of the next
        file.unlink()
        raise BadKey(f"The backup {file} cannot be written ({problem.strerror}).") from None


def require_free(file: Path) -> None:
    """Raises BadKey if something is there already."""
    if file.exists():
        raise _taken(file)


def pack(files: Mapping[str, bytes]) -> bytes:
    """The archive of ``files`` with its manifest."""
    manifest = {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in {MANIFEST: json.dumps(manifest, indent=2).encode(), **files}.items():
            archive.writestr(name, data)
    return packed.getvalue()


def read_backup(file: Path, password: Callable[[], str]) -> Backup:
    """A backup, every file in it checked; ``password`` is asked for one that is encrypted and whole.

    Raises BadKey saying what is wrong with it.
    """
    data = _content(file)
    encrypted = is_sealed(data)
    if encrypted and not is_whole(data):
        raise _damaged(file, "it is not what was written")
    packed = unseal(data, password(), f"the backup {file}") if encrypted else data
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            contents = _unpacked(file, archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as problem:
        raise _damaged(file, str(problem) or type(problem).__name__) from None
    manifest = _manifest(file, contents.pop(MANIFEST, b""))
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    if digests != manifest["files"]:
        wrong = sorted(name for name, _ in digests.items() ^ manifest["files"].items())
        raise _damaged(file, f"{', '.join(dict.fromkeys(wrong))} is not what was put into it")
    for name, data in contents.items():
        _check(name, data, f"{name} in {file}")
    return Backup(str(manifest["made_at"]), contents, encrypted)


def restore(plan: Sequence[Restoration]) -> list[Path]:
    """Put the files in place, each whole or not at all; where those went that were replaced.

    Everything is written beside its place before the first file is moved into it.
    """
    kept = []
    with ExitStack() as drafts:
        moves = [(_draft(each, drafts), each) for each in plan if not each.is_there]
        for draft, each in moves:
            if each.replaces:
                kept.append(_set_aside(each.place))
            draft.replace(each.place)
    return kept


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_SEALED + 1)
    except FileNotFoundError:
        raise BadKey(f"There is no backup {file}.") from None
    except OSError as problem:
        raise BadKey(f"The backup {file} cannot be read ({problem.strerror}).") from None
    if len(data) > MOST_SEALED:
        raise _damaged(file, "it holds more than a backup of keys does")
    if not data.startswith((MAGIC, ZIP)) and not MAGIC.startswith(data):
        raise _none(file)
    return data


def _unpacked(file: Path, archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if not _is_in_bounds([entry.file_size for entry in entries]):
        raise _damaged(file, "it holds more than a backup of keys does")
    return {entry.filename: archive.read(entry) for entry in entries}


def _manifest(file: Path, data: bytes) -> dict[str, dict[str, str]]:
    try:
        manifest = json.loads(data)
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise _none(file)
    if manifest.get("format") != FORMAT or "made_at" not in manifest:
        raise BadKey(
            f"{file} is a backup of another version ({manifest.get('format')}); restore it with that."
        )
    return manifest


def _require_restorable(file: Path, files: Mapping[str, bytes]) -> None:
    manifest = 0  # counts as a file
    if not _is_in_bounds([manifest, *map(len, files.values())]):
        raise BadKey(
            f"Nothing was written: {file} would hold more than {MOST_FILES - 1} files, or one of more than "
            f"{MOST_BYTES >> 20} MiB. Move keys to another folder and back them up by themselves."
        )
    for name, data in files.items():
        try:
            _check(name, data, name)
        except BadKey as problem:
            raise BadKey(f"Nothing was written, since it could not be restored: {problem}") from None


def _is_in_bounds(sizes: Sequence[int]) -> bool:
    """Whether files of so many bytes, the manifest among them, are what a backup may hold."""
    return len(sizes) <= MOST_FILES and max(sizes, default=0) <= MOST_BYTES and sum(sizes) <= MOST_IN_ALL


def _check(name: str, data: bytes, what: str) -> None:
    """Raises BadKey, calling it ``what``, if no backup may hold ``data`` under ``name``."""
    from flock.chain.keys import NAME, address_in

    if name.startswith(KEYS) and NAME.fullmatch(name.removeprefix(KEYS)):
        address_in(data, what)
    elif name == CONFIG:
        _check_with(tomllib.loads, data, f"{what} is not a TOML file")
    elif name == NODE_KEY:
        if not data.startswith(b"-----BEGIN "):
            raise BadKey(f"{what} is not a PEM file.")
    else:
        raise BadKey(f"{what} is no file that a backup holds.")


def _check_with(read: Callable[[str], object], data: bytes, sentence: str) -> None:
    try:
        read(text_of(data))
    except ValueError as problem:
        raise BadKey(f"{sentence} ({problem}).") from None


def _none(file: Path) -> BadKey:
    return BadKey(f"{file} is not a backup made by `flock key backup`.")


def _taken(file: Path) -> BadKey:
    return BadKey(f"{file} exists already; a backup replaces nothing. Name another file.")


def _damaged(file: Path, why: str) -> BadKey:
    return BadKey(f"The backup {file} is damaged: {why}. Nothing was restored; take another copy of it.")


def _draft(each: Restoration, drafts: ExitStack) -> Path:
    try:
        each.place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = mkstemp(dir=each.place.parent, prefix=".")  # made with mode 600
        drafts.callback(Path(name).unlink, missing_ok=True)
        with os.fdopen(handle, "wb") as out:
            out.write(each.data)
            out.flush()
            os.fsync(out.fileno())
    except OSError as problem:
        raise BadKey(f"{each.place} cannot be written ({problem.strerror}). Nothing was restored.") from None
    return Path(name)


def _set_aside(place: Path) -> Path:
    """A hidden name, kept out of the list of keys, for a file that is about to be overwritten."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    aside = next(
        path
        for path in (place.with_name(f".{place.name}.before-{stamp}-{number}") for number in range(1_000))
        if not path.exists()
    )
    os.link(place, aside)
    return aside
