"""The settlement, rule by rule: who earns, who does not, and where every wei goes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.errors import Refused
from flock.protocol.core.merkle import Entry
from flock.protocol.core.units import DAY, NO_WEI, WAD, Wei
from flock.protocol.economy.history import WorkDone
from flock.protocol.economy.ledger import DaySettlement, TaskDay, settle
from flock.protocol.economy.points import Earned, Role
from flock.protocol.economy.rewards import RewardTerms
from tests.protocol.days import GIVEN_FULLY, TASK, TREASURY, Days, earned_in

E = 1_000


def settled(days: Days) -> DaySettlement:
    return settle(days.history, days.day)


def last_day(days: Days) -> TaskDay:
    return settled(days).days[-1]


def earned(days: Days, account: str) -> int:
    """Whole FLOCK that an account has earned, liquid and vesting."""
    return settled(days).entries.get(account, Entry(0, 0)).total // WAD  # type: ignore[arg-type]


@pytest.fixture
def days() -> Days:
    """The evening before: no fees, nothing set aside."""
    days = Days()
    days.terms(GIVEN_FULLY)
    return days


# --- Who earns ---


def test_a_day_is_shared_by_points_times_stake(days: Days) -> None:
    days.stake("north", 100)
    days.stake("south", 300)
    days.tomorrow()
    days.paid(voters=["north", "south"])
    days.paid(voters=["north"])
    days.tomorrow(emitted=E)
    assert last_day(days).operators == {"north": 400 * WAD, "south": 600 * WAD}


def test_who_has_stake_but_no_paid_seat_earns_nothing(days: Days) -> None:
    days.stake("north", 100)
    days.stake("idle", 10_000)
    days.tomorrow()
    days.paid(voters=["north"])
    days.tomorrow(emitted=E)
    assert last_day(days).operators == {"north": E * WAD}


def test_who_has_a_paid_seat_but_no_stake_earns_nothing(days: Days) -> None:
    days.stake("north", 100)
    days.tomorrow()
    days.paid(voters=["north", "stranger"])
    days.tomorrow(emitted=E)
    assert last_day(days).operators == {"north": E * WAD}


def test_delegators_of_an_operator_without_stake_of_its_own_earn_nothing(days: Days) -> None:
    days.pool("hollow")
    days.delegate("friend", "hollow", 1_000)
    days.stake("north", 1)
    days.tomorrow()
    days.paid(voters=["north", "hollow"])
    days.tomorrow(emitted=E)
    assert settled(days).entries.keys() == {"north"}


def test_a_day_that_nobody_earned_is_the_treasurys(days: Days) -> None:
    days.stake("north", 100)
    days.tomorrow(emitted=E)
    assert settled(days).entries == {TREASURY: Entry(E * WAD, 0)}  # type: ignore[arg-type]


def test_stake_of_another_task_does_not_count(days: Days) -> None:
    days.stake("north", 100)
    days.stake("south", 100, task=2)
    days.tomorrow()
    days.paid(voters=["north", "south"])
    days.tomorrow(emitted=E)
    assert last_day(days).operators == {"north": E * WAD}


# --- What does not pay ---


def test_F36_stake_that_comes_just_in_time_earns_nothing(days: Days) -> None:
    days.stake("north", 100)
    days.tomorrow()
    days.paid(voters=["north", "late"])
    days.stake("late", 10_000)
    days.tomorrow(emitted=E)
    assert last_day(days).operators == {"north": E * WAD}


def test_F36_delegation_that_comes_just_in_time_earns_nothing(days: Days) -> None:
    days.stake("north", 100)
    days.pool("north")
    days.tomorrow()
    days.paid(voters=["north"])
    days.delegate("late", "north", 10_000)
    days.tomorrow(emitted=E)
    assert settled(days).entries.keys() == {"north"}


def test_F41_hopping_between_pools_within_a_day_earns_nowhere_on_that_day(days: Days) -> None:
    for operator in ("north", "south"):
        days.stake(operator, 100)
        days.pool(operator)
    days.delegate("hopper", "north", 100)
    days.tomorrow()
    days.leave("hopper", "north", 100)
    days.collect("hopper", "north", 100)
    days.delegate("hopper", "south", 100)
    days.paid(voters=["north", "south"])
    days.tomorrow(emitted=E)
    assert "hopper" not in settled(days).entries
    assert last_day(days).operators == {"north": 500 * WAD, "south": 500 * WAD}


def test_what_is_leaving_a_pool_earns_no_more(days: Days) -> None:
    days.stake("north", 100)
    days.pool("north", commission_bps=0)
    days.delegate("staying", "north", 100)
    days.delegate("leaving", "north", 100)
    days.stake("south", 100)
    days.leave("leaving", "north", 100)
    days.tomorrow()
    days.paid(voters=["north", "south"])
    days.tomorrow(emitted=E)
    assert "leaving" not in settled(days).entries
    assert last_day(days).stakes == {"north": 100 * WAD}


def test_a_slash_in_mid_day_counts_for_the_whole_day(days: Days) -> None:
    days.stake("north", 100)
    days.stake("south", 100)
    days.tomorrow()
    days.paid(voters=["north", "south"])
    days.stake("south", -75)
    days.tomorrow(emitted=E)
    assert last_day(days).operators == {"north": 800 * WAD, "south": 200 * WAD}


def test_F35_stake_put_back_after_a_slash_counts_from_the_next_day(days: Days) -> None:
    days.stake("north", 100)
    days.stake("south", 100)
    days.tomorrow()
    days.stake("south", -100)
    days.tomorrow()
    days.stake("south", 100)
    days.paid(voters=["north", "south"])
    days.tomorrow(emitted=E)
    assert last_day(days).operators == {"north": E * WAD}


def test_a_slash_of_a_pool_falls_on_all_its_delegators_alike(days: Days) -> None:
    days.stake("north", 100)
    days.pool("north", commission_bps=0)
    days.delegate("large", "north", 300)
    days.delegate("small", "north", 100)
    days.tomorrow()
    days.halve_pool("north", 200)
    days.paid(voters=["north"])
    days.stake("south", 100)
    days.tomorrow(emitted=E)
    assert last_day(days).stakes == {"north": 200 * WAD}
    assert earned(days, "large") == 3 * earned(days, "small")


# --- Delegation ---


def test_delegation_adds_to_the_operator_and_pays_the_pool_the_rest(days: Days) -> None:
    """With ε = 1/2: 100 + 200/2 against 100 gives 2/3, alone 1/2; half of the difference each."""
    days.stake("north", 100)
    days.stake("south", 100)
    days.pool("north", commission_bps=5_000)
    days.delegate("friend", "north", 200)
    days.tomorrow()
    days.paid(voters=["north", "south"])
    days.tomorrow(emitted=600)
    assert last_day(days).operators["north"] // WAD == 350
    assert last_day(days).pools["north"] // WAD == 50
    assert last_day(days).operators["south"] // WAD == 200


def test_delegation_beyond_the_ratio_counts_nothing_and_shares_what_the_rest_earns(days: Days) -> None:
    """Twice the own stake counts, as in the test before, of four times that is there; all of it shares alike."""
    days.stake("north", 100)
    days.stake("south", 100)
    days.pool("north", commission_bps=5_000)
    days.delegate("friend", "north", 300)
    days.delegate("late", "north", 100)
    days.ratio(2)
    days.tomorrow()
    days.paid(voters=["north", "south"])
    days.tomorrow(emitted=600)
    assert last_day(days).operators["north"] // WAD == 350
    assert last_day(days).pools["north"] // WAD == 50
    assert last_day(days).stakes == {"north": 400 * WAD}
    assert earned(days, "friend") == 37
    assert earned(days, "late") == 12


def test_ten_times_the_own_stake_counts_until_governance_says_otherwise(days: Days) -> None:
    """100 + 1000/2 beside 100, and 100 + 10000/2 once a hundred times may be delegated."""
    days.stake("north", 100)
    days.stake("south", 100)
    days.pool("north", commission_bps=0)
    days.delegate("friend", "north", 1_000_000)
    days.tomorrow()
    days.paid(voters=["north", "south"])
    days.tomorrow(emitted=700)
    assert last_day(days).operators["south"] == 100 * WAD
    days.ratio(100)
    days.paid(voters=["north", "south"])
    days.tomorrow(emitted=5_200)
    assert last_day(days).operators["south"] == 100 * WAD


def test_a_pool_is_shared_by_what_each_had_in_it_all_day(days: Days) -> None:
    days.stake("north", 100)
    days.stake("south", 100)
    days.pool("north", commission_bps=0)
    days.delegate("one", "north", 100)
    days.delegate("three", "north", 300)
    days.tomorrow()
    days.paid(voters=["north", "south"])
    days.tomorrow(emitted=E)
    entries = settled(days).entries
    assert entries["three"].liquid == pytest.approx(3 * entries["one"].liquid, abs=3)
    assert entries["one"].liquid > 0


def test_an_operator_that_raises_its_share_at_night_gains_nothing_on_that_day(days: Days) -> None:
    days.stake("north", 100)
    days.stake("south", 100)
    days.pool("north", commission_bps=0)
    days.delegate("friend", "north", 200)
    days.tomorrow()
    days.paid(voters=["north", "south"])
    before = replace(days, events=[*days.events], emissions=[])
    before.tomorrow(emitted=E)
    days.pool("north", commission_bps=10_000)
    days.tomorrow(emitted=E)
    assert last_day(days) == last_day(before)


def test_who_delegates_again_adds_to_what_a_slash_left(days: Days) -> None:
    days.stake("north", 100)
    days.pool("north", commission_bps=0)
    days.delegate("friend", "north", 2)
    days.halve_pool("north", 1)
    days.delegate("friend", "north", 9)
    days.tomorrow()
    days.paid(voters=["north"])
    days.tomorrow(emitted=E)
    assert last_day(days).stakes == {"north": 10 * WAD}


# --- Fees, and what waits for the end ---


def test_fees_are_the_treasurys(days: Days) -> None:
    days.terms(replace(GIVEN_FULLY, operator_fee_bps=800, delegator_fee_bps=1_450))
    days.stake("north", 100)
    days.stake("south", 100)
    days.pool("north", commission_bps=0)
    days.delegate("friend", "north", 200)
    days.tomorrow()
    days.paid(voters=["north", "south"])
    days.tomorrow(emitted=E)
    shared, entries = last_day(days), settled(days).entries
    operators, pool = sum(shared.operators.values()), shared.pools["north"]
    assert entries[TREASURY].liquid == pytest.approx((operators * 800 + pool * 1_450) // 10_000, abs=10)
    assert entries["friend"].liquid == pytest.approx(pool * 8_550 // 10_000, abs=10)


def test_nine_tenths_of_what_proposing_earns_wait_until_the_task_closes(days: Days) -> None:
    days.terms(replace(GIVEN_FULLY, daily_bps=1_000))
    days.stake("north", 100)
    days.tomorrow()
    days.paid(proposers=["north"])
    days.tomorrow(emitted=E)
    assert settled(days).entries == {"north": Entry(100 * WAD, 0)}  # type: ignore[arg-type]
    assert settled(days).set_aside == 900 * WAD
    days.close()
    days.tomorrow()
    assert settled(days).entries == {"north": Entry(100 * WAD, 900 * WAD)}  # type: ignore[arg-type]
    assert settled(days).set_aside == 0


def backed_day(days: Days, task: int = TASK) -> None:
    """North, whom friend backs, proposes; south votes."""
    days.paid(proposers=["north"], voters=["south"], task=task)
    days.tomorrow(emitted=E, task=task)


@pytest.fixture
def backed(days: Days) -> Days:
    """North works on two tasks with friend's backing, and half of what proposing earns waits."""
    days.terms(replace(GIVEN_FULLY, epsilon_bps=10_000, daily_bps=5_000))
    for task in (1, 2):
        days.stake("north", 100, task=task)
        days.pool("north", commission_bps=0, task=task)
        days.delegate("friend", "north", 100, task=task)
        days.stake("south", 100, task=task)
    days.tomorrow()
    return days


