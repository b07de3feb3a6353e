"""An owner with a lock, another with a stake that takes its delegation, and what is refused of both."""

from collections.abc import Callable

import pytest

from flock.errors import ContractRefused
from flock.protocol.core.units import DAY, NO_GM, WAD, Gm, Wei
from flock.protocol.economy import delegations, staking
from flock.protocol.economy.delegations import Circumstances, PoolKey
from flock.protocol.economy.staking import StakingState

NOW = 1_800_000_000
OWNER, OTHER, HOT = "owner", "other", "hot"
POOL = PoolKey(OTHER, 1)
OWN = Gm(1_000 * WAD)
"""What the other has on task 1 itself; ten times as much may be delegated to it."""
MINIMUM = Gm(WAD)
RUNNING = Circumstances(ends_at=NOW + 1_000 * DAY)
ENDED = Circumstances(is_alive=False)


def locked(amount: int = 1_000 * WAD, lock_days: int = 365) -> StakingState:
    """The owner has a lock, and the other takes delegation on task 1."""
    return staking.lock(operating(), OWNER, Wei(amount), lock_days, NOW)


def operating() -> StakingState:
    """The other has a stake on task 1 and takes delegation there."""
    state = staking.lock(StakingState(), OTHER, Wei(OWN), 30, NOW)
    state = staking.allocate(state, OTHER, 1, OWN, NOW, minimum=MINIMUM)
    return delegations.set_pool(state, POOL, 5_000, is_open=True, of=RUNNING, now=NOW)


def staked(gm: int = 2_000 * WAD) -> StakingState:
    """As ``locked``, with so much of the owner's gm on task 1."""
    return staking.allocate(locked(), OWNER, 1, Gm(gm), NOW, minimum=MINIMUM)


def delegated(gm: int = 300 * WAD, *, lock_days: int = 365) -> StakingState:
    """As ``locked``, with so much of the owner's gm in the other's pool."""
    return delegations.delegate_to(locked(lock_days=lock_days), OWNER, POOL, Gm(gm), of=RUNNING, now=NOW)


def slashed(state: StakingState, slash_bps: int, account: str = OTHER) -> StakingState:
    """The state after a slash of so much of what is at stake on task 1."""
    return staking.slash(state, account, 1, NO_GM, slash_bps).staking


def refused(error: str, act: Callable[..., StakingState], *given_: object, **named: object) -> None:
    """The act is refused under this name."""
    with pytest.raises(ContractRefused) as caught:
        act(*given_, **named)
    assert caught.value.error == error
