"""Seasons of an Alliance: played by the rules, to the wei, and no ring nets more than its members' honesty."""

from dataclasses import replace

import pytest

from bench import economy_page
from flock.protocol.alliance.state import MemberState
from flock.simulation import alliance_season as seasons
from flock.simulation.alliance_season import AllianceSeason, RingStrategy, compare, play

pytestmark = pytest.mark.long

SMALL = AllianceSeason(members=30, rounds=12)


def test_honest_seasons_pay_all_of_the_bounty_but_what_does_not_divide() -> None:
    outcome = play(SMALL, RingStrategy.HONEST)

    assert (outcome.decided, outcome.refunded) == (1.0, 0.0)
    assert outcome.ring.lost == outcome.others.lost == 0
    assert outcome.ring.net > 0
    assert outcome.others.net > 0


def test_a_season_is_the_same_again() -> None:
    assert play(SMALL, RingStrategy.CABAL) == play(SMALL, RingStrategy.CABAL)
    assert play(SMALL, RingStrategy.CABAL) != play(replace(SMALL, seed=1), RingStrategy.CABAL)


@pytest.mark.parametrize("strategy", [each for each in seasons.RING if each is not RingStrategy.WITHHOLDING])
def test_no_ring_below_half_nets_more_than_by_honesty(strategy: RingStrategy) -> None:
    [row] = compare(AllianceSeason(share=0.3), [strategy], seeds=3)

    assert not row.beats_honesty
    assert row.ratio <= 1


def test_keeping_votes_back_costs_more_than_the_other_draw_brings() -> None:
    [row] = compare(AllianceSeason(share=0.3), [RingStrategy.WITHHOLDING], seeds=6)

    assert row.lost > 0
    assert row.high < 1


def test_a_ring_that_comes_first_cannot_start_without_the_others() -> None:
    assert play(SMALL, RingStrategy.FIRST) == play(SMALL, RingStrategy.HONEST)


def test_a_ring_that_stays_away_takes_nothing_from_whoever_paid() -> None:
    absent = play(AllianceSeason(share=0.6, rounds=20), RingStrategy.ABSENT)

    assert absent.ring.gross == 0
    assert absent.decided + absent.refunded == pytest.approx(1, abs=0.01)


def test_strikes_follow_the_stake_through_another_name() -> None:
    """Whoever comes back under another name waits for as long as its strikes would have lasted."""
    season = seasons._Season(AllianceSeason(share=0.3, strike_limit=2, strike_window=4), RingStrategy.WASHING)
    season.played()
    states = [member.state for member in season.table.state.members]

    assert any(len(names) > 1 for names in season._names.values())
    assert MemberState.RETAINED in states or season.table.state.decided == 40


def test_no_ring_of_the_page_beats_honesty() -> None:
    rows = economy_page.read(economy_page.path_of("alliance"))

    assert {row["strategy"] for row in rows} == {each.value for each in seasons.RING}
    assert {row["strategy"] for row in rows if row["beats_honesty"] == "True"} <= {"cabal"}
    assert all(float(row["share"]) > 0.5 for row in rows if row["beats_honesty"] == "True")
