"""A node's duties, one for each file, in the order of a round."""

from flock.chain.sending.reorg_watcher import ReorgWatcher
from flock.daemon import Step
from flock.node.context import NodeContext
from flock.node.duties import MemberDuties
from flock.node.steps.attest import Attest
from flock.node.steps.budget import Budget
from flock.node.steps.claim import ClaimEarnings, Leave
from flock.node.steps.commit_vote import CommitVote
from flock.node.steps.enrol import Enrol
from flock.node.steps.keep import Keep
from flock.node.steps.publish import Publish
from flock.node.steps.reveal_vote import RevealVote, ServeCandidate
from flock.node.steps.serve_model import ServeModel
from flock.node.steps.tidy import Tidy
from flock.node.steps.train import Train


def steps_with_the_app(context: NodeContext, duties: MemberDuties) -> list[Step]:
    """The duties that take as long as the member's app does."""
    return [Train(context, duties), CommitVote(context, duties)]


def steps_after_the_task(context: NodeContext) -> list[Step]:
    """What is left to do for a member once its task is over; none of it needs the app."""
    return [
        ReorgWatcher(context.sender, context.head),
        ServeModel(context),
        Keep(context),
        ClaimEarnings(context, threshold=1),
        Leave(context),
    ]


def steps_owed(context: NodeContext) -> list[Step]:
    """What a member has to do in a round for what it has committed to; none of it needs the app."""
    return [
        ReorgWatcher(context.sender, context.head),
        Publish(context),
        RevealVote(context),
        ServeCandidate(context),
    ]


def steps_beside_the_app(context: NodeContext, enrol: Enrol, claim_threshold: int) -> list[Step]:
    """All others, in the order of a round; none of them waits for those."""
    return [
        ReorgWatcher(context.sender, context.head),
        enrol,
        Tidy(context),
        Budget(context),
        Publish(context),
        Attest(context),
        RevealVote(context),
        ServeCandidate(context),
        ServeModel(context),
        Keep(context),
        ClaimEarnings(context, claim_threshold),
        Leave(context),
    ]
