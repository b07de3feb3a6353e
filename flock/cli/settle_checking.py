"""What ``flock verify`` and ``flock dispute`` do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from flock.amounts import tokens
from flock.cli.plans import carry_out
from flock.economy.operations.disputing import somebody
from flock.economy.operations.plans import command
from flock.errors import BlobUnavailable, Refused
from flock.programs.signing import opened

if TYPE_CHECKING:
    from flock.chain.contracts.settlement import Posting
    from flock.cli.options import Signing
    from flock.economy.settling import RootVerification
    from flock.programs.settings import ChainSettings
    from flock.protocol.core.merkle import Entry
    from flock.protocol.economy.tree_document import TreeDocument


@dataclass(frozen=True)
class Sought:
    """Which root to verify, by events up to which block, and where its document may be."""

    root: int | None = None
    day: int | None = None
    block: int | None = None
    tree: str | None = None
    blobs: str | None = None


@dataclass(frozen=True)
class Difference:
    """The first account that the posted document and the chain disagree about."""

    account: str
    posted: Entry
    computed: Entry


def verify(settings: ChainSettings, sought: Sought, *, as_json: bool) -> bool:
    """Verify one root, say what was found, and whether it is right."""
    from flock.economy import settling
    from flock.programs.wiring import contracts_of
    from flock.terminal import Progress

    contracts = contracts_of(settings)
    posting = settling.posting_of(contracts, sought.root, sought.day)
    with Progress("Recomputing the settlement from the chain…"):
        verification = settling.verify(contracts, posting, sought.block)
    difference, note = None, None
    if not verification.is_right:
        difference, note = _look_into(verification, sought)
    if as_json:
        _print_as_json(verification, difference, note)
    else:
        _print(verification, difference, note)
    return verification.is_right


def dispute(options: Signing, root_id: int, *, force: bool) -> None:
    """Raises Refused for a right root, unless ``force``."""
    from flock.economy.operations import disputing
    from flock.terminal import Progress

    contracts, account = opened(options.settings)
    with Progress("Recomputing the settlement from the chain…"):
        plan = disputing.dispute(contracts, account, root_id, force=force)
    carry_out(options, plan)


# ---- where a wrong root is wrong


def _look_into(verification: RootVerification, sought: Sought) -> tuple[Difference | None, str | None]:
    """The first difference between the document that was posted and the chain, or why there is none to show."""
    from flock.protocol.economy.tree_document import first_difference

    posting, ours = verification.posting, verification.recomputed.settlement.entries
    if not (sought.tree or sought.blobs):
        return None, "Name the posted document with --tree or --blobs to see which account differs."
    try:
        document = _posted_document(posting, sought)
    except (BlobUnavailable, Refused) as problem:
        return None, str(problem)
    account = first_difference(document.entries, ours)
    if account is None:
        return (
            None,
            "The posted document is right account by account; it is the root or its total that is not.",
        )
    return Difference(account, _entry(document.entries, account), _entry(ours, account)), _own_fault(
        posting, document
    )


def _posted_document(posting: Posting, sought: Sought) -> TreeDocument:
    from flock.protocol.core.cid import cid_of, digest_of
    from flock.protocol.economy.tree_document import MOST_BYTES, parse_tree_document
    from flock.store.fsspec_blobs import fetch

    cid = cid_of(posting.tree)
    data = fetch(sought.tree or f"{sought.blobs}/{cid[-2:]}/{cid}", MOST_BYTES)
    if digest_of(data) != posting.tree:
        raise Refused(
            f"These bytes are not the document that was posted with root {posting.id}, which is {cid}."
        )
    return parse_tree_document(data)


def _own_fault(posting: Posting, document: TreeDocument) -> str | None:
    if document.tree.root == posting.root:
        return None
    return "The posted document does not even give the posted root."


def _entry(entries: Any, account: str) -> Entry:
    from flock.protocol.core.merkle import Entry
    from flock.protocol.core.units import NO_WEI

    entry: Entry = entries.get(account, Entry(NO_WEI, NO_WEI))
    return entry


# ---- what it says

# What is to be done about a wrong root, by its state.
NEXT: Mapping[str, Callable[[Posting], tuple[object, ...]]] = {
    "pending": lambda posting: ("dispute", posting.id),
    "parked": lambda posting: ("gov", "propose", "resolve", posting.id, "wrong", *_titled(posting)),
    "served": lambda posting: ("gov", "propose", "replace", posting.day, *_titled(posting)),
}


def _titled(posting: Posting) -> tuple[object, ...]:
    return "--title", f"Root {posting.id} is wrong"


def _print(verification: RootVerification, difference: Difference | None, note: str | None) -> None:
    from flock.cli.settle_actions import for_people
    from flock.terminal import moment, print_fields

    posting, state = verification.posting, verification.state.name.lower()
    fields = {
        **for_people(verification.recomputed),
        "settler": somebody(posting.settler) or "governance",
        "state": f"{state}, to be disputed until {moment(posting.active_at)}"
        if state == "pending"
        else state,
    }
    verdict = "is right" if verification.is_right else "is WRONG"
    print_fields(f"Root {posting.id} {verdict}", fields)
    for fault in verification.faults:
        typer.echo(str(fault))
    if difference:
        typer.echo(_sentence(difference))
    if note:
        typer.echo(note)
    if not verification.is_right and state in NEXT:
        words = NEXT[state](posting)
        typer.echo(f"Next: {command(*words, '--key', '…')}")


def _sentence(difference: Difference) -> str:
    posted, computed = difference.posted, difference.computed
    return (
        f"The first account that differs is {difference.account}: the document says {tokens(posted.liquid)} FLOCK "
        f"liquid and {tokens(posted.vesting)} vesting, the chain's events give {tokens(computed.liquid)} and "
        f"{tokens(computed.vesting)}."
    )


def _print_as_json(verification: RootVerification, difference: Difference | None, note: str | None) -> None:
    from flock.terminal import print_json

    posting = verification.posting
    first = difference and {
        "account": difference.account,
        "posted": {name: str(wei) for name, wei in difference.posted._asdict().items()},
        "computed": {name: str(wei) for name, wei in difference.computed._asdict().items()},
    }
    print_json(
        {
            "id": posting.id,
            "right": verification.is_right,
            "state": verification.state.name.lower(),
            "settler": somebody(posting.settler),
            "day": posting.day,
            "block": verification.recomputed.block,
            "root": "0x" + posting.root.hex(),
            "computed_root": "0x" + verification.recomputed.root.hex(),
            "total": str(posting.total),
            "computed_total": str(verification.recomputed.document.total),
            "accounts": len(verification.recomputed.settlement.entries),
            "faults": [str(fault) for fault in verification.faults],
            "first_difference": first,
            "note": note,
        }
    )
