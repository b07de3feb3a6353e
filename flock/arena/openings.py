"""What trainers tell the service of their commitments, for their panels: scored are the bytes committed to."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from flock.arena.access import require_reader
from flock.arena.models import OpeningRow, SubmissionRow
from flock.arena.queries import known_submission, known_task
from flock.chain.contracts.deployed import Contracts
from flock.errors import BlobUnavailable, Refused
from flock.protocol.arena.commitments import submission_commitment
from flock.protocol.arena.stages import SubmissionState
from flock.store.database import Database
from flock.web.errors import Forbidden, NotFound


@dataclass(frozen=True)
class Opening:
    """The SHA-256 of an artifact, and the 32-byte salt of the commitment to it."""

    digest: bytes
    salt: bytes


class Openings:
    """The openings of one deployment's Arenas."""

    def __init__(self, database: Database, contracts: Contracts) -> None:
        self._database = database
        self._contracts = contracts

    def keep(self, task: int, submission: int, account: str, opening: Opening) -> None:
        """Remember what ``account`` had committed to; again changes nothing.

        Raises NotFound; Forbidden for another's submission; Refused for what does not match the commitment.
        """
        trainer, commitment = self._committed(task, submission)
        if trainer != account:
            raise Forbidden(
                f"Submission {submission} of Arena {task} is {trainer}'s, not {account}'s: open your own."
            )
        board = self._contracts.arena_board.domain
        if submission_commitment(board, task, account, opening.digest, opening.salt) != commitment:
            raise Refused(
                f"Digest and salt are not what {account} committed to as submission {submission} of Arena {task}: "
                f"send those that the commitment on chain was made of."
            )
        row = OpeningRow(commitment=commitment, task=task, digest=opening.digest, salt=opening.salt)
        with self._database.writing() as session:
            session.merge(row)

    def read(self, session: Session, task: int, submission: int, account: str) -> Opening:
        """What ``submission`` hides, for those who may know it.

        Raises NotFound, Forbidden; BlobUnavailable while its trainer has not told.
        """
        row = known_submission(session, task, submission)
        require_reader(session, known_task(session, task), row, account)
        found = session.get(OpeningRow, row.commitment)
        if found is None:
            raise _untold(row)
        return Opening(found.digest, found.salt)

    def digest_of(self, session: Session, row: SubmissionRow) -> bytes:
        """The SHA-256 of a submission's artifact. Raises BlobUnavailable while its trainer has not told."""
        if row.digest is not None:
            return row.digest
        found = session.get(OpeningRow, row.commitment)
        if found is None:
            raise _untold(row)
        return found.digest

    def _committed(self, task: int, submission: int) -> tuple[str, bytes]:
        """Trainer and commitment of a submission, also of one that the rows do not know yet."""
        with self._database.reading() as session:
            row = session.get(SubmissionRow, (task, submission))
        if row is not None:
            return row.account, row.commitment
        view = self._contracts.arena_board.submission_of(task, submission)
        if view.state is SubmissionState.NONE:
            raise NotFound(f"Arena {task} has no submission {submission}: submit first.")
        return view.trainer, view.commitment


def _untold(row: SubmissionRow) -> BlobUnavailable:
    return BlobUnavailable(
        f"The trainer of submission {row.id} of Arena {row.task} has not told what it is: ask again later."
    )
