"""Vote salts that survive the loss of everything but a key."""

from eth_account.messages import encode_defunct

from flock.node.context import NodeContext
from flock.protocol.core.hashing import keccak


def vote_salt(context: NodeContext, number: int) -> bytes:
    """32 bytes that only the holder of the salt key can know before the reveal; deterministic.

    The hash of a deterministic signature (RFC 6979), so it does not have to be stored. It binds chain, contract,
    task, round and owner: a salt revealed in one round says nothing about another's.
    """
    rounds = context.contracts.alliance_rounds
    text = (
        f"flock vote salt\nchain {context.contracts.chain_id}\ncontract {rounds.address}\n"
        f"task {context.task}\nround {number}\nowner {context.wallet.owner}"
    )
    signed = context.wallet.salt_key.sign_message(encode_defunct(text=text))
    return keccak(bytes(signed.signature))
