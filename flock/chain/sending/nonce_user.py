"""Whose transaction has a nonce, by the blocks themselves: receipts are served only once a node has indexed them."""

from collections.abc import Mapping
from typing import Any

from flock.chain.client import Client, parse_number
from flock.errors import RpcUnavailable

STATES_KEPT = 120
"""Nodes that keep no archive know how many transactions an account had in the last 128 blocks."""


def user_of(client: Client, account: str, nonce: int) -> str | None:
    """The hash of ``account``'s transaction with ``nonce``; None if it is older than nodes remember.

    Raises RpcUnavailable if the nonce is not seen to be used, and RpcRefused.
    """
    last = client.block_number()
    first = max(0, last - STATES_KEPT)
    if _has_used(client, account, nonce, first):
        return None
    if not _has_used(client, account, nonce, last):
        raise RpcUnavailable(
            f"The RPC at {client.rpc.place} calls nonce {nonce} used, and counts it as free."
        )
    while last - first > 1:
        middle = (first + last) // 2
        is_used = _has_used(client, account, nonce, middle)
        first, last = (first, middle) if is_used else (middle, last)
    block = client.rpc.request("eth_getBlockByNumber", hex(last), True) or {}
    mine = (each for each in block.get("transactions", ()) if _is_it(each, account, nonce))
    return next((str(each["hash"]) for each in mine), None)


def _has_used(client: Client, account: str, nonce: int, block: int) -> bool:
    return parse_number(client.rpc.request("eth_getTransactionCount", account, hex(block))) > nonce


def _is_it(transaction: Mapping[str, Any], account: str, nonce: int) -> bool:
    return transaction["from"].lower() == account.lower() and parse_number(transaction["nonce"]) == nonce
