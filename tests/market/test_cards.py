"""Documents of versions: what is taken, and what a reader is spared."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.errors import Refused
from flock.marketplace.cards import read_card, write_card
from flock.web.errors import BadFields
from tests.market.fair import card


def test_what_is_not_known_is_kept() -> None:
    data = write_card(card("A model", runtime={"kind": "builtin", "classes": 10}))
    assert json.loads(data)["runtime"] == {"kind": "builtin", "classes": 10}
    assert read_card(data).title == "A model"


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "metadata.title"),
        (card(""), "metadata.title"),
        (card("x" * 201), "metadata.title"),
        (card("turned \u202e around"), "metadata.title"),
        (card("a", summary="\x1b]0;renamed\x07"), "metadata.summary"),
        (card("a", kind="Image Model"), "metadata.kind"),
        (card("a", metrics={"accuracy": "high"}), "metadata.metrics.accuracy"),
        (card("a", metrics={"accuracy": float("inf")}), "metadata.metrics.accuracy"),
        (card("a", open="yes"), "metadata.open"),
        (card("a", tags=["b"] * 21), "metadata.tags"),
        (card("a", big=2**63), "metadata.big"),
        (card("a", classes=["b" * 100] * 700), "metadata"),
    ],
)
def test_what_is_no_card_is_refused_by_field(document: dict[str, object], field: str) -> None:
    with pytest.raises(BadFields) as refused:
        write_card(document)
    assert list(refused.value.fields) == [field]


def test_only_canonical_bytes_are_a_document() -> None:
    with pytest.raises(BadFields, match="canonical"):
        read_card(b'{"title": "a"}')


@given(st.binary(max_size=200))
def test_hostile_bytes_are_refused_and_never_break_a_reader(data: bytes) -> None:
    with suppress(Refused):
        assert read_card(data).title
