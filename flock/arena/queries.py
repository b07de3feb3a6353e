"""What the rows say about Arenas: tasks, rankings, submissions, windows, members."""

from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from flock.arena.models import (
    ArenaMemberRow,
    ArenaTaskRow,
    ChangeRow,
    PanelSeatRow,
    ScoreCommitmentRow,
    SubmissionRow,
    TaskStage,
    Verdict,
    WindowRow,
)
from flock.arena.schemas import (
    ArenaAnswer,
    ArenaFilter,
    ChangeAnswer,
    LeaderboardPage,
    MemberAnswer,
    MemberFilter,
    PanelSeatAnswer,
    PhaseName,
    QueueName,
    RankAnswer,
    RevealAnswer,
    RoleName,
    SubmissionAnswer,
    SubmissionFilter,
    SubmissionPage,
    WindowAnswer,
    WindowPage,
)
from flock.arena.submission_states import ENDED_BY, SubmissionStatus, in_window, state_of
from flock.errors import UnknownTask
from flock.protocol.arena.copies import judged_copy_of
from flock.protocol.arena.scores import MAX_SCORE, SCORE_BITS, Failure
from flock.protocol.arena.stages import Queue, Role
from flock.protocol.core.cid import cid_of
from flock.web.errors import NotFound
from flock.web.fields import Page

Windows = Mapping[int, WindowRow]

# --- Rows that must be there ---


def known_task(session: Session, task: int) -> ArenaTaskRow:
    """Raises UnknownTask."""
    row = session.get(ArenaTaskRow, task)
    if row is None:
        raise UnknownTask(f"There is no Arena {task}: see /arena/tasks for those there are.")
    return row


def known_submission(session: Session, task: int, submission: int) -> SubmissionRow:
    """Raises UnknownTask, NotFound."""
    known_task(session, task)
    row = session.get(SubmissionRow, (task, submission))
    if row is None:
        raise NotFound(
            f"Arena {task} has no submission {submission} (yet): see /arena/tasks/{task}/submissions."
        )
    return row


# --- Answers ---


def tasks(session: Session, wanted: ArenaFilter) -> list[ArenaAnswer]:
    """Arenas of the filter, lowest id first."""
    query = select(ArenaTaskRow).where(ArenaTaskRow.id > wanted.after)
    if wanted.stage is not None:
        query = query.where(ArenaTaskRow.stage == wanted.stage)
    if wanted.creator is not None:
        query = query.where(ArenaTaskRow.creator == wanted.creator)
    return [_task_answer(row) for row in session.scalars(query.order_by(ArenaTaskRow.id).limit(wanted.limit))]


def task(session: Session, task_id: int) -> ArenaAnswer:
    """Raises UnknownTask."""
    return _task_answer(known_task(session, task_id))


def leaderboard(session: Session, task_id: int, wanted: LeaderboardPage) -> list[RankAnswer]:
    """A part of a ranking: the places on chain first, then everybody else by score. Raises UnknownTask."""
    row = known_task(session, task_id)
    is_on_b = bool(row.is_on_b) if wanted.set is None else wanted.set == "b"
    places = row.places_on_b if is_on_b else row.places_on_a
    ranks = _placed(session, row, places, is_on_b=is_on_b)
    shown = ranks[wanted.after : wanted.after + wanted.limit]
    if not is_on_b and len(shown) < wanted.limit:
        part = Page(after=max(0, wanted.after - len(ranks)), limit=wanted.limit - len(shown))
        shown += _unplaced(session, row, [rank.account for rank in ranks], part)
    return shown


def submissions(session: Session, task_id: int, wanted: SubmissionFilter, now: int) -> list[SubmissionAnswer]:
    """Submissions of a task, lowest id first. Raises UnknownTask."""
    row = known_task(session, task_id)
    query = select(SubmissionRow).where(SubmissionRow.task == task_id, SubmissionRow.id > wanted.after)
    if wanted.account is not None:
        query = query.where(SubmissionRow.account == wanted.account)
    found = session.scalars(query.order_by(SubmissionRow.id).limit(wanted.limit)).all()
    windows = _windows_of(session, found)
    return [SubmissionAnswer.model_validate(_submission_fields(row, each, windows, now)) for each in found]


