"""What ``flock explain`` shows, as data: one page a kind of question. Amounts are wei as decimal text."""

from __future__ import annotations

from dataclasses import dataclass

from flock.diagnostics.local_journal import LocalAct


@dataclass(frozen=True)
class ActionLine:
    """An act on chain; ``at`` in Unix seconds, None where only the block is known."""

    what: str
    block: int
    transaction: str
    at: int | None = None


@dataclass(frozen=True)
class SeatLine:
    """One seat of one round. ``verdict`` and ``reason`` are None while the round is open."""

    round: int
    seat: int
    role: str
    account: str
    weight: int
    verdict: str | None
    reason: str | None
    paid: str
    actions: tuple[ActionLine, ...]


@dataclass(frozen=True)
class AccountPage:
    """An account on a task. ``strikes`` are the rounds of the strikes that count now."""

    task: int
    account: str
    key: str | None
    member: str
    stake: str
    weight: int
    rounds: int
    strikes: tuple[int, ...]
    strike_limit: int
    strike_window: int
    next_slash: str
    slashed_in: tuple[int, ...]
    slashed: str
    earned: str
    keeper_fees: str
    withdrawn: str
    to_withdraw: str
    why: tuple[str, ...]
    seats: tuple[SeatLine, ...]
    actions: tuple[ActionLine, ...]
    local: tuple[LocalAct, ...]


@dataclass(frozen=True)
class RoundPage:
    """A round. ``awaited`` names the seats that the open phase waits for."""

    task: int
    round: int
    phase: str
    outcome: str | None
    model: str | None
    why: tuple[str, ...]
    revealed_weight: int
    drawn_weight: int
    proposer_unit: str
    voter_unit: str
    pool_left: str | None
    drawn: ActionLine
    finalised: ActionLine | None
    seats: tuple[SeatLine, ...]
    slashed: dict[str, str]


@dataclass(frozen=True)
class RoundLine:
    """A round in a task's page; counts of seats."""

    round: int
    outcome: str
    proposed: int
    revealed: int
    struck: int
    paid_seats: int
    paid: str
    at: int | None


@dataclass(frozen=True)
class MemberLine:
    account: str
    member: str
    drawn: int
    strikes: int
    slashed: str
    earned: str
    withdrawn: str


@dataclass(frozen=True)
class TaskPage:
    """A task: bounty = paid + refund + to_treasury + what is still in its custody."""

    task: int
    state: str
    phase: str
    round: int
    decided: int
    planned_rounds: int
    bounty: str
    earned: str
    keeper_fees: str
    withdrawn: str
    refund: str
    to_treasury: str
    in_custody: str
    why: tuple[str, ...]
    rounds: tuple[RoundLine, ...]
    members: tuple[MemberLine, ...]


@dataclass(frozen=True)
class ArenaPage:
    """A submission to an Arena, or a member of one: ``reveals`` are what its panels said of a submission."""

    task: int
    subject: str
    account: str
    state: str
    why: tuple[str, ...]
    reveals: tuple[str, ...]
    actions: tuple[ActionLine, ...]


@dataclass(frozen=True)
class TransactionPage:
    """A transaction; ``events`` in words. ``cost`` in wei, of ETH."""

    transaction: str
    status: str
    block: int | None
    at: int | None
    sender: str | None
    gas_used: int | None
    cost: str | None
    events: tuple[str, ...]
    local: tuple[LocalAct, ...]
