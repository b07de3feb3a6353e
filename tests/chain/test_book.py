"""Address books are read whole or refused with the field that is wrong."""

import json
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from flock.chain.address_book import AddressBook
from flock.errors import BadConfig, NotDeployed

PLACE = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
NUMBERS = {"chain_id": 7, "deployed_block": 12}
PLACES = {field.name: PLACE for field in fields(AddressBook) if field.name not in NUMBERS}
BOOK = AddressBook(**NUMBERS, **PLACES)  # type: ignore[arg-type]


def test_a_book_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "7.json"
    BOOK.save(path)
    assert AddressBook.load(7, path) == BOOK
    assert [entry.name for entry in path.parent.iterdir()] == ["7.json"]


def test_a_missing_book_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(
        NotDeployed, match=r"no address book for chain 7 at .*nowhere.json.*flock chain deploy"
    ):
        AddressBook.load(7, tmp_path / "nowhere.json")


def test_an_unknown_chain_has_no_book() -> None:
    with pytest.raises(NotDeployed, match="no address book for chain 999999999"):
        AddressBook.load(999_999_999)


def test_a_book_of_another_chain_is_refused(tmp_path: Path) -> None:
    BOOK.save(tmp_path / "book.json")
    with pytest.raises(BadConfig, match="is of chain 7, not of chain 8"):
        AddressBook.load(8, tmp_path / "book.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"staking": "0x12"}, "staking in the address book .* is '0x12', which is not an address"),
        ({"staking": None}, "staking in the address book .* is None, which is not an address"),
        (
            {"deployed_block": "soon"},
            "deployed_block in the address book .* is 'soon'; it must be a whole number",
        ),
        ({"deployed_block": -1}, "it must be a whole number"),
        ({"more": 1}, "must have exactly the fields"),
    ],
)
def test_a_malformed_field_is_named(tmp_path: Path, change: dict[str, object], message: str) -> None:
    path = tmp_path / "book.json"
    path.write_text(json.dumps(asdict(BOOK) | change))
    with pytest.raises(BadConfig, match=message):
        AddressBook.load(7, path)


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_what_is_no_book_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "book.json"
    path.write_text(text)
    with pytest.raises(BadConfig, match="address book"):
        AddressBook.load(7, path)


def test_a_book_of_an_earlier_version_says_to_deploy_anew_or_to_fetch_one(tmp_path: Path) -> None:
    old = asdict(BOOK)
    for later in ("vesting", "distributor", "settlement", "emissions", "timelock", "governor", "guardian"):
        del old[later]
    path = tmp_path / "book.json"
    path.write_text(json.dumps(old))
    with pytest.raises(
        NotDeployed,
        match=r"earlier version of flock: it lacks distributor, emissions, .*Deploy again with `flock chain deploy`, "
        "or get the address book",
    ):
        AddressBook.load(7, path)
