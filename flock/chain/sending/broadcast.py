"""Classifying a node's response to a signed transaction; every client words it differently."""

from enum import Enum, auto

from flock.chain.rpc import RpcRefused


class Broadcast(Enum):
    ACCEPTED = auto()  # in the pool, now or before
    NONCE_TAKEN = auto()  # a transaction of this nonce is mined: ours, or a stranger's with our key
    UNDERPRICED = auto()  # the offer is too low to replace what waits, or to enter
    NO_FUNDS = auto()
    REFUSED = auto()  # anything else; most often a full pool


# geth, then Anvil (reth), Nethermind, Erigon, Besu.
_TEXTS = {
    Broadcast.ACCEPTED: (
        "already known",
        "already imported",
        "alreadyknown",
        "known transaction",
        "already exists",
    ),
    Broadcast.NONCE_TAKEN: ("nonce too low", "nonce is too low", "nonce_too_low", "oldnonce"),
    Broadcast.UNDERPRICED: (
        "underpriced",
        "feetoolow",
        "max fee per gas less than block base fee",
        "gas price below",
        "gas price too low",
        "fee cap less than",
    ),
    Broadcast.NO_FUNDS: (
        "insufficient funds",
        "insufficientfunds",
        "insufficient balance",
        "upfront cost exceeds",
    ),
}


def read_answer(problem: RpcRefused) -> Broadcast:
    """Sort a refusal of eth_sendRawTransaction (or of its simulation) by its text."""
    text = problem.text.lower()
    for answer, texts in _TEXTS.items():
        if any(known in text for known in texts):
            return answer
    return Broadcast.REFUSED
