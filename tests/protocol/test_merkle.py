"""Allow-lists and rewards: the trees that OpenZeppelin's MerkleProof verifies."""

from collections.abc import Mapping, Sequence

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from flock.errors import Refused
from flock.protocol.core.commitments import allow_list_leaf
from flock.protocol.core.hashing import ZERO, keccak
from flock.protocol.core.merkle import Entry, RewardTree, allow_list_proof, allow_list_root
from flock.protocol.core.units import NO_WEI, Wei

DISTRIBUTOR = "0x" + "d1" * 20

addresses = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())


def verifies(leaf: bytes, proof: list[bytes], root: bytes) -> bool:
    """OpenZeppelin's MerkleProof.verify, written from its specification."""
    for sibling in proof:
        leaf = keccak(min(leaf, sibling) + max(leaf, sibling))
    return leaf == root


def verifies_many(
    leaves: Sequence[bytes], proof: Sequence[bytes], flags: Sequence[bool], root: bytes
) -> bool:
    """OpenZeppelin's MerkleProof.processMultiProof, written from its specification."""
    queue, siblings = [*leaves], [*proof]
    if len(leaves) + len(proof) != len(flags) + 1:
        return False
    for flag in flags:
        one = queue.pop(0)
        other = queue.pop(0) if flag else siblings.pop(0)
        queue.append(keccak(min(one, other) + max(one, other)))
    return queue == [root] and not siblings


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


# --- Rewards ---

amounts = st.integers(0, 2**96 - 1).map(Wei)
entries = st.dictionaries(addresses, st.builds(Entry, amounts, amounts).filter(any), min_size=1, max_size=40)


def leaf(account: str, entry: Entry) -> bytes:
    """What RewardDistributor.leafOf returns, encoded by the reference library."""
    types = ["uint256", "address", "address", "uint128", "uint128"]
    return keccak(keccak(encode(types, [31337, DISTRIBUTOR, account, *entry])))


def test_a_settlement_of_nothing_has_the_root_zero() -> None:
    assert RewardTree({}, 31337, DISTRIBUTOR).root == ZERO


def test_the_tree_is_that_of_the_standard_library() -> None:
    """Three leaves a < b < c: the library pairs the first two, and their parent with the last."""
    earned = {f"0x{i:040x}": Entry(Wei(i), NO_WEI) for i in (1, 2, 3)}
    a, b, c = sorted(leaf(account, entry) for account, entry in earned.items())
    pair = keccak(a + b)
    assert RewardTree(earned, 31337, DISTRIBUTOR).root == keccak(min(pair, c) + max(pair, c))


@given(entries)
def test_every_entry_has_a_proof(earned: Mapping[str, Entry]) -> None:
    tree = RewardTree(earned, 31337, DISTRIBUTOR)
    for account, entry in earned.items():
        assert verifies(leaf(account, entry), tree.proof(account), tree.root)


@given(entries, st.data())
def test_any_entries_have_one_multiproof(earned: Mapping[str, Entry], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(sorted(earned)), min_size=1, unique=True))
    tree = RewardTree(earned, 31337, DISTRIBUTOR)
    many = tree.multiproof(chosen)
    leaves = [
        leaf(account, Entry(liquid, vesting))
        for account, liquid, vesting in zip(many.accounts, many.liquid, many.vesting, strict=True)
    ]
    assert sorted(many.accounts) == sorted(chosen)
    assert verifies_many(leaves, many.proof, many.flags, tree.root)


@given(entries)
def test_F42_a_proof_is_for_one_chain_and_one_contract(earned: Mapping[str, Entry]) -> None:
    roots = {
        RewardTree(earned, chain, place).root
        for chain, place in ((31337, DISTRIBUTOR), (8453, DISTRIBUTOR), (31337, "0x" + "d2" * 20))
    }
    assert len(roots) == 3


def test_who_has_earned_nothing_has_no_proof() -> None:
    nobody = "0x" + "00" * 20
    tree = RewardTree(
        {"0x" + "11" * 20: Entry(Wei(1), NO_WEI), nobody: Entry(NO_WEI, NO_WEI)}, 1, DISTRIBUTOR
    )
    with pytest.raises(Refused, match="has earned nothing"):
        tree.proof(nobody)
    with pytest.raises(Refused, match="has earned nothing"):
        tree.multiproof(["0x" + "22" * 20])
