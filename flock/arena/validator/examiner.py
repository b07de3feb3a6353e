"""Scoring one submission: the bytes that its trainer has committed to, on the hidden set that the task names.

What the service serves is held against the chain: an artifact against its commitment, a set against the terms. What
is not to be had, or is not what was committed to, is UNAVAILABLE, for which nobody is blamed if most panels say so.
"""

from dataclasses import dataclass

import numpy as np

from flock.arena.actor import Actor
from flock.arena.bases import Bases
from flock.arena.scoring.cache import BlobCache
from flock.arena.scoring.process import LOSSES
from flock.arena.scoring.results import Scored
from flock.arena.scoring.scorer import Job, Scores
from flock.arena.sealing import OVERHEAD_BYTES, unsealed
from flock.arena.task_document import LARGEST_SET, TaskDocument
from flock.arena.validator.memory import Examined
from flock.chain.contracts.arena_board import SubmissionView
from flock.errors import BadArrays, BadBlob, BadConfig, BlobUnavailable
from flock.log import logger
from flock.protocol.arena.commitments import submission_commitment
from flock.protocol.arena.scores import Failure, Reveal, in_word
from flock.protocol.core.cid import digest_of
from flock.store.blobs import DiskBlobs

LARGEST_LOSSES = 1 << 30


@dataclass
class Examiner:
    """Scores submissions to one task with ``scorer``; ``local`` keeps their losses, ``cache`` sets and bases."""

    actor: Actor
    document: TaskDocument
    scorer: Scores
    local: DiskBlobs
    cache: BlobCache

    def hidden_set(self, *, is_final: bool) -> bytes:
        """The digest of the set that a window scores on."""
        terms = self.actor.parameters
        return terms.set_b if is_final else terms.set_a

    def examine(self, submission: int, *, is_final: bool) -> Examined:
        """Score ``submission``.

        Raises BlobUnavailable, ServiceUnavailable and other Transient errors: try again, until time is up.
        """
        digest = self._digest_of(submission)
        if digest is None:
            return _without(
                Failure.UNAVAILABLE, "The opening that was served is not of the commitment on chain."
            )
        bounds = self.document.scoring.bounds
        try:
            artifact = self.actor.service.artifact(self.actor.task, submission, digest, bounds.artifact_bytes)
        except BadBlob as problem:
            return _without(Failure.UNAVAILABLE, str(problem))
        return self._scored(artifact, digest, is_final=is_final)

    def examine_baseline(self) -> Examined | None:
        """The baseline on set B, which copies are told by; None if the task names none."""
        digest = self.document.baseline
        if digest is None:
            return None
        artifact = self.actor.service.blob(digest, self.document.scoring.bounds.artifact_bytes)
        return self._scored(artifact, digest, is_final=True)

    def losses_of(self, result: Examined) -> tuple[int, ...]:
        """The losses by example of what was scored here, in millionths; none if it failed or they are gone."""
        if not result.losses or not self.local.has(result.losses):
            return ()
        return tuple(np.frombuffer(self.local.get(result.losses, LARGEST_LOSSES), LOSSES).tolist())

    def _digest_of(self, submission: int) -> bytes | None:
        """What the trainer has committed to; None if the service serves an opening of something else."""
        board, actor = self.actor.contracts.arena_board, self.actor
        view: SubmissionView = board.submission_of(actor.task, submission)
        if view.is_disclosed:
            return view.digest
        opening = actor.service.opening(actor.task, submission)
        opened = submission_commitment(board.domain, actor.task, view.trainer, opening.digest, opening.salt)
        return opening.digest if opened == view.commitment else None

    def _scored(self, artifact: bytes, digest: bytes, *, is_final: bool) -> Examined:
        wanted = self.hidden_set(is_final=is_final)
        job = Job(
            artifact, self._examples(wanted, is_final=is_final), wanted, Bases(self.actor.service, self.cache)
        )
        try:
            result = self.scorer.score(job)
        except (BadArrays, BadBlob, BadConfig) as problem:  # the task is at fault, so no submission is
            logger().error("task_cannot_be_scored", task=self.actor.task, reason=str(problem))
            return _without(Failure.UNAVAILABLE, str(problem))
        if isinstance(result, Scored):
            losses = self.local.put(np.array(result.losses, LOSSES).tobytes())
            return Examined(code_of(result.reveal), digest, result.tree.root, losses)
        return Examined(code_of(result.reveal), digest, reason=result.reason)

    def _examples(self, digest: bytes, *, is_final: bool) -> bytes:
        """The hidden set: from here if it is here, else from the service."""
        actor = self.actor

        def source() -> bytes:
            if is_final:
                return self._opened_set_b(digest)
            return actor.service.set_a(actor.task, digest, LARGEST_SET)

        return self.cache.fetch(digest, source)

    def _opened_set_b(self, digest: bytes) -> bytes:
        actor = self.actor
        key = actor.contracts.arena_board.opened_key(actor.task, actor.contracts.book.deployed_block)
        if key is None:
            raise BlobUnavailable(f"Set B of task {actor.task} is not open yet.")
        cipher = actor.service.set_b(actor.task, actor.parameters.cipher_b, LARGEST_SET + OVERHEAD_BYTES)
        data = unsealed(cipher, key)
        if digest_of(data) != digest:
            raise BadBlob(
                f"Set B of task {actor.task} is not the one that its terms name: nobody can score it."
            )
        return data


def code_of(reveal: Reveal) -> int:
    """The code of a score or a failure, as a revealed word has it."""
    return in_word({0: reveal})


def _without(failure: Failure, reason: str) -> Examined:
    return Examined(code_of(failure), reason=reason)
