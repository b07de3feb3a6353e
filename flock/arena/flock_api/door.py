"""What FLock.io's clients ask of a service, each by the rules of the Arena on the chain."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flock.arena.flock_api import answers
from flock.arena.flock_api.answers import Answer
from flock.arena.flock_api.assignments import (
    NOTHING_TO_VALIDATE,
    TOO_OFTEN,
    Assignment,
    Assignments,
)
from flock.arena.flock_api.links import Links
from flock.arena.flock_api.models import ApiSubmissionRow, AssignmentStatus
from flock.arena.flock_api.operating import Competing, Operator
from flock.arena.flock_api.repositories import ADAPTER, WEIGHTS, Model, Repositories
from flock.arena.flock_api.waiting import HOLD_SECONDS, Waiters
from flock.arena.models import ArenaTaskRow, SubmissionRow
from flock.arena.queries import known_submission, known_task
from flock.arena.scoring.results import reveal_of
from flock.arena.sealing import unsealed
from flock.arena.service import ArenaService
from flock.arena.task_document import LARGEST_SET, TaskDocument, parse_document
from flock.errors import BadConfig, BlobUnavailable, FlockError, Refused, ServiceUnavailable
from flock.protocol.arena.scores import Failure
from flock.protocol.arena.scores import Reveal as ScoreOrFailure
from flock.protocol.arena.stages import Role
from flock.protocol.core.cid import cid_of
from flock.store.blobs import BlobBackend
from flock.store.database import Database
from flock.tasks.documents import LARGEST_METADATA
from flock.web.blobs import blob_response
from flock.web.errors import NotFound, TooManyRequests

MOST_AT_ONCE = 4
"""Submissions and assignments worked on at once, in threads of their own: the door asks its own service, whose
requests must not wait for those that asked."""
PRIVATE = "private, no-store"
RETRY_SECONDS = 180
Value = TypeVar("Value")


class Door:
    """One service's. Without an ``operator`` it answers questions, and takes no submissions and scores."""

    def __init__(
        self,
        url: str,
        database: Database,
        repositories: Repositories,
        operator: Operator | None,
        hold_seconds: float = HOLD_SECONDS,
    ) -> None:
        self.url = url.rstrip("/")
        self.waiters = Waiters()
        self.assignments = Assignments(database)
        self.operator = operator
        self._database = database
        self._repositories = repositories
        self._hold_seconds = hold_seconds
        self._links = Links(url)
        self._threads = CapacityLimiter(MOST_AT_ONCE)
        self._arena: ArenaService | None = None
        self._public: BlobBackend | None = None
        self._documents: dict[bytes, TaskDocument] = {}

    def serve(self, arena: ArenaService, public: BlobBackend) -> None:
        """Whose hidden sets and chain these are; ``public`` has the tasks' metadata."""
        self._arena, self._public = arena, public

    # ---- tasks

    def task(self, session: Session, task: int) -> Answer:
        """Raises UnknownTask."""
        row = known_task(session, task)
        return answers.task_answer(row, self._document(row), self.url, is_listed=False)

    def tasks(self, session: Session, status: str | None) -> list[Answer]:
        """All, or those of a status."""
        rows = session.scalars(select(ArenaTaskRow).order_by(ArenaTaskRow.id))
        return [
            answers.task_answer(row, self._document(row), self.url, is_listed=True)
            for row in rows
            if status is None or answers.STATUSES[row.stage] == status
        ]

    def _document(self, row: ArenaTaskRow) -> TaskDocument | None:
        """The task's metadata, where they are here and are an Arena's."""
        known = self._documents.get(row.metadata_digest)
        if known is None and self._public is not None:
            try:
                pieces = self._public.pieces(cid_of(row.metadata_digest), LARGEST_METADATA)
                known = parse_document(json.loads(b"".join(pieces)))
            except (FlockError, ValueError, RecursionError):
                return None
            self._documents[row.metadata_digest] = known
        return known

    # ---- trainers

    async def submit(self, account: str, task: int, data: dict[str, Any]) -> Answer:
        """Submit the model that ``data`` names; the same again is the same submission."""
        return await self._in_thread(self._submit, account, task, data)

    def _submit(self, account: str, task: int, data: dict[str, Any]) -> Answer:
        competing = self._competing(account, task)
        bounds = competing.document.scoring.bounds
        artifact = self._repositories.artifact(account, data, bounds.artifact_bytes)
        number = competing.submit(artifact).submission
        with self._database.writing() as session:
            session.merge(ApiSubmissionRow(task=task, submission=number, account=account, data=data))
        return answers.submission_answer(task, number, data)

    def submissions(self, session: Session, account: str, task: int, number: int, size: int) -> Answer:
        """What ``account`` has submitted to ``task``, the newest first. Raises UnknownTask."""
        known_task(session, task)
        mine = (SubmissionRow.task == task, SubmissionRow.account == account)
        rows = session.scalars(
            select(SubmissionRow)
            .where(*mine)
            .order_by(SubmissionRow.id.desc())
            .offset((number - 1) * size)
            .limit(size)
        )
        items = [
            answers.result_answer(row, f"{self.url}/arena/tasks/{task}/submissions/{row.id}") for row in rows
        ]
        total = session.scalar(select(func.count()).select_from(SubmissionRow).where(*mine))
        return answers.page(items, int(total or 0), number, size)

    # ---- validators

    async def assignment(self, account: str, task: int) -> Answer:
        """What ``account`` is to score; where that is nothing, the answer is held for a while, until there is.

        Raises NotFound for nothing, TooManyRequests if too many wait already.
        """
        competing = await self._in_thread(self._enrolled, account, task)
        give_up = asyncio.get_running_loop().time() + self._hold_seconds
        async with self.waiters.waiter() as woken:
            if woken is None:
                raise TooManyRequests(TOO_OFTEN, RETRY_SECONDS)
            while True:
                woken.clear()
                found = await run_in_threadpool(self._next, account, task)
                if found is not None:
                    break
                left = give_up - asyncio.get_running_loop().time()
                try:
                    await asyncio.wait_for(woken.wait(), max(0.0, left))
                except TimeoutError:
                    raise NotFound(NOTHING_TO_VALIDATE) from None
        return await self._handed(competing, found)

    async def _handed(self, competing: Competing, found: Assignment) -> Answer:
        artifact, path = await self._in_thread(self._fetched, competing, found)
        model = await self._repositories.put(found.task, found.submission, artifact, path)
        return self._assignment_answer(competing, found, model)

    def _fetched(self, competing: Competing, found: Assignment) -> tuple[bytes, str]:
        actor, scoring = competing.actor, competing.document.scoring
        digest = actor.service.opening(found.task, found.submission).digest
        artifact = actor.service.artifact(found.task, found.submission, digest, scoring.bounds.artifact_bytes)
        return artifact, ADAPTER if scoring.kind == "lora" else WEIGHTS

    def _assignment_answer(self, competing: Competing, found: Assignment, model: Model) -> Answer:
        base = found.data.get("base_model", answers.DEFAULT_BASE)
        data = {
            **found.data,
            "hg_repo_id": model.repository,
            "base_model": base,
            "revision": model.revision,
        }
        return {
            "id": found.id,
            "assigned_at": answers.moment(found.assigned_at),
            "status": found.status.value,
            "task_submission": answers.submission_answer(found.task, found.submission, data),
            "data": {
                "base_model": base,
                **answers.bounds_of(competing.document),
                "validation_set_url": self._links.of(found.task, "b" if found.is_final else "a"),
            },
        }

    async def report(self, account: str, number: int, status: str, data: dict[str, Any] | None) -> Answer:
        """How ``account`` ended assignment ``number``. FAILED may be said again.

        Raises NotFound; Forbidden; Conflict if it was ended otherwise; Refused for what is no score.
        """
        return await self._in_thread(self._report, account, number, status, data)

    def _report(self, account: str, number: int, status: str, data: dict[str, Any] | None) -> Answer:
        found = self.assignments.of(account, number)
        wanted = AssignmentStatus(status)
        if found.status is AssignmentStatus.FAILED and wanted is AssignmentStatus.FAILED:
            return _ended(found)
        if found.status is not AssignmentStatus.VALIDATING:
            return _ended(self.assignments.end(number, wanted))
        competing = self._competing(account, found.task)
        result: ScoreOrFailure = Failure.CRASHED
        if wanted is AssignmentStatus.COMPLETED:
            result = reveal_of(_reported(data or {}, competing.document.scoring.metric))
        with self._database.reading() as session:
            row = known_submission(session, found.task, found.submission)
            digest = self._service.artifacts.digest_of(session, row)
        competing.report(found.submission, digest, result, is_final=found.is_final)
        return _ended(self.assignments.end(number, wanted))

    def _enrolled(self, account: str, task: int) -> Competing:
        competing = self._competing(account, task)
        competing.require_enrolled(Role.VALIDATOR)
        return competing

    def _next(self, account: str, task: int) -> Assignment | None:
        return self.assignments.next_of(account, task, self._service.clock())

    # ---- hidden sets

    def hidden_set(
        self,
        session: Session,
        request: Request,
        task: int,
        name: Literal["a", "b"],
        until: int,
        signature: str,
    ) -> Response:
        """A set as validators score on it, by a link. Raises Forbidden, UnknownTask, BlobUnavailable."""
        self._links.require(task, name, until, signature)
        sets, uploads = self._service.sets, self._service.uploads
        cid = sets.place_of(session, task, name)
        if name == "a":
            return blob_response(request, uploads.blobs, cid, PRIVATE)
        key = known_task(session, task).key
        if key is None:
            raise BlobUnavailable(f"Set B of Arena {task} is not open yet: ask again later.")
        cipher = b"".join(uploads.blobs.pieces(cid, LARGEST_SET))
        return Response(unsealed(cipher, key), media_type="application/octet-stream")

    # ---- who works, and where

    @property
    def _service(self) -> ArenaService:
        if self._arena is None:
            raise BadConfig("The door is not mounted: call serve first.")
        return self._arena

    def _competing(self, account: str, task: int) -> Competing:
        if self.operator is None:
            raise ServiceUnavailable(
                "This service has no operator key, so it submits and scores for nobody: ask its operator for one "
                "(operator_key), or run a node of your own."
            )
        return self.operator.of(account, task)

    async def _in_thread(self, do: Callable[..., Value], *given: Any) -> Value:
        return await to_thread.run_sync(partial(do, *given), limiter=self._threads)


def _ended(found: Assignment) -> Answer:
    return {"id": found.id, "status": found.status.value}


def _reported(data: dict[str, Any], metric: str) -> object:
    """The score in what a client reports: under the metric's name, or as they call every score."""
    for name in (metric, "loss", "score"):
        if name in data:
            return data[name]
    raise Refused(f"The report has no score: send it as {metric!r} or 'loss'.")