def test_what_is_earned_day_after_day_adds_up_for_operator_and_delegator_alike(backed: Days) -> None:
    backed_day(backed)
    once = settled(backed)
    backed_day(backed)
    twice = settled(backed)
    assert once.entries.keys() == {"north", "south", "friend", TREASURY}
    assert once.set_aside > 0
    assert twice.set_aside == 2 * once.set_aside
    for account, entry in once.entries.items():
        assert twice.entries[account] == Entry(Wei(2 * entry.liquid), NO_WEI)


def test_what_waits_for_the_end_of_one_task_is_not_paid_at_that_of_another(backed: Days) -> None:
    backed_day(backed, task=1)
    backed_day(backed, task=2)
    waiting = settled(backed).set_aside
    backed.close(task=1)
    backed.tomorrow()
    first = settled(backed)
    assert first.set_aside == waiting // 2
    assert first.entries["friend"].vesting > 0
    backed.close(task=2)
    backed.tomorrow()
    both = settled(backed)
    assert both.set_aside == 0
    for account in first.entries:
        assert both.entries[account].vesting == 2 * first.entries[account].vesting
    assert sum(entry.vesting for entry in both.entries.values()) == waiting


def test_who_is_paid_only_at_the_end_has_nothing_before_it(days: Days) -> None:
    days.terms(replace(GIVEN_FULLY, daily_bps=0))
    days.stake("north", 100)
    days.tomorrow()
    days.paid(proposers=["north"])
    days.tomorrow(emitted=E)
    assert settled(days).entries == {}
    days.close()
    days.tomorrow()
    assert settled(days).entries == {"north": Entry(NO_WEI, Wei(E * WAD))}


