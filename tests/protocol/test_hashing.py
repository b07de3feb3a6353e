"""ABI words."""

import pytest

from flock.protocol.core.hashing import keccak, word, words


def test_keccak_is_that_of_ethereum() -> None:
    assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


def test_addresses_and_numbers_are_padded_on_the_left() -> None:
    assert word("0x" + "ff" * 20) == bytes(12) + b"\xff" * 20
    assert words(1, True) == bytes(31) + b"\x01" + bytes(31) + b"\x01"


@pytest.mark.parametrize("value", [-1, 2**256, b"short", "0x12", "f" * 42])
def test_what_fits_no_word_is_refused(value: int | bytes | str) -> None:
    with pytest.raises(ValueError, match=r"word|address|hexadecimal"):
        word(value)
