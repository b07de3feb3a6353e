"""Random owners, operators, boards and governors on Staking: the pure twin and the contract agree on every act."""

import random
from dataclasses import asdict, fields
from typing import Any

from eth_account.signers.local import LocalAccount
from hypothesis import HealthCheck, Phase, currently_in_test_context, given, note, settings
from hypothesis import strategies as st

from flock.chain.contracts.deployed import Contracts
from flock.errors import ContractRefused
from flock.protocol.core.refusals import require
from flock.protocol.core.units import BPS, DAY, NO_GM, WAD, Gm
from flock.protocol.economy import pools, staking
from flock.protocol.economy.delegations import Circumstances, PoolKey
from flock.protocol.economy.staking import NOBODY, Allocation, StakingState
from flock.protocol.economy.staking_numbers import BOUNDS, Numbers
from tests.conftest import SenderOf
from tests.parity import stake_moves as moves
from tests.parity.onchain import Call, OnChain
from tests.parity.stake_moves import Move, own

ACTS = 150
LEAPS = {
    1: 60,
    3_600: 10,
    DAY: 8,
    7 * DAY: 3,
    14 * DAY: 4,
    40 * DAY: 2,
}  # seconds between acts, and how often
MINIMUM = Gm(WAD)
FOREVER = 2**256 - 1

BOARD = "0x" + "b0" * 20
SAYS_ITS_FIRST_SLOT = "0x5f545f5260205ff3"
"""A board that answers every question with what stands in its storage: here, the duty of whoever is asked about."""


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


def test_a_pool_that_is_worn_takes_nothing_in_until_it_is_empty(onchain: OnChain) -> None:
    with onchain.undone():
        twins = StakingTwins(onchain, random.Random(0))
        twins.gather()
        who, operator = twins.owners[:2]
        place = PoolKey(operator, twins.tasks[0])
        come = moves.delegate_to(who, place, Gm(WAD), BPS, twins.of(place.task))
        twins.all_of(come, *[moves.slash(BOARD, *place, NO_GM, 9_000)] * 9)
        twins.all_of(moves.allocate(operator, place.task, Gm(WAD), MINIMUM, is_alive=True), come)
        assert twins.state.pool_of(*place).factor < pools.WORN
        there = twins.state.delegation_of(who, *place).gm
        twins.all_of(moves.undelegate(who, place, there))
        twins.time += 14 * DAY
        twins.all_of(moves.collect(who, who, place, twins.of(place.task)), come)
        assert twins.state.pool_of(*place).factor == pools.FULL
        assert twins.state.pool_of(*place).gm == WAD


def test_the_binding_reads_what_the_twin_says(
    onchain: OnChain, contracts: Contracts, sender_of: SenderOf, admin: LocalAccount
) -> None:
    with onchain.undone():
        twins = StakingTwins(onchain, random.Random(0))
        twins.gather()
        who, operator = twins.owners[:2]
        place = PoolKey(operator, twins.tasks[0])
        twins.all_of(
            moves.delegate_to(who, place, Gm(WAD), BPS, twins.of(place.task)),
            moves.slash(BOARD, *place, NO_GM, 1_000),
            moves.hold(BOARD, *place, MINIMUM),
        )
        staking_, state, sender = contracts.staking, twins.state, sender_of(admin)
        assert staking_.position_of(who) == state.position_of(who)
        assert staking_.votes_of(who) == state.votes_of(who)
        assert staking_.allocation_of(*place) == state.allocation_of(*place)
        assert staking_.stake_of(*place) == state.allocation_of(*place).gm
        assert staking_.pool_of(*place) == state.pool_of(*place)
        assert staking_.delegation_of(who, *place) == state.delegation_of(who, *place)
        assert staking_.numbers() == state.numbers
        assert staking_.staked_days_of(place.task) == (twins.days[place.task][0], None)
        assert staking_.staked_days_of(place.task + 1_000) == (0, 0)
        assert staking_.owed_to_treasury() == state.owed_to_treasury > 0
        assert staking_.pay_treasury(sender) is not None
        assert staking_.owed_to_treasury() == 0
        assert staking_.pay_treasury(sender) is None