def submission(session: Session, task_id: int, submission_id: int, now: int) -> SubmissionPage:
    """Raises UnknownTask, NotFound."""
    row, task = known_submission(session, task_id, submission_id), known_task(session, task_id)
    windows = _windows_of(session, [row])
    fields = _submission_fields(task, row, windows, now)
    seats = _revealed_seats(session, row, [each for each in windows.values() if _is_revealed(each, now)])
    return SubmissionPage.model_validate(
        {
            **fields,
            "queue_place": _queue_place(session, row)
            if fields["state"] == SubmissionStatus.WAITING
            else None,
            "judged_copy_of": _judged_copy_of(session, row, seats),
            "changes": _changes(session, row),
            "reveals": [_reveal_answer(seat, int(task.parameters["panel_seats"])) for seat in seats],
        }
    )


def windows(session: Session, task_id: int, page: Page, now: int) -> list[WindowAnswer]:
    """Windows of a task, earliest first. Raises UnknownTask."""
    known_task(session, task_id)
    query = select(WindowRow).where(WindowRow.task == task_id, WindowRow.number > page.after)
    found = session.scalars(query.order_by(WindowRow.number).limit(page.limit))
    return [WindowAnswer.model_validate(_window_fields(row, now)) for row in found]


def window(session: Session, task_id: int, number: int, now: int) -> WindowPage:
    """Raises UnknownTask, NotFound."""
    known_task(session, task_id)
    row = session.get(WindowRow, (task_id, number))
    if row is None:
        raise NotFound(f"Arena {task_id} has not opened window {number}: see /arena/tasks/{task_id}/windows.")
    return WindowPage.model_validate({**_window_fields(row, now), "seats": _panel_seats(session, row)})


def members(session: Session, task_id: int, wanted: MemberFilter) -> list[MemberAnswer]:
    """Members of a task, in the order they first enrolled. Raises UnknownTask."""
    known_task(session, task_id)
    query = select(ArenaMemberRow).where(ArenaMemberRow.task == task_id, ArenaMemberRow.id > wanted.after)
    if wanted.role is not None:
        query = query.where(ArenaMemberRow.role == Role[wanted.role.upper()])
    if wanted.standing is not None:
        query = query.where(ArenaMemberRow.standing == wanted.standing)
    found = session.scalars(query.order_by(ArenaMemberRow.id).limit(wanted.limit))
    return [_member_answer(row) for row in found]


# --- Tasks and rankings ---


def _task_answer(row: ArenaTaskRow) -> ArenaAnswer:
    ends_at = int(row.parameters["ends_at"])
    return ArenaAnswer(
        id=row.id,
        creator=row.creator,
        stage=row.stage,
        stage_ends_at=ends_at if row.stage is TaskStage.RUNNING else row.stage_ends_at,
        bounty=row.bounty,
        streamed=row.streamed,
        is_bonded=row.is_bonded,
        key=row.key,
        key_is_lost=row.key_is_lost,
        submissions=row.submissions,
        windows=row.windows,
        trainers=row.trainers,
        validators=row.validators,
        metadata=cid_of(row.metadata_digest),
        is_on_b=row.is_on_b,
        winner=row.winner,
        model=None if row.model is None else cid_of(row.model),
        refund=row.refund,
        to_treasury=row.to_treasury,
        parameters=row.parameters,
    )


def _placed(
    session: Session, task: ArenaTaskRow, places: Sequence[int], *, is_on_b: bool
) -> list[RankAnswer]:
    of_them = (SubmissionRow.task == task.id, SubmissionRow.id.in_(places))
    rows = {row.id: row for row in session.scalars(select(SubmissionRow).where(*of_them))}
    best = {} if is_on_b else _best_scores(session, task, [row.account for row in rows.values()])
    return [
        _rank_answer(
            rank, rows[place], best.get(rows[place].account, rows[place].final_median or 0), is_placed=True
        )
        for rank, place in enumerate(places, start=1)
    ]


def _best_scores(session: Session, task: ArenaTaskRow, accounts: Sequence[str]) -> Mapping[str, int]:
    of_them = (ArenaMemberRow.task == task.id, ArenaMemberRow.account.in_(accounts))
    rows = session.execute(select(ArenaMemberRow.account, ArenaMemberRow.best_rank).where(*of_them))
    return {account: abs(rank) for account, rank in rows if rank is not None}


