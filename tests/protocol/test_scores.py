"""What a panel's reveals make of a submission, and of those who revealed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.arena.scores import (
    MAX_SCORE,
    MAX_SEATS,
    Failure,
    Mark,
    Outcome,
    Reveal,
    centre_of,
    in_word,
    judge,
    of_word,
)

SEATS, TOLERANCE = 9, 1_000
scores = st.integers(0, MAX_SCORE)
seats = st.integers(0, MAX_SEATS - 1)
reveals = st.dictionaries(seats, scores | st.sampled_from(Failure))


def by_seat(*values: Reveal) -> dict[int, Reveal]:
    return dict(enumerate(values))


@given(reveals)
def test_a_word_gives_back_what_was_put_in(given_: dict[int, Reveal]) -> None:
    word = in_word(given_)
    assert word < 1 << 252
    assert of_word(word) == given_
    assert {seat for seat, reveal in of_word(word).items() if isinstance(reveal, Failure)} == {
        seat for seat, reveal in given_.items() if isinstance(reveal, Failure)
    }


@pytest.mark.parametrize("score", [-1, MAX_SCORE + 1, 2**28])
def test_a_score_without_room_is_refused(score: int) -> None:
    with pytest.raises(ValueError, match="millionths"):
        in_word({0: score})


def test_a_seat_that_no_panel_has_is_refused() -> None:
    with pytest.raises(ValueError, match="seats 0 to 8"):
        in_word({9: 1})


def test_a_failure_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a valid Failure"):
        of_word((1 << 28) - 1 - 200)


class TestTheCentre:
    @given(st.lists(scores, min_size=1, max_size=9))
    def test_half_are_no_lower_and_half_no_higher(self, of: list[int]) -> None:
        median, mad = centre_of(of)
        assert median in of
        assert 2 * sum(score <= median for score in of) >= len(of)
        assert 2 * sum(score >= median for score in of) >= len(of)
        assert 2 * sum(abs(score - median) <= mad for score in of) >= len(of)

    def test_of_an_even_number_it_is_the_lower_one(self) -> None:
        assert centre_of([4, 10, 20, 90]) == (10, 6)

    def test_there_is_none_of_nothing(self) -> None:
        with pytest.raises(ValueError, match="no median"):
            centre_of([])


class TestAScoredSubmission:
    def test_a_minority_cannot_move_the_median_beyond_what_others_say(self) -> None:
        verdict = judge(
            by_seat(500, 510, 520, 505, 515, MAX_SCORE, MAX_SCORE, MAX_SCORE, MAX_SCORE), SEATS, TOLERANCE
        )
        assert verdict.outcome is Outcome.SCORED
        assert 500 <= verdict.median <= 520

    @pytest.mark.parametrize(
        ("off", "mark"),
        [
            (0, Mark.GOOD),
            (TOLERANCE, Mark.GOOD),
            (TOLERANCE + 1, Mark.STRIKE),
            (10 * TOLERANCE, Mark.STRIKE),
            (10 * TOLERANCE + 1, Mark.MISS),
        ],
    )
    @pytest.mark.parametrize("direction", [-1, 1])
    def test_a_reveal_is_judged_by_its_distance(self, off: int, mark: Mark, direction: int) -> None:
        verdict = judge(by_seat(*[50_000] * 8, 50_000 + direction * off), SEATS, TOLERANCE)
        assert verdict.marks == {**dict.fromkeys(range(8), Mark.GOOD), 8: mark}

    def test_where_honest_scores_scatter_nobody_is_struck_for_scattering(self) -> None:
        scattered = [50_000 + step * 4_000 for step in range(-4, 5)]
        verdict = judge(by_seat(*scattered), SEATS, TOLERANCE)
        assert verdict.mad == 8_000
        assert set(verdict.marks.values()) == {Mark.GOOD}

    def test_whoever_reports_a_failure_that_few_see_is_absent_and_not_struck(self) -> None:
        verdict = judge(
            by_seat(*[700] * 6, Failure.CRASHED, Failure.OUT_OF_TIME, Failure.UNAVAILABLE), SEATS, TOLERANCE
        )
        assert (verdict.outcome, verdict.median) == (Outcome.SCORED, 700)
        assert [verdict.marks[seat] for seat in (6, 7, 8)] == [Mark.ABSENT] * 3

    @given(st.lists(scores, min_size=5, max_size=9))
    def test_most_reveals_are_never_struck(self, of: list[int]) -> None:
        marks = judge(by_seat(*of), SEATS, TOLERANCE).marks.values()
        assert 2 * sum(mark is Mark.GOOD for mark in marks) >= len(of)


class TestAFailedSubmission:
    def test_it_failed_where_most_say_so_for_whatever_reason(self) -> None:
        verdict = judge(
            by_seat(*[Failure.CRASHED] * 3, *[Failure.OUT_OF_TIME] * 2, *[700] * 4), SEATS, TOLERANCE
        )
        assert verdict.outcome is Outcome.FAILED
        assert [verdict.marks[seat] for seat in range(9)] == [Mark.GOOD] * 5 + [Mark.ABSENT] * 4


class TestAVoidPanelBlamesNobody:
    @given(reveals.filter(lambda given_: len(given_) <= SEATS // 2))
    def test_when_half_of_the_seats_or_fewer_reveal(self, given_: dict[int, Reveal]) -> None:
        verdict = judge(given_, SEATS, TOLERANCE)
        assert verdict.outcome is Outcome.VOID
        assert set(verdict.marks.values()) <= {Mark.GOOD}

    def test_when_the_bytes_were_not_to_be_had(self) -> None:
        verdict = judge(by_seat(*[Failure.UNAVAILABLE] * 6, *[700] * 3), SEATS, TOLERANCE)
        assert verdict.outcome is Outcome.VOID
        assert set(verdict.marks.values()) == {Mark.GOOD}

    def test_when_as_many_fail_it_as_score_it(self) -> None:
        verdict = judge(by_seat(*[Failure.CRASHED] * 4, *[700] * 4), SEATS, TOLERANCE)
        assert verdict.outcome is Outcome.VOID
        assert set(verdict.marks.values()) == {Mark.GOOD}
