"""What a connection answers: frozen, with amounts in wei and times in Unix seconds. None stands for nothing yet.

They have the names that people know; what the rules compute with is called the same in ``flock.protocol``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """A task and how far it is. ``state`` is open, running, closed or cancelled; ``pool`` is left to pay."""

    number: int
    state: str
    phase: str
    round: int
    decided: int
    planned_rounds: int
    members: int
    minimum_members: int
    max_members: int
    bounty: int
    pool: int
    creator: str


@dataclass(frozen=True)
class Round:
    """A round that is over. ``outcome`` is accepted, rejected or void; the units are what one of weight 1 got."""

    task: int
    number: int
    outcome: str
    model: str
    proposer_unit: int
    voter_unit: int
    pool_left: int
    block: int
    transaction: str


@dataclass(frozen=True)
class Member:
    """An account on a task. ``state`` is active, leaving, retained, or none once it has left.

    ``stake`` in gmFLOCK as it joined; ``earned`` by its seats in all, and ``owed``, which it can withdraw, in FLOCK.
    """

    task: int
    account: str
    id: int
    state: str
    weight: int
    stake: int
    earned: int
    owed: int


@dataclass(frozen=True)
class Stake:
    """gmFLOCK of an account on a task, and the FLOCK behind it; ``is_held`` by a duty."""

    task: int
    gm: int
    flock: int
    is_held: bool


@dataclass(frozen=True)
class Position:
    """What an account has: ``gm`` gmFLOCK, ``free`` or on tasks or in pools, and ``held`` FLOCK that is not locked.

    ``unlock_at`` is the end of its lock, and ``redeemable_at`` once that has been counted; 0 for neither.
    """

    account: str
    gm: int
    free: int
    on_tasks: int
    in_pools: int
    votes: int
    held: int
    unlock_at: int
    redeemable_at: int
    operator: str | None
    stakes: tuple[Stake, ...]


@dataclass(frozen=True)
class Delegation:
    """gmFLOCK of an account in a pool, and the FLOCK behind it.

    ``leaving`` of it can be collected from ``leaves_at`` on, or once the operator's duty ``queued_behind`` is over.
    """

    operator: str
    task: int
    gm: int
    flock: int
    leaving: int
    leaves_at: int | None
    queued_behind: int | None


@dataclass(frozen=True)
class Rewards:
    """FLOCK from emissions: ``earned`` in all, ``claimed`` of it, and what can be had now, at once or as a stream.

    ``releasable`` of the streams has vested; ``waiting`` is of days that are not served. ``agrees`` is whether the
    served root is the one that the chain's events give; None before the first.
    """

    account: str
    earned: int
    claimed: int
    claimable_liquid: int
    claimable_vesting: int
    releasable: int
    vesting: int
    waiting: int
    served_until: int
    agrees: bool | None


@dataclass(frozen=True)
class Proposal:
    """A proposal to the Governor, with its votes in gmFLOCK; ``number`` counts from 1 as in ``flock gov list``."""

    number: int
    id: int
    title: str
    description: str
    proposer: str
    state: str
    in_favour: int
    against: int
    abstain: int
    quorum: int | None
    vote_start: int
    vote_end: int
    executable_at: int | None


@dataclass(frozen=True)
class Verification:
    """A posted root beside the one that the chain's events give; ``faults`` are sentences, none for a right root."""

    root_id: int
    is_right: bool
    state: str
    day: int
    root: str
    computed_root: str
    total: int
    accounts: int
    faults: tuple[str, ...]
