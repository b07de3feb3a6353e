"""Acts of owners and settlers on Staking, each for the contract and for the pure twin."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flock.chain.staking import Role
from flock.protocol import delegations, staking
from flock.protocol.delegations import Place
from flock.protocol.staking import Staking
from flock.protocol.units import Gm, Wei
from tests.parity.onchain import Call


@dataclass(frozen=True)
class Move:
    """One act on both sides; the twin's is given the time."""

    caller: str
    call: Call
    twin: Callable[[Staking, int], Staking]


def own(function: str, caller: str, arguments: tuple[object, ...], twin: Any) -> Move:
    return Move(caller, Call("Staking", function, arguments), twin)


def lock(who: str, amount: int, days: int) -> Move:
    return own("lock", who, (amount, days), lambda s, now: staking.lock(s, who, Wei(amount), days, now))


def extend(who: str, days: int) -> Move:
    return own("extend", who, (days,), lambda s, now: staking.extend(s, who, days, now))


def set_operator(who: str, key: str) -> Move:
    return own("setOperator", who, (key,), lambda s, now: staking.set_operator(s, who, key, now))


def allocate(who: str, task: int, gm: Gm) -> Move:
    given_ = (task, Role.MEMBER, gm)
    return own("allocate", who, given_, lambda s, now: staking.allocate(s, who, task, gm, now))


def deallocate(who: str, task: int, gm: int) -> Move:
    given_ = (task, Role.MEMBER, gm)
    return own("deallocate", who, given_, lambda s, _: staking.deallocate(s, who, task, Gm(gm)))


def on_task(name: str, caller: str, who: str, task: int, minimum: int | None, twin: Any) -> Move:
    more = () if minimum is None else (minimum,)
    given_ = (who, task, Role.MEMBER, *more)
    return own(name, caller, given_, lambda s, _: twin(s, who, task, *more))


def undelegate(who: str, operator: str, task: int, gm: Gm) -> Move:
    place = Place(operator, task)
    return own(
        "undelegate",
        who,
        (operator, task, gm),
        lambda s, now: delegations.undelegate(s, who, place, gm, now),
    )
