"""Examples of plans, for the OpenAPI document. A test holds them against the schemas."""

from typing import Any

from flock.web.fields import EXAMPLE_ACCOUNT

Example = dict[str, Any]

OTHER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"

REQUEST: Example = {"account": EXAMPLE_ACCOUNT}
LOCK: Example = {**REQUEST, "wei": "1000000000000000000000", "days": 180}
EXTEND: Example = {**REQUEST, "days": 365}
PART: Example = {**REQUEST, "gm": None}
TASK: Example = {**REQUEST, "task": 1}
STAKE: Example = {**TASK, "gm": "250000000000000000000"}
POKE: Example = {**REQUEST, "poked": OTHER}
OPERATOR: Example = {**REQUEST, "operator": OTHER}
ACCEPT: Example = {**TASK, "commission_bps": 5000, "open": True}
DELEGATE: Example = {**STAKE, "operator": OTHER}
MOVE: Example = {
    **REQUEST,
    "gm": None,
    "from_operator": OTHER,
    "from_task": 1,
    "to_operator": OTHER,
    "to_task": 2,
}
COLLECT: Example = {**REQUEST, "operator": None, "task": None, "delegator": None}
CLAIM: Example = {**REQUEST, "for_accounts": [OTHER]}
PROPOSE: Example = {
    **REQUEST,
    "action": "set",
    "words": ["staking.delegationRatio", "5"],
    "title": "Stake of its own",
    "text": "Who is backed should have something to lose.",
}
NUMBER: Example = {**REQUEST, "proposal": "1"}
VOTE: Example = {**NUMBER, "support": "for", "reason": ""}
CALL: Example = {
    "from": EXAMPLE_ACCOUNT,
    "to": CONTRACT,
    "data": "0x1338736f00000000000000000000000000000000000000000000003635c9adc5dea00000"
    "00000000000000000000000000000000000000000000000000000000000000b4",
}

BEFORE: Example = {"name": "held", "label": "FLOCK not locked", "value": "1000000000000000000000"}
AFTER: Example = {**BEFORE, "value": "0", "text": "0 FLOCK"}
PREVIEW: Example = {
    "does": "Lock 1,000 FLOCK for 180 days",
    "account": EXAMPLE_ACCOUNT,
    "before": [{**BEFORE, "text": "1,000 FLOCK"}],
    "after": [AFTER],
    "idle": False,
    "gas": 182304,
    "fee": "182304000000000",
    "data_fee": "0",
}
PLAN: Example = {
    **PREVIEW,
    "notes": [],
    "next": "flock stake add all --task … --key …",
    "transactions": [
        {
            "does": "Lock 1,000 FLOCK for 180 days.",
            **CALL,
            "value": "0x0",
            "gas": "0x42c30",
            "chainId": "0x7a69",
        }
    ],
}
