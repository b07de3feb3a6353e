"""How an Arena's emissions are shared, day by day, and at the end."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.arena.rewards import FARTHEST, MICRO, distance_of
from flock.protocol.arena.scores import Centre
from flock.protocol.arena.sharing import ArenaWork, Began, Joined, Judged, KeyLost, Ranked, Side
from flock.protocol.core.units import BPS, WAD, Wei
from flock.protocol.economy.history import WorkDone
from flock.protocol.economy.ledger import DaySettlement, settle
from flock.protocol.economy.rewards import RewardTerms
from tests.protocol.days import TASK, TREASURY, Days

TRAINERS, VALIDATORS = ("ann", "bob"), ("val", "vic")
FREE = RewardTerms(operator_fee_bps=0, delegator_fee_bps=0)
"""Terms without fees: a tenth of the trainers' side at once."""


class ArenaDays(Days):
    """Days of an Arena."""

    def arena(self, work: ArenaWork) -> None:
        """Something happened on the task."""
        self._add(WorkDone(self._tick(), TASK, work))

    def enrol(self, account: str, side: Side, gm: int) -> None:
        """With a stake."""
        self.stake(account, gm)
        self.arena(Joined(account, side))

    def rank(self, *trainers: str) -> None:
        """Best first."""
        self.arena(Ranked(trainers))

    def rank_at_last(self, *trainers: str) -> None:
        """By the final scores."""
        self.arena(Ranked(trainers, is_final=True))

    def judge(self, **distances: int) -> None:
        """Validators by how far their reveal was off."""
        self.arena(Judged(tuple(distances.items())))


@pytest.fixture
def days() -> ArenaDays:
    """Everybody has 100 gm on the task since the day before."""
    return begun()


def begun(bounty: int = 1_000_000) -> ArenaDays:
    days = ArenaDays()
    days.arena(Began(Wei(bounty * WAD)))
    days.terms(FREE)
    for name in TRAINERS:
        days.enrol(name, Side.TRAINER, 100)
    for name in VALIDATORS:
        days.enrol(name, Side.VALIDATOR, 100)
    days.tomorrow()
    return days


def settled(days: Days) -> DaySettlement:
    return settle(days.history, days.day)


def liquid(days: Days, account: str) -> float:
    entry = settled(days).entries.get(account)
    return entry.liquid / WAD if entry else 0.0


def vesting(days: Days, account: str) -> float:
    entry = settled(days).entries.get(account)
    return entry.vesting / WAD if entry else 0.0


def test_trainers_get_a_tenth_of_their_side_each_day_by_rank(days: ArenaDays) -> None:
    days.rank("ann", "bob")
    days.judge(val=0)
    days.tomorrow(emitted=1_000)
    assert liquid(days, "ann") + liquid(days, "bob") == pytest.approx(50)
    assert liquid(days, "ann") / liquid(days, "bob") == pytest.approx(2.718**1.5, rel=0.001)
    assert settled(days).set_aside == 450 * WAD


def test_a_ranking_holds_until_the_next(days: ArenaDays) -> None:
    days.rank("ann")
    days.tomorrow(emitted=1_000)
    days.tomorrow(emitted=1_000)
    assert liquid(days, "ann") == pytest.approx(100)
    days.rank("bob")
    days.tomorrow(emitted=1_000)
    assert (liquid(days, "ann"), liquid(days, "bob")) == (pytest.approx(100), pytest.approx(50))


def test_before_anybody_is_ranked_the_daily_part_is_the_treasurys(days: ArenaDays) -> None:
    days.judge(val=0)
    days.tomorrow(emitted=1_000)
    assert liquid(days, TREASURY) == pytest.approx(50)


def test_validators_are_paid_at_once_by_closeness_and_reveals(days: ArenaDays) -> None:
    days.judge(val=0, vic=MICRO)
    days.judge(val=0)
    days.tomorrow(emitted=1_000)
    assert liquid(days, "val") + liquid(days, "vic") == pytest.approx(500)
    assert liquid(days, "val") / liquid(days, "vic") == pytest.approx(2 * 2.718, rel=0.001)


def test_yesterdays_reveals_are_not_paid_again(days: ArenaDays) -> None:
    days.judge(val=0)
    days.tomorrow(emitted=1_000)
    days.judge(vic=0)
    days.tomorrow(emitted=1_000)
    assert (liquid(days, "val"), liquid(days, "vic")) == (pytest.approx(500), pytest.approx(500))


