"""What the settlement makes of the events of Staking is what Staking has: whatever happens to its pools."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.errors import ContractRefused, Refused
from flock.protocol.core.units import DAY, NO_GM, WAD, Gm, Wei
from flock.protocol.economy import delegations, staking
from flock.protocol.economy.delegations import Circumstances, PoolKey
from flock.protocol.economy.history import (
    Delegated,
    DelegationSynced,
    LeaveBegun,
    PoolEvent,
    PoolSet,
    PoolSlashed,
    StakeMoved,
    Undelegated,
)
from flock.protocol.economy.staking import StakingState
from flock.protocol.economy.standing import Backing, Standing

OPERATOR, TASK = "operator", 1
POOL = PoolKey(OPERATOR, TASK)
DELEGATORS = ("ann", "bob", "cy")
ALIVE = Circumstances(ends_at=10_000 * DAY)
OVER = Circumstances(is_alive=False)
SLASHES = (1, 500, 5_000, 9_999, 10_000)
gm = st.integers(1, 50 * WAD).map(Gm) | st.integers(1, 9).map(Gm)
acts = st.tuples(
    st.sampled_from(["delegate", "delegate", "leave", "collect", "take_all", "update", "slash", "stake"]),
    st.sampled_from(DELEGATORS),
    gm,
)


class Watched:
    """Staking by its own rules, and beside it what the events that the contract would emit tell."""

    def __init__(self) -> None:
        self.now, self.staking, self.standing = 0, StakingState(), Standing()
        for account in (OPERATOR, *DELEGATORS):
            self.staking = staking.lock(self.staking, account, Wei(10_000 * WAD), 365, 0)
        self.staking = delegations.set_pool(self.staking, POOL, 0, is_open=True, of=ALIVE, now=0)
        self.standing.change_pool(PoolSet(0, TASK, OPERATOR, 0))
        self._stake(OPERATOR, Gm(100 * WAD), NO_GM)

    def do(self, act: str, who: str, amount: Gm) -> None:
        """One act; what Staking refuses did not happen."""
        self.now += 3_600
        before = self.staking.delegation_of(who, *POOL)
        try:
            getattr(self, f"_{act}")(who, amount, before.leaving if act == "collect" else before.gm)
        except ContractRefused:
            return

    def _delegate(self, who: str, amount: Gm, _: Gm) -> None:
        self.staking = delegations.delegate_to(self.staking, who, POOL, amount, of=ALIVE, now=self.now)
        self._tell(Delegated(self.now, *self._names(who), amount))

    def _leave(self, who: str, amount: Gm, _: Gm) -> None:
        self.staking = delegations.undelegate(self.staking, who, POOL, amount, self.now)
        self._tell(LeaveBegun(self.now, *self._names(who), amount))

    def _collect(self, who: str, _: Gm, leaving: Gm) -> None:
        self.staking = delegations.collect(self.staking, who, POOL, of=ALIVE, now=self.now)
        self._tell(Undelegated(self.now, *self._names(who), leaving))

    def _take_all(self, who: str, _: Gm, there: Gm) -> None:
        self.staking = delegations.collect(self.staking, who, POOL, of=OVER, now=self.now)
        self._tell(Undelegated(self.now, *self._names(who), there))

    def _update(self, who: str, _: Gm, __: Gm) -> None:
        self.staking = delegations.sync(self.staking, who, POOL)
        self._tell(DelegationSynced(self.now, *self._names(who)))

    def _stake(self, _: str, amount: Gm, __: Gm) -> None:
        self.staking = staking.allocate(self.staking, OPERATOR, TASK, amount, self.now, minimum=NO_GM)
        self.standing.move(StakeMoved(self.now, TASK, OPERATOR, amount))

    def _slash(self, _: str, amount: Gm, __: Gm) -> None:
        slashed = staking.slash(self.staking, OPERATOR, TASK, NO_GM, SLASHES[amount % len(SLASHES)])
        self.staking, own, delegated = slashed.staking, slashed.taken.gm, slashed.from_pool.gm
        after = self.staking.pool_of(*POOL)
        if own:
            self.standing.move(StakeMoved(self.now, TASK, OPERATOR, -own))
        if delegated:
            self._tell(PoolSlashed(self.now, TASK, OPERATOR, delegated, after.factor, after.generation))

    def _tell(self, event: PoolEvent) -> None:
        self.standing.change_pool(event)

    @staticmethod
    def _names(who: str) -> tuple[int, str, str]:
        return TASK, OPERATOR, who


def slash(watched: Watched, slash_bps: int) -> None:
    watched.do("slash", OPERATOR, Gm(SLASHES.index(slash_bps)))


def backing(watched: Watched) -> Backing:
    return watched.standing.day_stake((TASK, OPERATOR)).end.backing


def test_a_pool_that_was_slashed_whole_begins_anew() -> None:
    watched = Watched()
    watched.do("delegate", "ann", Gm(5 * WAD))
    slash(watched, 10_000)
    assert backing(watched) == Backing()
    watched.do("stake", OPERATOR, Gm(100 * WAD))
    watched.do("delegate", "bob", Gm(7 * WAD))
    assert backing(watched) == Backing(0, {"bob": Gm(7 * WAD)}, Gm(7 * WAD))


def test_a_pool_keeps_its_commission_when_it_begins_anew() -> None:
    watched = Watched()
    watched.standing.change_pool(PoolSet(0, TASK, OPERATOR, 700))
    watched.do("delegate", "ann", Gm(5 * WAD))
    slash(watched, 10_000)
    assert backing(watched).commission_bps == 700


def test_who_came_after_one_slash_shares_the_next_with_who_was_there() -> None:
    watched = Watched()
    watched.do("delegate", "ann", Gm(8 * WAD))
    slash(watched, 5_000)
    watched.do("delegate", "bob", Gm(4 * WAD))
    slash(watched, 5_000)
    assert backing(watched).shares == {"ann": 2 * WAD, "bob": 2 * WAD}
    watched.do("take_all", "ann", NO_GM)
    watched.do("take_all", "bob", NO_GM)
    assert backing(watched) == Backing()


def test_the_last_gm_can_be_taken_out_and_not_nothing_nor_more_than_is_there() -> None:
    standing = Standing()
    standing.change_pool(Delegated(0, TASK, OPERATOR, "ann", Gm(WAD)))
    for amount in (0, WAD + 1):
        with pytest.raises(Refused, match=f"ann takes {amount} gm from the pool of operator, and has {WAD}"):
            standing.change_pool(Undelegated(0, TASK, OPERATOR, "ann", Gm(amount)))
    standing.change_pool(Undelegated(0, TASK, OPERATOR, "ann", Gm(WAD - 1)))
    standing.change_pool(Undelegated(0, TASK, OPERATOR, "ann", Gm(1)))
    assert standing.day_stake((TASK, OPERATOR)).end.backing == Backing()


def test_no_more_stake_leaves_than_there_was() -> None:
    standing = Standing()
    standing.move(StakeMoved(0, TASK, OPERATOR, 5))
    with pytest.raises(Refused, match=f"operator takes 6 gm off task {TASK}, which has 5"):
        standing.move(StakeMoved(0, TASK, OPERATOR, -6))
    standing.move(StakeMoved(0, TASK, OPERATOR, -5))
    assert standing.day_stake((TASK, OPERATOR)).end.own == 0


@given(st.lists(acts, max_size=30))
def test_stakes_and_pools_are_followed_to_the_wei(played: list[tuple[str, str, Gm]]) -> None:
    watched = Watched()
    for act in played:
        watched.do(*act)
    now = watched.standing.day_stake((TASK, OPERATOR)).end
    records = {who: watched.staking.delegation_of(who, *POOL) for who in DELEGATORS}
    staying = {who: record.gm - record.leaving for who, record in records.items()}
    assert now.own == watched.staking.allocation_of(OPERATOR, TASK).gm
    assert now.backing.shares == {who: there for who, there in staying.items() if there}
    assert now.backing.gm <= watched.staking.pool_of(*POOL).gm


@given(st.lists(acts, max_size=15), st.lists(acts, max_size=15))
def test_a_day_counts_no_more_than_what_was_there_at_either_end(
    yesterday: list[tuple[str, str, Gm]], today: list[tuple[str, str, Gm]]
) -> None:
    watched, place = Watched(), (TASK, OPERATOR)
    for act in yesterday:
        watched.do(*act)
    before = watched.standing.day_stake(place).end.backing.shares
    watched.standing.begin_day()
    for act in today:
        watched.do(*act)
    after = watched.standing.day_stake(place).end.backing.shares
    assert watched.standing.day_stake(place).shares == {
        who: min(before[who], after[who]) for who in before.keys() & after.keys()
    }
