"""Examples of the economy's answers, for the OpenAPI document. A test holds them against the schemas."""

from typing import Any

from flock.web.fields import EXAMPLE_ACCOUNT, EXAMPLE_DIGEST

Example = dict[str, Any]

ACCOUNT: Example = {
    "account": EXAMPLE_ACCOUNT,
    "held": "9000000000000000000000",
    "flock": "210526315789473684210",
    "gm": "400000000000000000000",
    "allocated": "1500000000000000000000",
    "delegated": "0",
    "unlock_at": 1896091200,
    "lock_days": 180,
    "votes": "1900000000000000000000",
    "votes_delegate": EXAMPLE_ACCOUNT,
    "operator": None,
    "operator_since": None,
}

STAKE: Example = {
    "task": 1,
    "account": EXAMPLE_ACCOUNT,
    "gm": "1500000000000000000000",
    "flock": "789473684210526315789",
    "held": True,
}

POOL: Example = {
    "operator": EXAMPLE_ACCOUNT,
    "task": 1,
    "state": "running",
    "open": True,
    "commission_bps": 5000,
    "gm": "2500000000000000000000",
    "flock": "2000000000000000000000",
    "own": "1500000000000000000000",
    "delegators": 3,
    "eapy_14": 0.117,
    "eapy_30": 0.102,
}

DELEGATION: Example = {
    "gm": "250000000000000000000",
    "flock": "200000000000000000000",
    "leaving": "50000000000000000000",
    "leaves_at": 1896091200,
    "pool": POOL,
}

REWARDS: Example = {
    "account": EXAMPLE_ACCOUNT,
    "liquid": "42000000000000000000",
    "vesting": "310000000000000000000",
    "claimed_liquid": "40000000000000000000",
    "claimed_vesting": "310000000000000000000",
    "waiting": "1500000000000000000",
    "releasable": "20000000000000000000",
    "streams": [
        {
            "amount": "310000000000000000000",
            "released": "100000000000000000000",
            "start": 1896091200,
            "end": 1898683200,
        }
    ],
    "served_day": 21945,
    "served_root": EXAMPLE_DIGEST,
    "agrees": True,
    "proof": [EXAMPLE_DIGEST, EXAMPLE_DIGEST],
}

EMISSIONS: Example = {
    "next_day": 21946,
    "daily_budget": "100000000000000000000000",
    "decay_bps": 100,
    "mints": True,
    "paused": False,
    "weights": [{"task": 1, "weight": 100}],
}

EMITTED: Example = {
    "day": 21945,
    "task": 1,
    "emitted": "100000000000000000000000",
    "operators": "80000000000000000000000",
    "pools": "19000000000000000000000",
    "to_treasury": "1000000000000000000000",
    "kept": "0",
}

SETTLEMENT: Example = {
    "served_day": 21945,
    "served_root": EXAMPLE_DIGEST,
    "served_total": "90000000000000000000000",
    "emitted": "200000000000000000000000",
    "released": "90000000000000000000000",
    "agrees": True,
    "pending": {
        "id": 7,
        "state": "pending",
        "root": EXAMPLE_DIGEST,
        "total": "190000000000000000000000",
        "day": 21946,
        "active_at": 1896177600,
        "settler": EXAMPLE_ACCOUNT,
        "bond": "10000000000000000000000",
        "challenger": None,
    },
    "terms": {"epsilon_bps": 5000, "operator_fee_bps": 800, "delegator_fee_bps": 1450, "daily_bps": 1000},
    "bond": "10000000000000000000000",
    "window": 86400,
}

PROPOSAL: Example = {
    "id": "91343852333181432387730302044767688728495783936",
    "state": "active",
    "title": "Slash less",
    "description": "Slash less\n\nset staking.slashBps 500",
    "proposer": EXAMPLE_ACCOUNT,
    "vote_start": 1896091200,
    "vote_end": 1896523200,
    "against": "0",
    "in_favour": "250000000000000000000000",
    "abstain": "0",
    "block": 1204,
}
