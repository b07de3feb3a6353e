"""Examples of every answer, for the OpenAPI document. A test holds them against the schemas."""

from typing import Any

from flock.web.fields import EXAMPLE_ACCOUNT, EXAMPLE_CID, EXAMPLE_DIGEST

Example = dict[str, Any]

CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
CARD: Example = {
    "title": "Reader of handwritten digits",
    "kind": "image",
    "summary": "Trained by twelve hospitals in 20 rounds.",
    "licence": "Apache-2.0",
    "tags": ["digits"],
    "metrics": {"accuracy": 0.97},
    "open": True,
}
PRICE: Example = {
    "token": CONTRACT,
    "per_call": "1000000000000000",
    "per_period": "30000000000000000000",
    "per_input": "0",
    "per_output": "0",
    "former": None,
    "honoured_until": 1896091200,
}
VERSION: Example = {
    "id": 7,
    "model": 3,
    "state": "listed",
    "origin": "task",
    "task": 1,
    "contested_by": None,
    "publisher": EXAMPLE_ACCOUNT,
    "published_at": 1896091200,
    "digest": EXAMPLE_DIGEST,
    "cid": EXAMPLE_CID,
    "metadata": EXAMPLE_CID,
    "card": CARD,
    "fee_bps": 250,
    "host_bps": 2000,
    "royalty_bps": 1000,
    "makers_bps": 4000,
    "parents": [{"version": 5, "bps": 1000}],
    "children": [9],
    "shares": [],
    "prices": [PRICE],
    "hosts": 2,
    "subscriptions": 4,
}
MODEL: Example = {"id": 3, "owner": EXAMPLE_ACCOUNT, "transfers": 0, "versions": [5, 7], "newest": VERSION}
LISTING: Example = {
    "version": 7,
    "host": EXAMPLE_ACCOUNT,
    "state": "bonded",
    "serves": True,
    "splitter": CONTRACT,
    "since": 1896091200,
}
HOST: Example = {
    "account": EXAMPLE_ACCOUNT,
    "state": "bonded",
    "bond": "10000000000000000000000",
    "since": 1896091200,
    "leaves_at": None,
    "slashed": "0",
    "versions": [5, 7],
}
PAYEE: Example = {
    "number": 2,
    "role": "owner",
    "account": EXAMPLE_ACCOUNT,
    "bps": 6000,
    "due": "4680000000000000000",
}
REVENUE: Example = {"host": EXAMPLE_ACCOUNT, "token": CONTRACT, "paid": "10000000000000000000", "held": "0"}
SUBSCRIPTION: Example = {
    "id": 4,
    "subscriber": EXAMPLE_ACCOUNT,
    "version": 7,
    "host": EXAMPLE_ACCOUNT,
    "token": CONTRACT,
    "amount": "30000000000000000000",
    "start": 1896091200,
    "end": 1898683200,
    "collected": "0",
    "refunded": "0",
    "cancelled_at": None,
}
DRAFT: Example = {"cid": EXAMPLE_CID, "digest": EXAMPLE_DIGEST}