def test_the_side_of_days_without_reveals_goes_to_the_next_that_has_some(days: ArenaDays) -> None:
    """Else whoever streams a bounty chooses, by the day, who gets it."""
    days.tomorrow(emitted=1_000)
    days.tomorrow(bounty=600)
    assert settled(days).set_aside == (450 + 500 + 270 + 300) * WAD
    days.judge(val=0, vic=0)
    days.tomorrow(emitted=1_000, bounty=400)
    assert liquid(days, "val") == pytest.approx((500 + 300 + 500 + 200) / 2) == liquid(days, "vic")
    days.tomorrow(emitted=1_000)
    assert liquid(days, "val") == pytest.approx(750)


def test_reveals_of_a_day_without_an_emission_wait_for_the_next_and_are_paid_once(days: ArenaDays) -> None:
    """What a bounty streams for a day comes after it."""
    days.judge(val=0)
    days.tomorrow()
    days.tomorrow(bounty=1_000)
    assert liquid(days, "val") == pytest.approx(500)
    days.judge(vic=0)
    days.tomorrow(bounty=1_000)
    assert (liquid(days, "val"), liquid(days, "vic")) == (pytest.approx(500), pytest.approx(500))


def test_what_is_carried_at_the_end_goes_by_the_last_day_with_reveals(days: ArenaDays) -> None:
    days.judge(val=0)
    days.tomorrow(emitted=1_000)
    days.tomorrow(emitted=1_000)
    days.close()
    days.tomorrow()
    assert liquid(days, "val") == pytest.approx(1_000)


def test_if_nothing_was_ever_judged_the_treasury_gets_it_all(days: ArenaDays) -> None:
    days.tomorrow(emitted=1_000)
    days.close()
    days.tomorrow()
    assert liquid(days, TREASURY) == pytest.approx(1_000)


def test_who_stands_as_far_off_as_can_be_gets_next_to_nothing(days: ArenaDays) -> None:
    days.judge(val=0, vic=FARTHEST)
    days.tomorrow(emitted=1_000)
    assert liquid(days, "vic") < 0.03


