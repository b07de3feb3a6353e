"""The input of a settlement: the events of a deployment as plain data, in chain order.

``flock.economy.history`` reads them from a chain; a simulation makes its own. Times are the timestamps of blocks in
Unix seconds, stakes are in gmFLOCK, amounts in wei, accounts are addresses spelt one way throughout.
"""

from dataclasses import dataclass

from flock.protocol.core.units import Gm
from flock.protocol.economy.pay_rule import Emission, Work
from flock.protocol.economy.rewards import RewardTerms


@dataclass(frozen=True, slots=True)
class StakeMoved:
    """The own stake of ``account`` on a task grew by ``gm``, or shrank by it: allocated, deallocated, slashed."""

    time: int
    task: int
    account: str
    gm: int


@dataclass(frozen=True, slots=True)
class PoolSet:
    """From now on the operator keeps ``commission_bps`` of what delegation adds.

    Whether its pool is closed does not matter to the settlement: existing delegators keep earning.
    """

    time: int
    task: int
    operator: str
    commission_bps: int


@dataclass(frozen=True, slots=True)
class Delegated:
    """``gm`` of the delegator came into a pool."""

    time: int
    task: int
    operator: str
    delegator: str
    gm: Gm


@dataclass(frozen=True, slots=True)
class LeaveBegun:
    """``gm`` more of a delegator's stake in a pool is leaving and stops earning."""

    time: int
    task: int
    operator: str
    delegator: str
    gm: Gm


@dataclass(frozen=True, slots=True)
class Undelegated:
    """``gm`` of the delegator left a pool."""

    time: int
    task: int
    operator: str
    delegator: str
    gm: Gm


@dataclass(frozen=True, slots=True)
class DelegationSynced:
    """Somebody had a pool's slashes written into the delegator's record, which rounds it down."""

    time: int
    task: int
    operator: str
    delegator: str


@dataclass(frozen=True, slots=True)
class PoolSlashed:
    """A pool lost ``gm``; its running factor and its generation from then on."""

    time: int
    task: int
    operator: str
    gm: Gm
    factor: int
    generation: int


@dataclass(frozen=True, slots=True)
class WorkDone:
    """Work on a task was done that bears on how its emissions are shared, in the terms of the task's product."""

    time: int
    task: int
    work: Work


@dataclass(frozen=True, slots=True)
class TaskClosed:
    """A task came to its end: what was set aside begins to vest."""

    time: int
    task: int


@dataclass(frozen=True, slots=True)
class TermsSet:
    """Governance chose other terms."""

    time: int
    terms: RewardTerms


@dataclass(frozen=True, slots=True)
class DelegationRatioSet:
    """Governance chose how many times an operator's own stake its pool counts at most."""

    time: int
    ratio: int


PoolEvent = PoolSet | Delegated | LeaveBegun | Undelegated | DelegationSynced | PoolSlashed
Event = StakeMoved | PoolEvent | WorkDone | TaskClosed | TermsSet | DelegationRatioSet


@dataclass(frozen=True)
class History:
    """All that happened up to some block.

    ``events`` are in chain order. Every day before ``next_day`` is over and emitted, so ``events`` has all of it.
    ``treasury`` gets the fees and what nobody earned.
    """

    treasury: str
    events: tuple[Event, ...]
    emissions: tuple[Emission, ...]
    next_day: int
