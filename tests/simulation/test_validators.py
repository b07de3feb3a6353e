"""Studies of validators: each season once, the same actors honest beside it, and what judging does to them."""

from dataclasses import asdict

import pytest

from flock.simulation import tolerance, validators
from flock.simulation.play import Strategy
from flock.simulation.rules import GM_PER_FLOCK, Scale
from flock.simulation.season import Season, _casts, _prices
from flock.simulation.validators import Case, Study, Variant

pytestmark = pytest.mark.long

HONEST = Case("honest", Strategy.HONEST)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validators, "Scale", lambda days, delegators: Scale(days, 100, 300, delegators))


def played(monkeypatch: pytest.MonkeyPatch, study: Study, seeds: int = 1) -> list[validators.ValidatorRow]:
    monkeypatch.setitem(validators.STUDIES, "tried", study)
    return validators.rows_of("tried", seeds)


def test_honesty_gains_nothing_on_itself_and_is_played_once(monkeypatch: pytest.MonkeyPatch) -> None:
    [row] = played(monkeypatch, Study((HONEST,), (Variant("so"),)), seeds=2)

    assert validators.seasons("tried", 2) == 2
    assert (row.pay, row.gain) == (1.0, 0.0)
    assert 0 < row.lost < 0.01


def test_a_late_copier_gains_unless_panels_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    variants = [Variant(rate, (("openings", rate),)) for rate in ("0", "0.1")]
    unopened, opened = played(
        monkeypatch, Study((Case("late", Strategy.LATE, validators.STEADY, share=1 / 3),), variants)
    )

    assert unopened.gain > 0
    assert opened.gain < 0
    assert opened.lost > unopened.lost


def test_the_smallest_lose_the_same_share_and_save_more(monkeypatch: pytest.MonkeyPatch) -> None:
    unopened = (Variant("none", (("openings", "0"),)),)
    smallest = (*validators.STEADY, ("smallest", "yes"))
    cases = (Case("all", Strategy.LATE, validators.STEADY), Case("small", Strategy.LATE, smallest))
    any_size, small = played(monkeypatch, Study(cases, unopened))

    assert small.gain > 2 * any_size.gain


def test_an_evaluation_costs_the_smallest_stake_just_less_than_openings_take() -> None:
    """What docs/economy.md warns of: a dearer one would need more openings, or a higher minimum."""
    season = Season()
    prices = _prices(season, _casts(season, share=0.1))
    smallest = season.world.minimum_stake / GM_PER_FLOCK
    taken = season.rules.openings * season.rules.miss

    assert taken * smallest > prices.evaluation
    assert prices.evaluation / smallest == pytest.approx(0.00199, abs=0.00001)


def test_half_a_tolerance_is_not_punished_and_two_are(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [Case(far, Strategy.HARDWARE, (("offset", far),)) for far in ("0.5", "2")]
    half, two = played(monkeypatch, Study(cases, (Variant("so"),)))

    assert half.pay > 0.98
    assert half.lost < 0.01
    assert two.pay < 0.8
    assert two.lost > 0.2


def test_panels_are_the_same_again_and_better_at_a_greater_tolerance() -> None:
    rows = tolerance.rows_of(panels=5_000)

    assert rows == tolerance.rows_of(panels=5_000)
    assert len({tuple(asdict(row).items())[:3] for row in rows}) == len(rows) == 12
    for first, last in zip(rows[::3], rows[2::3], strict=True):
        assert (first.tolerance, last.tolerance) == (1, 3)
        assert first.struck > last.struck
        assert first.overtaken >= last.overtaken
