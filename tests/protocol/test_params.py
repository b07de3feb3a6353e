"""The terms of a task and their bounds."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.amounts import tokens
from flock.protocol.alliance import terms
from flock.protocol.alliance.params import (
    ALLIANCE_TERMS,
    AMOUNTS,
    AllianceParameters,
    alliance_terms,
    byzantine_count,
)
from flock.protocol.core.schedule import SCHEDULE, schedule
from flock.protocol.core.tasks import MAX_BOUNTY
from flock.protocol.core.units import WAD, Gm, Wei

NOW = 1_800_000_000
BOUNTY = Wei(10**6 * WAD)
SOUND = AllianceParameters(
    planned_rounds=10,
    proposer_seats=4,
    voter_seats=5,
    minimum_members=80,
    max_members=100,
    propose_seconds=60,
    attest_seconds=60,
    commit_seconds=60,
    reveal_seconds=60,
    starts_at=NOW + 1800,
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
        ("max_members", 17),
        ("max_members", 65_001),
        ("minimum_members", 8),
        ("minimum_members", 101),
        ("propose_seconds", 1),
        ("attest_seconds", 604_801),
        ("commit_seconds", 0),
        ("reveal_seconds", 1),
        ("start_by", NOW),
        ("starts_at", -1),
        ("starts_at", NOW + 3601),
        ("ends_at", NOW + 3600),
        ("ends_at", NOW + 731 * 86_400),
        ("minimum_stake", WAD - 1),
        ("minimum_stake", 10**26 + 1),
        ("keeper_fee", 5000 * WAD + 1),
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
    changed = {field: value, **({"starts_at": 0} if field == "start_by" else {})}
    problems = replace(SOUND, **changed).problems(NOW, BOUNTY)
    assert len(problems) == 1
    written = tokens(value) + AMOUNTS[field] if field in AMOUNTS else value
    assert problems[0].startswith((f"{field} is {written};", "start_by is", "minimum_members is"))


def test_every_problem_is_named_at_once() -> None:
    problems = replace(SOUND, proposer_seats=0, rule=9, slash_bps=9_999).problems(NOW, BOUNTY)
    assert len(problems) == 3


def test_a_bounty_no_credit_could_hold_is_told_of_before_it_is_made() -> None:
    (problem,) = SOUND.problems(NOW, Wei(MAX_BOUNTY + 1))
    assert problem.startswith(f"bounty is {tokens(MAX_BOUNTY + 1)} FLOCK;")
    assert SOUND.term_problems(Wei(MAX_BOUNTY + 1)) == ()


def test_schedule_and_terms_share_all_fields_and_have_none_twice() -> None:
    fields = set(AllianceParameters.__dataclass_fields__)
    assert sorted([*SCHEDULE, *ALLIANCE_TERMS]) == sorted(fields)
    assert schedule(SOUND) == (NOW + 1800, NOW + 3600, NOW + 86_400, 100 * WAD, 0)
    assert alliance_terms(SOUND)[:5] == (10, 4, 5, 80, 100)
    assert (
        AllianceParameters(
            **dict(zip(SCHEDULE, schedule(SOUND), strict=True)),
            **dict(zip(ALLIANCE_TERMS, alliance_terms(SOUND), strict=True)),
        )
        == SOUND
    )


@given(st.integers(1, 10**9), st.integers(1, 32), st.integers(1, 63))
def test_what_is_left_open_is_chosen_within_the_bounds(flock: int, proposers: int, voters: int) -> None:
    bounty, times = Wei(flock * WAD), {name: NOW + after for name, after in terms.DEFAULT_TIMES.items()}
    chosen = {**terms.DEFAULTS, **times, "proposer_seats": proposers, "voter_seats": voters}
    found = AllianceParameters(
        **chosen,
        minimum_members=terms.default_minimum_members(
            proposers + voters, chosen["max_members"], is_open=True
        ),
        keeper_fee=terms.default_keeper_fee(bounty, chosen["planned_rounds"]),
    )
    assert found.problems(NOW, bounty) == ()
    assert bounty // 100 - 40 < found.keepers_reserve <= bounty // 100


def test_a_small_alliance_starts_when_it_is_full() -> None:
    assert terms.default_minimum_members(9, 100, is_open=True) == 18
    assert terms.default_minimum_members(9, 12, is_open=True) == 12
    assert terms.default_minimum_members(9, 12, is_open=False) == 9


@given(st.integers(0, 200), st.integers(0, 4_900))
def test_a_rule_never_has_to_withstand_half_of_the_updates(members: int, bps: int) -> None:
    faulty = byzantine_count(members, bps)
    assert faulty == 0 or 2 * faulty < members
