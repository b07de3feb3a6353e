"""An owner with a lock, another that takes its delegation, and what is refused of both."""

from collections.abc import Callable

import pytest

from flock.errors import ContractRefused
from flock.protocol import delegations, staking
from flock.protocol.delegations import Circumstances, Place
from flock.protocol.staking import Staking
from flock.protocol.units import DAY, WAD, Gm, Wei

NOW = 1_800_000_000
OWNER, OTHER, HOT, KEEPER = "owner", "other", "hot", "keeper"
POOL = Place(OTHER, 1)
RUNNING = Circumstances(ends_at=NOW + 1_000 * DAY)
ENDED = Circumstances(is_alive=False)


def locked(amount: int = 1_000 * WAD, lock_days: int = 365) -> Staking:
    """The owner has a lock, and the other takes delegation on task 1."""
    state = staking.lock(Staking(), OWNER, Wei(amount), lock_days, NOW)
    return delegations.set_pool(state, POOL, 5_000, is_open=True, of=RUNNING, now=NOW)


def delegated(gm: int = 300 * WAD, *, lock_days: int = 365) -> Staking:
    """As ``locked``, with so much of the owner's gm in the other's pool."""
    return delegations.delegate_to(locked(lock_days=lock_days), OWNER, POOL, Gm(gm), of=RUNNING, now=NOW)


def slashed(state: Staking, gm: int) -> Staking:
    """The state after a slash of the other, who has no stake of its own."""
    return staking.slash(state, OTHER, 1, Gm(gm), KEEPER).staking


def refused(error: str, act: Callable[..., Staking], *given_: object, **named: object) -> None:
    """The act is refused under this name."""
    with pytest.raises(ContractRefused) as caught:
        act(*given_, **named)
    assert caught.value.error == error
