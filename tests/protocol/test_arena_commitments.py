"""What is committed to in an Arena cannot be used by anybody else, or for anything else."""

from dataclasses import replace
from typing import Any

import pytest

from flock.protocol.arena.commitments import (
    ScoredSeat,
    ScoreList,
    packed,
    scores_commitment,
    submission_commitment,
    unpacked_codes,
    unpacked_slots,
)
from flock.protocol.core.commitments import Domain

DOMAIN = Domain(31337, "0x" + "11" * 20)
TASK, WINDOW = 7, 4
ALICE, BOB = "0x" + "aa" * 20, "0x" + "bb" * 20
DIGEST, SALT, HIDDEN_SET = b"\x01" * 32, b"\x02" * 32, b"\x07" * 32
SEATS = (
    ScoredSeat(3, 500_001, 0, b"\x03" * 32, b"\x04" * 32),
    ScoredSeat(12, 400_001, 2, b"\x05" * 32, b"\x06" * 32),
)
LIST = ScoreList(SEATS, SALT)


def scores(
    scored: ScoreList = LIST,
    *,
    domain: Domain = DOMAIN,
    task: int = TASK,
    window: int = WINDOW,
    account: str = ALICE,
    hidden_set: bytes = HIDDEN_SET,
) -> bytes:
    return scores_commitment(domain, task, window, account, hidden_set, scored)


def test_a_digest_committed_to_by_another_is_another_commitment() -> None:
    mine = submission_commitment(DOMAIN, TASK, ALICE, DIGEST, SALT)
    assert submission_commitment(DOMAIN, TASK, BOB, DIGEST, SALT) != mine


@pytest.mark.parametrize(
    ("domain", "task"),
    [(replace(DOMAIN, chain_id=1), TASK), (replace(DOMAIN, contract="0x" + "22" * 20), TASK), (DOMAIN, 8)],
)
def test_a_commitment_is_of_one_task_of_one_contract_of_one_chain(domain: Domain, task: int) -> None:
    here = submission_commitment(DOMAIN, TASK, ALICE, DIGEST, SALT)
    assert submission_commitment(domain, task, ALICE, DIGEST, SALT) != here
    assert scores(domain=domain, task=task) != scores()


@pytest.mark.parametrize("changed", [{"window": 5}, {"account": BOB}, {"hidden_set": b"\x08" * 32}])
def test_scores_are_of_one_window_validator_and_set(changed: dict[str, Any]) -> None:
    assert scores(**changed) != scores()


@pytest.mark.parametrize(
    "other",
    [
        replace(LIST, stands_in=True),
        replace(LIST, salt=b"\x09" * 32),
        replace(LIST, seats=(SEATS[0],)),
        replace(LIST, seats=(replace(SEATS[0], slot=4), SEATS[1])),
        replace(LIST, seats=(replace(SEATS[0], code=500_002), SEATS[1])),
        replace(LIST, seats=(replace(SEATS[0], artifact=b"\x0a" * 32), SEATS[1])),
        replace(LIST, seats=(replace(SEATS[0], loss_root=b"\x0a" * 32), SEATS[1])),
        replace(LIST, seats=(replace(SEATS[0], duplicate_of=1), SEATS[1])),
    ],
)
def test_scores_are_bound_to_all_that_they_say(other: ScoreList) -> None:
    assert scores(other) != scores()


def test_the_lowest_slot_is_lowest() -> None:
    assert LIST.slots == 3 | 12 << 16
    assert LIST.scores == 500_001 | 400_001 << 28
    assert LIST.duplicates == 2 << 28


def test_what_is_packed_can_be_unpacked() -> None:
    assert unpacked_slots(LIST.slots, 2) == (3, 12)
    assert unpacked_codes(LIST.scores, 2) == (500_001, 400_001)


def test_a_value_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[65536\] does not fit 16 bits"):
        packed([1 << 16], 16)
