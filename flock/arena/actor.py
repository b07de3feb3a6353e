"""A member of one Arena, as its own programs have it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eth_typing import ChecksumAddress

from flock.arena.client import ArenaClient
from flock.chain.contracts.arena_board import MemberView
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender
from flock.economy.operations.putting_up import put_up_stake
from flock.log import logger
from flock.protocol.arena.params import ArenaParameters
from flock.protocol.arena.stages import Role, Stage, Standing

LOOK_SECONDS = 30.0


@dataclass(frozen=True)
class Actor:
    """``account`` holds the stake; the sender's key is its own or its operator's."""

    contracts: Contracts
    sender: Sender
    account: ChecksumAddress
    task: int
    parameters: ArenaParameters
    service: ArenaClient

    @property
    def member(self) -> MemberView:
        """Its account on the task, as of now."""
        return self.contracts.arena_board.member_of(self.task, self.account)

    @property
    def stage(self) -> Stage:
        """Where the task is."""
        return self.contracts.arena_board.arena_view(self.task).stage


@dataclass
class EnrolInArena:
    """A step: stake what the task asks, or ``stake`` if that is more, and enrol; once.

    Who has left or was let go is not enrolled again: its operator restarts the program if it wants that.
    """

    actor: Actor
    role: Role
    stake: int
    lock_days: int
    proof: Sequence[bytes]
    clock: Callable[[], float] = time.monotonic
    name: str = "enrol"
    _is_done: bool = False
    _look_at: float = 0.0

    def __call__(self) -> bool:
        if self._is_done and self.clock() < self._look_at:
            return False
        self._look_at = self.clock() + LOOK_SECONDS
        member = self.actor.member
        if member.is_active or (self._is_done and member.standing is not Standing.NONE):
            self._is_done = True
            return False
        if self.actor.stage not in (Stage.ENROLLING, Stage.RUNNING):
            return False
        self._enrol()
        self._is_done = True
        return True

    def _enrol(self) -> None:
        actor = self.actor
        put_up_stake(
            actor.contracts,
            actor.sender,
            actor.account,
            actor.task,
            wanted=max(self.stake, actor.parameters.minimum_stake),
            lock_days=self.lock_days,
        )
        actor.contracts.arena_board.enrol(actor.sender, actor.task, actor.account, self.role, self.proof)
        logger().info("enrolled", task=actor.task, account=actor.account, role=self.role.name.lower())


@dataclass
class CollectFromArena:
    """A step: withdraw what the account is owed, above ``threshold`` (wei) while the task runs; at its end leave.

    Fees that came back and keeper fees are owed by the board; rewards are claimed from settled roots instead.
    """

    actor: Actor
    threshold: int
    clock: Callable[[], float] = time.monotonic
    name: str = "collect"
    _look_at: float = 0.0

    def __call__(self) -> bool:
        if self.clock() < self._look_at:
            return False
        self._look_at = self.clock() + LOOK_SECONDS
        return self.collect()

    def collect(self) -> bool:
        """Do it now; whether anything was due."""
        actor, board = self.actor, self.actor.contracts.arena_board
        is_over = actor.stage is Stage.FINISHED
        at_least = 1 if is_over else max(1, self.threshold)
        has_withdrawn = False
        for account in sorted({actor.account, actor.sender.address}):
            if board.member_of(actor.task, account).owed >= at_least:
                board.withdraw(actor.sender, actor.task, account)
                has_withdrawn = True
        return (is_over and self._leave()) or has_withdrawn

    def _leave(self) -> bool:
        actor = self.actor
        if not actor.member.is_active:
            return False
        actor.contracts.arena_board.leave(actor.sender, actor.task, actor.account)
        logger().info("left", task=actor.task, account=actor.account)
        return True
