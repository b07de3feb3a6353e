"""Keccak-256 over ABI words: the only hash function of the protocol's commitments."""

from eth_hash.auto import keccak as _keccak

WORD = 32
ZERO = bytes(WORD)


def keccak(data: bytes) -> bytes:
    """Keccak-256 as Ethereum has it (the padding before FIPS 202), 32 bytes."""
    return _keccak(data)


def word(value: int | bytes | str) -> bytes:
    """One 32-byte ABI word: an unsigned integer (or bool), a bytes32, or an address as ``0x`` hex.

    Raises ValueError when an integer does not fit, bytes are not 32 long or the text is not an address.
    """
    if isinstance(value, int):
        return _uint_word(value)
    if isinstance(value, str):
        return _address_word(value)
    if len(value) != WORD:
        raise ValueError(f"A word takes 32 bytes, not {len(value)}.")
    return bytes(value)


def words(*values: int | bytes | str) -> bytes:
    """``abi.encode`` of static values."""
    return b"".join(word(value) for value in values)


def keccak_words(*values: int | bytes | str) -> bytes:
    """``keccak256(abi.encode(values…))`` for static values."""
    return keccak(words(*values))


def _uint_word(value: int) -> bytes:
    if not 0 <= value < 1 << 256:
        raise ValueError(f"{value} does not fit an unsigned 256-bit word.")
    return int(value).to_bytes(WORD, "big")


def _address_word(text: str) -> bytes:
    if len(text) != 42 or not text.startswith("0x"):
        raise ValueError(f"{text!r} is not an address: 0x and forty hexadecimal digits.")
    return bytes.fromhex(text[2:]).rjust(WORD, b"\0")