def _unplaced(session: Session, task: ArenaTaskRow, placed: Sequence[str], part: Page) -> list[RankAnswer]:
    """Trainers with a score but no place; ``part`` counts them alone. What is skipped is only read from the index.

    Those with a place are read as well, and left out here: to look for them among all that is skipped takes longer.
    """
    member = ArenaMemberRow
    keys = select(member.best_rank, member.best).where(member.task == task.id)
    with_place = _keys(session, keys.where(member.account.in_(placed)))
    in_order = keys.where(member.best_rank.is_not(None)).order_by(member.best_rank, member.best)
    found = _keys(session, in_order.offset(part.after).limit(part.limit + len(with_place)))
    before = sum(key < found[0] for key in with_place) if found else 0
    others = [key for key in found if key not in with_place][before : before + part.limit]
    of_them = (SubmissionRow.task == task.id, SubmissionRow.id.in_([best for _, best in others]))
    rows = {row.id: row for row in session.scalars(select(SubmissionRow).where(*of_them))}
    return [
        _rank_answer(rank, rows[best], abs(score), is_placed=False)
        for rank, (score, best) in enumerate(others, start=len(placed) + part.after + 1)
    ]


def _keys(session: Session, query: Select[int | None, int | None]) -> list[tuple[int, int]]:
    """Scores as ``rank_of`` makes them, and the submissions that have them."""
    rows = session.execute(query)
    return [(rank, best) for rank, best in rows if rank is not None and best is not None]


def _rank_answer(rank: int, row: SubmissionRow, score: int, *, is_placed: bool) -> RankAnswer:
    return RankAnswer(
        rank=rank,
        is_placed=is_placed,
        account=row.account,
        submission=row.id,
        score=score,
        submitted_at=row.submitted_at,
        copy_of=_copy_of(row),
    )


def _member_answer(row: ArenaMemberRow) -> MemberAnswer:
    return MemberAnswer(
        id=row.id,
        account=row.account,
        role=cast("RoleName", row.role.name.lower()),
        standing=row.standing,
        stake=row.stake,
        position=row.position,
        submissions=row.submissions,
        best=row.best,
        judged=row.judged,
        strikes=row.strikes,
        misses=row.misses,
        absences=row.absences,
        retained_until=row.retained_until,
        slashed=row.slashed,
        slashed_flock=row.slashed_flock,
        withdrawn=row.withdrawn,
    )


# --- Submissions ---


def _submission_fields(
    task: ArenaTaskRow, row: SubmissionRow, windows: Windows, now: int
) -> dict[str, object]:
    last = row.final_window or row.window
    state = state_of(task, row, None if last is None else windows[last], now)
    return {
        "id": row.id,
        "account": row.account,
        "state": state.status,
        "until": state.until,
        "ended_by": ENDED_BY.get(state.status),
        "is_sealed": row.is_sealed,
        "submitted_at": row.submitted_at,
        "commitment": row.commitment,
        "digest": row.digest,
        "copy_of": _copy_of(row),
        "window": row.window,
        "median": row.median,
        "mad": row.mad,
        "is_finalist": row.is_finalist,
        "final_window": row.final_window,
        "final_median": row.final_median,
        "final_mad": row.final_mad,
    }


def _copy_of(row: SubmissionRow) -> int | None:
    return row.first if row.first != row.id else None


def _windows_of(session: Session, rows: Sequence[SubmissionRow]) -> Windows:
    """The windows that have, or had, these submissions of one task."""
    numbers = {number for row in rows for number in (row.window, row.final_window) if number is not None}
    if not numbers:
        return {}
    query = select(WindowRow).where(WindowRow.task == rows[0].task, WindowRow.number.in_(numbers))
    return {row.number: row for row in session.scalars(query)}


def _queue_place(session: Session, row: SubmissionRow) -> int:
    before = select(func.count()).where(
        SubmissionRow.task == row.task,
        SubmissionRow.queue == row.queue,
        SubmissionRow.verdict == Verdict.QUEUED,
        SubmissionRow.window.is_(None),
        SubmissionRow.index < row.index,
    )
    return session.scalars(before).one()


