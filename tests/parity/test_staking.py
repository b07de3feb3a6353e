"""Random owners, operators, slashes and governors on Staking: the pure twin and the contract agree on every act."""

import random
from dataclasses import asdict, fields
from typing import Any

from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from flock.chain.staking import Role
from flock.errors import ContractRefused
from flock.protocol import delegations, staking
from flock.protocol.delegations import Circumstances, Place
from flock.protocol.refusals import require
from flock.protocol.staking import NOBODY, Staking
from flock.protocol.staking_numbers import BOUNDS, Numbers
from flock.protocol.units import DAY, WAD, Gm
from tests.parity.onchain import Call, OnChain
from tests.parity.stake_moves import (
    Move,
    allocate,
    deallocate,
    extend,
    lock,
    on_task,
    own,
    set_operator,
    undelegate,
)
from tests.protocol.play import BOUNTY, terms

ACTS = 120
LEAPS = {1: 60, 3_600: 10, DAY: 8, 14 * DAY: 4, 40 * DAY: 2}  # seconds between acts, and how often


@settings(
    max_examples=4,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_twin_and_contract_agree_on_every_act(onchain: OnChain, seed: int) -> None:
    with onchain.undone():
        twins = StakingTwins(onchain, random.Random(seed))
        twins.gather()
        for _ in range(ACTS):
            twins.step()


class StakingTwins:
    """Four owners who stake on two tasks and delegate to each other; the first task is cancelled one day."""

    def __init__(self, chain: OnChain, dice: random.Random) -> None:
        self.chain, self.dice, self.state = chain, dice, Staking()
        self.creator, self.keeper, *others = [account.lower() for account in chain.accounts]
        self.owners = others[:4]
        self.settler, self.governor = chain.book.alliance_rounds, chain.book.timelock
        for contract in (self.settler, self.governor):
            chain.impersonate(contract)
        self.time = chain.head().time + 1
        self.ends_at = self.time + 30 * DAY
        lasting = {"start_by": self.time + 20 * DAY, "ends_at": self.ends_at}
        self.tasks = [
            chain.create(self.creator, terms(self.time, **lasting), BOUNTY, self.tick()) for _ in range(2)
        ]
        self.cancelled: set[int] = set()
        self.treasury_before = self.treasury()

    # --- Acts ---

    def gather(self) -> None:
        """Everyone has a lock, and everyone takes delegation on both tasks."""
        for owner in self.owners:
            self.both(lock(owner, 1_000 * WAD + self.dice.randrange(10), self.dice.choice([30, 90, 365])))
            for task in self.tasks:
                self.both(self.set_pool(owner, task, 5_000, is_open=True))

    def step(self) -> None:
        """One act on both sides, then all state compared."""
        self.time += self.dice.choices(list(LEAPS), weights=list(LEAPS.values()))[0]
        move = self.dice.choice(self.moves())
        self.both(move)
        assert self.seen() == self.expected(), move.call

    def moves(self) -> list[Move]:
        """What might be done next; the amounts fit often, and sometimes do not."""
        who, operator, task = self.some_pool()
        target = self.dice.choice([each for each in self.tasks if each != task])
        position, there = self.state.position_of(who), self.state.delegation_of(who, operator, task)
        free = Gm(self.dice.choice([0, 1, WAD, position.available // 3, position.available]))
        some = Gm(self.dice.choice([0, 1, there.gm // 3, there.gm - there.leaving, there.gm]))
        return [
            lock(who, self.dice.choice([0, 1, WAD, 77 * WAD + 1]), self.dice.choice([0, 1, 30, 365])),
            extend(who, self.dice.choice([0, 1, 365])),
            own("poke", self.keeper, (who,), lambda state, now: staking.poke(state, who, now)),
            own("redeem", who, (free,), lambda state, now: staking.redeem(state, who, free, now)),
            set_operator(who, self.dice.choice([NOBODY, self.keeper, operator])),
            *[allocate(who, task, free)] * 2,
            deallocate(who, task, self.state.allocation_of(who, task).amount // 2),
            self.set_pool(
                who, task, self.dice.choice([5_000, 5_000, 1, 10_001]), is_open=self.dice.random() < 0.8
            ),
            *[self.delegate_to(who, operator, task, free)] * 6,
            *[undelegate(who, operator, task, some)] * 3,
            *[self.collect(who, operator, task)] * 4,
            *[self.redelegate(who, (operator, task), (operator, target), some)] * 2,
            self.bring_up_to_date(who, operator, task),
            *[self.slash(operator, task)] * 3,
            *self.of_settlers_and_governors(who, task),
        ]

    def some_pool(self) -> tuple[str, str, int]:
        """Delegator, operator and task: most often where there is a delegation."""
        known = [key for key in self.state.delegations if self.state.delegation_of(*key).gm]
        if known and self.dice.random() < 0.75:
            return self.dice.choice(known)
        return self.dice.choice(self.owners), self.dice.choice(self.owners), self.dice.choice(self.tasks)

    def of_settlers_and_governors(self, who: str, task: int) -> list[Move]:
        """Rarer acts, by whom nothing may be refused but what is out of bounds or place."""
        name = self.dice.choice(list(BOUNDS))
        value = self.dice.choice([*BOUNDS[name], BOUNDS[name][1] + 1, 100])
        setter = "set" + "".join(word.capitalize() for word in name.split("_"))
        guardian, often = self.chain.book.guardian, 15 if self.state.paused else 1
        return [
            own(setter, self.governor, (value,), lambda state, _: staking.set_number(state, name, value)),
            own("pause", guardian, (), lambda state, _: staking.pause(state)),
            *[own("unpause", guardian, (), lambda state, _: staking.unpause(state))] * often,
            on_task("hold", self.settler, who, task, 1, staking.hold),
            on_task("release", self.settler, who, task, None, staking.release),
            own(
                "withdrawKeeperCredit",
                self.keeper,
                (),
                lambda state, _: staking.withdraw_keeper_credit(state, self.keeper),
            ),
            *([self.cancel()] if self.dice.random() < 0.3 else []),
        ]

    def set_pool(self, who: str, task: int, sigma_bps: int, *, is_open: bool) -> Move:
        place, of = Place(who, task), self.of(task)
        return own(
            "setPool",
            who,
            (task, sigma_bps, is_open),
            lambda s, now: delegations.set_pool(s, place, sigma_bps, is_open=is_open, of=of, now=now),
        )

    def delegate_to(self, who: str, operator: str, task: int, gm: Gm) -> Move:
        place, of, most = Place(operator, task), self.of(task), self.most_sigma()
        return own(
            "delegateTo",
            who,
            (operator, task, gm, most),
            lambda s, now: delegations.delegate_to(s, who, place, gm, of=of, now=now, most_sigma_bps=most),
        )

    def most_sigma(self) -> int:
        """What a delegator agrees to; pools keep 5,000 or 1."""
        return self.dice.choice([10_000, 10_000, 5_000, 4_999])

    def collect(self, who: str, operator: str, task: int) -> Move:
        place, of = Place(operator, task), self.of(task)
        return own(
            "collect",
            self.keeper,
            (who, operator, task),
            lambda s, now: delegations.collect(s, who, place, of=of, now=now),
        )

    def redelegate(self, who: str, source: tuple[str, int], target: tuple[str, int], gm: Gm) -> Move:
        places, most = (Place(*source), Place(*target)), self.most_sigma()
        of = {"of": self.of(source[1]), "of_target": self.of(target[1]), "most_sigma_bps": most}
        return own(
            "redelegate",
            who,
            (*source, *target, gm, most),
            lambda s, now: delegations.redelegate(s, who, *places, gm, **of, now=now),
        )

    def bring_up_to_date(self, who: str, operator: str, task: int) -> Move:
        return own(
            "bringUpToDate",
            self.keeper,
            (who, operator, task),
            lambda s, _: delegations.bring_up_to_date(s, who, Place(operator, task)),
        )

    def slash(self, who: str, task: int) -> Move:
        """A share of the own stake, or of the pool where there is none; rarely nearly all of it."""
        staked, pool = self.state.allocation_of(who, task).amount, self.state.pool_of(who, task).gm
        gm = -(-(staked or pool) // self.dice.choice([1, 2, 10, 10]))
        return own(
            "slash",
            self.settler,
            (who, task, Role.MEMBER, gm, self.keeper),
            lambda s, _: staking.slash(s, who, task, Gm(gm), self.keeper).staking,
        )

    def cancel(self) -> Move:
        task = self.tasks[0]

        def cancelled(state: Staking, _: int) -> Staking:
            require(task not in self.cancelled, "TaskIsNotOpen")
            self.cancelled.add(task)
            return state

        return Move(self.creator, Call("TaskManager", "cancel", (task,)), cancelled)

    # --- Both sides ---

    def of(self, task: int) -> Circumstances:
        """What the contract will learn of a task."""
        return Circumstances(is_alive=task not in self.cancelled, ends_at=self.ends_at)

    def both(self, move: Move) -> None:
        """Both do it, or both refuse it with the same error."""
        now, expected = self.tick(), ""
        try:
            self.state = move.twin(self.state, now)
        except ContractRefused as refused:
            expected = refused.error
        note(f"{now} {move.caller} {move.call} {expected}")
        assert self.chain.send(move.caller, move.call, now) == expected, move.call

    def tick(self) -> int:
        self.time += 1
        return self.time

    def treasury(self) -> int:
        held: int = self.chain.read(Call("FlockToken", "balanceOf", (self.chain.book.treasury,)))
        return held

    def seen(self) -> dict[str, Any]:
        """What the contract says."""
        pools, records = list(self.state.pools), list(self.state.delegations)
        return {
            "positions": self.views("positionOf", [(who,) for who in self.owners]),
            "votes": self.views("getVotes", [(who,) for who in self.owners]),
            "operators": self.views("operatorOf", [(who,) for who in self.owners]),
            "acts": self.views("actsFor", [(who, self.keeper) for who in self.owners]),
            "pools": self.views("poolOf", pools),
            "delegations": self.views("delegationOf", records),
            "staked": self.views("stakedOn", [(task,) for task in self.tasks]),
            "credit": self.views("keeperCreditOf", [(self.keeper,)]),
            "numbers": [self.chain.read(Call("Staking", _camel(each.name), ())) for each in fields(Numbers)],
            "balance": self.chain.read(Call("FlockToken", "balanceOf", (self.chain.book.staking,))),
            "treasury": self.treasury() - self.treasury_before,
        }

    def views(self, view: str, keys: list[Any]) -> list[Any]:
        """What one view says of each key, addresses in lower case."""
        told = self.chain.read_all([Call("Staking", view, tuple(key)) for key in keys])
        return [_lower(each) for each in told]

    def expected(self) -> dict[str, Any]:
        """What the twin says."""
        state = self.state
        named = [state.operator_of(who) for who in self.owners]
        return {
            "positions": [asdict(state.position_of(who)) for who in self.owners],
            "votes": [state.position_of(who).votes for who in self.owners],
            "operators": [{"operator": each.key, "since": each.since} for each in named],
            "acts": [state.acts_for(who, self.keeper, self.time) for who in self.owners],
            "pools": [asdict(pool) for pool in state.pools.values()],
            "delegations": [asdict(state.delegation_of(*key)) for key in state.delegations],
            "staked": [state.staked_on(task) for task in self.tasks],
            "credit": [state.keeper_credits.get(self.keeper, 0)],
            "numbers": list(asdict(state.numbers).values()),
            "balance": state.balance,
            "treasury": state.treasury,
        }


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _lower(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _lower(value) for name, value in told.items()}
    return told.lower() if isinstance(told, str) else told
