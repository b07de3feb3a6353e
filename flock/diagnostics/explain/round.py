"""A round: who sat, what they did, how it was decided, what it paid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flock.diagnostics.explain.pages import RoundPage
from flock.diagnostics.explain.seats import action_of, block_times, line_of, why_so
from flock.errors import Refused
from flock.protocol.alliance.rounds import Phase, Voter
from flock.protocol.alliance.votes import Outcome

if TYPE_CHECKING:
    from flock.chain.contracts.alliance_rounds import RoundView
    from flock.chain.contracts.deployed import Contracts
    from flock.protocol.alliance.round_history import RoundHistory
    from flock.protocol.alliance.task_history import TaskHistory


def explain_round(contracts: Contracts, history: TaskHistory, number: int) -> RoundPage:
    """Raises Refused for a round that was never drawn."""
    found = history.rounds.get(number)
    if found is None:
        drawn = f"rounds 1 to {max(history.rounds)} were" if history.rounds else "none was"
        raise Refused(f"Round {number} of task {history.task} was not drawn: {drawn}. Choose one of those.")
    view = contracts.alliance_rounds.round_view(history.task)
    acts = [act for acts in found.acts.values() for act in acts] + [found.drawn]
    finalised = [found.finalised] if found.finalised else []
    times = block_times(contracts.client, [act.block for act in (*acts, *finalised)])
    record = found.played.record if found.played else None
    phase = view.phase if view.number == number and not record else Phase.ENDED
    return RoundPage(
        task=history.task,
        round=number,
        phase="finalised" if record else phase.name.lower(),
        outcome=found.outcome.name.lower() if found.outcome is not None else None,
        model=_model(found),
        why=tuple(_why(found, view)),
        revealed_weight=found.ballots.revealed_weight,
        drawn_weight=found.ballots.drawn_weight,
        proposer_unit=str(record.proposer_unit if record else 0),
        voter_unit=str(record.voter_unit if record else 0),
        pool_left=str(record.pool_left) if record else None,
        drawn=action_of(found.drawn, times),
        finalised=action_of(finalised[0], times) if finalised else None,
        seats=tuple(line_of(each, times) for each in found.seats),
        slashed={account: str(wei) for account, wei in found.slashes.items()},
    )


def _model(found: RoundHistory) -> str | None:
    from flock.protocol.core.cid import cid_of

    return cid_of(found.candidate) if found.outcome is Outcome.ACCEPTED else None


def _why(found: RoundHistory, view: RoundView) -> Iterator[str]:
    if found.played:
        yield why_so(found)
        return
    if view.number != found.number:
        yield "It is being finalised at this moment."
        return
    waiting = [seat for seat in range(len(found.accounts)) if _is_awaited(view, seat)]
    if view.phase is Phase.TALLY:
        yield "All is in; it waits for somebody to finalise it."
    elif waiting:
        yield f"It waits for seat {', '.join(map(str, waiting))} to {view.phase.name.lower()}."


def _is_awaited(view: RoundView, seat: int) -> bool:
    if seat < view.proposers:
        return view.phase is Phase.PROPOSE and not view.proposed >> seat & 1
    awaited = {Phase.ATTEST: Voter.NONE, Phase.COMMIT: Voter.ATTESTED, Phase.REVEAL: Voter.COMMITTED}
    return awaited.get(view.phase) == view.voter(seat)
