"""Examples of every answer, for the OpenAPI document. A test holds them against the schemas."""

from typing import Any

from flock.web.fields import EXAMPLE_ACCOUNT, EXAMPLE_CID, EXAMPLE_DIGEST

Example = dict[str, Any]

CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
TRANSACTION = "0x" + "7a" * 32

PARAMETERS: Example = {
    "starts_at": 1895486400,
    "start_by": 1896091200,
    "ends_at": 1898683200,
    "minimum_stake": "100000000000000000000",
    "makers_bps": 0,
    "set_a": EXAMPLE_DIGEST,
    "set_b": EXAMPLE_DIGEST,
    "cipher_b": EXAMPLE_DIGEST,
    "key_hash_b": EXAMPLE_DIGEST,
    "allow_list_root": "0x" + "00" * 32,
    "baseline": 900_000,
    "tolerance": 5_000,
    "higher_is_better": False,
    "panel_seats": 9,
    "finalists": 20,
    "minimum_validators": 18,
    "max_validators": 1024,
    "window_seconds": 86_400,
    "commit_seconds": 43_200,
    "replace_seconds": 21_600,
    "reveal_seconds": 7_200,
    "rest_seconds": 3_600,
    "queue_seconds": 604_800,
    "disclose_seconds": 172_800,
    "key_seconds": 172_800,
    "final_seconds": 1_209_600,
    "quota_a_day": 2,
    "evaluation_fee": "1000000000000000000",
    "keeper_fee": "300000000000000000",
    "creator_bond": "1000000000000000000000",
    "strike_window": 16,
    "strike_limit": 8,
    "slash_bps": 1_000,
    "miss_tolerances": 10,
    "miss_bps": 200,
    "absence_bps": 25,
    "absence_limit": 2,
}

ARENA: Example = {
    "id": 3,
    "creator": EXAMPLE_ACCOUNT,
    "stage": "running",
    "stage_ends_at": 1898683200,
    "bounty": "2400000000000000000000",
    "streamed": "100000000000000000000",
    "is_bonded": True,
    "key": None,
    "key_is_lost": False,
    "submissions": 48,
    "windows": 5,
    "trainers": 24,
    "validators": 210,
    "metadata": EXAMPLE_CID,
    "is_on_b": None,
    "winner": None,
    "model": None,
    "refund": None,
    "to_treasury": None,
    "parameters": PARAMETERS,
}

RANK: Example = {
    "rank": 1,
    "is_placed": True,
    "account": EXAMPLE_ACCOUNT,
    "submission": 17,
    "score": 412_000,
    "submitted_at": 1896091800,
    "copy_of": None,
}

MEMBER: Example = {
    "id": 7,
    "account": EXAMPLE_ACCOUNT,
    "role": "validator",
    "standing": "active",
    "stake": "200000000000000000000",
    "position": 6,
    "submissions": 0,
    "best": None,
    "judged": 31,
    "strikes": 1,
    "misses": 0,
    "absences": 0,
    "retained_until": None,
    "slashed": "0",
    "slashed_flock": "0",
    "withdrawn": "0",
}

SUBMISSION: Example = {
    "id": 17,
    "account": EXAMPLE_ACCOUNT,
    "state": "scored",
    "until": 1900416000,
    "ended_by": "anybody, by beginning the finals",
    "is_sealed": False,
    "submitted_at": 1896091800,
    "commitment": EXAMPLE_DIGEST,
    "digest": None,
    "copy_of": None,
    "window": 2,
    "median": 412_000,
    "mad": 1_000,
    "is_finalist": False,
    "final_window": None,
    "final_median": None,
    "final_mad": None,
}

CHANGE: Example = {
    "what": "submitted",
    "window": None,
    "at": 1896091800,
    "block": 1180,
    "transaction": TRANSACTION,
}

REVEAL: Example = {
    "window": 2,
    "seat": 0,
    "account": EXAMPLE_ACCOUNT,
    "stands_in": False,
    "score": 412_300,
    "failure": None,
    "duplicate_of": None,
    "artifact": EXAMPLE_DIGEST,
    "loss_root": EXAMPLE_DIGEST,
}

SUBMISSION_PAGE: Example = {
    **SUBMISSION,
    "queue_place": None,
    "judged_copy_of": None,
    "changes": [CHANGE],
    "reveals": [REVEAL],
}

WINDOW: Example = {
    "number": 2,
    "queue": "open",
    "phase": "over",
    "submissions": [17, 18],
    "judged": 2,
    "validators": 210,
    "opened_at": 1896092000,
    "seed_block": None,
    "seed": EXAMPLE_DIGEST,
    "second_seed": None,
    "commit_ends_at": 1896135200,
    "replace_ends_at": 1896156800,
    "reveal_ends_at": 1896164000,
    "keeper": EXAMPLE_ACCOUNT,
    "transaction": TRANSACTION,
}

PANEL_SEAT: Example = {
    "slot": 0,
    "submission": 17,
    "account": EXAMPLE_ACCOUNT,
    "substitute": None,
    "has_committed": True,
    "substitute_has_committed": False,
    "has_revealed": True,
}

WINDOW_PAGE: Example = {**WINDOW, "seats": [PANEL_SEAT]}

OPENING: Example = {"digest": EXAMPLE_DIGEST, "salt": EXAMPLE_DIGEST}

CREATION: Example = {
    "bounty": "2400000000000000000000",
    "metadata": EXAMPLE_CID,
    "metadata_digest": EXAMPLE_DIGEST,
    "parameters": PARAMETERS,
    "transactions": [
        {
            "does": "Make an Arena with a bounty of 2,400 FLOCK.",
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

METADATA: Example = {
    "kind": "image-classification",
    "title": "Digits",
    "description": "Who reads handwritten digits best",
    "metric": "loss",
    "model": {"architecture": "mlp", "inputs": 784, "hidden": [64], "outputs": 10},
    "limits": {"parameters": 100_000},
    "training_set": EXAMPLE_CID,
}

CREATION_REQUEST: Example = {
    "bounty": "2400000000000000000000",
    "metadata": METADATA,
    "parameters": {
        "set_a": EXAMPLE_DIGEST,
        "set_b": EXAMPLE_DIGEST,
        "cipher_b": EXAMPLE_DIGEST,
        "key_hash_b": EXAMPLE_DIGEST,
        "baseline": 900_000,
        "tolerance": 5_000,
    },
    "allow_list": [EXAMPLE_ACCOUNT],
}

DAY: Example = {
    "day": 1895529600,
    "submissions": 48,
    "scored": 43,
    "failed": 2,
    "void": 1,
    "cancelled": 0,
    "validations": 412,
    "validators": 210,
}

TASK_DAY: Example = {**DAY, "best": 812_345}