class StakingTwins:
    """Four owners who stake on two tasks and delegate to each other; the first task is cancelled one day."""

    def __init__(self, chain: OnChain, dice: random.Random) -> None:
        self.chain, self.dice, self.state = chain, dice, StakingState()
        self.creator, self.keeper, *others = [account.lower() for account in chain.accounts]
        self.owners = others[:4]
        self.governor = chain.book.timelock
        for contract in (BOARD, self.governor):
            chain.impersonate(contract)
        self.time = chain.head().time + 1
        self.ends_at = self.time + 30 * DAY
        self.duty = 0
        self.tasks = self.create_tasks()
        self.cancelled: set[int] = set()
        self.days = dict.fromkeys(self.tasks, (0, 0))
        self.treasury_before = self.treasury()

    def create_tasks(self) -> list[int]:
        """Two tasks of a board of this test's own."""
        self.chain.client.rpc.request("anvil_setCode", BOARD, SAYS_ITS_FIRST_SLOT)
        schedule = (0, self.time + 20 * DAY, self.ends_at)
        task = (BOARD, *schedule, MINIMUM, 0, bytes(32), 0)
        for caller, call in (
            (self.governor, Call("TaskManager", "setBoard", (BOARD, True))),
            *[(self.creator, Call("TaskManager", "create", (task, b"")))] * 2,
        ):
            assert self.chain.send(caller, call, self.tick()) == ""
        newest = int(self.chain.read(Call("TaskManager", "taskCount", ())))
        return [newest - 1, newest]

    # --- Acts ---

    def gather(self) -> None:
        """Everyone has a lock and a stake, and takes delegation on both tasks."""
        for owner in self.owners:
            self.both(
                moves.lock(owner, 1_000 * WAD + self.dice.randrange(10), self.dice.choice([30, 90, 365]))
            )
            for task in self.tasks:
                gm = Gm(self.state.position_of(owner).gm // 4)
                self.both(moves.allocate(owner, task, gm, MINIMUM, is_alive=True))
                self.both(moves.set_pool(owner, task, 5_000, self.of(task), is_open=True))

    def step(self) -> None:
        """One act on both sides, then all state compared."""
        self.time += self.dice.choices(list(LEAPS), weights=list(LEAPS.values()))[0]
        if self.dice.random() < 0.2:
            self.set_duty(self.dice.randrange(4))
        self.all_of(self.dice.choice(self.moves()))

    def all_of(self, *acts: Move) -> None:
        """These acts one after another, all state compared after each."""
        for move in acts:
            self.both(move)
            assert self.seen() == self.expected(), move.call

    def set_duty(self, duty: int) -> None:
        """What the board says of everybody's duty from now on."""
        self.duty = duty
        word = "0x" + duty.to_bytes(32, "big").hex()
        self.chain.client.rpc.request("anvil_setStorageAt", BOARD, "0x0", word)

    def moves(self) -> list[Move]:
        """What might be done next; the amounts fit often, and sometimes do not."""
        who, place = self.some_pool()
        position = self.state.position_of(who)
        free = self.some_of(position.gm)
        return [
            *[moves.lock(who, self.dice.choice([0, 1, WAD, 77 * WAD + 1]), self.some_days())] * 2,
            moves.extend(who, self.some_days()),
            *[moves.poke(self.keeper, who)] * 2,
            *[moves.redeem(who, free)] * 2,
            moves.set_operator(who, self.dice.choice([NOBODY, self.keeper, place.operator])),
            *self.on_tasks(who, place.task, free),
            *self.in_pools(who, place, free),
            *self.of_boards_and_governors(place),
        ]

    def some_pool(self) -> tuple[str, PoolKey]:
        """A delegator, and an operator on a task: most often where there is a delegation."""
        known = [key for key in self.state.delegations if self.state.delegation_of(*key).gm]
        if known and self.dice.random() < 0.75:
            who, operator, task = self.dice.choice(known)
            return who, PoolKey(operator, task)
        operator, task = self.dice.choice(self.owners), self.dice.choice(self.tasks)
        return self.dice.choice(self.owners), PoolKey(operator, task)

    def some_of(self, gm: int) -> Gm:
        return Gm(self.dice.choice([0, 1, WAD, gm // 3, gm, gm]))

    def some_days(self) -> int:
        return self.dice.choice([0, 1, 30, 90, 365, 365, 366])

    def on_tasks(self, who: str, task: int, free: Gm) -> list[Move]:
        of, there = self.of(task), self.state.allocation_of(who, task).gm
        return [
            *[moves.allocate(who, task, free, MINIMUM, is_alive=of.is_alive)] * 2,
            *[moves.deallocate(who, task, self.some_of(there), MINIMUM)] * 2,
            moves.hold(BOARD, who, task, MINIMUM),
            *[moves.release(BOARD, who, task)] * 3,
        ]

    def in_pools(self, who: str, place: PoolKey, free: Gm) -> list[Move]:
        there, of = self.state.delegation_of(who, *place), self.of(place.task)
        target = PoolKey(
            place.operator, self.dice.choice([each for each in self.tasks if each != place.task])
        )
        some = Gm(self.dice.choice([0, 1, there.gm // 3, there.gm - there.leaving, there.gm]))
        # What a delegator agrees to; pools keep 5,000 or 1.
        most, sigma = self.dice.choice([BPS, BPS, 5_000, 4_999]), self.dice.choice([5_000, 5_000, 1, BPS + 1])
        is_open = self.dice.random() < 0.8
        return [
            moves.set_pool(who, place.task, sigma, of, is_open=is_open),
            *[moves.delegate_to(who, place, free, most, of)] * 6,
            *[moves.undelegate(who, place, some)] * 3,
            *[moves.collect(self.keeper, who, place, of)] * 5,
            *[moves.redelegate(who, place, target, some, most, of, self.of(target.task))] * 2,
            moves.sync(self.keeper, who, place),
        ]

    def of_boards_and_governors(self, place: PoolKey) -> list[Move]:
        """Slashes, and rarer acts by whom nothing may be refused but what is out of bounds or place."""
        own_gm = self.state.allocation_of(*place).gm
        at_least = Gm(self.dice.choice([NO_GM, own_gm, own_gm * 3]))
        slash_bps = self.dice.choice([0, 1, 100, 1_000, 5_000, 5_000, 9_999, BPS, BPS + 1])
        guardian, often = self.chain.book.guardian, 15 if self.state.paused else 1
        return [
            *[moves.slash(BOARD, *place, at_least, slash_bps)] * 4,
            own("payTreasury", self.keeper, (), lambda state, _: staking.pay_treasury(state)),
            self.set_number(),
            own("pause", guardian, (), lambda state, _: staking.pause(state)),
            *[own("unpause", guardian, (), lambda state, _: staking.unpause(state))] * often,
            *([self.cancel()] if self.dice.random() < 0.3 else []),
        ]

    def set_number(self) -> Move:
        name = self.dice.choice(list(BOUNDS))
        value = self.dice.choice([*BOUNDS[name], BOUNDS[name][1] + 1, 100])
        setter = "set" + "".join(word.capitalize() for word in name.split("_"))
        return own(setter, self.governor, (value,), lambda state, _: staking.set_number(state, name, value))

    def cancel(self) -> Move:
        task = self.tasks[0]

        def cancelled(state: StakingState, _: int) -> StakingState:
            require(task not in self.cancelled, "TaskIsNotOpen")
            self.cancelled.add(task)
            return state

        return Move(self.creator, Call("TaskManager", "cancel", (task,)), cancelled)

    # --- Both sides ---

    def of(self, task: int) -> Circumstances:
        """What the contract will learn of a task."""
        return Circumstances(task not in self.cancelled, self.ends_at, self.duty)

    def both(self, move: Move) -> None:
        """Both do it, or both refuse it with the same error."""
        now, expected, before = self.tick(), "", self.state
        try:
            self.state = move.twin(before, now)
        except ContractRefused as refused:
            expected = refused.error
        if currently_in_test_context():
            note(f"{now} {move.caller} {move.call} {expected}")
        assert self.chain.send(move.caller, move.call, now) == expected, move.call
        self.days = {task: self.days_after(before, task, now // DAY) for task in self.tasks}

    def days_after(self, before: StakingState, task: int, today: int) -> tuple[int, int]:
        """The first day on which there was stake on a task, and the last if it is over."""
        first, last = self.days[task]
        is_staked, was_staked = self.state.staked_on(task) > 0, before.staked_on(task) > 0
        if is_staked:
            return first or today, FOREVER
        return first, today if was_staked else last

    def tick(self) -> int:
        self.time += 1
        return self.time

    def treasury(self) -> int:
        held: int = self.chain.read(Call("FlockToken", "balanceOf", (self.chain.book.treasury,)))
        return held

    @property
    def stakes(self) -> list[tuple[str, int]]:
        return [(who, task) for who in self.owners for task in self.tasks]

    def seen(self) -> dict[str, Any]:
        """What the contract says."""
        pools, records = list(self.state.pools), list(self.state.delegations)
        return {
            "positions": self.views("positionOf", [(who,) for who in self.owners]),
            "votes": self.views("getVotes", [(who,) for who in self.owners]),
            "allocations": self.views("allocationOf", self.stakes),
            "operators": self.views("operatorOf", [(who,) for who in self.owners]),
            "acts": self.views("actsFor", [(who, self.keeper) for who in self.owners]),
            "pools": self.views("poolOf", pools),
            "delegations": self.views("delegationOf", records),
            "staked": self.views("stakedOn", [(task,) for task in self.tasks]),
            "days": self.views("stakedDaysOf", [(task,) for task in self.tasks]),
            "owed": self.views("owedToTreasury", [()]),
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
            "votes": [state.votes_of(who) for who in self.owners],
            "allocations": [_told(state.allocation_of(*key)) for key in self.stakes],
            "operators": [{"operator": each.key, "since": each.since} for each in named],
            "acts": [state.acts_for(who, self.keeper, self.time) for who in self.owners],
            "pools": [asdict(pool) for pool in state.pools.values()],
            "delegations": [asdict(state.delegation_of(*key)) for key in state.delegations],
            "staked": [state.staked_on(task) for task in self.tasks],
            "days": [dict(zip(("first", "last"), self.days[task], strict=True)) for task in self.tasks],
            "owed": [state.owed_to_treasury],
            "numbers": list(asdict(state.numbers).values()),
            "balance": state.balance,
            "treasury": state.treasury,
        }


def _told(allocation: Allocation) -> dict[str, Any]:
    """As the contract spells it."""
    return {"is_held" if name == "held" else name: value for name, value in asdict(allocation).items()}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _lower(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _lower(value) for name, value in told.items()}
    return told.lower() if isinstance(told, str) else told
