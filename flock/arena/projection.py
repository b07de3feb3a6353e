"""Chain events in, rows out: what every event of an Arena means, and nothing else.

Rows are a function of the events alone. Who sits on a panel is not in an event: it follows from the window's seeds
and the list of validators by the same rule as on chain.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from flock.arena import daily
from flock.arena.daily import rank_of
from flock.arena.models import (
    PARTS,
    ArenaMemberRow,
    ArenaTaskRow,
    ChangeRow,
    MemberStanding,
    PanelSeatRow,
    ScoreCommitmentRow,
    SubmissionRow,
    TaskStage,
    Verdict,
    WindowRow,
)
from flock.chain.client import Log
from flock.chain.events import Event
from flock.errors import RpcUnavailable
from flock.protocol.arena.commitments import unpacked_codes, unpacked_slots
from flock.protocol.arena.leaderboard import with_place
from flock.protocol.arena.panels import panel, substitutes
from flock.protocol.arena.params import AMOUNTS
from flock.protocol.arena.stages import Queue, Role, SubmissionState
from flock.protocol.core.schedule import SCHEDULE
from flock.tasks.task_projection import Arguments, Handlers, TaskProjection

VERDICTS = {
    SubmissionState.SCORED: Verdict.SCORED,
    SubmissionState.FAILED: Verdict.FAILED,
    SubmissionState.VOID: Verdict.VOID,
}


class ArenaProjection(TaskProjection):
    """The rows of the Arena's service; ``board`` is the address of ArenaBoard."""

    needs_times = True

    def __init__(self, board: str) -> None:
        super().__init__(board, ArenaTaskRow, PARTS, HANDLERS)

    def apply(self, session: Session, event: Event) -> None:
        super().apply(session, event)
        daily.count(session, event)