def test_a_settlement_says_up_to_which_day_it_is_and_which_task_each_day_was_of(backed: Days) -> None:
    backed_day(backed, task=2)
    assert settled(backed).day == backed.day
    assert [(each.task, each.day) for each in settled(backed).days] == [(2, backed.day - 1)]


def test_only_the_proposers_side_waits(days: Days) -> None:
    days.terms(replace(GIVEN_FULLY, daily_bps=0))
    days.stake("north", 100)
    days.tomorrow()
    days.paid(proposers=["north"], points=3)
    days.paid(voters=["north"], points=1)
    days.tomorrow(emitted=E)
    assert settled(days).entries["north"].liquid == 250 * WAD


def test_a_product_names_its_own_roles_and_says_which_of_them_wait(days: Days) -> None:
    """The ledger has never heard of curators: it shares by points, and sets aside what the role says."""
    curator, guest = Role("curator", waits=True), Role("guest", waits=False)
    days.terms(replace(GIVEN_FULLY, daily_bps=1_000))
    days.stake("north", 100)
    days.tomorrow()
    days.work(Earned("north", curator, 3 * WAD), Earned("north", guest, WAD))
    days.tomorrow(emitted=E)
    assert last_day(days).operators == {"north": E * WAD}
    assert settled(days).set_aside == 675 * WAD  # nine tenths of the three quarters that curating earned


