"""Wallets that are contracts: they have no key, and say themselves what they have signed (EIP-1271)."""

import re

from eth_abi.abi import encode

from flock.chain.client import Client
from flock.chain.rpc import RpcRefused
from flock.errors import ContractRefused

IS_VALID_SIGNATURE = bytes.fromhex("1626ba7e")
"""The selector of isValidSignature(bytes32,bytes), and what it returns for a valid one."""

MOST_GAS = 5_000_000
"""Whoever signs in chooses the contract: it may cost the node no more than verifying a signature does."""

BROKEN_OFF = re.compile("gas|opcode|EVM error|jump|stack", re.IGNORECASE)
"""How nodes speak of calls that failed without a revert."""


def contract_accepts(client: Client, account: str, digest: bytes, signature: bytes) -> bool:
    """Whether the contract ``account`` holds ``signature`` to be its own, of the 32 bytes ``digest``.

    False for an account that is no contract. Raises RpcUnavailable.
    """
    data = IS_VALID_SIGNATURE + encode(["bytes32", "bytes"], [digest, signature])
    try:
        answer = client.call(account, data, gas=MOST_GAS)
    except ContractRefused:
        return False
    except RpcRefused as problem:
        if BROKEN_OFF.search(problem.text):
            return False
        raise
    return answer == IS_VALID_SIGNATURE.ljust(32, b"\0")
