"""A member's duties as its steps do them, and every effect that each has on the world, in order.

docs/faults.md lists what a kill before each effect leads to; the kills are in test_kills.py.
"""

from collections.abc import Sequence

from flock.daemon import Step
from flock.node.steps import keep
from flock.node.steps.attest import Attest
from flock.node.steps.claim import ClaimEarnings, Leave
from flock.node.steps.commit_vote import CommitVote
from flock.node.steps.enrol import Enrol
from flock.node.steps.keep import Keep
from flock.node.steps.publish import Publish
from flock.node.steps.reveal_vote import RevealVote, ServeCandidate
from flock.node.steps.train import Train
from tests.node.arena import STAKE, Member

SENT = ("journal", "transaction", "journal")

# A duty's effects when nobody disturbs it.
EFFECTS: dict[str, tuple[str, ...]] = {
    "enrol": ("blob", *SENT, *SENT, *SENT, *SENT),
    "start": SENT,
    "draw": SENT,
    "propose": ("blob", "memory", *SENT),
    "publish": ("upload", "publication", "memory"),
    "attest": ("blob", *SENT),
    "commit": ("memory", "blob", "memory", *SENT),
    "reveal": SENT,
    "serve": ("upload",),
    "finalise": (*SENT, *SENT),
    "claim": SENT,
    "close": (*SENT, *SENT),
    "leave": SENT,
}
PUSHES = ("start", "draw", "finalise", "close")


def steps_of(duty: str, member: Member) -> Sequence[Step]:
    """The steps of one duty; nobody else is waited for."""
    context = member.context
    keep.PATIENCE_ALONE_SECONDS = keep.TURN_SECONDS = 0.0
    steps: dict[str, Step] = {
        "enrol": Enrol(context, STAKE, 30, []),
        "propose": Train(context, member.duties),
        "publish": Publish(context),
        "attest": Attest(context),
        "commit": CommitVote(context, member.duties),
        "reveal": RevealVote(context),
        "serve": ServeCandidate(context),
        "claim": ClaimEarnings(context, threshold=1),
        "leave": Leave(context),
    }
    return [Keep(context) if duty in PUSHES else steps[duty]]
