"""The robustness study: its simulation keeps the protocol's books, and its page says what its results say."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bench.robustness import learning, page
from bench.robustness.__main__ import main
from bench.robustness.choices import majority_chance
from bench.robustness.federation import LEAST_ROWS, Recipe, federation
from bench.robustness.grid import PARTS
from bench.robustness.outcome import histories, played, result_of, slashes_under
from bench.robustness.results import FOLDER, Store
from bench.robustness.settings import BOUNTY, MINIMUM, Setting
from bench.robustness.simulation import Simulation
from flock.protocol.alliance import round_end as settlement
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.reasons import Reason
from flock.protocol.alliance.state import Block
from flock.protocol.alliance.votes import Verdict

pytestmark = pytest.mark.long

SMALL = Setting(members=20, rounds=8, proposers=7, voters=7, window=4, limit=2, slash_bps=1_000)


@pytest.fixture(scope="module")
def flipped() -> Simulation:
    return played(replace(SMALL, attack="sign-flip-5", malicious=10))


def verdicts_of(simulation: Simulation, wanted: Verdict) -> Mapping[int, list[Reason]]:
    """Why each member's seats were judged as wanted."""
    found: dict[int, list[Reason]] = {}
    for judged in simulation.log.rounds:
        for member, seat in zip(judged.members, judged.seats, strict=True):
            found.setdefault(member, []).extend([seat.reason] if seat.verdict is wanted else [])
    return found


def test_what_is_credited_and_left_is_the_bounty(flipped: Simulation) -> None:
    state = flipped.play.state
    credited = sum(ledger.owed for ledger in state.ledgers.values())

    closed = settlement.close(state, Block(10**9, state.parameters.ends_at))
    reserve = state.parameters.keepers_reserve - state.opened * state.parameters.keeper_fee
    assert credited + state.pool + reserve == BOUNTY
    assert credited + closed.task.refund.left + closed.task.owed_to_treasury == BOUNTY


def test_what_members_lose_is_what_the_treasury_gets(flipped: Simulation) -> None:
    members, staking = flipped.setting.members, flipped.play.state.staking
    lost = members * flipped.setting.stake * MINIMUM - sum(map(flipped.play.stake_of, range(members)))

    assert lost > 0
    assert lost == staking.owed_to_treasury


def test_sign_flippers_are_caught(flipped: Simulation) -> None:
    result = result_of(flipped)

    assert result.attackers_lost > 0.05
    assert result.honest_lost == 0
    assert result.attackers_earned < 0.8 * result.honest_earned


def test_copied_seals_cannot_be_opened() -> None:
    simulation = played(replace(SMALL, attack="copying", malicious=10))
    struck = verdicts_of(simulation, Verdict.BAD)

    assert sum(len(struck[copier]) for copier in simulation.attackers) >= 3
    for copier in simulation.attackers:
        assert set(struck[copier]) == {Reason.DID_NOT_REVEAL}
    revealed = [voter for judged in simulation.log.rounds for voter in judged.ballots.revealed]
    votes = sum(len(judged.ballots.weights) for judged in simulation.log.rounds)
    assert len(revealed) + sum(map(len, struck.values())) == votes


def test_honest_members_of_one_kind_lose_nothing() -> None:
    result = result_of(played(SMALL))

    assert (result.honest_lost, result.void) == (0, 0)
    assert result.quality > 0.75


def test_other_terms_of_strikes_are_judged_on_the_same_seats(flipped: Simulation) -> None:
    judged = verdicts_of(flipped, Verdict.BAD)
    found = histories(flipped.log)

    assert all(sum(seats) == len(judged[member]) for member, seats in found.items())
    by_limit = slashes_under(flipped)
    strict, lax = by_limit[Fraction(1, 2), 8, 3], by_limit[Fraction(5, 6), 16, 12]
    assert strict.attackers >= lax.attackers == 0


def test_training_together_is_training_one_by_one() -> None:
    dealt, recipe = federation("nmes1988", "iid", 20, 0), Recipe(0.1, steps=3, batch=8)
    model = learning.initial_model(dealt.table)

    together = learning.train(model, learning.draw_batches(dealt, (3, 8), recipe, (1, 2)), recipe, 2)
    alone = learning.train(model, learning.draw_batches(dealt, (8,), recipe, (1, 2)), recipe, 2)

    assert np.allclose(together[1], alone[0], atol=1e-6)
    assert not np.allclose(together[0], together[1], atol=1e-3)


def test_every_row_has_one_owner_and_every_member_enough() -> None:
    dealt = federation("nmes1988", "dirichlet", 50, 1)
    owned = np.concatenate([*dealt.train, *dealt.held_out])

    assert len(set(owned)) == len(owned) == len(dealt.table)
    assert min(len(a) + len(b) for a, b in zip(dealt.train, dealt.held_out, strict=True)) >= LEAST_ROWS


def test_the_chance_of_a_majority_is_exact() -> None:
    assert majority_chance(1, 40) == pytest.approx(0.4)
    assert majority_chance(3, 50, members=4) == pytest.approx(0.5)
    assert majority_chance(15, 40) == pytest.approx(0.1722, abs=1e-4)


def test_a_study_goes_on_where_it_was_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = [replace(SMALL, rounds=1, seed=seed) for seed in (0, 1)]
    monkeypatch.setitem(PARTS, "taste", lambda: iter(settings))  # type: ignore[misc]
    first = Store(tmp_path).run(settings[0], with_strikes=True)

    assert main(["--folder", str(tmp_path)]) == 0

    assert "taste: 1 runs" in capsys.readouterr().out
    assert list(Store(tmp_path).results()) == settings
    assert Store(tmp_path).results()[settings[0]] == first
    assert list(Store(tmp_path).strikes()) == settings[:1]


def test_the_defaults_are_those_that_the_study_confirmed() -> None:
    decided = ("rule", "byzantine_bps", "vote_tolerance_bps", "strike_window", "strike_limit", "slash_bps")
    studied = Setting().parameters(bytes(32))

    for name in decided:
        assert getattr(studied, name) == AllianceParameters.__dataclass_fields__[name].default, name


def test_the_page_says_what_the_results_say() -> None:
    text = page.PAGE.read_text()

    assert page.rendered(text, Store(FOLDER)) == text
    assert all((FOLDER / name).exists() for name in ("honest.png", "attackers.png", "strikes.png"))
