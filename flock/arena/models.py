"""The rows of the Arena's service. Openings, artifacts and private blobs are what no event says; all others are made
of chain events alone.

Scores are in millionths, amounts in wei, stakes in gm; amounts and stakes are kept as decimal text, as they do not
fit a 64-bit column.
"""

from enum import StrEnum

from sqlalchemy import JSON, BigInteger, Enum, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from flock.protocol.arena.stages import Queue, Role
from flock.store.database import Base, Whole
from flock.web.models import BlobRow


class TaskStage(StrEnum):
    """Where a task is: the stages of the chain, and what became of a task that never began."""

    ENROLLING = "enrolling"
    RUNNING = "running"
    DISCLOSING = "disclosing"
    FINALS = "finals"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class MemberStanding(StrEnum):
    """Suspended: a validator that gets no more duties once it is off the list.

    Retained: its stake is held for a while. Left: its stake is released.
    """

    ACTIVE = "active"
    SUSPENDED = "suspended"
    RETAINED = "retained"
    LEFT = "left"


class Verdict(StrEnum):
    """What is known of a submission on chain: waits or is in a window; sealed; or one of the ends."""

    QUEUED = "queued"
    HIDDEN = "hidden"
    SCORED = "scored"
    FAILED = "failed"
    VOID = "void"
    CANCELLED = "cancelled"


class ArenaTaskRow(Base):
    """An Arena, its terms and how far it is.

    ``parameters`` holds ArenaParameters by name, amounts as decimal text and bytes as hex. ``stage_ends_at`` is the
    deadline of disclosures, of the key, or of the finals' scores, in Unix seconds. ``places_on_a`` and
    ``places_on_b`` are the chain's rankings, as ids of submissions, the best first. ``validators`` counts the list.
    """

    __tablename__ = "arena_tasks"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    creator: Mapped[str]
    stage: Mapped[TaskStage] = mapped_column(Enum(TaskStage, name="arenastage"))
    metadata_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    parameters: Mapped[dict[str, int | str | bool]] = mapped_column(JSON)
    bounty: Mapped[int] = mapped_column(Whole)
    streamed: Mapped[int] = mapped_column(Whole, default=0)
    stage_ends_at: Mapped[int | None] = mapped_column(BigInteger, default=None)
    is_bonded: Mapped[bool] = mapped_column(default=False)
    key: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    key_is_lost: Mapped[bool] = mapped_column(default=False)
    submissions: Mapped[int] = mapped_column(default=0)
    windows: Mapped[int] = mapped_column(default=0)
    trainers: Mapped[int] = mapped_column(default=0)
    validators: Mapped[int] = mapped_column(default=0)
    places_on_a: Mapped[list[int]] = mapped_column(JSON, default=list)
    places_on_b: Mapped[list[int]] = mapped_column(JSON, default=list)
    is_on_b: Mapped[bool | None] = mapped_column(default=None)
    winner: Mapped[int | None] = mapped_column(BigInteger, default=None)
    model: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    refund: Mapped[int | None] = mapped_column(Whole, default=None)
    to_treasury: Mapped[int | None] = mapped_column(Whole, default=None)


class ArenaMemberRow(Base):
    """An account on a task; its ``id`` and ``role`` are for good. ``position`` is a validator's place in the list.

    ``best`` is a trainer's best submission on set A, ``best_rank`` its score the lower the better (``rank_of``).
    ``judged``, ``strikes``, ``misses`` and ``absences`` count all windows; ``slashed`` is gm, ``slashed_flock`` wei.
    """

    __tablename__ = "arena_members"
    __table_args__ = (
        Index("ix_arena_members_position", "task", "position"),
        Index("ix_arena_members_best", "task", "best_rank", "best"),
        Index("ix_arena_members_id", "task", "id", unique=True),
    )

    task: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger)
    role: Mapped[Role] = mapped_column(Enum(Role, name="arenarole"))
    standing: Mapped[MemberStanding] = mapped_column(Enum(MemberStanding, name="arenastanding"))
    stake: Mapped[int] = mapped_column(Whole)
    position: Mapped[int | None] = mapped_column(default=None)
    submissions: Mapped[int] = mapped_column(default=0)
    best: Mapped[int | None] = mapped_column(BigInteger, default=None)
    best_rank: Mapped[int | None] = mapped_column(BigInteger, default=None)
    judged: Mapped[int] = mapped_column(default=0)
    strikes: Mapped[int] = mapped_column(default=0)
    misses: Mapped[int] = mapped_column(default=0)
    absences: Mapped[int] = mapped_column(default=0)
    retained_until: Mapped[int | None] = mapped_column(BigInteger, default=None)
    slashed: Mapped[int] = mapped_column(Whole, default=0)
    slashed_flock: Mapped[int] = mapped_column(Whole, default=0)
    withdrawn: Mapped[int] = mapped_column(Whole, default=0)


