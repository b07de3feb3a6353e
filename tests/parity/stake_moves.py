"""Acts of owners, delegators and boards on Staking, each for the contract and for the pure twin."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flock.protocol.core.units import Gm, Wei
from flock.protocol.economy import delegations, staking
from flock.protocol.economy.delegations import Circumstances, PoolKey
from flock.protocol.economy.staking import StakingState
from tests.parity.onchain import Call


@dataclass(frozen=True)
class Move:
    """One act on both sides; the twin's is given the time."""

    caller: str
    call: Call
    twin: Callable[[StakingState, int], StakingState]


def own(function: str, caller: str, arguments: tuple[object, ...], twin: Any) -> Move:
    return Move(caller, Call("Staking", function, arguments), twin)


# --- The owner's position ---


def lock(who: str, amount: int, days: int) -> Move:
    return own("lock", who, (amount, days), lambda s, now: staking.lock(s, who, Wei(amount), days, now))


def extend(who: str, days: int) -> Move:
    return own("extend", who, (days,), lambda s, now: staking.extend(s, who, days, now))


def poke(caller: str, who: str) -> Move:
    return own("poke", caller, (who,), lambda s, now: staking.poke(s, who, now))


def redeem(who: str, gm: Gm) -> Move:
    return own("redeem", who, (gm,), lambda s, now: staking.redeem(s, who, gm, now))


def set_operator(who: str, key: str) -> Move:
    return own("setOperator", who, (key,), lambda s, now: staking.set_operator(s, who, key, now))


# --- Stake on tasks ---


def allocate(who: str, task: int, gm: Gm, minimum: Gm, *, is_alive: bool) -> Move:
    named = {"minimum": minimum, "is_alive": is_alive}
    return own("allocate", who, (task, gm), lambda s, now: staking.allocate(s, who, task, gm, now, **named))


def deallocate(who: str, task: int, gm: Gm, minimum: Gm) -> Move:
    return own(
        "deallocate",
        who,
        (task, gm),
        lambda s, now: staking.deallocate(s, who, task, gm, now, minimum=minimum),
    )


def hold(board: str, who: str, task: int, minimum: Gm) -> Move:
    return own("hold", board, (who, task), lambda s, _: staking.hold(s, who, task, minimum))


def release(board: str, who: str, task: int) -> Move:
    return own("release", board, (who, task), lambda s, _: staking.release(s, who, task))


def slash(board: str, who: str, task: int, at_least: Gm, slash_bps: int) -> Move:
    return own(
        "slash",
        board,
        (who, task, at_least, slash_bps),
        lambda s, _: staking.slash(s, who, task, at_least, slash_bps).staking,
    )


# --- Delegation ---


def set_pool(who: str, task: int, commission_bps: int, of: Circumstances, *, is_open: bool) -> Move:
    place = PoolKey(who, task)
    return own(
        "setPool",
        who,
        (task, commission_bps, is_open),
        lambda s, now: delegations.set_pool(s, place, commission_bps, is_open=is_open, of=of, now=now),
    )


def delegate_to(who: str, place: PoolKey, gm: Gm, most: int, of: Circumstances) -> Move:
    return own(
        "delegateTo",
        who,
        (*place, gm, most),
        lambda s, now: delegations.delegate_to(s, who, place, gm, of=of, now=now, max_commission_bps=most),
    )


def undelegate(who: str, place: PoolKey, gm: Gm) -> Move:
    return own("undelegate", who, (*place, gm), lambda s, now: delegations.undelegate(s, who, place, gm, now))


def collect(caller: str, who: str, place: PoolKey, of: Circumstances) -> Move:
    return own(
        "collect",
        caller,
        (who, *place),
        lambda s, now: delegations.collect(s, who, place, of=of, now=now),
    )


def redelegate(
    who: str, source: PoolKey, target: PoolKey, gm: Gm, most: int, of: Circumstances, of_target: Circumstances
) -> Move:
    named = {"of": of, "of_target": of_target, "max_commission_bps": most}
    return own(
        "redelegate",
        who,
        (*source, *target, gm, most),
        lambda s, now: delegations.redelegate(s, who, source, target, gm, **named, now=now),
    )


def sync(caller: str, who: str, place: PoolKey) -> Move:
    return own(
        "sync",
        caller,
        (who, *place),
        lambda s, _: delegations.sync(s, who, place),
    )
