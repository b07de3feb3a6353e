"""What a window does to a validator."""

import pytest

from flock.protocol.arena.scores import Mark
from flock.protocol.arena.standing import Conduct, Duty, Penalties, Standing, settled

TERMS = Penalties()
GOOD = Duty(Conduct.REVEALED, (Mark.GOOD, Mark.GOOD))


def revealed(*marks: Mark) -> Duty:
    return Duty(Conduct.REVEALED, marks)


def test_who_scores_well_loses_nothing_and_its_absences_are_forgotten() -> None:
    result = settled(Standing(strikes=0b1, absences=1), GOOD, None, TERMS)
    assert result.standing == Standing(strikes=0b100, absences=0)
    assert (result.judged, result.bps) == (2, 0)


def test_the_eighth_strike_of_sixteen_takes_a_tenth_and_clears_the_memory() -> None:
    result = settled(Standing(strikes=0b1111111), revealed(Mark.STRIKE), None, TERMS)
    assert (result.standing.strikes, result.bps) == (0, 1_000)


def test_a_miss_costs_at_once_and_is_a_strike() -> None:
    result = settled(Standing(), revealed(Mark.MISS, Mark.GOOD), None, TERMS)
    assert (result.standing.strikes, result.misses, result.bps) == (0b10, 1, 200)


def test_two_windows_in_a_row_with_an_absence_suspend() -> None:
    once = settled(Standing(), Duty(Conduct.STAYED_AWAY, missed=True), None, TERMS)
    assert (once.standing.absences, once.standing.is_suspended, once.bps) == (1, False, 25)
    twice = settled(once.standing, revealed(Mark.ABSENT), None, TERMS)
    assert twice.standing.is_suspended


def test_a_void_panel_blames_nobody() -> None:
    before = Standing(strikes=0b101, absences=1)
    assert settled(before, Duty(Conduct.STAYED_AWAY, missed=False), None, TERMS).bps == 0
    assert settled(before, Duty(Conduct.STAYED_AWAY, missed=False), None, TERMS).standing == before
    assert settled(before, revealed(), None, TERMS).standing.strikes == before.strikes


def test_keeping_scores_back_is_a_strike_and_an_absence() -> None:
    result = settled(Standing(), Duty(Conduct.KEPT_BACK), None, TERMS)
    assert (result.standing.strikes, result.standing.absences, result.bps) == (1, 1, 25)


def test_where_nobody_revealed_nobody_kept_back() -> None:
    result = settled(Standing(), Duty(Conduct.KEPT_BACK), None, TERMS, window_has_reveals=False)
    assert (result.standing, result.bps) == (Standing(), 0)


def test_a_substitute_is_judged_after_its_own_seats() -> None:
    result = settled(Standing(), GOOD, revealed(Mark.STRIKE), TERMS)
    assert (result.standing.strikes, result.judged) == (0b1, 3)


@pytest.mark.parametrize("substitute", [None, Duty(Conduct.REVEALED, (Mark.GOOD,))])
def test_standing_in_forgives_no_absence(substitute: Duty | None) -> None:
    before = Standing(absences=1)
    assert settled(before, None, substitute, TERMS).standing.absences == 1


def test_no_window_takes_more_than_everything() -> None:
    hard = Penalties(limit=1, slash_bps=5_000, miss_bps=5_000)
    assert settled(Standing(), revealed(*[Mark.MISS] * 9), None, hard).bps == 10_000
