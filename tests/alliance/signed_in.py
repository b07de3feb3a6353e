"""A client of the service whose wallet has signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from flock.chain.client import Client
from flock.protocol.core.cid import cid_of, digest_of
from tests import patience


@contextmanager
def signed_in(url: str, key: LocalAccount) -> Iterator[httpx.Client]:
    """A connection that carries the session of ``key``."""
    with patience.client(base_url=url) as client:
        message = client.get("/nonce", params={"account": key.address}).json()["message"]
        signature = key.sign_message(encode_defunct(text=message)).signature.to_0x_hex()
        answer = client.post("/sign-in", json={"message": message, "signature": signature})
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        yield client


def put_draft(client: httpx.Client, data: bytes) -> httpx.Response:
    return client.put(f"/drafts/{cid_of(digest_of(data))}", content=data)


def send(client: Client, key: LocalAccount, transaction: dict[str, Any]) -> dict[str, Any]:
    """Sign and send a transaction as the service answers it; its receipt."""
    fields = {name: value for name, value in transaction.items() if name != "from"}
    nonce = int(client.rpc.request("eth_getTransactionCount", key.address, "pending"), 16)
    price = {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": 0, "type": 2}
    signed = key.sign_transaction({**fields, **price, "nonce": nonce})
    sent = client.rpc.request("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex())
    receipt: dict[str, Any] | None = None
    while receipt is None:
        receipt = client.rpc.request("eth_getTransactionReceipt", sent)
    return receipt
