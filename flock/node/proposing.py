"""A proposer's duty: train, commit to the bytes on chain, publish them once proposing has closed."""

from collections.abc import Mapping

from flock.errors import BadBlob, Refused
from flock.log import logger
from flock.node.context import NodeContext
from flock.node.models import current_model
from flock.node.privacy import is_exhausted, spend
from flock.node.seat import OwnSeat, own_seat
from flock.protocol.alliance.rounds import Phase
from flock.protocol.core.cid import digest_from
from flock.protocol.core.commitments import proposal_commitment
from flock.training.arrays import Update, clip_to_norm, difference, encode_update
from flock.training.mods import Train


def propose(context: NodeContext, number: int, train: Train) -> Mapping[str, float]:
    """Train for round ``number`` and commit to the update on chain; returns the app's metrics.

    Under differential privacy no metrics leave the node: the noise does not cover them.

    The update is stored before the commitment is sent, so a node killed in between neither trains twice nor
    commits to bytes that it has lost. If a reorganisation changes the round's model, it trains again.

    Raises:
        Refused: the member is not a proposer of that round, proposing has closed, or its privacy is spent.
    """
    seat = _proposer_seat(context, number)
    if seat.has_proposed:
        return {}
    cid, metrics = _kept_or_trained(context, number, train)
    _promise(context, number, seat, cid)
    return metrics


def prepare(context: NodeContext, number: int, train: Train) -> Mapping[str, float]:
    """Train for round ``number`` and store the update, for ``propose`` to commit to; raises as that does."""
    seat = _proposer_seat(context, number)
    return {} if seat.has_proposed else _kept_or_trained(context, number, train)[1]


def publish(context: NodeContext, number: int, seat: OwnSeat) -> None:
    """Upload the committed bytes for the voters, and publish their cid.

    Raises:
        Refused: another installation made the commitment, and only it has the bytes.
    """
    cid = context.memory.proposed_update(number)
    if cid is None:
        raise Refused(
            f"The update of round {number} was proposed by another installation: restore its memory."
        )
    context.shared.put(context.local.view(cid, context.max_model_bytes))
    context.service.publish(context.task, number, seat.index, cid)
    context.memory.keep_published(number, cid, seat.index)
    logger().info("update_published", task=context.task, round=number, cid=cid)


def _proposer_seat(context: NodeContext, number: int) -> OwnSeat:
    view = context.watch.refresh()
    seat = own_seat(view, context.wallet.owner)
    if seat is None or seat.is_voter or view.number != number:
        raise Refused(f"{context.wallet.owner} is not a proposer of round {number} of task {context.task}.")
    if view.phase != Phase.PROPOSE and not seat.has_proposed:
        raise Refused(
            f"Proposing in round {number} of task {context.task} has closed; wait for the next round."
        )
    return seat


def _kept_or_trained(context: NodeContext, number: int, train: Train) -> tuple[str, Mapping[str, float]]:
    cid = context.memory.proposed_update(number)
    is_of_this_model = context.memory.base_of_update(number) in (None, context.watch.view().model.hex())
    if cid is not None and is_of_this_model and context.local.has(cid):
        return cid, {}
    _require_budget(context, number)
    return _trained(context, number, train)


def _trained(context: NodeContext, number: int, train: Train) -> tuple[str, Mapping[str, float]]:
    base = context.watch.view().model
    model = current_model(context, base)
    result = train(model, context.app_config(number))
    spent = spend(context, number, result)
    clipped = clip_to_norm(difference(result.arrays, model), context.norm_clip)
    cid = context.local.put(encode_update(Update(clipped, base, result.examples, spent.total)))
    context.memory.keep_update(number, cid, spent, base.hex())
    return cid, {} if result.mechanism else result.metrics


def _require_budget(context: NodeContext, number: int) -> None:
    if is_exhausted(context):
        raise Refused(
            f"Round {number} of task {context.task} gets no update from here: another one would exceed this "
            f"node's max_epsilon of {context.max_epsilon:g}."
        )


def _promise(context: NodeContext, number: int, seat: OwnSeat, cid: str) -> None:
    commitment = proposal_commitment(
        context.domain, context.task, number, context.wallet.owner, digest_from(cid)
    )
    context.contracts.alliance_rounds.propose(context.sender, context.task, number, seat.index, commitment)
    logger().info("proposed", task=context.task, round=number, seat=seat.index)


def matches(context: NodeContext, number: int, account: str, cid: str, commitment: bytes) -> bool:
    """Whether ``cid`` is what ``account`` committed to in round ``number``."""
    try:
        digest = digest_from(cid)
    except BadBlob:
        return False
    return proposal_commitment(context.domain, context.task, number, account, digest) == commitment
