"""What is committed to in an Arena cannot be used by anybody else, or for anything else."""

from dataclasses import replace

import pytest

from flock.protocol.arena.commitments import (
    Domain,
    Scored,
    ScoreList,
    packed,
    score_commitment,
    submission_commitment,
)

DOMAIN = Domain(31337, "0x" + "11" * 20, 7)
ALICE, BOB = "0x" + "aa" * 20, "0x" + "bb" * 20
DIGEST, SALT = b"\x01" * 32, b"\x02" * 32
ITEMS = (Scored(3, 500_001, b"\x03" * 32, b"\x04" * 32), Scored(12, 400_001, b"\x05" * 32, b"\x06" * 32, 2))
LIST = ScoreList(4, ALICE, False, b"\x07" * 32, ITEMS, SALT)


def test_a_digest_committed_to_by_another_is_another_commitment() -> None:
    mine = submission_commitment(DOMAIN, ALICE, DIGEST, SALT)
    assert submission_commitment(DOMAIN, BOB, DIGEST, SALT) != mine


@pytest.mark.parametrize(
    "elsewhere",
    [replace(DOMAIN, chain_id=1), replace(DOMAIN, contract="0x" + "22" * 20), replace(DOMAIN, task=8)],
)
def test_a_commitment_is_of_one_task_of_one_contract_of_one_chain(elsewhere: Domain) -> None:
    assert submission_commitment(elsewhere, ALICE, DIGEST, SALT) != submission_commitment(
        DOMAIN, ALICE, DIGEST, SALT
    )
    assert score_commitment(elsewhere, LIST) != score_commitment(DOMAIN, LIST)


@pytest.mark.parametrize(
    "other",
    [
        replace(LIST, window=5),
        replace(LIST, account=BOB),
        replace(LIST, stands_in=True),
        replace(LIST, hidden_set=b"\x08" * 32),
        replace(LIST, salt=b"\x09" * 32),
        replace(LIST, items=(ITEMS[0],)),
        replace(LIST, items=(replace(ITEMS[0], slot=4), ITEMS[1])),
        replace(LIST, items=(replace(ITEMS[0], code=500_002), ITEMS[1])),
        replace(LIST, items=(replace(ITEMS[0], artifact=b"\x0a" * 32), ITEMS[1])),
        replace(LIST, items=(replace(ITEMS[0], loss_root=b"\x0a" * 32), ITEMS[1])),
        replace(LIST, items=(replace(ITEMS[0], duplicate_of=1), ITEMS[1])),
    ],
)
def test_scores_are_bound_to_all_that_they_say(other: ScoreList) -> None:
    assert score_commitment(DOMAIN, other) != score_commitment(DOMAIN, LIST)


def test_the_lowest_slot_is_lowest() -> None:
    assert LIST.seats == 3 | 12 << 16
    assert LIST.scores == 500_001 | 400_001 << 28
    assert LIST.duplicates == 2 << 28


def test_a_value_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="65536 does not fit 16 bits"):
        packed([1 << 16], 16)
