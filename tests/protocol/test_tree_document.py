"""The document of a settlement: one spelling, and nothing that its entries do not say."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.errors import Refused
from flock.protocol.core.merkle import Entry
from flock.protocol.core.units import NO_WEI, Wei
from flock.protocol.economy.ledger import DaySettlement
from flock.protocol.economy.tree_document import TreeDocument, first_difference, parse_tree_document

ONE, TWO = "0x" + "11" * 20, "0x" + "22" * 20
DOCUMENT = TreeDocument(
    31337, "0x" + "d1" * 20, 20_000, Wei(5), {TWO: Entry(Wei(2), Wei(3)), ONE: Entry(Wei(1), NO_WEI)}
)
amounts = st.integers(0, 2**100).map(Wei)
entries = st.dictionaries(
    st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex()), st.builds(Entry, amounts, amounts)
)


def test_the_document_of_a_settlement_says_what_it_says() -> None:
    settlement = DaySettlement(20_000, DOCUMENT.entries, Wei(5), ())
    assert TreeDocument.of(settlement, DOCUMENT.chain_id, DOCUMENT.distributor) == DOCUMENT


def test_the_largest_amount_is_read_and_none_above_it() -> None:
    for amount, is_read in ((2**128 - 1, True), (2**128, False)):
        document = replace(DOCUMENT, entries={ONE: Entry(Wei(amount), NO_WEI)})
        if is_read:
            assert parse_tree_document(document.data) == document
        else:
            with pytest.raises(Refused, match="is not an amount"):
                parse_tree_document(document.data)


def test_a_document_of_another_format_is_told_which_one_is_read() -> None:
    other = DOCUMENT.data.replace(b"settlement/1", b"settlement/2")
    with pytest.raises(Refused, match="its format is 'flock-settlement/2', not flock-settlement/1"):
        parse_tree_document(other)


@given(entries, st.integers(0, 10**5), amounts)
def test_what_is_written_is_read(earned: dict[str, Entry], day: int, aside: Wei) -> None:
    document = TreeDocument(8453, "0x" + "d1" * 20, day, aside, earned)
    assert parse_tree_document(document.data) == document


def test_the_order_of_entries_does_not_change_the_bytes() -> None:
    turned = replace(DOCUMENT, entries=dict(sorted(DOCUMENT.entries.items())))
    assert turned.data == DOCUMENT.data


def test_it_is_json_that_anybody_reads() -> None:
    assert json.loads(DOCUMENT.data) == {
        "format": "flock-settlement/1",
        "chainId": 31337,
        "distributor": "0x" + "d1" * 20,
        "day": 20_000,
        "root": "0x" + DOCUMENT.tree.root.hex(),
        "total": "6",
        "setAside": "5",
        "entries": [[ONE, "1", "0"], [TWO, "2", "3"]],
    }


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        (b'"total":"6"', b'"total":"7"'),
        (b'["0x11', b' ["0x11'),
        (b'"1","0"', b'"01","0"'),
        (b"flock-settlement/1", b"flock-settlement/2"),
        (b'"1","0"', b'"-1","0"'),
        (b'"1","0"', b'1,"0"'),
        (b'"1","0"', b'"' + b"9" * 50 + b'","0"'),
        (b'"entries"', b'"others"'),
        (b"0x1111", b"0xzz11"),
        (b"{", b"["),
    ],
)
def test_any_other_spelling_is_refused(what: bytes, instead: bytes) -> None:
    assert what in DOCUMENT.data
    with pytest.raises(Refused, match="give the one that was posted"):
        parse_tree_document(DOCUMENT.data.replace(what, instead, 1))


def test_a_document_whose_total_is_not_that_of_its_entries_says_so() -> None:
    said = (
        r"^The document's root, total or spelling is not that of its entries: give the one that was posted\.$"
    )
    with pytest.raises(Refused, match=said):
        parse_tree_document(DOCUMENT.data.replace(b'"total":"6"', b'"total":"7"'))


def test_the_first_difference_is_the_lowest_account() -> None:
    ours = DOCUMENT.entries
    assert first_difference(ours, ours) is None
    assert first_difference(ours, {ONE: ours[ONE]}) == TWO
    assert first_difference({ONE: Entry(Wei(1), Wei(1)), TWO: ours[TWO]}, ours) == ONE


def test_who_is_not_in_a_settlement_has_nothing_in_it() -> None:
    nobody = {ONE: Entry(NO_WEI, NO_WEI)}
    assert first_difference(nobody, {}) is None
    assert first_difference({}, nobody) is None
    assert first_difference({}, {ONE: Entry(NO_WEI, Wei(1))}) == ONE
    assert first_difference({ONE: Entry(Wei(1), NO_WEI)}, {}) == ONE
