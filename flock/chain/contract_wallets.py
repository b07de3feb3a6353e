"""Contract wallets: they have no key and verify their signatures themselves (EIP-1271)."""

import re

from eth_abi.abi import encode

from flock.chain.client import Client
from flock.chain.rpc import RpcRefused
from flock.errors import ContractRefused

IS_VALID_SIGNATURE = bytes.fromhex("1626ba7e")
"""The selector of isValidSignature(bytes32,bytes), and what it returns for a valid one."""

MOST_GAS = 5_000_000
"""The account that signs in chooses the contract, so its gas is limited to the cost of verifying a signature."""

BROKEN_OFF = re.compile("gas|opcode|EVM error|jump|stack", re.IGNORECASE)
"""How nodes report calls that failed without a revert."""


def contract_accepts(client: Client, account: str, digest: bytes, signature: bytes) -> bool:
    """Whether the contract ``account`` accepts ``signature`` of the 32 bytes ``digest`` as its own.

    False for an account that is not a contract. Raises RpcUnavailable.
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
