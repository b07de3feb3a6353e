"""Signatures as some wallets write them (EIP-2098)."""


def compact(signature: bytes) -> str:
    """The 64 bytes, in hex, of a signature of 65."""
    parity = (signature[64] - 27) << 255
    return "0x" + (signature[:32] + (int.from_bytes(signature[32:64]) | parity).to_bytes(32)).hex()
