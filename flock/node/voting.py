"""A voter's duty: attest the bytes it has received, evaluate the candidate, seal a vote, reveal it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flock.chain.contracts.alliance_rounds import RevealedVote, RoundView
from flock.errors import BadArrays, BadBlob, BlobUnavailable, Refused
from flock.log import logger
from flock.node.context import NodeContext
from flock.node.memory import CastVote
from flock.node.models import current_model, fetch
from flock.node.proposing import matches
from flock.node.salts import vote_salt
from flock.node.seat import OwnSeat, attesting_weight, own_seat
from flock.protocol.alliance.attestation import attested_set
from flock.protocol.alliance.rounds import Phase, Voter
from flock.protocol.core.cid import cid_of
from flock.protocol.core.commitments import sealed_vote
from flock.protocol.core.units import BPS, bitmap_of, bits
from flock.training.aggregation import write_candidate
from flock.training.arithmetic import require_ieee_754
from flock.training.arrays import Arrays, Update, decode_update, longest_update, require_norm, spec_of
from flock.training.header import Spec
from flock.training.mods import Evaluate


def shown_proposals(context: NodeContext, view: RoundView) -> Mapping[int, str]:
    """The cids that proposers of the open round have published, by seat, if they match the commitments.

    The service is not trusted: a seat for which it names other bytes has published nothing.
    """
    published = context.service.published(context.task, view.number)
    commitments = context.contracts.alliance_rounds.proposals(context.task, view.number, view.drawn_block)
    return {
        seat: published[seat]
        for seat, commitment in sorted(commitments.items())
        if seat in published
        and matches(context, view.number, view.accounts[seat], published[seat], commitment)
    }


def sound_updates(context: NodeContext, view: RoundView, shown: Mapping[int, str]) -> Mapping[int, Update]:
    """The published proposals, by seat, whose bytes have arrived and are valid.

    An update is valid if it is one of the current model, with its shapes, finite, and within the task's norm.
    """
    base = current_model(context, view.model)
    updates = {}
    for seat, cid in shown.items():
        try:
            updates[seat] = _sound_update(context, cid, spec_of(base), view.model)
        except (BadArrays, BadBlob, BlobUnavailable) as error:
            log = logger(task=context.task, round=view.number, seat=seat)
            log.warning("proposal_refused", reason=str(error))
    return updates


def attest(context: NodeContext, view: RoundView, seat: OwnSeat, updates: Mapping[int, Update]) -> None:
    """Attest on chain which proposals are valid."""
    bitmap = bitmap_of(updates) & view.proposed
    context.contracts.alliance_rounds.attest(context.sender, context.task, view.number, seat.index, bitmap)
    logger().info("attested", task=context.task, round=view.number, seat=seat.index, proposals=bitmap)


def cast(context: NodeContext, number: int, evaluate: Evaluate) -> Mapping[str, float]:
    """Judge the attested proposals of round ``number`` and seal the vote on chain; returns the losses.

    Raises:
        Refused: the member is not a voter of that round, has not attested, or the phase has closed.
    """
    view, seat = _voter_seat(context, number)
    if seat.state in (Voter.COMMITTED, Voter.REVEALED):
        return {}
    vote = _kept_or_judged(context, view, evaluate)
    context.contracts.alliance_rounds.commit_vote(
        context.sender, context.task, number, seat.index, _sealed(context, number, vote)
    )
    logger().info("vote_sealed", task=context.task, round=number, seat=seat.index)
    return {"loss": vote.candidate_loss}


def prepare(context: NodeContext, number: int, evaluate: Evaluate) -> Mapping[str, float]:
    """Judge the proposals of round ``number`` and keep the vote, for ``cast`` to seal; raises as that does."""
    view, seat = _voter_seat(context, number)
    if seat.state in (Voter.COMMITTED, Voter.REVEALED):
        return {}
    return {"loss": _kept_or_judged(context, view, evaluate).candidate_loss}


def reveal(context: NodeContext, view: RoundView, seat: OwnSeat) -> None:
    """Open the sealed vote, or have another seed block named if the chain has forgotten the one there was.

    Raises:
        Refused: the vote was sealed by another installation, and cannot be found by recomputing it.
    """
    vote = _vote_on_chain(context, view, seat)
    opened = RevealedVote(seat.index, vote.ballot, vote_salt(context, view.number))
    rounds = context.contracts.alliance_rounds
    rounds.reveal_votes(context.sender, context.task, view.number, [opened], view.seed_block)
    log = logger(task=context.task, round=view.number, seat=seat.index)
    if rounds.round_view(context.task).voter(seat.index) is Voter.REVEALED:
        log.info("vote_revealed", supports=vote.supports)
    else:
        log.warning("seed_named_anew", forgotten=view.seed_block)


def serve_candidate(context: NodeContext, vote: CastVote) -> None:
    """Upload the candidate's bytes for the next proposers."""
    cid = cid_of(bytes.fromhex(vote.candidate))
    if context.local.has(cid) and not context.shared.has(cid):
        context.shared.put(context.local.view(cid, context.max_model_bytes))


def supports(loss: float, current_loss: float, best_loss: float, tolerance_bps: int) -> bool:
    """Whether a voter supports a candidate of this loss (docs/protocol.md, Vote).

    The second bound keeps a model from being walked downhill by one tolerance a round.
    """
    tolerance = tolerance_bps / BPS
    step = current_loss + tolerance * abs(current_loss)
    walk = best_loss + 4 * tolerance * abs(best_loss)
    return loss <= min(step, walk)