def test_terms_are_those_in_force_when_the_day_ends(days: Days) -> None:
    days.stake("north", 100)
    days.tomorrow()
    days.paid(voters=["north"])
    days.terms(replace(GIVEN_FULLY, operator_fee_bps=1_000))
    days.tomorrow(emitted=E)
    days.terms(GIVEN_FULLY)
    days.tomorrow()
    assert earned(days, "north") == 900


# --- Days ---


def test_a_settlement_covers_the_days_before_its_own(days: Days) -> None:
    days.stake("north", 100)
    days.tomorrow()
    for _ in range(3):
        days.paid(voters=["north"])
        days.tomorrow(emitted=E)
    history = days.history
    assert [settle(history, day).total // WAD for day in range(5)] == [0, 0, 1_000, 2_000, 3_000]


def test_a_day_that_is_not_emitted_cannot_be_settled(days: Days) -> None:
    with pytest.raises(Refused, match=r"cannot be settled\. Emit what is due first\.$"):
        settle(days.history, 1)


def test_a_day_emitted_late_is_settled_by_what_was_then(days: Days) -> None:
    days.stake("north", 100)
    days.tomorrow()
    days.paid(voters=["north"])
    days.tomorrow(emitted=E)
    in_time = settle(days.history, 2)
    days.stake("north", -100)
    days.tomorrow()
    assert settle(days.history, 2) == in_time


def test_the_day_on_which_a_task_is_closed_is_paid_like_any_other_and_waits_no_more(days: Days) -> None:
    days.terms(replace(GIVEN_FULLY, daily_bps=1_000))
    days.stake("north", 100)
    days.tomorrow()
    days.paid(proposers=["north"])
    days.close()
    days.tomorrow(emitted=E)
    assert settled(days).entries == {"north": Entry(100 * WAD, 900 * WAD)}  # type: ignore[arg-type]
    assert settled(days).set_aside == 0


def test_who_takes_its_stake_off_on_the_day_on_which_a_task_is_closed_earns_nothing_for_it(
    days: Days,
) -> None:
    days.stake("north", 100)
    days.stake("south", 100)
    days.tomorrow()
    days.paid(voters=["north", "south"])
    days.close()
    days.stake("south", -100)
    days.tomorrow(emitted=E)
    assert (earned(days, "north"), earned(days, "south")) == (1_000, 0)


def test_F33_events_that_do_not_fit_together_are_refused(days: Days) -> None:
    days.stake("north", -1)
    days.tomorrow()
    with pytest.raises(Refused, match="do not fit together"):
        settled(days)


def test_F33_events_out_of_order_are_refused(days: Days) -> None:
    days.stake("north", 1)
    days.stake("north", 2)
    days.events.reverse()
    days.tomorrow()
    with pytest.raises(
        Refused, match=r"^The events are not in chain order: sort them by block and log index\.$"
    ):
        settled(days)


# --- Whatever happens ---

OPERATORS = ("north", "south", "east")
DELEGATORS = ("ann", "bob", "cy")
gm = st.integers(1, 500)


@st.composite
def histories(draw: st.DrawFn) -> Days:
    """Some days of three operators and three delegators who do as they please."""
    days = Days()
    days.terms(
        RewardTerms(
            draw(st.integers(0, 10_000)),
            draw(st.integers(0, 2_000)),
            draw(st.integers(0, 3_000)),
            draw(st.integers(0, 10_000)),
        )
    )
    for operator in OPERATORS:
        days.pool(operator, draw(st.integers(0, 10_000)))
    held: dict[tuple[str, str], int] = {}
    own = dict.fromkeys(OPERATORS, 0)
    for _ in range(draw(st.integers(1, 5))):
        for _ in range(draw(st.integers(0, 6))):
            _act(draw, days, own, held)
        days.tomorrow(emitted=draw(st.integers(0, 10**6)))
    for _ in range(draw(st.integers(0, 3))):
        _act(draw, days, own, held)
    if draw(st.booleans()):
        days.close()
    days.tomorrow(emitted=draw(st.integers(0, 10**6)))
    return days


def _act(draw: st.DrawFn, days: Days, own: dict[str, int], held: dict[tuple[str, str], int]) -> None:
    operator, delegator = draw(st.sampled_from(OPERATORS)), draw(st.sampled_from(DELEGATORS))
    pool, amount = (delegator, operator), draw(gm)
    match draw(st.sampled_from(["stake", "unstake", "delegate", "leave", "set", "ratio", "paid", "paid"])):
        case "stake":
            days.stake(operator, amount)
            own[operator] += amount
        case "unstake":
            days.stake(operator, -min(amount, own[operator]))
            own[operator] -= min(amount, own[operator])
        case "delegate":
            days.delegate(*pool, amount)
            held[pool] = held.get(pool, 0) + amount
        case "leave" if held.get(pool):
            days.leave(*pool, held[pool])
            days.collect(*pool, held.pop(pool))
        case "set":
            days.pool(operator, draw(st.integers(0, 10_000)))
        case "ratio":
            days.ratio(draw(st.integers(1, 100)))
        case "paid":
            seated = st.lists(st.sampled_from(OPERATORS), unique=True)
            days.paid(draw(seated), draw(seated), points=draw(st.integers(0, WAD)))


@given(histories())
def test_conservation_all_that_was_emitted_is_somebodys_or_set_aside(days: Days) -> None:
    result = settled(days)
    assert result.total + result.set_aside == sum(emission.amount for emission in days.emissions)


@given(histories())
def test_conservation_holds_for_every_task_and_day(days: Days) -> None:
    for day in settled(days).days:
        assert day.to_treasury >= 0
        assert sum(day.operators.values()) + sum(day.pools.values()) + day.to_treasury == day.emitted


@given(histories())
def test_what_was_earned_once_is_never_taken_back(days: Days) -> None:
    history = days.history
    before: dict[str, Entry] = {}
    for day in range(days.day + 1):
        now = settle(history, day).entries
        for account, entry in before.items():
            assert now[account].liquid >= entry.liquid
            assert now[account].vesting >= entry.vesting
        before = dict(now)


@given(histories())
def test_nobody_is_paid_without_stake_or_seat(days: Days) -> None:
    for day in settled(days).days:
        seated = {
            earned.account
            for event in days.history.events
            if isinstance(event, WorkDone) and event.time // DAY == day.day
            for earned in earned_in(event)
        }
        assert day.operators.keys() <= seated
        assert day.pools.keys() <= day.operators.keys()


@given(histories(), st.sampled_from(OPERATORS), gm)
def test_taking_delegation_never_lowers_the_operators_own_reward(
    days: Days, operator: str, delegated: int
) -> None:
    """The same history with one more delegator from the beginning."""
    helped = Days()
    helped.delegate("friend", operator, delegated)
    more = replace(days, events=[*helped.events, *days.events])
    for without, with_ in zip(settled(days).days, settled(more).days, strict=True):
        assert with_.operators.get(operator, 0) >= without.operators.get(operator, 0)


def test_emissions_of_one_task_do_not_pay_for_another(days: Days) -> None:
    days.stake("north", 100)
    days.stake("south", 100, task=2)
    days.tomorrow()
    days.paid(voters=["north"])
    days.paid(voters=["south"], task=2)
    days.tomorrow(emitted=E, task=TASK)
    assert settled(days).entries.keys() == {"north"}