class SubmissionRow(Base):
    """A submission: ``verdict``, ``median`` and ``mad`` are on set A, what begins with ``final`` is on set B.

    ``queue`` is where it waits, or waited last, and ``index`` its place there; ``window`` is the window on set A that
    took it. ``digest`` is known once disclosed, and ``first`` is then the lowest submission with it.
    """

    __tablename__ = "arena_submissions"
    __table_args__ = (
        Index("ix_arena_submissions_account", "task", "account", "id"),
        Index("ix_arena_submissions_digest", "task", "digest"),
        Index("ix_arena_submissions_waiting", "task", "queue", "verdict", "window", "index"),
    )

    task: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    account: Mapped[str]
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32))
    is_sealed: Mapped[bool]
    submitted_at: Mapped[int] = mapped_column(BigInteger)
    verdict: Mapped[Verdict] = mapped_column(Enum(Verdict, name="arenaverdict"))
    queue: Mapped[Queue] = mapped_column(Enum(Queue, name="arenaqueue"))
    index: Mapped[int] = mapped_column(BigInteger)
    window: Mapped[int | None] = mapped_column(default=None)
    median: Mapped[int | None] = mapped_column(default=None)
    mad: Mapped[int | None] = mapped_column(default=None)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    first: Mapped[int | None] = mapped_column(BigInteger, default=None)
    is_finalist: Mapped[bool] = mapped_column(default=False)
    final_window: Mapped[int | None] = mapped_column(default=None)
    final_verdict: Mapped[Verdict | None] = mapped_column(
        Enum(Verdict, name="arenafinalverdict"), default=None
    )
    final_median: Mapped[int | None] = mapped_column(default=None)
    final_mad: Mapped[int | None] = mapped_column(default=None)


class ChangeRow(Base):
    """Something that happened to a submission, where on chain, and when (Unix seconds)."""

    __tablename__ = "arena_changes"

    task: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    submission: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    block: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    window: Mapped[int | None] = mapped_column(default=None)
    transaction: Mapped[str]
    at: Mapped[int] = mapped_column(BigInteger)


class WindowRow(Base):
    """A window: ``submissions`` in their order; the first ``validators`` of the list can be drawn. Unix seconds."""

    __tablename__ = "arena_windows"

    task: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    queue: Mapped[Queue] = mapped_column(Enum(Queue, name="arenawindowqueue"))
    submissions: Mapped[list[int]] = mapped_column(JSON)
    validators: Mapped[int]
    opened_at: Mapped[int] = mapped_column(BigInteger)
    seed_block: Mapped[int | None] = mapped_column(BigInteger, default=None)
    seed: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    second_seed: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    commit_ends_at: Mapped[int | None] = mapped_column(BigInteger, default=None)
    replace_ends_at: Mapped[int | None] = mapped_column(BigInteger, default=None)
    reveal_ends_at: Mapped[int | None] = mapped_column(BigInteger, default=None)
    keeper: Mapped[str | None] = mapped_column(default=None)
    judged: Mapped[int] = mapped_column(default=0)
    transaction: Mapped[str]


class PanelSeatRow(Base):
    """A seat on the panel of a submission: slot ``slot`` of its window, drawn from the seed for ``account``.

    ``substitute`` is who can stand in, once the second seed is known. ``code`` is the score as revealed, ``by`` who
    revealed it, ``duplicate_of`` 0 for none.
    """

    __tablename__ = "arena_seats"
    __table_args__ = (
        Index("ix_arena_seats_submission", "task", "submission", "window"),
        Index("ix_arena_seats_account", "task", "account", "submission"),
        Index("ix_arena_seats_substitute", "task", "substitute", "submission"),
    )

    task: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    window: Mapped[int] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    submission: Mapped[int] = mapped_column(BigInteger)
    account: Mapped[str]
    substitute: Mapped[str | None] = mapped_column(default=None)
    by: Mapped[str | None] = mapped_column(default=None)
    code: Mapped[int | None] = mapped_column(default=None)
    duplicate_of: Mapped[int | None] = mapped_column(BigInteger, default=None)
    artifact: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    loss_root: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)


class ScoreCommitmentRow(Base):
    """What a validator committed to in a window, for its own seats or for those that it stands in for."""

    __tablename__ = "arena_commitments"

    task: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    window: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    stands_in: Mapped[bool] = mapped_column(primary_key=True)
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32))
    transaction: Mapped[str]
    revealed_transaction: Mapped[str | None] = mapped_column(default=None)


class ArenaDayRow(Base):
    """What happened on a day, which begins at ``day`` (Unix seconds, UTC).

    ``validations`` are scores and failures revealed; ``validators`` the longest list of a window;
    ``best_rank`` the best score of the day on set A, the lower the better (``rank_of``).
    """

    __tablename__ = "arena_days"
    __table_args__ = (Index("ix_arena_days_day", "day"),)

    task: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    submissions: Mapped[int]
    scored: Mapped[int]
    failed: Mapped[int]
    void: Mapped[int]
    cancelled: Mapped[int]
    validations: Mapped[int]
    validators: Mapped[int]
    best_rank: Mapped[int | None] = mapped_column(BigInteger, default=None)


PARTS = (
    ArenaMemberRow,
    SubmissionRow,
    ChangeRow,
    WindowRow,
    PanelSeatRow,
    ScoreCommitmentRow,
    ArenaDayRow,
)
"""The tables of what belongs to a task."""

PROJECTED = (ArenaTaskRow, *PARTS)
"""The tables that are made of chain events alone."""


class OpeningRow(Base):
    """What a trainer told the service of a commitment. Not from the chain, but checked against it."""

    __tablename__ = "arena_openings"

    commitment: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    task: Mapped[int] = mapped_column(BigInteger, index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    salt: Mapped[bytes] = mapped_column(LargeBinary(32))


class BroughtRow(Base):
    """Who has brought a private blob, all its bytes, whether or not somebody had brought them before."""

    __tablename__ = "arena_brought"

    task: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    cid: Mapped[str] = mapped_column(primary_key=True)


class PrivateBlob(BlobRow):
    """A blob that the service shows to some only: an artifact or a hidden set. Its bytes are kept apart."""

    __tablename__ = "arena_blobs"
