"""When bad seats become a slash."""

from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.alliance import strikes

windows = st.integers(1, 16).flatmap(lambda w: st.tuples(st.just(w), st.integers(1, w)))


@given(windows, st.lists(st.booleans(), max_size=60))
def test_a_slash_needs_limit_bad_seats_within_the_window_since_the_last_slash(
    rule: tuple[int, int], seats: list[bool]
) -> None:
    window, limit = rule
    history, since = 0, []
    for bad in seats:
        history, slashed = strikes.mark(history, bad=bad, window=window, limit=limit)
        since = [*since, bad][-window:]
        assert slashed == (bad and sum(since) >= limit)
        since = [] if slashed else since
        assert history.bit_count() < limit


def test_one_strike_is_enough_for_a_vote_that_was_sealed_and_kept_back() -> None:
    assert strikes.enough(3, kept_back=True) == 1
    assert strikes.enough(3, kept_back=False) == 3


@given(windows, st.integers(0, 200))
def test_good_seats_alone_never_slash(rule: tuple[int, int], count: int) -> None:
    history = 0
    for _ in range(count):
        history, slashed = strikes.mark(history, bad=False, window=rule[0], limit=rule[1])
        assert not slashed
