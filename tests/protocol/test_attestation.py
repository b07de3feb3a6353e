"""Which proposals are in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.alliance import attestation

voters = st.lists(st.tuples(st.integers(0, 2**8 - 1), st.integers(1, 4)), min_size=1, max_size=63)


@given(voters)
def test_adding_one_by_one_gives_the_tally(votes: list[tuple[int, int]]) -> None:
    tallies: tuple[int, ...] = (0,) * 8
    for bitmap, weight in votes:
        tallies = attestation.add(tallies, bitmap, weight)
    assert tallies == attestation.tally([b for b, _ in votes], [w for _, w in votes], 8)


@given(voters, st.integers(0, 7))
def test_a_proposal_shown_to_half_of_the_weight_or_less_is_out(
    votes: list[tuple[int, int]], seat: int
) -> None:
    tallies = attestation.tally([b for b, _ in votes], [w for _, w in votes], 8)
    attesting = sum(w for _, w in votes)
    is_in = attestation.attested_set(tallies, attesting) >> seat & 1
    assert is_in == (sum(w for b, w in votes if b >> seat & 1) * 2 > attesting)


def test_a_voter_who_stays_away_weighs_nothing() -> None:
    tallies = attestation.tally([0b01, None, 0b11], [2, 4, 1], 2)
    assert tallies == (3, 1)
    assert attestation.attested_set(tallies, 3) == 0b01


def test_without_attestations_nothing_is_in() -> None:
    assert attestation.attested_set((0, 0, 0), 0) == 0


def test_every_voter_has_a_weight() -> None:
    with pytest.raises(ValueError, match="shorter"):
        attestation.tally([0b01, 0b01], [1], 1)
