"""Files as Notepad, PowerShell and people's editors write them are read alike, or refused by name."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from flock.chain.address_book import AddressBook
from flock.cli.task_terms import read_terms
from flock.errors import BadConfig
from flock.programs.allow_list import read_addresses
from flock.programs.passwords import password_for
from flock.programs.settings import NodeSettings, load
from flock.store.text_files import text_of

SOMEBODY = "0x00000000000000000000000000000000000000B0"
HAND = ["utf-8", "utf-8-sig", "utf-16", "utf-32"]


def node(file: Path) -> object:
    return load(NodeSettings, file).task


READERS: list[tuple[Callable[[Path], object], str, object]] = [
    (node, f'task = 7\nkey = "hospital"\nowner = "{SOMEBODY}"\napp = "a:b"\n', 7),
    (read_addresses, json.dumps([SOMEBODY]) + "\n", [SOMEBODY]),
    (lambda file: password_for("hospital", file), "pass wörd\n", "pass wörd"),
    (lambda file: read_terms(file, 0).given["planned_rounds"], "planned_rounds = 9\n", 9),
]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", HAND)
@pytest.mark.parametrize(("read", "text", "value"), READERS)
def test_they_are_read(
    tmp_path: Path, read: Callable[[Path], object], text: str, value: object, encoding: str, ending: str
) -> None:
    file = tmp_path / "file"
    file.touch(mode=0o600)
    file.write_bytes(text.replace("\n", ending).encode(encoding))
    file.chmod(0o600)
    assert read(file) == value


@pytest.mark.parametrize("bad", [b"\xe4\xf6\xfc", '{"a": 1}'.encode("utf-16-le")])
@pytest.mark.parametrize("read", [reader for reader, _, _ in READERS])
def test_what_is_no_text_is_refused_by_name(
    tmp_path: Path, read: Callable[[Path], object], bad: bytes
) -> None:
    file = tmp_path / "saved-elsewhere"
    file.write_bytes(bad)
    file.chmod(0o600)
    with pytest.raises(BadConfig, match=r"saved-elsewhere cannot be read: .*save it as UTF-8\.$"):
        read(file)


@pytest.mark.parametrize("encoding", HAND)
def test_so_is_an_address_book(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "book.json"
    file.write_text('{"chain_id": 7}', encoding=encoding)
    with pytest.raises(Exception, match=r"book\.json") as told:
        AddressBook.load(7, file)
    assert "cannot be read" not in str(told.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_of_text_nothing_is_lost(encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    assert text_of((mark + "Grüße, 你好").encode(encoding)) == "Grüße, 你好"
