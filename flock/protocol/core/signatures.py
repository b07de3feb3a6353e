"""The forms in which an account's signature is written."""

LONG, COMPACT = 65, 64
FIRST_V = 27


def long_form(signature: bytes) -> bytes:
    """r, s and v in 65 bytes, of a compact signature (EIP-2098) too, whose v is the highest bit of s."""
    if len(signature) != COMPACT:
        return signature
    parity, low = divmod(int.from_bytes(signature[32:]), 1 << 255)
    return signature[:32] + low.to_bytes(32) + bytes([FIRST_V + parity])


def long_form_of_hex(signature: str) -> str:
    """The same in hexadecimal digits, with or without 0x; what is not hexadecimal stays as it is."""
    try:
        return "0x" + long_form(bytes.fromhex(signature.removeprefix("0x"))).hex()
    except ValueError:
        return signature