def test_a_ring_cannot_make_sloppy_work_look_close_by_standing_far_off_itself(days: ArenaDays) -> None:
    """Distances are not compared with those of others."""
    days.judge(val=0, vic=MICRO // 2)
    days.tomorrow(emitted=1_000)
    ratio = liquid(days, "vic") / liquid(days, "val")
    ring = begun()
    ring.enrol("decoy", Side.VALIDATOR, 100)
    ring.tomorrow()
    ring.judge(val=0, vic=MICRO // 2, decoy=FARTHEST)
    ring.tomorrow(emitted=1_000)
    assert liquid(ring, "vic") / liquid(ring, "val") == pytest.approx(ratio)


def test_what_was_kept_goes_by_the_final_ranking_and_vests(days: ArenaDays) -> None:
    days.rank("ann")
    days.tomorrow(emitted=1_000)
    days.rank_at_last("bob")
    days.close()
    days.tomorrow()
    assert (liquid(days, "ann"), vesting(days, "ann")) == (pytest.approx(50), 0)
    assert (liquid(days, "bob"), vesting(days, "bob")) == (0, pytest.approx(450))
    assert settled(days).set_aside == 0


def test_without_a_final_ranking_what_was_kept_is_the_treasurys(days: ArenaDays) -> None:
    days.rank("ann")
    days.judge(val=0)
    days.tomorrow(emitted=1_000)
    before = liquid(days, TREASURY)
    days.close()
    days.tomorrow()
    assert liquid(days, TREASURY) - before == pytest.approx(450)


def test_a_bounty_is_shared_like_an_emission_beside_it(days: ArenaDays) -> None:
    days.rank("ann", "bob")
    days.judge(val=0)
    days.tomorrow(emitted=600, bounty=400)
    together = begun()
    together.rank("ann", "bob")
    together.judge(val=0)
    together.tomorrow(emitted=1_000)
    for name in ("ann", "bob", "val"):
        assert liquid(days, name) == pytest.approx(liquid(together, name))


def test_a_lost_key_voids_what_was_emitted_and_kept_but_not_the_bounty(days: ArenaDays) -> None:
    days.rank("ann")
    days.judge(val=0)
    days.tomorrow(emitted=1_000, bounty=1_000)
    before = liquid(days, TREASURY)
    days.arena(KeyLost())
    days.rank_at_last("ann")
    days.close()
    days.tomorrow(emitted=1_000)
    assert vesting(days, "ann") == pytest.approx(450)
    assert liquid(days, TREASURY) - before == pytest.approx(450 + 1_000)


def test_what_is_emitted_for_the_closing_day_is_shared_as_well(days: ArenaDays) -> None:
    days.rank_at_last("ann")
    days.close()
    days.tomorrow(emitted=1_000)
    assert vesting(days, "ann") == pytest.approx(450)
    assert settled(days).set_aside == 0


def test_stake_that_comes_for_the_last_day_earns_of_the_last_day_alone(days: ArenaDays) -> None:
    """Else whoever knows to be first would bring its money on the last day."""
    days.judge(val=0)
    days.tomorrow(emitted=1_000)
    days.stake("ann", 900)
    days.tomorrow()
    days.judge(val=0)
    days.tomorrow(emitted=1_000)
    days.rank_at_last("bob", "ann")
    days.close()
    days.tomorrow()
    early, late = settled(days).days[0], settled(days).days[1]
    assert early.kept == 450 * WAD
    assert late.kept == pytest.approx(9 * WAD * (10 + 80 * 1_100 / 1_300), rel=1e-9)
    # With 100 of 200 gm the second gets 0.18 of the first day; with 1,000 of 1,100 gm 0.75 of the last.
    assert vesting(days, "ann") == pytest.approx(0.1824 * 450 + 0.7487 * late.kept / WAD, rel=0.001)


def test_stake_that_leaves_a_day_early_earns_for_the_days_it_was_there(days: ArenaDays) -> None:
    days.rank("ann", "bob")
    days.tomorrow(emitted=1_000)
    days.stake("bob", -100)
    days.tomorrow(emitted=1_000)
    days.rank_at_last("bob", "ann")
    days.close()
    days.tomorrow()
    assert vesting(days, "bob") == pytest.approx(450 * 0.8176, rel=0.001)


def test_nobody_is_paid_for_a_rank_without_having_enrolled(days: ArenaDays) -> None:
    days.stake("mallory", 10_000)
    days.tomorrow()
    days.rank("mallory")
    days.judge(mallory=0)
    days.tomorrow(emitted=1_000)
    assert "mallory" not in settled(days).entries


def test_a_trainer_is_not_paid_as_a_validator(days: ArenaDays) -> None:
    days.judge(ann=0)
    days.tomorrow(emitted=1_000)
    assert "ann" not in settled(days).entries


def test_delegators_get_their_part_daily_and_at_the_end(days: ArenaDays) -> None:
    days.pool("ann", commission_bps=0)
    days.delegate("dora", "ann", 200)
    days.tomorrow()
    days.rank("ann", "bob")
    days.tomorrow(emitted=1_000)
    days.rank_at_last("ann", "bob")
    days.close()
    days.tomorrow()
    assert 0 < 9 * liquid(days, "dora") == pytest.approx(vesting(days, "dora"))


def test_delegation_does_not_lower_what_the_trainer_gets() -> None:
    def earned(delegated: int) -> float:
        days = begun()
        if delegated:
            days.delegate("dora", "ann", delegated)
        days.tomorrow()
        days.rank("ann", "bob")
        days.tomorrow(emitted=1_000)
        days.rank_at_last("ann", "bob")
        days.close()
        days.tomorrow()
        return liquid(days, "ann") + vesting(days, "ann")

    assert earned(delegated=200) >= earned(delegated=0)


@pytest.mark.parametrize(
    ("off", "mad", "tolerance", "expected"),
    [
        (1_000, 0, 1_000, 0),
        (1_500, 0, 1_000, MICRO // 2),
        (1_500, 250, 1_000, MICRO // 5),
        (50_000, 0, 1_000, FARTHEST),
        (0, 0, 0, 0),
        (1, 0, 0, FARTHEST),
    ],
)
def test_a_distance_counts_from_where_tolerance_ends(
    off: int, mad: int, tolerance: int, expected: int
) -> None:
    assert distance_of(7_000 + off, Centre(7_000, mad), tolerance) == expected
    assert distance_of(70_000 - off, Centre(70_000, mad), tolerance) == expected


# --- As much of the emissions as the bounty allows ---


def shared(days: ArenaDays) -> int:
    """FLOCK that the days so far left to anybody but the treasury, at once or at the end."""
    result = settled(days)
    treasury = result.entries.get(TREASURY)
    return (result.total + result.set_aside - (treasury.total if treasury else 0)) // WAD


def test_a_task_shares_ten_times_its_bounty_of_emissions_and_the_rest_is_the_treasurys() -> None:
    days = begun(bounty=100)
    days.rank("ann", "bob")
    found = []
    for _ in range(3):
        days.judge(val=0, vic=0)
        days.tomorrow(emitted=600)
        found.append(shared(days))
    assert found == [pytest.approx(600, abs=1), pytest.approx(1_000, abs=1), found[1]]


def test_a_task_without_a_bounty_shares_no_emissions() -> None:
    days = begun(bounty=0)
    days.rank("ann")
    days.judge(val=0)
    days.tomorrow(emitted=1_000)
    assert shared(days) == 0


def test_a_bounty_uses_nothing_up_of_what_may_be_emitted() -> None:
    days = begun(bounty=100)
    days.rank("ann")
    days.judge(val=0)
    days.tomorrow(bounty=100)
    days.judge(val=0)
    days.tomorrow(emitted=2_000)
    assert shared(days) == pytest.approx(1_100, abs=2)


def test_reveals_of_a_day_whose_emission_counts_for_nothing_wait_for_the_next() -> None:
    days = begun(bounty=100)
    days.judge(val=0)
    days.tomorrow(emitted=1_000)
    days.judge(vic=0)
    days.tomorrow(emitted=1_000)
    days.tomorrow(bounty=100)
    assert liquid(days, "vic") == pytest.approx(50)


RING = (*TRAINERS, *VALIDATORS)
PEERS = ("cy", "dan"), ("viv", "vera")
"""As many others, with as much stake, who do as well."""


def played(bounty: int, *, beside_peers: bool) -> float:
    """FLOCK that the ring nets by a task with 1,000 emitted on each of ten days, with the fees of the economy.

    Alone in its own task it has also put up the ``bounty``.
    """
    days = begun(bounty)
    days.terms(RewardTerms())
    ranking, validators = list(TRAINERS), list(VALIDATORS)
    if beside_peers:
        for side, names in zip(Side, PEERS, strict=True):
            for name in names:
                days.enrol(name, side, 100)
        ranking, validators = ["ann", "cy", "dan", "bob"], [*VALIDATORS, *PEERS[1]]
        days.tomorrow()
    for _ in range(10):
        days.rank(*ranking)
        days.judge(**dict.fromkeys(validators, 0))
        days.tomorrow(emitted=1_000, bounty=bounty // 10)
    days.rank_at_last(*ranking)
    days.close()
    days.tomorrow()
    earned = sum(liquid(days, account) + vesting(days, account) for account in RING)
    return earned if beside_peers else earned - bounty


@pytest.mark.parametrize("bounty", [10, 100, 400])
def test_a_ring_of_creator_trainers_and_validators_earns_less_by_a_small_bounty_than_by_honest_work(
    bounty: int,
) -> None:
    """Up to a twenty-fifth of what is emitted: beside peers, in somebody else's task, the same stake earns more."""
    assert played(bounty, beside_peers=False) < played(1_000, beside_peers=True)


def test_what_a_ring_takes_it_has_to_put_up_a_tenth_of() -> None:
    assert 0 < played(500, beside_peers=False) < 10 * 500 * 0.92


# --- Whatever happens ---

ACCOUNTS = (*TRAINERS, *VALIDATORS)
Act = Callable[[ArenaDays], None]


def _stake(account: str, gm: int) -> Act:
    return lambda days: days.stake(account, gm)


def _delegate(operator: str, gm: int) -> Act:
    return lambda days: days.delegate("dora", operator, gm)


def _rank(trainers: list[str], is_final: bool) -> Act:
    return lambda days: days.arena(Ranked(tuple(trainers), is_final))


def _judge(validator: str, distance: int) -> Act:
    return lambda days: days.arena(Judged(((validator, distance),)))


def _emit(flock: int, bounty: int) -> Act:
    return lambda days: days.tomorrow(emitted=flock, bounty=bounty)


def _lose_key(days: ArenaDays) -> None:
    days.arena(KeyLost())


acts = st.one_of(
    st.builds(_stake, st.sampled_from(ACCOUNTS), st.integers(1, 10**6)),
    st.builds(_delegate, st.sampled_from(ACCOUNTS), st.integers(1, 10**6)),
    st.builds(_rank, st.lists(st.sampled_from(TRAINERS), unique=True), st.booleans()),
    st.builds(_judge, st.sampled_from(VALIDATORS), st.integers(0, FARTHEST)),
    st.builds(_emit, st.integers(1, 10**6), st.integers(0, 10**6)),
    st.just(_lose_key),
)


@given(st.lists(acts, max_size=30), st.booleans(), st.integers(0, BPS), st.integers(0, 10**6))
def test_conservation_holds_whatever_happens(
    acted: list[Act], closes: bool, daily_bps: int, bounty: int
) -> None:
    days = begun(bounty)
    days.terms(RewardTerms(daily_bps=daily_bps))
    for act in acted:
        act(days)
    if closes:
        days.close()
    days.tomorrow(emitted=1)
    result = settled(days)
    assert result.total + result.set_aside == sum(emission.amount for emission in days.emissions)
    assert all(entry.liquid >= 0 <= entry.vesting for entry in result.entries.values())
    for day in result.days:
        rewards = sum(day.operators.values()) + sum(day.pools.values())
        assert rewards + day.kept + day.to_treasury == day.emitted
        assert day.to_treasury >= 0
    if closes:
        assert result.set_aside == 0
