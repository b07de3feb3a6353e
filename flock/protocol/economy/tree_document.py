"""The document of a settlement: the entries of its tree, as canonical JSON.

Its SHA-256 is posted beside the root, and is its address in a blob store. Anyone can make the same bytes from the
chain, so losing it does no harm; it quickly shows which account differs in a wrong root.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flock.errors import Refused
from flock.protocol.core.cid import digest_of
from flock.protocol.core.merkle import Entry, RewardTree
from flock.protocol.core.units import NO_WEI, Wei
from flock.protocol.economy.ledger import DaySettlement

FORMAT = "flock-settlement/1"
MOST_BYTES = 1 << 30
_WEI_BITS = 128


@dataclass(frozen=True)
class TreeDocument:
    """The entries of all days before ``day``, for the distributor on a chain; amounts in wei."""

    chain_id: int
    distributor: str
    day: int
    set_aside: Wei
    entries: Mapping[str, Entry]

    @classmethod
    def of(cls, settlement: DaySettlement, chain_id: int, distributor: str) -> "TreeDocument":
        """The document of a settlement."""
        return cls(chain_id, distributor, settlement.day, settlement.set_aside, settlement.entries)

    @cached_property
    def tree(self) -> RewardTree:
        """The tree over the entries."""
        return RewardTree(self.entries, self.chain_id, self.distributor)

    @cached_property
    def total(self) -> Wei:
        """The sum of all entries."""
        return Wei(sum(entry.total for entry in self.entries.values()))

    @cached_property
    def data(self) -> bytes:
        """The canonical bytes: accounts in the order of their addresses, amounts as decimal text."""
        content = {
            "format": FORMAT,
            "chainId": self.chain_id,
            "distributor": self.distributor,
            "day": self.day,
            "root": "0x" + self.tree.root.hex(),
            "total": str(self.total),
            "setAside": str(self.set_aside),
            "entries": [
                [account, str(liquid), str(vesting)]
                for account, (liquid, vesting) in sorted(self.entries.items())
            ],
        }
        return json.dumps(content, separators=(",", ":")).encode() + b"\n"

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the canonical bytes: what is posted as ``tree``."""
        return digest_of(self.data)


def parse_tree_document(data: bytes) -> TreeDocument:
    """The document in ``data``. Raises Refused if it is invalid or not canonical."""
    try:
        document = _parsed(json.loads(data))
        is_canonical = document.data == data
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise Refused(
            f"This is not a document of a settlement ({problem}): give the one that was posted."
        ) from None
    if not is_canonical:
        raise Refused(
            "The document's root, total or spelling is not that of its entries: give the one that was posted."
        )
    return document


def first_difference(one: Mapping[str, Entry], other: Mapping[str, Entry]) -> str | None:
    """The first account, by address, that two settlements disagree about; ``None`` if they agree on all."""
    nothing = Entry(NO_WEI, NO_WEI)
    accounts = sorted(one.keys() | other.keys())
    return next((who for who in accounts if one.get(who, nothing) != other.get(who, nothing)), None)


def _parsed(content: Any) -> TreeDocument:
    if content["format"] != FORMAT:
        raise ValueError(f"its format is {content['format']!r}, not {FORMAT}")
    entries = {account: Entry(_wei(liquid), _wei(vesting)) for account, liquid, vesting in content["entries"]}
    return TreeDocument(
        int(content["chainId"]),
        content["distributor"],
        int(content["day"]),
        _wei(content["setAside"]),
        entries,
    )


def _wei(text: str) -> Wei:
    if not (text.isascii() and text.isdigit()) or int(text).bit_length() > _WEI_BITS:
        raise ValueError(f"{text[:50]!r} is not an amount")
    return Wei(int(text))
