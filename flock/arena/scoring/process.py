"""The evaluator in its own process: what ``flock.workers.child`` opens, and calls.

A request names what to do: ``score``, with the artifact, the examples and the bases as its parts, or ``probe``, which
finds out whether this machine computes at all. What is wrong with a submission is an answer; whatever else goes wrong
ends the process, since a GPU that has faulted answers nobody after that.
"""

import os
import sys
import traceback
from collections.abc import Mapping
from typing import Any

import numpy as np

from flock.arena.scoring.artifact import Weights, read_weights
from flock.arena.scoring.evaluator import Evaluator, Submission, evaluator_of, require_shapes
from flock.arena.scoring.rejection import Rejected
from flock.arena.scoring.results import Scored, scored
from flock.arena.scoring.run import Run
from flock.arena.scoring.task import Bounds, parse_task
from flock.errors import BadArrays, FlockError
from flock.protocol.arena.scores import Failure
from flock.workers.child import Handler
from flock.workers.frames import Frame

EXIT_FAULT = 70  # EX_SOFTWARE of sysexits.h
SHORT_OF_MEMORY = ("allocate memory", "out of memory", "not enough memory")
OF_A_BASE = Bounds(artifact_bytes=1 << 40, parameters=10**12)
LOSSES = np.dtype("<u4")


def open_evaluator(arguments: Mapping[str, Any]) -> Handler:
    """Load the evaluator of the ``task``, and have it prepare this process for the ``run``. Raises BadConfig."""
    evaluator = evaluator_of(parse_task(arguments["task"]))
    run = evaluator.prepare(Run(**arguments["run"]))

    def answer(request: Frame) -> Frame:
        try:
            return _answered(evaluator, request, run)
        except FlockError:
            raise
        except BaseException:
            sys.stderr.write(traceback.format_exc())
            sys.stderr.flush()
            os._exit(EXIT_FAULT)

    return answer


def _answered(evaluator: Evaluator, request: Frame, run: Run) -> Frame:
    if request.head["do"] == "probe":
        evaluator.probe(run)
        return Frame({})
    try:
        result = _scored(evaluator, request, run)
    except Rejected as problem:
        return Frame({"failure": int(problem.failure), "reason": str(problem)})
    return Frame({"score": result.score}, [np.array(result.losses, LOSSES).tobytes()])


def _scored(evaluator: Evaluator, request: Frame, run: Run) -> Scored:
    artifact, examples, *bases = request.parts
    try:
        submission = Submission(
            *read_weights(artifact, evaluator.task.bounds), _bases(evaluator, request.head["bases"], bases)
        )
        evaluator.require(submission.header)
        evaluation = evaluator.evaluate(submission, examples, run)
    except (MemoryError, RuntimeError) as problem:
        if not _is_short_of_memory(problem):
            raise
        raise Rejected(
            Failure.TOO_LARGE,
            f"Evaluating it takes more than the {evaluator.task.bounds.memory_bytes} bytes of memory that the task "
            "allows.",
        ) from None
    return scored(evaluation.score, evaluation.losses)


def _bases(evaluator: Evaluator, digests: list[str], files: list[bytes]) -> Mapping[str, Weights]:
    """Raises BadArrays for a base that is not what the task says: the task's fault, not the submission's."""
    read = {}
    for digest, data in zip(digests, files, strict=True):
        try:
            header, read[digest] = read_weights(data, OF_A_BASE)
            require_shapes(header, evaluator.shapes_of_base(digest))
        except Rejected as problem:
            raise BadArrays(f"The base {digest} of the task is not as the task says: {problem}") from None
    return read


def _is_short_of_memory(problem: BaseException) -> bool:
    return isinstance(problem, MemoryError) or any(words in str(problem) for words in SHORT_OF_MEMORY)
