"""Examples of every answer, for the OpenAPI document. A test holds them against the schemas."""

from typing import Any

from flock.protocol.alliance.reasons import Reason
from flock.web.fields import EXAMPLE_ACCOUNT, EXAMPLE_CID, EXAMPLE_DIGEST

Example = dict[str, Any]

CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
TRANSACTION = "0x" + "7a" * 32

PARAMETERS: Example = {
    "planned_rounds": 20,
    "proposer_seats": 4,
    "voter_seats": 5,
    "minimum_members": 18,
    "max_members": 10_000,
    "propose_seconds": 600,
    "attest_seconds": 120,
    "commit_seconds": 300,
    "reveal_seconds": 120,
    "starts_at": 1895486400,
    "start_by": 1896091200,
    "ends_at": 1898683200,
    "minimum_stake": "100000000000000000000",
    "keeper_fee": "300000000000000000",
    "norm_clip": "0",
    "rule": 131,
    "byzantine_bps": 4000,
    "vote_tolerance_bps": 100,
    "strike_window": 16,
    "strike_limit": 8,
    "slash_bps": 100,
    "makers_bps": 0,
    "allow_list_root": "0x" + "00" * 32,
    "initial_model": EXAMPLE_DIGEST,
}

TASK: Example = {
    "id": 1,
    "creator": EXAMPLE_ACCOUNT,
    "state": "running",
    "bounty": "2400000000000000000000",
    "pool": "1800000000000000000000",
    "opened": 6,
    "decided": 5,
    "members": 12,
    "seed_block": None,
    "metadata": EXAMPLE_CID,
    "model": EXAMPLE_CID,
    "refund": None,
    "to_treasury": None,
    "parameters": PARAMETERS,
}

VOTE: Example = {
    "candidate": EXAMPLE_CID,
    "harmful": [2],
    "rewarded": [0, 1, 3],
    "supports": True,
    "salt": EXAMPLE_DIGEST,
}

SEAT: Example = {
    "seat": 4,
    "role": "voter",
    "account": EXAMPLE_ACCOUNT,
    "member": 7,
    "weight": 2,
    "commitment": None,
    "cid": None,
    "attested": [0, 1, 2, 3],
    "sealed_vote": EXAMPLE_DIGEST,
    "vote": VOTE,
    "verdict": "good",
    "earned": "7200000000000000000",
    "slashed": "0",
}

ROUND: Example = {
    "number": 6,
    "outcome": "accepted",
    "seed": EXAMPLE_DIGEST,
    "drawn_block": 1180,
    "propose_ends_at": 1896091800,
    "keeper": EXAMPLE_ACCOUNT,
    "candidate": EXAMPLE_CID,
    "harmful": [2],
    "rewarded": [0, 1, 3],
    "attested": [0, 1, 2, 3],
    "proposer_unit": "14000000000000000000",
    "voter_unit": "3600000000000000000",
    "pool_left": "1800000000000000000000",
    "finalised_block": 1199,
}

ROUND_WITH_SEATS: Example = {**ROUND, "seats": [SEAT]}

MEMBER: Example = {
    "number": 7,
    "id": 7,
    "account": EXAMPLE_ACCOUNT,
    "state": "active",
    "stake": "200000000000000000000",
    "allocated": "200000000000000000000",
    "weight": 2,
    "strikes": 1,
    "drawn": 5,
    "earned": "21200000000000000000",
    "keeper_fees": "0",
    "withdrawn": "0",
    "withdrawable": "21200000000000000000",
    "slashed": "0",
    "slashed_flock": "0",
}

PUBLICATION: Example = {"seat": 1, "cid": EXAMPLE_CID}
PUBLISHED: Example = {"0": EXAMPLE_CID, "1": EXAMPLE_CID}

HISTORY: Example = {
    "round": 6,
    "outcome": "accepted",
    "seat": 2,
    "role": "proposer",
    "weight": 2,
    "verdict": "bad",
    "reason": Reason.HARMFUL.value,
    "because": Reason.HARMFUL.sentence,
    "strikes": 1,
    "earned": "0",
    "slashed": "0",
    "transactions": {"drawn": TRANSACTION, "proposed": TRANSACTION, "finalised": TRANSACTION},
}

CREATION: Example = {
    "task": None,
    "bounty": "2400000000000000000000",
    "metadata": EXAMPLE_CID,
    "metadata_digest": EXAMPLE_DIGEST,
    "parameters": PARAMETERS,
    "transactions": [
        {
            "does": "Make a task with a bounty of 2,400 FLOCK.",
            "transaction": {
                "from": EXAMPLE_ACCOUNT,
                "to": CONTRACT,
                "data": "0x…",
                "value": "0x0",
                "gas": "0x86470",
                "chainId": "0x7a69",
            },
        }
    ],
}

NODE_KEY: Example = {
    "public_key": "0x02" + "5f" * 32,
    "issued_at": 1896091200,
    "signature": "0x" + "5f" * 65,
    "possession": "0x" + "5f" * 70,
}
NODE_KEYS: Example = {EXAMPLE_ACCOUNT: NODE_KEY}
