"""The terms of an Arena: what can be chosen, and what is said of what cannot."""

from dataclasses import replace

import pytest

from flock.protocol.arena.params import ARENA_TERMS, ArenaParameters, arena_terms
from flock.protocol.core.units import DAY, WAD, Gm, Wei

NOW = 1_800_000_000
SET = b"\1" * 32
GOOD = ArenaParameters(
    starts_at=NOW + DAY,
    start_by=NOW + 8 * DAY,
    ends_at=NOW + 37 * DAY,
    minimum_stake=Gm(3_000 * WAD),
    set_a=SET,
    baseline=900_000,
    tolerance=2_000,
)


def test_the_defaults_can_be_chosen() -> None:
    assert GOOD.problems(NOW, Wei(WAD)) == ()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("tolerance", 0, "tolerance is 0; choose 1 to 100000000."),
        ("baseline", 2**28, "baseline is 268435456; choose 0 to 268435199."),
        ("panel_seats", 4, "panel_seats is 4; choose an odd number from 3 to 9."),
        ("panel_seats", 11, "panel_seats is 11; choose an odd number from 3 to 9."),
        ("finalists", 65, "finalists is 65; choose 1 to 64."),
        ("max_validators", 8, "max_validators is 8; choose 9 (panel_seats) to 4096."),
        (
            "minimum_validators",
            8,
            "minimum_validators is 8; choose 9 (panel_seats) to max_validators (1024).",
        ),
        ("strike_limit", 17, "strike_limit is 17; choose 1 to 16."),
        ("evaluation_fee", 10_001 * WAD, "evaluation_fee is 10,001 FLOCK; choose 0 FLOCK to 10,000 FLOCK."),
        ("minimum_stake", WAD - 1, "minimum_stake is 0.999999999999999999 gmFLOCK"),
        ("set_a", bytes(32), "set_a is zero"),
        ("set_b", SET, "set_b, cipher_b and key_hash_b belong together"),
        ("queue_seconds", 59, "queue_seconds is 59; choose 60 to 2592000."),
        ("quota_a_day", 0, "quota_a_day is 0; choose 1 to 100."),
        ("start_by", NOW, "start_by is"),
    ],
)
def test_each_violated_bound_is_one_sentence(name: str, value: int | bytes, said: str) -> None:
    problems = replace(GOOD, **{name: value}).problems(NOW, Wei(WAD))  # type: ignore[arg-type]
    assert any(said in problem for problem in problems), problems


def test_set_b_needs_all_three_of_its_digests() -> None:
    assert replace(GOOD, set_b=SET, cipher_b=SET, key_hash_b=SET).problems(NOW, Wei(WAD)) == ()


def test_the_struct_has_every_term_that_is_not_of_the_schedule() -> None:
    assert len(arena_terms(GOOD)) == len(ARENA_TERMS) == len(GOOD.__dict__) - 5
