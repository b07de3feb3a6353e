"""The two forms of a signature are one, as the examples of EIP-2098 say."""

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from flock.protocol.core.signatures import long_form, long_form_of_hex

KEY = Account.from_key("0x1234567890123456789012345678901234567890123456789012345678901234")
EXAMPLES = [
    (
        "Hello World",
        "68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b90"
        "7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064",
        27,
    ),
    (
        "It's a small(er) world",
        "9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76"
        "939c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793",
        28,
    ),
]


@pytest.mark.parametrize(("text", "short", "v"), EXAMPLES)
def test_the_long_form_is_the_signers(text: str, short: str, v: int) -> None:
    signature = long_form(bytes.fromhex(short))
    assert signature[64] == v
    assert Account.recover_message(encode_defunct(text=text), signature=signature) == KEY.address
    assert long_form_of_hex("0x" + short) == long_form_of_hex(short) == "0x" + signature.hex()


@pytest.mark.parametrize("other", [b"", bytes(63), bytes(65), bytes(66)])
def test_whatever_has_another_length_stays_as_it_is(other: bytes) -> None:
    assert long_form(other) == other


def test_what_is_no_hexadecimal_is_left_to_whoever_reads_it() -> None:
    assert long_form_of_hex("0xnonsense") == "0xnonsense"
