"""What the service must know at once of who is who: asked of the rows, and of the chain where the rows may lag."""

from sqlalchemy import select

from flock.arena.models import ArenaMemberRow, ArenaTaskRow, MemberStanding
from flock.chain.contracts.deployed import Contracts
from flock.protocol.arena.stages import Role
from flock.store.database import Database


class MembershipIndex:
    """Creators and members of one deployment's Arenas."""

    def __init__(self, database: Database, contracts: Contracts) -> None:
        self._database = database
        self._contracts = contracts

    def belongs(self, task: int, account: str) -> bool:
        """Whether ``task`` is an Arena, and ``account`` is a member of it or created it."""
        return self.is_creator(task, account) or any(
            self.is_member(task, account, role) for role in (Role.TRAINER, Role.VALIDATOR)
        )

    def is_creator(self, task: int, account: str) -> bool:
        """Whether ``account`` created the Arena ``task``."""
        with self._database.reading() as session:
            row = session.get(ArenaTaskRow, task)
        if row is not None:
            return row.creator == account
        found = self._contracts.task_manager.task_of(task)
        return found.board == self._contracts.arena_board.address and found.creator == account

    def is_member(self, task: int, account: str, role: Role) -> bool:
        """Whether ``account`` is enrolled on the Arena ``task`` in that role, and not suspended."""
        enrolled = select(ArenaMemberRow.id).where(
            ArenaMemberRow.task == task,
            ArenaMemberRow.account == account,
            ArenaMemberRow.role == role,
            ArenaMemberRow.standing == MemberStanding.ACTIVE,
        )
        with self._database.reading() as session:
            if session.scalar(enrolled) is not None:
                return True
        return self._is_member_on_chain(task, account, role)

    def _is_member_on_chain(self, task: int, account: str, role: Role) -> bool:
        member = self._contracts.arena_board.member_of(task, account)
        if not member.is_active or member.role is not role:
            return False
        return (
            role is Role.TRAINER or not self._contracts.arena_panels.validator_of(task, account).is_suspended
        )
