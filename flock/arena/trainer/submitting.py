"""From an artifact to a submission that the validators can score, each part done once however often it is called."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from flock.amounts import tokens
from flock.arena.actor import Actor
from flock.arena.scoring.artifact import header_size, read_header
from flock.arena.scoring.evaluator import evaluator_of
from flock.arena.scoring.task import ScoringTask
from flock.arena.trainer.memory import Pledge, TrainerMemory
from flock.errors import ContractRefused, NoFunds
from flock.log import logger
from flock.protocol.arena.commitments import submission_commitment
from flock.protocol.arena.stages import Stage
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.blobs import DiskBlobs


def require_submittable(task: ScoringTask, artifact: bytes) -> None:
    """Raises Rejected if no validator could score ``artifact``: better before a fee is paid than after it."""
    header = read_header(artifact[: header_size(artifact)], len(artifact), task.bounds)
    evaluator_of(task).require(header)


@dataclass(frozen=True)
class Submitting:
    """One trainer's submissions to one task; ``artifacts`` keeps their bytes until the task is over."""

    actor: Actor
    memory: TrainerMemory
    artifacts: DiskBlobs

    def submit(self, artifact: bytes, *, is_sealed: bool = False) -> Pledge:
        """Submit ``artifact``. Its bytes, digest and salt are on disk before anything is sent.

        Raises NoFunds, and ContractRefused, such as QuotaIsUsed.
        """
        pledge = self.memory.pledge(digest_of(artifact))
        if pledge is None:
            self.artifacts.put(artifact)
            pledge = self.memory.pledged(digest_of(artifact), is_sealed=is_sealed)
        return self.submit_pledge(pledge)

    def submit_pledge(self, pledge: Pledge) -> Pledge:
        """Commit to it on chain, unless that is done."""
        if pledge.submission:
            return pledge
        actor, board = self.actor, self.actor.contracts.arena_board
        self._require_fee()
        number = board.submit(
            actor.sender,
            actor.contracts.token,
            actor.task,
            actor.account,
            self._commitment(pledge),
            fee=actor.parameters.evaluation_fee,
            is_sealed=pledge.is_sealed,
        )
        pledge = replace(pledge, submission=number)
        self.memory.keep(pledge)
        logger().info("submitted", task=actor.task, submission=number, sealed=pledge.is_sealed)
        return pledge

    def hand_over(self, pledge: Pledge) -> Pledge:
        """Give the service bytes and opening, for the panel that will be drawn. Raises ServiceUnavailable: try again.

        Not before the commitment is on chain: whoever has the bytes first could submit them first.
        """
        if pledge.is_handed_over or not pledge.submission:
            return pledge
        actor = self.actor
        view = self.artifacts.view(cid_of(pledge.opening.digest), 1 << 40)
        actor.service.put_artifact(actor.task, bytes(view), actor.contracts.client.now())
        actor.service.put_opening(actor.task, pledge.submission, pledge.opening)
        logger().info("handed_over", task=actor.task, submission=pledge.submission)
        return self.memory.handed_over(pledge)

    def disclose(self, pledge: Pledge) -> bool:
        """Open the commitment on chain, in the time for that; whether anything was sent.

        What was not scored, or is disclosed, is left alone.
        """
        actor, board = self.actor, self.actor.contracts.arena_board
        if not pledge.submission or board.submission_of(actor.task, pledge.submission).is_disclosed:
            return False
        opening = pledge.opening
        try:
            board.disclose(actor.sender, actor.task, pledge.submission, opening.digest, opening.salt)
        except ContractRefused as refusal:
            if refusal.error != "WrongState":  # failed, void or cancelled
                raise
            return False
        logger().info("disclosed", task=actor.task, submission=pledge.submission)
        return True

    def _commitment(self, pledge: Pledge) -> bytes:
        actor, opening = self.actor, pledge.opening
        domain = actor.contracts.arena_board.domain
        return submission_commitment(domain, actor.task, actor.account, opening.digest, opening.salt)

    def _require_fee(self) -> None:
        actor, fee = self.actor, self.actor.parameters.evaluation_fee
        held = actor.contracts.token.balance_of(actor.sender.address)
        if held < fee:
            raise NoFunds(
                f"{actor.sender.address} holds {tokens(held)} FLOCK, and a submission to task {actor.task} costs "
                f"{tokens(fee)}, which come back if it beats the baseline. Send FLOCK to that address."
            )


@dataclass
class SubmitArtifacts:
    """A step: submit what ``next_artifact`` gives while there is quota for today, and hand over what is submitted."""

    submitting: Submitting
    next_artifact: Callable[[], bytes | None]
    is_sealed: bool
    name: str = "submit"

    def __call__(self) -> bool:
        actor = self.submitting.actor
        for pledge in self.submitting.memory.all():
            if not pledge.submission:
                self.submitting.submit_pledge(pledge)
                return True
            if not pledge.is_handed_over and not pledge.is_sealed:
                self.submitting.hand_over(pledge)
                return True
        if actor.stage is not Stage.RUNNING or not actor.member.is_active or not actor.member.quota_left:
            return False
        artifact = self.next_artifact()
        if artifact is None or self.submitting.memory.pledge(digest_of(artifact)) is not None:
            return False
        self.submitting.submit(artifact, is_sealed=self.is_sealed)
        return True


@dataclass
class DiscloseAll:
    """A step: at the close disclose every submission, the sealed ones with their bytes."""

    submitting: Submitting
    name: str = "disclose"

    def __call__(self) -> bool:
        if self.submitting.actor.stage is not Stage.DISCLOSING:
            return False
        done = False
        for pledge in self.submitting.memory.all():
            handed = self.submitting.hand_over(pledge)
            done = self.submitting.disclose(pledge) or handed != pledge or done
        return done
