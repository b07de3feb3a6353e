"""What the service must know at once: asked of the rows, and of the chain where the rows may lag."""

from sqlalchemy import select

from flock.alliance.models import ON_THE_LIST, MemberRow, PublicationRow, SeatRow, TaskRow
from flock.chain.contracts.deployed import Contracts
from flock.errors import Refused, UnknownTask
from flock.protocol.core.cid import digest_from
from flock.protocol.core.commitments import proposal_commitment
from flock.store.database import Database
from flock.web.errors import NotFound


class MembershipIndex:
    """Membership and commitments of one deployment's Alliances."""

    def __init__(self, database: Database, contracts: Contracts) -> None:
        self.contracts = contracts
        self._database = database

    def belongs(self, task: int, account: str) -> bool:
        """Whether ``task`` is an Alliance, and ``account`` is a member of it or created it."""
        return self._belongs_by_rows(task, account) or self._belongs_by_chain(task, account)

    def publish(self, task: int, number: int, seat: int, cid: str) -> None:
        """Remember that the proposal of ``seat`` is the blob ``cid``.

        Raises UnknownTask; NotFound if the seat has not proposed; Refused if it committed to other bytes.
        """
        digest = digest_from(cid)
        if self._publish_if_true(self._commitment_by_rows(task, number, seat), task, number, seat, cid):
            return
        committed = self._commitment_by_chain(task, number, seat)
        if not self._publish_if_true(committed, task, number, seat, cid):
            raise Refused(
                f"{committed[0]} in seat {seat} of round {number} of task {task} did not commit to {cid} "
                f"(sha-256 {digest.hex()}): publish the blob whose digest it put on chain."
            )

    def _publish_if_true(
        self, committed: tuple[str, bytes] | None, task: int, number: int, seat: int, cid: str
    ) -> bool:
        if committed is None:
            return False
        account, commitment = committed
        if (
            proposal_commitment(
                self.contracts.alliance_rounds.domain, task, number, account, digest_from(cid)
            )
            != commitment
        ):
            return False
        with self._database.writing() as session:
            session.merge(PublicationRow(commitment=commitment, task=task, round=number, seat=seat, cid=cid))
        return True

    def _commitment_by_rows(self, task: int, number: int, seat: int) -> tuple[str, bytes] | None:
        with self._database.reading() as session:
            row = session.get(SeatRow, (task, number, seat))
            return (row.account, row.commitment) if row and row.commitment else None

    def _commitment_by_chain(self, task: int, number: int, seat: int) -> tuple[str, bytes]:
        if not self.contracts.task_manager.task_of(task).exists:
            raise UnknownTask(f"There is no task {task}: see /tasks for those there are.")
        rounds = self.contracts.alliance_rounds
        view = rounds.round_view(task)
        is_open = view.number == number and view.drawn_block > 0
        first = view.drawn_block if is_open else self.contracts.book.deployed_block
        events = rounds.events("Proposed", first, "latest", task, number)
        found = {event.arguments["seat"]: event.arguments for event in events}
        if seat not in found:
            raise NotFound(
                f"Seat {seat} of round {number} of task {task} has put no commitment on chain: propose first."
            )
        return found[seat]["account"], found[seat]["commitment"]

    def _belongs_by_rows(self, task: int, account: str) -> bool:
        creator = select(TaskRow.id).where(TaskRow.id == task, TaskRow.creator == account)
        member = select(MemberRow.number).where(
            MemberRow.task == task, MemberRow.account == account, MemberRow.state.in_(ON_THE_LIST)
        )
        with self._database.reading() as session:
            return session.scalar(creator) is not None or session.scalar(member) is not None

    def _belongs_by_chain(self, task: int, account: str) -> bool:
        found, rounds = self.contracts.task_manager.task_of(task), self.contracts.alliance_rounds
        if found.board != rounds.address:
            return False
        return found.creator == account or rounds.member_of(task, account).is_active
