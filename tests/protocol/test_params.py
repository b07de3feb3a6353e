"""The terms of a task and their bounds."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.params import AllianceParameters, byzantine_count
from flock.protocol.units import WAD, Gm, Wei

NOW = 1_800_000_000
BOUNTY = Wei(10**6 * WAD)
SOUND = AllianceParameters(
    planned_rounds=10,
    proposer_seats=4,
    voter_seats=5,
    max_members=100,
    propose_seconds=60,
    attest_seconds=60,
    commit_seconds=60,
    reveal_seconds=60,
    start_by=NOW + 3600,
    ends_at=NOW + 86_400,
    minimum_stake=Gm(100 * WAD),
    keeper_fee=Wei(WAD),
)


def test_sound_terms_have_no_problems() -> None:
    assert SOUND.problems(NOW, BOUNTY) == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("planned_rounds", 0),
        ("planned_rounds", 10_001),
        ("proposer_seats", 0),
        ("proposer_seats", 33),
        ("voter_seats", 0),
        ("voter_seats", 64),
        ("max_members", 8),
        ("max_members", 65_001),
        ("propose_seconds", 1),
        ("attest_seconds", 604_801),
        ("commit_seconds", 0),
        ("reveal_seconds", 1),
        ("start_by", NOW),
        ("ends_at", NOW + 3600),
        ("ends_at", NOW + 731 * 86_400),
        ("minimum_stake", WAD - 1),
        ("minimum_stake", 10**26 + 1),
        ("keeper_fee", 2500 * WAD + 1),
        ("norm_clip", 2**128),
        ("rule", 7),
        ("rule", 128 + 7),
        ("rule", 256),
        ("byzantine_bps", 4_901),
        ("vote_tolerance_bps", 2_001),
        ("strike_window", 17),
        ("strike_limit", 0),
        ("strike_limit", 17),
        ("slash_bps", 5_001),
        ("makers_bps", 10_001),
    ],
)
def test_one_sentence_for_the_one_bound_violated(field: str, value: int) -> None:
    problems = replace(SOUND, **{field: value}).problems(NOW, BOUNTY)
    assert len(problems) == 1
    assert problems[0].startswith((f"{field} is {value};", "start_by is"))


def test_every_problem_is_named_at_once() -> None:
    problems = replace(SOUND, proposer_seats=0, rule=9, slash_bps=9_999).problems(NOW, BOUNTY)
    assert len(problems) == 3


@given(st.integers(0, 200), st.integers(0, 4_900))
def test_a_rule_never_has_to_withstand_half_of_the_updates(members: int, bps: int) -> None:
    faulty = byzantine_count(members, bps)
    assert faulty == 0 or 2 * faulty < members
