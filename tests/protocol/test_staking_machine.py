"""Staking under random acts of several owners on two tasks: what must always hold, by name."""

from collections.abc import Callable
from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from flock.errors import ContractRefused
from flock.protocol import delegations, pools, staking
from flock.protocol.delegations import Circumstances, Place
from flock.protocol.staking import Staking
from flock.protocol.units import DAY, WAD, Gm, Wei
from tests.protocol.owners import ENDED, KEEPER, NOW, RUNNING

days = st.integers(1, 365)


class Money(RuleBasedStateMachine):
    """Random owners, operators, slashes and time on two tasks: what comes in, and where it is."""

    ACCOUNTS = ("a", "b", "c", "d")

    def __init__(self) -> None:
        super().__init__()
        self.state, self.now, self.came = Staking(), NOW, 0
        self.over: set[int] = set()
        for operator in self.ACCOUNTS:
            for task in (1, 2):
                self.tried(delegations.set_pool, Place(operator, task), 0, is_open=True, of=RUNNING, now=NOW)

    accounts = st.sampled_from(ACCOUNTS)
    tasks = st.sampled_from([1, 2])
    gms = st.one_of(st.integers(0, 5), st.integers(WAD, 400 * WAD)).map(Gm)

    def tried(self, act: Callable[..., Staking], *given_: object, **named: object) -> None:
        with suppress(ContractRefused):
            self.state = act(self.state, *given_, **named)

    def of(self, task: int) -> Circumstances:
        return ENDED if task in self.over else RUNNING

    @rule(account=accounts, amount=st.integers(1, 500 * WAD), lock_days=days, fee=st.sampled_from([0, 333]))
    def lock(self, account: str, amount: int, lock_days: int, fee: int) -> None:
        before = self.state.balance + self.state.treasury
        self.tried(staking.set_number, "entry_fee_bps", fee)
        self.tried(staking.lock, account, Wei(amount), lock_days, self.now)
        self.came += self.state.balance + self.state.treasury - before

    @rule(account=accounts, lock_days=days)
    def extend(self, account: str, lock_days: int) -> None:
        self.tried(staking.extend, account, lock_days, self.now)

    @rule(account=accounts)
    def poke(self, account: str) -> None:
        self.tried(staking.poke, account, self.now)

    @rule(account=accounts, gm=gms)
    def redeem(self, account: str, gm: Gm) -> None:
        self.tried(staking.redeem, account, gm, self.now)

    @rule(account=accounts, task=tasks, gm=gms)
    def allocate(self, account: str, task: int, gm: Gm) -> None:
        self.tried(staking.allocate, account, task, gm, self.now)

    @rule(account=accounts, task=tasks, gm=gms)
    def deallocate(self, account: str, task: int, gm: Gm) -> None:
        self.tried(staking.deallocate, account, task, gm)

    @rule(account=accounts, operator=accounts, task=tasks, gm=gms)
    def delegate(self, account: str, operator: str, task: int, gm: Gm) -> None:
        place = Place(operator, task)
        self.tried(delegations.delegate_to, account, place, gm, of=self.of(task), now=self.now)

    @rule(account=accounts, operator=accounts, task=tasks, gm=gms)
    def undelegate(self, account: str, operator: str, task: int, gm: Gm) -> None:
        self.tried(delegations.undelegate, account, Place(operator, task), gm, self.now)

    @rule(account=accounts, operator=accounts, task=tasks)
    def collect(self, account: str, operator: str, task: int) -> None:
        self.tried(delegations.collect, account, Place(operator, task), of=self.of(task), now=self.now)

    @rule(account=accounts, operator=accounts, gm=gms)
    def redelegate(self, account: str, operator: str, gm: Gm) -> None:
        source, target = Place(operator, 1), Place(operator, 2)
        of = {"of": self.of(1), "of_target": self.of(2)}
        self.tried(delegations.redelegate, account, source, target, gm, **of, now=self.now)

    @rule(account=accounts, operator=accounts, task=tasks)
    def bring_up_to_date(self, account: str, operator: str, task: int) -> None:
        self.tried(delegations.bring_up_to_date, account, Place(operator, task))

    @rule(account=accounts, task=tasks, share=st.sampled_from([1, 2, 10, 10**9]))
    def slash(self, account: str, task: int, share: int) -> None:
        own, pool = self.state.allocation_of(account, task).amount, self.state.pool_of(account, task).gm
        self.state = staking.slash(self.state, account, task, Gm(-(-(own or pool) // share)), KEEPER).staking

    @rule()
    def withdraw_keeper_credit(self) -> None:
        self.tried(staking.withdraw_keeper_credit, KEEPER)

    @rule(seconds=st.sampled_from([1, DAY, 40 * DAY]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def a_task_ends(self) -> None:
        self.over.add(1)

    @invariant()
    def solvency(self) -> None:
        state = self.state
        owed = sum(p.flock for p in state.positions.values()) + sum(state.keeper_credits.values())
        assert state.balance == owed + sum(pool.flock for pool in state.pools.values())

    @invariant()
    def conservation(self) -> None:
        assert self.state.balance + self.state.treasury + self.state.redeemed == self.came

    @invariant()
    def allocation_never_exceeds(self) -> None:
        for account, position in self.state.positions.items():
            stood = sum(a.amount for (who, _), a in self.state.allocations.items() if who == account)
            assert stood == position.allocated <= position.gm

    @invariant()
    def votes_are_gm_and_delegated(self) -> None:
        for account, position in self.state.positions.items():
            written = sum(d.gm for (who, _, _), d in self.state.delegations.items() if who == account)
            assert position.delegated == written
            assert position.votes >= position.gm

    @invariant()
    def pools_hold_what_their_delegators_have(self) -> None:
        for place, pool in self.state.pools.items():
            records = [
                self.state.delegation_of(who, *place)
                for (who, *at) in self.state.delegations
                if tuple(at) == place
            ]
            assert sum(record.gm for record in records) <= pool.gm
            assert all(record.leaving <= record.gm for record in records)
            assert pools.LEAST_FACTOR <= pool.factor <= pools.RAY
            assert pool.delegators or (pool.gm, pool.flock) == (0, 0)


TestMoney = Money.TestCase
TestMoney.settings = settings(max_examples=60, stateful_step_count=40)
