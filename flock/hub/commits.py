"""A commit as huggingface's clients send it: lines of JSON, of which the first is its header."""

import base64
import binascii
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, TypeAdapter, ValidationError

from flock.errors import Refused
from flock.hub.limits import HubLimits
from flock.hub.names import file_path, is_left_out
from flock.web.errors import TooLarge
from flock.web.strict_json import parsed_json

LINE_SLACK = 4096
"""Bytes of a line beside the file in it: its path, and the words around."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Header(BaseModel):
    parentCommit: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")] | None = None  # noqa: N815


class _Small(BaseModel):
    path: str
    content: str
    encoding: Literal["base64", "utf-8"] = "utf-8"


class _Large(BaseModel):
    path: str
    algo: Literal["sha256"] = "sha256"
    oid: Sha256
    size: Annotated[int, Field(strict=True, ge=0)] | None = None


class _Deleted(BaseModel):
    path: str


class _Line(BaseModel):
    key: Literal["header", "file", "lfsFile", "deletedFile", "deletedFolder"]
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AddSmall:
    """A file whose bytes are in the commit."""

    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class AddLarge:
    """A file whose bytes were uploaded before; ``size`` None if whoever commits leaves it to the hub."""

    path: str
    digest: bytes
    size: int | None


@dataclass(frozen=True, slots=True)
class Delete:
    """A file, or with ``is_folder`` all files below a folder."""

    path: str
    is_folder: bool


Operation = AddSmall | AddLarge | Delete


@dataclass(frozen=True, slots=True)
class Commit:
    """What a commit does, in its order, to the revision ``parent`` (None: whatever ``main`` is).

    ``left_out`` are the files it brings that the hub does not take.
    """

    parent: str | None
    operations: Sequence[Operation]
    left_out: Sequence[str]


_SHAPES: Mapping[str, TypeAdapter[Any]] = {
    "file": TypeAdapter(_Small),
    "lfsFile": TypeAdapter(_Large),
    "deletedFile": TypeAdapter(_Deleted),
    "deletedFolder": TypeAdapter(_Deleted),
}


async def read_commit(body: AsyncIterator[bytes], limits: HubLimits) -> Commit:
    """The commit in ``body``. Raises TooLarge or Refused at the first piece that shows it cannot be taken."""
    reader = _Reader(limits)
    async for line in _lines(body, limits):
        reader.read(line)
    return reader.commit()


class _Reader:
    """Puts a commit together, line by line."""

    def __init__(self, limits: HubLimits) -> None:
        self._limits = limits
        self._header: _Header | None = None
        self._operations: list[Operation] = []
        self._left_out: list[str] = []
        self._count = 0

    def read(self, line: bytes) -> None:
        self._count += 1
        where = f"line {self._count}"
        found = _shaped(TypeAdapter(_Line), parsed_json(line, where), where)
        if (found.key == "header") != (self._header is None):
            raise Refused(f"The commit's {where} is out of place: send one header, and send it first.")
        if found.key == "header":
            self._header = _shaped(TypeAdapter(_Header), found.value, where)
            return
        if len(self._operations) + len(self._left_out) >= self._limits.files:
            raise TooLarge(f"The commit changes more than {self._limits.files} files: send it in parts.")
        self._take(found.key, _shaped(_SHAPES[found.key], found.value, where))

    def commit(self) -> Commit:
        if self._header is None:
            raise Refused("The commit has no header: send one as its first line.")
        return Commit(self._header.parentCommit, self._operations, self._left_out)

    def _take(self, key: str, value: Any) -> None:
        path = file_path(value.path.rstrip("/") if key == "deletedFolder" else value.path)
        if key.startswith("deleted"):
            self._operations.append(Delete(path, key == "deletedFolder"))
        elif is_left_out(path):
            self._left_out.append(path)
        elif key == "lfsFile":
            self._operations.append(AddLarge(path, bytes.fromhex(value.oid), value.size))
        else:
            self._operations.append(AddSmall(path, self._bytes_of(value)))

    def _bytes_of(self, value: _Small) -> bytes:
        try:
            is_coded = value.encoding == "base64"
            data = base64.b64decode(value.content, validate=True) if is_coded else value.content.encode()
        except (binascii.Error, ValueError):
            raise Refused(
                f"The content of {value.path!r} is not {value.encoding}: send it as base64."
            ) from None
        if len(data) > self._limits.regular:
            raise TooLarge(
                f"{value.path!r} has {len(data)} bytes, a commit takes files of {self._limits.regular}: upload it "
                f"with git-LFS."
            )
        return data


def _shaped(shape: TypeAdapter[Any], value: object, where: str) -> Any:
    try:
        return shape.validate_python(value)
    except ValidationError as problem:
        first = problem.errors()[0]
        field = ".".join(map(str, first["loc"])) or "it"
        raise Refused(f"The commit's {where} does not hold: {field}: {first['msg'].lower()}.") from None


async def _lines(body: AsyncIterator[bytes], limits: HubLimits) -> AsyncIterator[bytes]:
    """The lines of ``body`` that say something, each no longer than a file and its name can be."""
    longest = 4 * (limits.regular // 3 + 1) + LINE_SLACK
    seen, held = 0, bytearray()
    async for piece in body:
        seen += len(piece)
        if seen > limits.commit:
            raise TooLarge(
                f"The commit has more than {limits.commit} bytes: send it in parts, files by git-LFS."
            )
        *ends, rest = piece.split(b"\n")
        for end in ends:
            held += end
            _refuse_long(held, longest)
            if line := bytes(held).strip():
                yield line
            held.clear()
        held += rest
        _refuse_long(held, longest)
    if line := bytes(held).strip():
        yield line


def _refuse_long(line: bytearray, longest: int) -> None:
    if len(line) > longest:
        raise TooLarge(f"A line of the commit has more than {longest} bytes: upload the file with git-LFS.")
