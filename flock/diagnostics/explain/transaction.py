"""A transaction: what it did, in words, and what this installation's journal knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flock.amounts import tokens
from flock.diagnostics.explain.pages import TransactionPage
from flock.diagnostics.explain.seats import block_times
from flock.errors import Refused

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.events import Event
    from flock.diagnostics.local_journal import LocalLog

AMOUNTS = frozenset(
    {"amount", "flock", "gm", "stake", "value", "refund", "to_treasury", "bounty", "keeper_cut"}
)
LEFT_OUT = frozenset({"parameters"})
WHERE = ("task_id", "round", "seat")


def explain_transaction(contracts: Contracts, transaction: str, log: LocalLog) -> TransactionPage:
    """Raises Refused if neither the chain nor the journal knows it."""
    from eth_utils.address import to_checksum_address

    receipt = contracts.client.rpc.request("eth_getTransactionReceipt", transaction)
    local = tuple(act for act in log.acts() if act.transaction == transaction)
    if receipt is None:
        if not local:
            raise Refused(
                f"Chain {contracts.chain_id} knows no transaction {transaction}, and neither does the journal "
                f"{log.file}. Check the hash, --rpc and --config."
            )
        return TransactionPage(transaction, "not mined yet", None, None, None, None, None, (), local)
    block, gas = int(receipt["blockNumber"], 16), int(receipt["gasUsed"], 16)
    return TransactionPage(
        transaction=transaction,
        status="done" if int(receipt["status"], 16) else "reverted: it had no effect, and its gas is spent",
        block=block,
        at=block_times(contracts.client, [block]).get(block),
        sender=to_checksum_address(receipt["from"]),
        gas_used=gas,
        cost=str(gas * int(receipt.get("effectiveGasPrice", "0x0"), 16)),
        events=tuple(_events(receipt["logs"])),
        local=local,
    )


def _events(logs: list[dict[str, Any]]) -> list[str]:
    from flock.chain.client import parse_log
    from flock.chain.events import decode_event

    return [_in_words(event) for event in map(decode_event, map(parse_log, logs)) if event]


def _in_words(event: Event) -> str:
    names = [name for name in (*WHERE, *event.arguments) if name in event.arguments and name not in LEFT_OUT]
    arguments = {name: event.arguments[name] for name in names}
    return f"{event.name}: " + ", ".join(
        f"{name.replace('_', ' ')} {_shown(name, value)}" for name, value in arguments.items()
    )


def _shown(name: str, value: object) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if name in AMOUNTS and isinstance(value, int):
        return tokens(value)
    return str(value)
