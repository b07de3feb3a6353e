"""Wallets that are contracts: they have no key, and say themselves what they have signed (EIP-1271)."""

from eth_abi.abi import encode

from flock.chain.client import Client
from flock.errors import ContractRefused

IS_VALID_SIGNATURE = bytes.fromhex("1626ba7e")
"""The selector of isValidSignature(bytes32,bytes), and what it returns for a valid one."""


def contract_accepts(client: Client, account: str, digest: bytes, signature: bytes) -> bool:
    """Whether the contract ``account`` holds ``signature`` to be its own, of the 32 bytes ``digest``.

    False for an account that is no contract. Raises RpcUnavailable.
    """
    data = IS_VALID_SIGNATURE + encode(["bytes32", "bytes"], [digest, signature])
    try:
        answer = client.call(account, data)
    except ContractRefused:
        return False
    return answer == IS_VALID_SIGNATURE.ljust(32, b"\0")
