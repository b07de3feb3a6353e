"""EIP-2612 permits: an allowance that travels as a signature, so that no transaction of its own is needed."""

from dataclasses import dataclass

from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from flock.chain.contracts.token import Token

VALID_SECONDS = 3_600
PERMIT = {
    "Permit": [
        {"name": "owner", "type": "address"},
        {"name": "spender", "type": "address"},
        {"name": "value", "type": "uint256"},
        {"name": "nonce", "type": "uint256"},
        {"name": "deadline", "type": "uint256"},
    ]
}


@dataclass(frozen=True)
class Permit:
    """A signed allowance, good until ``deadline`` (Unix seconds) or until another one was used."""

    deadline: int
    v: int
    r: bytes
    s: bytes


def sign_permit(
    token: Token, owner: LocalAccount, spender: str, amount: int, deadline: int | None = None
) -> Permit:
    """Let ``spender`` take ``amount`` wei of the owner's FLOCK; for an hour, if nothing else is said."""
    until = token.client.now() + VALID_SECONDS if deadline is None else deadline
    fields = {
        "owner": owner.address,
        "spender": spender,
        "value": amount,
        "nonce": int(token.read("nonces", owner.address)),
        "deadline": until,
    }
    signed = owner.sign_message(encode_typed_data(_domain(token), PERMIT, fields))
    return Permit(until, signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big"))


def _domain(token: Token) -> dict[str, str | int]:
    """The domain that the token itself reports (EIP-5267)."""
    said = token.read("eip712Domain")
    return {
        "name": said["name"],
        "version": said["version"],
        "chainId": said["chain_id"],
        "verifyingContract": said["verifying_contract"],
    }
