"""What the settlement makes of the events of Staking is what Staking has: whatever happens to its pools."""

from hypothesis import given
from hypothesis import strategies as st

from flock.errors import ContractRefused
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
from flock.protocol.economy.standing import Standing

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
