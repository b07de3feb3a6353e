"""A round: who sat, what they did, how it was decided, what it paid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from flock.amounts import tokens
from flock.diagnostics.explain.pages import RoundPage, SeatLine
from flock.diagnostics.explain.seats import (
    block_times,
    deed_of,
    fate_shown,
    legend,
    line_of,
    pay_shown,
    why_so,
)
from flock.errors import Refused
from flock.protocol.alliance.rounds import Phase, Voter
from flock.protocol.alliance.votes import Outcome

if TYPE_CHECKING:
    from flock.chain.contracts.alliance_rounds import RoundView
    from flock.chain.contracts.deployed import Contracts
    from flock.protocol.alliance.task_history import RoundHistory, TaskHistory


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
        drawn=deed_of(found.drawn, times),
        finalised=deed_of(finalised[0], times) if finalised else None,
        seats=tuple(line_of(each, times) for each in found.seats),
        slashed={account: str(wei) for account, wei in found.slashes.items()},
    )


def print_round(page: RoundPage) -> None:
    from flock.terminal import print_fields, print_table

    print_fields(f"Round {page.round} of task {page.task}: {page.outcome or page.phase}", _fields(page))
    typer.secho("\nSeats", bold=True)
    rows = [(f"{each.seat} {each.role}", each.account, pay_shown(each), _fate(each)) for each in page.seats]
    print_table(["seat", "account", "FLOCK", "what became of it"], rows)
    if reasons := legend(page.seats):
        print_fields("\nWhat that means", reasons)
    plans = [(f"{each.seat} {plan.what}", plan) for each in page.seats for plan in each.plans]
    ends = [("draw", page.drawn), *([("finalise", page.finalised)] if page.finalised else [])]
    typer.secho("\nTransactions", bold=True)
    for what, plan in sorted([*plans, *ends], key=lambda pair: pair[1].block):
        typer.echo(f"  {what:<15} {plan.transaction}")


def _fields(page: RoundPage) -> dict[str, str]:
    from flock.terminal import moment

    fields = {
        "drawn": f"{moment(page.drawn.at)}, block {page.drawn.block}",
        "finalised": f"{moment(page.finalised.at)}, block {page.finalised.block}"
        if page.finalised
        else "not yet",
        "votes": f"a weight of {page.revealed_weight} of {page.drawn_weight} was revealed",
    }
    if page.pool_left is not None:
        fields["pay"] = (
            f"{tokens(int(page.proposer_unit))} FLOCK a proposer's unit of weight, "
            f"{tokens(int(page.voter_unit))} a voter's"
        )
        fields["pool left"] = f"{tokens(int(page.pool_left))} FLOCK"
    if page.slashed:
        fields["slashed"] = "\n".join(f"{who} {tokens(int(wei))} FLOCK" for who, wei in page.slashed.items())
    if page.model:
        fields["model"] = page.model
    return {**fields, "why": "\n".join(page.why)}


def _fate(line: SeatLine) -> str:
    if line.reason is not None:
        return fate_shown(line)
    return f"{line.plans[-1].what}: done" if line.plans else "nothing yet"


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
