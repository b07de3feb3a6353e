"""Allow-lists: the tree that OpenZeppelin's MerkleProof verifies."""

from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.commitments import allow_list_leaf
from flock.protocol.hashing import ZERO, keccak
from flock.protocol.merkle import allow_list_proof, allow_list_root

addresses = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())


def verifies(leaf: bytes, proof: list[bytes], root: bytes) -> bool:
    """OpenZeppelin's MerkleProof.verify, written from its specification."""
    for sibling in proof:
        leaf = keccak(min(leaf, sibling) + max(leaf, sibling))
    return leaf == root


def test_without_a_list_everyone_may_join() -> None:
    assert allow_list_root([]) == ZERO


@given(st.lists(addresses, min_size=1, max_size=40))
def test_every_listed_account_has_a_proof(accounts: list[str]) -> None:
    root = allow_list_root(accounts)
    for account in accounts:
        proof = allow_list_proof(accounts, account)
        assert proof is not None
        assert verifies(allow_list_leaf(account), proof, root)


@given(st.lists(addresses, max_size=10, unique=True), addresses)
def test_a_stranger_has_none(accounts: list[str], stranger: str) -> None:
    listed = [account for account in accounts if account != stranger]
    assert allow_list_proof(listed, stranger) is None


@given(st.lists(addresses, min_size=1, max_size=10))
def test_order_and_repetition_do_not_change_the_root(accounts: list[str]) -> None:
    assert allow_list_root(accounts) == allow_list_root([*reversed(accounts), accounts[0]])