def plain(name: str, value: int | bytes | bool) -> int | str | bool:
    """A parameter as JSON holds it: amounts as decimal text, bytes as hex."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value) if name in AMOUNTS else value


# --- Tasks ---


def _task_created(session: Session, given: Arguments, _: Log) -> None:
    session.add(
        ArenaTaskRow(
            id=given["task_id"],
            creator=given["creator"],
            stage=TaskStage.ENROLLING,
            metadata_digest=given["metadata"],
            parameters={name: plain(name, given[name]) for name in SCHEDULE},
            bounty=given["bounty"],
        )
    )


def _arena_opened(session: Session, given: Arguments, _: Log) -> None:
    """The board has taken in the terms: in the transaction that made the task."""
    task = _task(session, given)
    terms = {name: plain(name, value) for name, value in given["terms"].items()}
    task.parameters = {**task.parameters, **terms}


def _task_funded(session: Session, given: Arguments, _: Log) -> None:
    _task(session, given).bounty += given["amount"]


def _task_cancelled(session: Session, given: Arguments, _: Log) -> None:
    task = _task(session, given)
    task.stage, task.refund = TaskStage.CANCELLED, given["refund"]


def _task_closed(session: Session, given: Arguments, _: Log) -> None:
    task = _task(session, given)
    task.refund, task.to_treasury = given["refund"], given["to_treasury"]


def _bonded(session: Session, given: Arguments, _: Log) -> None:
    _task(session, given).is_bonded = True


def _arena_began(session: Session, given: Arguments, _: Log) -> None:
    _task(session, given).stage = TaskStage.RUNNING


def _closing_began(session: Session, given: Arguments, _: Log) -> None:
    task = _task(session, given)
    task.stage, task.stage_ends_at = TaskStage.DISCLOSING, given["disclose_by"]


def _finals_began(session: Session, given: Arguments, _: Log) -> None:
    task = _task(session, given)
    task.stage, task.stage_ends_at = TaskStage.FINALS, given["key_by"]
    for index, finalist in enumerate(given["finalists"]):
        row = _submission(session, task.id, finalist)
        row.is_finalist, row.queue, row.index = True, Queue.FINAL, index


def _key_opened(session: Session, given: Arguments, log: Log) -> None:
    task = _task(session, given)
    task.key = given["key"]
    task.stage_ends_at = _time(log) + int(task.parameters["final_seconds"])


def _key_lost(session: Session, given: Arguments, _: Log) -> None:
    _task(session, given).key_is_lost = True


def _arena_finished(session: Session, given: Arguments, _: Log) -> None:
    task = _task(session, given)
    task.stage, task.stage_ends_at = TaskStage.FINISHED, None
    task.is_on_b, task.winner = given["is_on_b"], given["winner"] or None
    task.model = given["model"] if any(given["model"]) else None


def _bounty_streamed(session: Session, given: Arguments, _: Log) -> None:
    _task(session, given).streamed += given["amount"]


# --- Members ---


def _enrolled(session: Session, given: Arguments, _: Log) -> None:
    """A member that comes back keeps its id and all that it has done."""
    task, role = _task(session, given), Role(given["role"])
    member = session.get(ArenaMemberRow, (task.id, given["account"]))
    if member is None:
        member = ArenaMemberRow(task=task.id, account=given["account"], id=given["member_id"], role=role)
        session.add(member)
    member.standing, member.stake, member.retained_until = MemberStanding.ACTIVE, given["stake"], None
    if role is Role.VALIDATOR:
        member.position = given["position"]
        task.validators += 1
    else:
        task.trainers += 1


def _suspended(session: Session, given: Arguments, _: Log) -> None:
    _member(session, given).standing = MemberStanding.SUSPENDED


def _delisted(session: Session, given: Arguments, _: Log) -> None:
    """The last validator of the list, ``moved``, gets the place of the one that goes."""
    _task(session, given).validators -= 1
    session.get_one(ArenaMemberRow, (given["task_id"], given["moved"])).position = given["position"]
    _member(session, given).position = None


def _retained(session: Session, given: Arguments, _: Log) -> None:
    member = _member(session, given)
    member.standing, member.retained_until = MemberStanding.RETAINED, given["until"]


def _left(session: Session, given: Arguments, _: Log) -> None:
    member = _member(session, given)
    member.standing, member.retained_until = MemberStanding.LEFT, None
    if member.role is Role.TRAINER:
        _task(session, given).trainers -= 1


def _withdrawn(session: Session, given: Arguments, _: Log) -> None:
    """Keepers and creators are paid as well, who need not be members."""
    member = session.get(ArenaMemberRow, (given["task_id"], given["account"]))
    if member is not None:
        member.withdrawn += given["amount"]


def _settled(session: Session, given: Arguments, _: Log) -> None:
    member = _member(session, given)
    member.judged += given["judged"]
    member.strikes += given["strikes"]
    member.misses += given["misses"]
    member.absences += given["is_absent"]


def _validator_slashed(session: Session, given: Arguments, _: Log) -> None:
    member = _member(session, given)
    member.slashed += given["gm"]
    member.slashed_flock += given["flock"]


# --- Submissions ---


def _submitted(session: Session, given: Arguments, log: Log) -> None:
    task, member = _task(session, given), _member(session, given)
    task.submissions += 1
    member.submissions += 1
    is_sealed = given["is_sealed"]
    session.add(
        SubmissionRow(
            task=task.id,
            id=given["submission"],
            account=member.account,
            commitment=given["commitment"],
            is_sealed=is_sealed,
            submitted_at=_time(log),
            verdict=Verdict.HIDDEN if is_sealed else Verdict.QUEUED,
            queue=Queue.SEALED if is_sealed else Queue.OPEN,
            index=given["submission"],
        )
    )
    _note(session, given, given["submission"], "submitted", log)


def _submission_cancelled(session: Session, given: Arguments, log: Log) -> None:
    _submission(session, given["task_id"], given["submission"]).verdict = Verdict.CANCELLED
    _note(session, given, given["submission"], "cancelled", log)


def _submission_expired(session: Session, given: Arguments, log: Log) -> None:
    _submission(session, given["task_id"], given["submission"]).verdict = Verdict.VOID
    _note(session, given, given["submission"], "expired", log)


def _disclosed(session: Session, given: Arguments, log: Log) -> None:
    """A sealed one is queued now, behind those that were disclosed before it."""
    row = _submission(session, given["task_id"], given["submission"])
    row.digest = given["digest"]
    alike = (SubmissionRow.task == row.task, SubmissionRow.digest == row.digest)
    for other in session.scalars(select(SubmissionRow).where(*alike)):
        other.first = given["first"]  # also of one that was disclosed before an earlier one
    if row.verdict is Verdict.HIDDEN:
        row.verdict, row.index = Verdict.QUEUED, log.block << 20 | log.index
    _note(session, given, given["submission"], "disclosed", log)


def _judged(session: Session, given: Arguments, log: Log) -> None:
    row = _submission(session, given["task_id"], given["submission"])
    window = session.get_one(WindowRow, (row.task, given["window"]))
    window.judged += 1
    verdict = VERDICTS[SubmissionState(given["state"])]
    median, mad = (given["median"], given["mad"]) if verdict is Verdict.SCORED else (None, None)
    if window.queue is Queue.FINAL:
        row.final_verdict, row.final_median, row.final_mad = verdict, median, mad
    elif row.verdict is Verdict.QUEUED:  # one that was cancelled meanwhile stays so
        row.verdict, row.median, row.mad = verdict, median, mad
        if median is not None:
            _keep_the_best(session, row, median)
    _note(session, given, row.id, verdict, log)


def _keep_the_best(session: Session, row: SubmissionRow, median: int) -> None:
    """Of equal scores the earlier submission is the better one."""
    member = session.get_one(ArenaMemberRow, (row.task, row.account))
    key = (rank_of(session.get_one(ArenaTaskRow, row.task), median), row.id)
    if member.best is None or member.best_rank is None or key < (member.best_rank, member.best):
        member.best_rank, member.best = key


def _placed(session: Session, given: Arguments, log: Log) -> None:
    task = _task(session, given)
    ranking = "places_on_b" if given["is_on_b"] else "places_on_a"

    def trainer_of(submission: int) -> str:
        return _submission(session, task.id, submission).account

    most = int(task.parameters["finalists"])
    placed = with_place(getattr(task, ranking), given["submission"], given["place"], trainer_of, most)
    setattr(task, ranking, placed)
    _note(session, given, given["submission"], "placed", log)


def _found_to_be_copy(session: Session, given: Arguments, log: Log) -> None:
    _note(session, given, given["submission"], "found to be a copy", log)


# --- Windows ---


def _window_opened(session: Session, given: Arguments, log: Log) -> None:
    task, number = _task(session, given), given["window"]
    task.windows = number
    session.add(
        WindowRow(
            task=task.id,
            number=number,
            queue=Queue(given["queue"]),
            submissions=list(given["submissions"]),
            validators=given["validators"],
            opened_at=_time(log),
            transaction=log.transaction,
        )
    )
    is_final = given["queue"] == Queue.FINAL
    for submission in given["submissions"]:
        row = _submission(session, task.id, submission)
        if is_final:
            row.final_window = number
        else:
            row.window = number
        _note(session, given, submission, "taken", log)


def _seed_named(session: Session, given: Arguments, _: Log) -> None:
    _window(session, given).seed_block = given["seed_block"]


def _panels_drawn(session: Session, given: Arguments, log: Log) -> None:
    task, window = _task(session, given), _window(session, given)
    window.seed, window.seed_block, window.keeper = given["seed"], None, given["keeper"]
    window.commit_ends_at, window.replace_ends_at = given["commit_ends_at"], given["replace_ends_at"]
    window.reveal_ends_at = given["reveal_ends_at"]
    listed, seats = _listed(session, window), int(task.parameters["panel_seats"])
    for order, submission in enumerate(window.submissions):
        drawn = panel(given["seed"], order, seats, window.validators)
        session.add_all(
            PanelSeatRow(
                task=task.id,
                window=window.number,
                slot=order * seats + seat,
                submission=submission,
                account=listed[position],
            )
            for seat, position in enumerate(drawn)
        )
        _note(session, given, submission, "drawn", log)


def _substitutes_drawn(session: Session, given: Arguments, _: Log) -> None:
    task, window = _task(session, given), _window(session, given)
    window.second_seed, window.seed_block = given["seed"], None
    listed, seats = _listed(session, window), int(task.parameters["panel_seats"])
    position_of = {account: position for position, account in enumerate(listed)}
    rows = _seats(session, window)
    holders = {position_of[row.account] for row in rows}
    absent = frozenset(holders - {position_of[account] for account in _committed(session, window)})
    for order in range(len(window.submissions)):
        own = rows[order * seats : (order + 1) * seats]
        drawn = [position_of[row.account] for row in own]
        chosen = substitutes(given["seed"], order, drawn, absent, window.validators)
        for row, position in zip(own, chosen, strict=True):
            row.substitute = None if position is None else listed[position]


def _scores_committed(session: Session, given: Arguments, log: Log) -> None:
    _commit(session, given, log, stands_in=False)


def _substitute_committed(session: Session, given: Arguments, log: Log) -> None:
    _commit(session, given, log, stands_in=True)


def _commit(session: Session, given: Arguments, log: Log, *, stands_in: bool) -> None:
    session.add(
        ScoreCommitmentRow(
            task=given["task_id"],
            window=given["window"],
            account=given["account"],
            stands_in=stands_in,
            commitment=given["commitment"],
            transaction=log.transaction,
        )
    )


def _scores_revealed(session: Session, given: Arguments, log: Log) -> None:
    task, window, account = given["task_id"], given["window"], given["account"]
    committed = session.get_one(ScoreCommitmentRow, (task, window, account, given["stands_in"]))
    committed.revealed_transaction = log.transaction
    for slot, seat in _revealed(given):
        row = session.get_one(PanelSeatRow, (task, window, slot))
        row.by = account
        row.code, row.duplicate_of, row.artifact, row.loss_root = seat


def _revealed(given: Arguments) -> Iterator[tuple[int, tuple[int, int, bytes, bytes]]]:
    """What was revealed, by slot: score, duplicate, artifact, root of losses."""
    count = len(given["artifacts"])
    codes, duplicates = (unpacked_codes(given[name], count) for name in ("scores", "duplicates"))
    seats = zip(codes, duplicates, given["artifacts"], given["loss_roots"], strict=True)
    return zip(unpacked_slots(given["seats"], count), seats, strict=True)


# --- Rows that an event names ---


def _task(session: Session, given: Arguments) -> ArenaTaskRow:
    return session.get_one(ArenaTaskRow, given["task_id"])


def _member(session: Session, given: Arguments) -> ArenaMemberRow:
    return session.get_one(ArenaMemberRow, (given["task_id"], given["account"]))


def _submission(session: Session, task: int, submission: int) -> SubmissionRow:
    return session.get_one(SubmissionRow, (task, submission))


def _window(session: Session, given: Arguments) -> WindowRow:
    return session.get_one(WindowRow, (given["task_id"], given["window"]))


def _listed(session: Session, window: WindowRow) -> Sequence[str]:
    """The validators that can be drawn, by place: until the window is over, only places after them change."""
    can_be_drawn = (ArenaMemberRow.task == window.task, ArenaMemberRow.position < window.validators)
    query = select(ArenaMemberRow.account).where(*can_be_drawn).order_by(ArenaMemberRow.position)
    return session.scalars(query).all()


def _seats(session: Session, window: WindowRow) -> Sequence[PanelSeatRow]:
    of_it = (PanelSeatRow.task == window.task, PanelSeatRow.window == window.number)
    return session.scalars(select(PanelSeatRow).where(*of_it).order_by(PanelSeatRow.slot)).all()


def _committed(session: Session, window: WindowRow) -> Sequence[str]:
    row = ScoreCommitmentRow
    of_it = (row.task == window.task, row.window == window.number, row.stands_in.is_(False))
    return session.scalars(select(row.account).where(*of_it)).all()


def _note(session: Session, given: Arguments, submission: int, what: str, log: Log) -> None:
    session.add(
        ChangeRow(
            task=given["task_id"],
            submission=submission,
            block=log.block,
            index=log.index,
            what=what,
            window=given.get("window"),
            transaction=log.transaction,
            at=_time(log),
        )
    )


def _time(log: Log) -> int:
    if log.time is None:
        raise RpcUnavailable(f"A log of {log.transaction} came without the time of its block: read it again.")
    return log.time


HANDLERS: Handlers = {
    "TaskCreated": _task_created,
    "ArenaOpened": _arena_opened,
    "TaskFunded": _task_funded,
    "TaskCancelled": _task_cancelled,
    "TaskClosed": _task_closed,
    "Bonded": _bonded,
    "ArenaBegan": _arena_began,
    "Enrolled": _enrolled,
    "Suspended": _suspended,
    "Delisted": _delisted,
    "Retained": _retained,
    "Left": _left,
    "Withdrawn": _withdrawn,
    "Submitted": _submitted,
    "SubmissionCancelled": _submission_cancelled,
    "SubmissionExpired": _submission_expired,
    "WindowOpened": _window_opened,
    "SeedNamed": _seed_named,
    "PanelsDrawn": _panels_drawn,
    "SubstitutesDrawn": _substitutes_drawn,
    "ScoresCommitted": _scores_committed,
    "SubstituteCommitted": _substitute_committed,
    "ScoresRevealed": _scores_revealed,
    "Settled": _settled,
    "ValidatorSlashed": _validator_slashed,
    "Judged": _judged,
    "Placed": _placed,
    "FoundToBeCopy": _found_to_be_copy,
    "ClosingBegan": _closing_began,
    "Disclosed": _disclosed,
    "FinalsBegan": _finals_began,
    "KeyOpened": _key_opened,
    "KeyLost": _key_lost,
    "ArenaFinished": _arena_finished,
    "BountyStreamed": _bounty_streamed,
}
