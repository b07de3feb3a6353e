"""A digest on chain and a CID in a URL name the same bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.errors import BadBlob
from flock.protocol.core.cid import cid_of, digest_from, digest_of


def test_the_address_of_known_bytes_is_the_one_ipfs_gives() -> None:
    assert cid_of(digest_of(b"hello world")) == "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"


@given(st.binary(min_size=32, max_size=32))
def test_a_digest_survives_the_way_there_and_back(digest: bytes) -> None:
    cid = cid_of(digest)
    assert len(cid) == 59
    assert digest_from(cid) == digest


GOOD = cid_of(digest_of(b""))


@pytest.mark.parametrize(
    "cid",
    [
        "",
        "b",
        "../../etc/passwd",
        GOOD[:-1],
        GOOD + "a",
        GOOD.upper(),
        "z" + GOOD[1:],
        "bafybei" + GOOD[7:],  # another codec
        GOOD[:-1] + "b",  # a stray bit after the last byte
        "bß" + GOOD[2:],
        "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",
    ],
)
def test_anything_else_is_refused_by_name(cid: str) -> None:
    with pytest.raises(BadBlob, match="is not a content address"):
        digest_from(cid)


def test_a_digest_of_another_length_is_refused() -> None:
    with pytest.raises(BadBlob, match="has 20"):
        cid_of(bytes(20))
