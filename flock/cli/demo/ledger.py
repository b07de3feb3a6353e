"""Reads a finished or running task back from the chain: rounds, gas by kind, who got what."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flock.chain.contracts import Contracts
    from flock.chain.events import Event

# The event that tells what a transaction was for; withdrawals and joins belong to no round.
KIND_OF_EVENT = {
    "Drawn": "draw",
    "Proposed": "propose",
    "Attested": "attest",
    "VoteCommitted": "commit",
    "VoteRevealed": "reveal",
    "RoundFinalised": "finalise",
}


def gas_by_round(contracts: Contracts, events: Iterable[Event]) -> Mapping[int, dict[str, int]]:
    """Round number → kind of transaction → gas used by all of that kind."""
    kinds: dict[str, tuple[int, str]] = {}
    for event in events:
        kind = KIND_OF_EVENT.get(event.name)
        if kind is not None:
            kinds[event.transaction] = (int(event.arguments["round"]), kind)
    spent: defaultdict[int, Counter[str]] = defaultdict(Counter)
    hashes = list(kinds)
    receipts = contracts.client.rpc.batch([("eth_getTransactionReceipt", [h]) for h in hashes])
    for transaction, receipt in zip(hashes, receipts, strict=True):
        number, kind = kinds[transaction]
        spent[number][kind] += int(receipt["gasUsed"], 16)
    return {number: dict(counter) for number, counter in spent.items()}
