"""Set B is nobody's before its key is opened."""

import pytest

from flock.arena.sealing import OVERHEAD_BYTES, new_key, sealed, unsealed
from flock.errors import BadBlob


def test_what_was_sealed_comes_back_by_its_key_alone() -> None:
    key = new_key()
    cipher = sealed(b"the set", key)
    assert unsealed(cipher, key) == b"the set"
    assert len(cipher) == len(b"the set") + OVERHEAD_BYTES
    assert cipher != sealed(b"the set", key)
    with pytest.raises(BadBlob, match="another set"):
        unsealed(cipher, new_key())


@pytest.mark.parametrize("cut", [0, 11, 27, -1])
def test_bytes_that_are_not_whole_are_refused(cut: int) -> None:
    key = new_key()
    with pytest.raises(BadBlob):
        unsealed(sealed(b"the set", key)[:cut], key)