def _changes(session: Session, row: SubmissionRow) -> list[ChangeAnswer]:
    of_it = (ChangeRow.task == row.task, ChangeRow.submission == row.id)
    query = select(ChangeRow).where(*of_it).order_by(ChangeRow.block, ChangeRow.index)
    return [ChangeAnswer.model_validate(change) for change in session.scalars(query)]


def _is_revealed(row: WindowRow, now: int) -> bool:
    """Whether nobody can reveal in it any more: what was revealed then influences nobody."""
    return row.judged > 0 or (row.reveal_ends_at is not None and now >= row.reveal_ends_at)


def _revealed_seats(
    session: Session, row: SubmissionRow, over: Sequence[WindowRow]
) -> Sequence[PanelSeatRow]:
    of_it = (PanelSeatRow.task == row.task, PanelSeatRow.submission == row.id)
    told = (PanelSeatRow.window.in_([each.number for each in over]), PanelSeatRow.by.is_not(None))
    query = select(PanelSeatRow).where(*of_it, *told).order_by(PanelSeatRow.window, PanelSeatRow.slot)
    return session.scalars(query).all()


def _judged_copy_of(session: Session, row: SubmissionRow, revealed: Sequence[PanelSeatRow]) -> int | None:
    named = [seat.duplicate_of or 0 for seat in revealed if seat.window == row.final_window and seat.code]
    finalists = select(SubmissionRow.id).where(
        SubmissionRow.task == row.task, SubmissionRow.is_finalist, SubmissionRow.id.in_(set(named))
    )
    return judged_copy_of(row.id, named, session.scalars(finalists).all())


def _reveal_answer(row: PanelSeatRow, panel_seats: int) -> RevealAnswer:
    score, failure = _outcome(row.code or 0)
    return RevealAnswer(
        window=row.window,
        seat=row.slot % panel_seats,
        account=row.by or row.account,
        stands_in=row.by != row.account,
        score=score,
        failure=failure,
        duplicate_of=row.duplicate_of or None,
        artifact=row.artifact or b"",
        loss_root=row.loss_root or b"",
    )


def _outcome(code: int) -> tuple[int | None, str | None]:
    """A code of ``flock.protocol.arena.scores``: a score, or the name of a failure, or nothing."""
    if code == 0:
        return None, None
    if code - 1 <= MAX_SCORE:
        return code - 1, None
    number = (1 << SCORE_BITS) - 1 - code
    known = next((failure.name.lower() for failure in Failure if failure == number), None)
    return None, known or f"failure {number}"


# --- Windows ---


def _window_fields(row: WindowRow, now: int) -> Mapping[str, object]:
    return {
        "number": row.number,
        "queue": cast("QueueName", Queue(row.queue).name.lower()),
        "phase": _phase(row, now),
        "submissions": row.submissions,
        "judged": row.judged,
        "validators": row.validators,
        "opened_at": row.opened_at,
        "seed_block": row.seed_block,
        "seed": row.seed,
        "second_seed": row.second_seed,
        "commit_ends_at": row.commit_ends_at,
        "replace_ends_at": row.replace_ends_at,
        "reveal_ends_at": row.reveal_ends_at,
        "keeper": row.keeper,
        "transaction": row.transaction,
    }


def _phase(row: WindowRow, now: int) -> PhaseName:
    if row.judged == len(row.submissions):
        return "over"
    return cast("PhaseName", in_window(row, now).status.value)


def _panel_seats(session: Session, row: WindowRow) -> list[PanelSeatAnswer]:
    of_it = (ScoreCommitmentRow.task == row.task, ScoreCommitmentRow.window == row.number)
    committed = {
        (commitment.account, commitment.stands_in)
        for commitment in session.scalars(select(ScoreCommitmentRow).where(*of_it))
    }
    seats = select(PanelSeatRow).where(PanelSeatRow.task == row.task, PanelSeatRow.window == row.number)
    return [
        PanelSeatAnswer(
            slot=seat.slot,
            submission=seat.submission,
            account=seat.account,
            substitute=seat.substitute,
            has_committed=(seat.account, False) in committed,
            substitute_has_committed=(seat.substitute, True) in committed,
            has_revealed=seat.by is not None,
        )
        for seat in session.scalars(seats.order_by(PanelSeatRow.slot))
    ]
