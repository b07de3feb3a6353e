"""A member's signed word that a Flower node works for it (EIP-712), since Flower knows nodes only by number."""

from typing import Any

from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

NODE_IDENTITY = {
    "NodeIdentity": [
        {"name": "account", "type": "address"},
        {"name": "nodeId", "type": "uint64"},
    ]
}


def sign_node_identity(key: LocalAccount, chain_id: int, contract: str, account: str, node_id: int) -> str:
    """``key``'s signature, in hex, that Flower node ``node_id`` works for the member ``account``."""
    signed = key.sign_message(_message(chain_id, contract, account, node_id))
    return bytes(signed.signature).hex()


def signer_of_node_identity(
    chain_id: int, contract: str, account: str, node_id: int, signature: str
) -> ChecksumAddress | None:
    """Who signed, or ``None`` if the signature is malformed."""
    try:
        signer: ChecksumAddress = Account.recover_message(
            _message(chain_id, contract, account, node_id), signature=bytes.fromhex(signature)
        )
    except Exception:  # eth-keys and coincurve raise a dozen types for malformed signatures
        return None
    return signer


def _message(chain_id: int, contract: str, account: str, node_id: int) -> SignableMessage:
    domain: dict[str, Any] = {
        "name": "flock",
        "version": "1",
        "chainId": chain_id,
        "verifyingContract": contract,
    }
    return encode_typed_data(domain, NODE_IDENTITY, {"account": account, "nodeId": node_id})
