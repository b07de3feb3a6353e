"""Whose submission stands above whose."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.arena.leaderboard import Contest, Entry, ranked

LOSS = Contest(tolerance=100, baseline=5_000)
ACCURACY = Contest(tolerance=100, baseline=5_000, higher_is_better=True)

entries = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 9_000)), max_size=25).map(
    lambda found: [Entry(number, who, score) for number, (who, score) in enumerate(found)]
)


def order(*found: Entry, contest: Contest = LOSS) -> list[str]:
    return [each.trainer for each in ranked(found, contest)]


def test_the_better_stands_above_the_worse() -> None:
    assert order(Entry(1, "late", 3_000), Entry(2, "good", 1_000), Entry(3, "fair", 2_000)) == [
        "good",
        "fair",
        "late",
    ]


def test_higher_is_better_where_the_task_says_so() -> None:
    found = (Entry(1, "fair", 6_000), Entry(2, "good", 8_000), Entry(3, "poor", 4_000))
    assert order(*found, contest=ACCURACY) == ["good", "fair"]


@pytest.mark.parametrize(("better_by", "first"), [(100, "author"), (101, "copier")])
def test_who_comes_later_has_to_be_better_by_more_than_the_tolerance(better_by: int, first: str) -> None:
    assert order(Entry(1, "author", 2_000), Entry(2, "copier", 2_000 - better_by))[0] == first


def test_of_one_digest_only_the_first_counts_whoever_sent_it() -> None:
    found = (Entry(1, "author", 3_000, b"x"), Entry(2, "thief", 1_000, b"x"), Entry(3, "other", 2_000, b"y"))
    assert order(*found) == ["other", "author"]


def test_a_copy_and_what_does_not_beat_the_baseline_are_left_out() -> None:
    found = (Entry(1, "copier", 1_000, is_copy=True), Entry(2, "idle", 5_000), Entry(3, "worse", 6_000))
    assert order(*found) == []


def test_a_worse_second_submission_keeps_the_best() -> None:
    [kept] = ranked([Entry(1, "a", 2_000), Entry(2, "a", 3_000)], LOSS)
    assert kept.number == 1


def test_a_small_improvement_does_not_cost_the_early_place() -> None:
    found = (Entry(1, "first", 2_000), Entry(2, "second", 1_950), Entry(3, "first", 1_900))
    assert order(*found) == ["first", "second"]


def test_who_comes_later_has_to_outrank_a_trainers_best() -> None:
    found = (Entry(1, "first", 2_000), Entry(2, "second", 1_950), Entry(3, "first", 1_900))
    assert order(*found, Entry(4, "copier", 1_840)) == ["first", "copier", "second"]
    assert order(*found, Entry(4, "better", 1_799)) == ["better", "first", "second"]


def test_a_sealed_entry_that_was_committed_earlier_wins_the_tie() -> None:
    assert order(Entry(2, "later", 2_000), Entry(1, "sealed", 2_100)) == ["sealed", "later"]
    assert order(Entry(2, "later", 2_000), Entry(1, "sealed", 2_101)) == ["later", "sealed"]


def test_copies_of_ones_own_model_push_nobody_out() -> None:
    flood = [Entry(number, "flooder", 1_000 - number) for number in range(20)]
    board = ranked([*flood, Entry(30, "other", 3_000)], LOSS, places=2)
    assert [each.trainer for each in board] == ["flooder", "other"]


def test_beyond_the_places_nobody_is_ranked() -> None:
    found = [Entry(number, str(number), 4_000 - 500 * number) for number in range(5)]
    assert [each.trainer for each in ranked(found, LOSS, places=3)] == ["4", "3", "2"]


@given(entries)
def test_each_trainer_has_one_place(found: list[Entry]) -> None:
    names = order(*found)
    assert len(set(names)) == len(names)
    assert set(names) == {each.trainer for each in found if each.score < LOSS.baseline}


@given(entries)
def test_without_a_tolerance_it_is_the_order_of_the_scores(found: list[Entry]) -> None:
    board = ranked(found, replace(LOSS, tolerance=0))
    assert [each.score for each in board] == sorted(each.score for each in board)


@given(entries, st.integers(0, 9_000))
def test_a_later_entry_moves_no_others_order(found: list[Entry], score: int) -> None:
    later = Entry(len(found), "newcomer", score)
    assert [name for name in order(*found, later) if name != "newcomer"] == order(*found)
