"""Staking under random acts of several owners on two tasks: what must always hold, by name."""

from collections.abc import Callable, Iterator
from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from flock.errors import ContractRefused
from flock.protocol.core.units import BPS, DAY, WAD, Gm, Wei
from flock.protocol.economy import delegations, locks, pools, staking
from flock.protocol.economy.delegations import Circumstances, PoolKey
from flock.protocol.economy.locks import EXIT_DELAY
from flock.protocol.economy.staking import StakingState
from tests.protocol.owners import ENDED, MINIMUM, NOW, RUNNING

days = st.integers(1, 365)


class Money(RuleBasedStateMachine):
    """Random owners, operators, slashes and time on two tasks: what comes in, and where it is."""

    ACCOUNTS = ("a", "b", "c", "d")
    TASKS = (1, 2)

    def __init__(self) -> None:
        super().__init__()
        self.state, self.now, self.came, self.acts = StakingState(), NOW, 0, 0
        self.over: set[int] = set()
        self.voted_at: dict[str, int] = {}
        for account in self.ACCOUNTS:
            self.lock(account, 500 * WAD, 60, 0)
            for task in self.TASKS:
                self.allocate(account, task, 3)
                self.tried(delegations.set_pool, PoolKey(account, task), 0, is_open=True, of=RUNNING, now=NOW)
        for account, operator in zip(self.ACCOUNTS, self.ACCOUNTS[1:], strict=False):
            for task in self.TASKS:
                self.delegate(account, operator, task, 3)

    accounts = st.sampled_from(ACCOUNTS)
    tasks = st.sampled_from(TASKS)
    records = st.integers(0, 99)
    parts = st.sampled_from([1, 1, 2, 3, 10**18])

    def tried(self, act: Callable[..., StakingState], *given_: object, **named: object) -> None:
        """What is refused did not happen. Nothing but a slash takes held stake."""
        before = self.state
        self.acts += 1
        for account in self.ACCOUNTS:
            if before.votes_of(account):
                self.voted_at[account] = self.now
        with suppress(ContractRefused):
            self.state = act(before, *given_, **named)
        for (account, task), allocation in before.allocations.items():
            assert not allocation.held or self.state.allocation_of(account, task).gm >= allocation.gm

    def free(self, account: str, part: int) -> Gm:
        """Some of what an account has put nowhere."""
        return Gm(self.state.position_of(account).gm // part)

    def record(self, number: int) -> tuple[str, PoolKey]:
        """One of the delegations that are written down, or one that is none."""
        there = [key for key, record in self.state.delegations.items() if record.gm]
        who, operator, task = there[number % len(there)] if there else ("a", "b", 1)
        return who, PoolKey(operator, task)

    def of(self, task: int, duty: int = 0) -> Circumstances:
        """What the contract would be told of a task."""
        return ENDED if task in self.over else Circumstances(ends_at=RUNNING.ends_at, duty=duty)

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

    @rule(account=accounts, part=parts)
    def redeem(self, account: str, part: int) -> None:
        """What leaves has not voted for as long as a vote may take."""
        before = self.state.redeemed
        self.tried(staking.redeem, account, self.free(account, part), self.now)
        if self.state.redeemed != before:
            assert self.now >= self.voted_at[account] + EXIT_DELAY

    @rule(account=accounts, task=tasks, part=parts)
    def allocate(self, account: str, task: int, part: int) -> None:
        gm, is_alive = self.free(account, part), task not in self.over
        self.tried(staking.allocate, account, task, gm, self.now, minimum=MINIMUM, is_alive=is_alive)

    @rule(account=accounts, task=tasks, part=parts)
    def deallocate(self, account: str, task: int, part: int) -> None:
        gm = Gm(self.state.allocation_of(account, task).gm // part)
        self.tried(staking.deallocate, account, task, gm, self.now, minimum=MINIMUM)

    @rule(account=accounts, task=tasks)
    def hold(self, account: str, task: int) -> None:
        self.tried(staking.hold, account, task, MINIMUM)

    @rule(account=accounts, task=tasks)
    def release(self, account: str, task: int) -> None:
        self.tried(staking.release, account, task)

    @rule(account=accounts, operator=accounts, task=tasks, part=parts)
    def delegate(self, account: str, operator: str, task: int, part: int) -> None:
        place, before = PoolKey(operator, task), self.state.pool_of(operator, task).gm
        gm = self.free(account, part)
        self.tried(delegations.delegate_to, account, place, gm, of=self.of(task), now=self.now)
        pool = self.state.pool_of(operator, task)
        if pool.gm > before:
            assert pool.factor >= pools.WORN
            assert pool.gm <= 10 * self.state.allocation_of(operator, task).gm

    @rule(number=records, part=parts)
    def undelegate(self, number: int, part: int) -> None:
        who, place = self.record(number)
        there = self.state.delegation_of(who, *place)
        self.tried(delegations.undelegate, who, place, Gm((there.gm - there.leaving) // part), self.now)

    @rule(number=records, duty=st.integers(0, 2), later=st.sampled_from([0, 14 * DAY]))
    def collect(self, number: int, duty: int, later: int) -> None:
        who, place = self.record(number)
        self.now += later
        self.tried(delegations.collect, who, place, of=self.of(place.task, duty), now=self.now)

    @rule(number=records, operator=accounts, part=parts)
    def redelegate(self, number: int, operator: str, part: int) -> None:
        who, source = self.record(number)
        gm, target = Gm(self.state.delegation_of(who, *source).gm // part), PoolKey(operator, 2)
        of = {"of": self.of(source.task), "of_target": self.of(2)}
        self.tried(delegations.redelegate, who, source, target, gm, **of, now=self.now)

    @rule(number=records)
    def sync(self, number: int) -> None:
        self.tried(delegations.sync, *self.record(number))

    @rule(
        account=accounts,
        task=tasks,
        at_least=st.sampled_from([0, 100 * WAD]).map(Gm),
        slash_bps=st.sampled_from([0, 1, 100, 1_000, 5_000, BPS]),
    )
    def slash(self, account: str, task: int, at_least: Gm, slash_bps: int) -> None:
        """Nobody loses more than the fraction and a few units, and who has no part in it loses nothing."""
        before = self.state
        self.acts += 1
        self.state = staking.slash(before, account, task, at_least, slash_bps).staking
        own, kept = (each.allocation_of(account, task).gm for each in (before, self.state))
        assert own - kept <= -(-max(own, at_least) * slash_bps // BPS)
        assert self.state.balance == before.balance
        for key in before.delegations:
            had, has = before.delegation_of(*key), self.state.delegation_of(*key)
            is_hit = key[1:] == (account, task)
            for amount, left in ((had.gm, has.gm), (had.flock, has.flock)):
                assert (amount - left) * BPS <= is_hit * (amount * slash_bps + 3 * BPS)
        for who in self.ACCOUNTS:
            assert before.position_of(who).gm == self.state.position_of(who).gm

    @rule()
    def pay_treasury(self) -> None:
        self.tried(staking.pay_treasury)

    @rule(seconds=st.sampled_from([1, DAY, 7 * DAY, 40 * DAY]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @rule(account=accounts)
    def a_lock_ends(self, account: str) -> None:
        """Or what was poked may be redeemed."""
        self.now = max(self.now, self.state.position_of(account).unlock_at)

    @rule()
    def a_task_ends(self) -> None:
        self.over.add(1)

    @invariant()
    def solvency(self) -> None:
        state = self.state
        locked = sum(position.flock for position in state.positions.values())
        staked = sum(allocation.flock for allocation in state.allocations.values())
        pooled = sum(pool.flock for pool in state.pools.values())
        assert state.balance == locked + staked + pooled + state.owed_to_treasury

    @invariant()
    def conservation(self) -> None:
        assert self.state.balance + self.state.treasury + self.state.redeemed == self.came

    @invariant()
    def a_position_knows_what_stands_elsewhere(self) -> None:
        for account, position in self.state.positions.items():
            allocated = [a for (who, _), a in self.state.allocations.items() if who == account]
            delegated = [d for (who, _, _), d in self.state.delegations.items() if who == account]
            assert position.allocated == sum(each.gm for each in allocated)
            assert position.delegated == sum(each.gm for each in delegated)
            standing = [(each.era, each.gm) for each in allocated] + [
                (each.era, each.gm) for each in delegated
            ]
            assert position.voteless == sum(gm for era, gm in standing if era != position.era)
            assert all(each.gm or not each.flock for each in allocated)

    @invariant()
    def votes_are_what_live_locks_give(self) -> None:
        """Once every lock that is over has been poked, and every record brought up to date."""
        state = self._tidied()
        for account, position in state.positions.items():
            behind = position.flock + sum(self._flock_of_this_lock(state, account))
            most = locks.gm_for(Wei(behind), position.lock_days * DAY) if position.lock_days else 0
            # A slash and a move may each leave a wei of FLOCK less behind the same gm, which is three gm at most.
            assert 0 <= position.votes <= most + (8 * self.acts if most else 0)

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
            assert pools.LEAST_FACTOR <= pool.factor <= pools.FULL
            assert pool.delegators or (pool.gm, pool.flock) == (0, 0)

    def _tidied(self) -> StakingState:
        state = self.state
        for who, operator, task in self.state.delegations:
            state = delegations.sync(state, who, PoolKey(operator, task))
        for account in self.ACCOUNTS:
            with suppress(ContractRefused):
                state = staking.poke(state, account, self.now)
        return state

    def _flock_of_this_lock(self, state: StakingState, account: str) -> Iterator[int]:
        era = state.position_of(account).era
        yield from (a.flock for (who, _), a in state.allocations.items() if (who, a.era) == (account, era))
        yield from (d.flock for (who, *_), d in state.delegations.items() if (who, d.era) == (account, era))


TestMoney = Money.TestCase
TestMoney.settings = settings(max_examples=60, stateful_step_count=40)