def _voter_seat(context: NodeContext, number: int) -> tuple[RoundView, OwnSeat]:
    """The open round and the member's seat in it, which must be able to vote or have voted."""
    view = context.watch.refresh()
    seat = own_seat(view, context.wallet.owner)
    if seat is None or not seat.is_voter or view.number != number:
        raise Refused(f"{context.wallet.owner} is not a voter of round {number} of task {context.task}.")
    has_voted = seat.state in (Voter.COMMITTED, Voter.REVEALED)
    if not has_voted and (view.phase != Phase.COMMIT or seat.state != Voter.ATTESTED):
        raise Refused(f"Voting in round {number} of task {context.task} is closed to {context.wallet.owner}.")
    return view, seat


def _vote_on_chain(context: NodeContext, view: RoundView, seat: OwnSeat) -> CastVote:
    """The vote that is sealed on chain; recomputed if the node's memory of it was lost."""
    rounds = context.contracts.alliance_rounds
    sealed = rounds.sealed_votes(context.task, view.number, view.drawn_block).get(seat.index)
    kept = context.memory.vote(view.number)
    if kept is not None and _sealed(context, view.number, kept) == sealed:
        return kept
    for vote in _possible_votes(context, view):
        if _sealed(context, view.number, vote) == sealed:
            context.memory.keep_vote(view.number, vote)
            logger().warning("vote_recovered", task=context.task, round=view.number)
            return vote
    raise Refused(
        f"The vote of round {view.number} was sealed by another installation: restore its memory. Without it "
        "the vote cannot be revealed, which costs a slash."
    )


def _possible_votes(context: NodeContext, view: RoundView) -> Sequence[CastVote]:
    """What an honest member can have voted: everything but the support follows from public data."""
    found = _aggregated(context, view)
    if found is None:
        return [_empty_vote(view, 0.0)]
    return [replace(found[1], supports=supported) for supported in (True, False)]


def _kept_or_judged(context: NodeContext, view: RoundView, evaluate: Evaluate) -> CastVote:
    """The vote of this round; judged again if a reorganisation changed its inputs."""
    vote = context.memory.vote(view.number)
    inputs = _inputs(view)
    if vote is None or vote.inputs not in ("", inputs):
        vote = replace(_judged(context, view, evaluate), inputs=inputs)
        context.memory.keep_vote(view.number, vote)
    return vote


def _inputs(view: RoundView) -> str:
    """The inputs of a vote: the model, the seats, and which proposals are in."""
    attested = attested_set(view.tallies, attesting_weight(view))
    return f"{view.model.hex()}/{'.'.join(map(str, view.seats))}/{attested}"


def _judged(context: NodeContext, view: RoundView, evaluate: Evaluate) -> CastVote:
    config = context.app_config(view.number)
    current_loss = evaluate(current_model(context, view.model), config).loss
    best = context.memory.keep_accepted_loss(current_loss)
    found = _aggregated(context, view)
    if found is None:
        return _empty_vote(view, current_loss)
    candidate, vote = found
    loss = evaluate(candidate, config).loss
    supported = supports(loss, current_loss, best, context.parameters.vote_tolerance_bps)
    return replace(vote, supports=supported, candidate_loss=loss)


def _empty_vote(view: RoundView, current_loss: float) -> CastVote:
    return CastVote(view.model.hex(), 0, 0, supports=False, candidate_loss=current_loss)


def _aggregated(context: NodeContext, view: RoundView) -> tuple[Arrays, CastVote] | None:
    """The candidate, kept in the own store, and the vote on it without support; None if no proposal is in."""
    require_ieee_754()
    updates = _attested_updates(context, view)
    if not updates:
        return None
    base, parameters = current_model(context, view.model), context.parameters
    with context.local.incoming(context.max_model_bytes) as blob:
        judgement = write_candidate(base, updates, parameters.rule, parameters.byzantine_bps, blob.write)
        digest = blob.digest
        context.local.keep(blob, cid_of(digest))
    vote = CastVote(digest.hex(), judgement.harmful, judgement.rewarded, supports=False, candidate_loss=0.0)
    return current_model(context, digest), vote


def _attested_updates(context: NodeContext, view: RoundView) -> Mapping[int, Update]:
    """The proposals that are in, by seat; all voters aggregate the same ones."""
    seats = bits(attested_set(view.tallies, attesting_weight(view)))
    updates = sound_updates(context, view, shown_proposals(context, view))
    missing = [seat for seat in seats if seat not in updates]
    if missing:
        raise BlobUnavailable(
            f"The proposals of seats {missing} in round {view.number} are attested but not here."
        )
    return {seat: updates[seat] for seat in seats}


def _sound_update(context: NodeContext, cid: str, spec: Spec, base: bytes) -> Update:
    update = decode_update(fetch(context, cid, longest_update(spec, base)), like=spec, base=base)
    require_norm(update.arrays, context.parameters.norm_clip)
    return update


def _sealed(context: NodeContext, number: int, vote: CastVote) -> bytes:
    salt = vote_salt(context, number)
    return sealed_vote(context.domain, context.task, number, context.wallet.owner, vote.ballot, salt)
