"""Scores submissions in a worker: whatever one of them does to its process, the next finds another.

A submission that crashes the evaluation is tried again in a new process. Before that is reported, the process is
asked to compute something easy: where it cannot, the machine is at fault, and nothing is reported of the submission.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Protocol

import numpy as np

from flock.arena.scoring.artifact import Header, header_size, read_header
from flock.arena.scoring.evaluator import Evaluator, evaluator_of
from flock.arena.scoring.process import LOSSES
from flock.arena.scoring.rejection import Rejected
from flock.arena.scoring.results import Failed, Result, Scored
from flock.arena.scoring.run import Run
from flock.arena.scoring.sets import require_digest
from flock.arena.scoring.task import MEBIBYTE, ScoringTask
from flock.closing import Closing
from flock.errors import BlobUnavailable, Transient, WorkerEnded, WorkerOverdue
from flock.log import logger
from flock.protocol.arena.scores import Failure
from flock.workers.frames import Frame
from flock.workers.limits import Limits
from flock.workers.worker import Worker

TRIES = 2
PROBE_SECONDS = 60.0
OPEN_FILES = 256
LARGEST_FILE = 64 * MEBIBYTE  # the answer is one, for a moment
OPENING = "flock.arena.scoring.process:open_evaluator"


@dataclass(frozen=True)
class Job:
    """An artifact to be scored on ``examples``, which must have this digest (SHA-256); bases by digest in hex."""

    artifact: bytes
    examples: bytes
    digest: bytes
    bases: Mapping[str, bytes] = field(default_factory=dict)


class Scores(Protocol):
    """Whatever gives scores, or says why a submission failed."""

    def score(self, job: Job) -> Result: ...


class Scorer(Closing):
    """Scores submissions to one task, one at a time; for use in a ``with`` block.

    Its process starts with the first job and stays warm. Raises BadConfig for a task that cannot be judged here.
    """

    def __init__(self, task: ScoringTask, run: Run | None = None) -> None:
        self._evaluator: Evaluator = evaluator_of(task)
        limits = Limits(task.bounds.memory_bytes, OPEN_FILES, LARGEST_FILE, network=False)
        arguments = {"task": task.model_dump(mode="json"), "run": asdict(run or Run())}
        self._worker = Worker(f"the evaluation of {task.kind}", OPENING, arguments, limits)

    @property
    def pid(self) -> int | None:
        """The id of its process while it runs."""
        return self._worker.pid

    def start(self) -> None:
        """Start its process. Raises BadConfig, and WorkerEnded."""
        self._worker.start()

    def close(self) -> None:
        """End its process; a job in another thread ends with WorkerStopped."""
        self._worker.close()

    def score(self, job: Job) -> Result:
        """What the submission is worth, or why it failed.

        Raises:
            BadBlob: the examples or the base are not those of the task; nobody is judged by others.
            BadArrays, BadConfig: the task is at fault.
            Transient: this machine cannot evaluate now, or (WorkerStopped) ``close`` was called.
        """
        require_digest(job.examples, job.digest)
        try:
            request = self._request(job)
        except Rejected as problem:
            return Failed(problem.failure, str(problem))
        try:
            return _result(self._answer(request, self._evaluator.task.bounds.seconds_for(len(job.examples))))
        except WorkerOverdue as problem:
            return self._failed(Failure.OUT_OF_TIME, problem)
        except WorkerEnded as problem:
            return self._failed(Failure.CRASHED, problem)

    def _request(self, job: Job) -> Frame:
        """Raises Rejected by the header alone, and BlobUnavailable."""
        header = self._header(job)
        self._evaluator.require(header)
        digest = self._evaluator.base_of(header)
        if digest is None:
            return Frame({"do": "score", "bases": []}, [job.artifact, job.examples])
        if digest not in job.bases:
            raise BlobUnavailable(f"The base {digest} is not here: fetch it, then try again.")
        require_digest(job.bases[digest], bytes.fromhex(digest))
        return Frame({"do": "score", "bases": [digest]}, [job.artifact, job.examples, job.bases[digest]])

    def _header(self, job: Job) -> Header:
        head = job.artifact[: header_size(job.artifact)]
        return read_header(head, len(job.artifact), self._evaluator.task.bounds)

    def _answer(self, request: Frame, seconds: float) -> Frame:
        """Raises WorkerEnded once it has ended its process ``TRIES`` times; who is late is not tried again."""
        for _ in range(TRIES - 1):
            try:
                return self._worker.call(request, seconds)
            except WorkerOverdue:
                raise
            except WorkerEnded as problem:
                logger(part="scoring").warning("evaluation_ended", reason=str(problem))
        return self._worker.call(request, seconds)

    def _failed(self, failure: Failure, problem: WorkerEnded) -> Failed:
        """Raises Transient if this machine cannot evaluate anything."""
        try:
            self._worker.call(Frame({"do": "probe"}), PROBE_SECONDS)
        except WorkerEnded as sick:
            raise Transient(f"This machine cannot evaluate now, so nothing is reported: {sick}") from problem
        return Failed(failure, str(problem))


def _result(answer: Frame) -> Result:
    if "failure" in answer.head:
        return Failed(Failure(answer.head["failure"]), answer.head["reason"])
    return Scored(answer.head["score"], tuple(np.frombuffer(answer.parts[0], LOSSES).tolist()))
