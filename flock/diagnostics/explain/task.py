"""A task: where its bounty went, how its rounds ended, who took part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flock.diagnostics.explain.pages import MemberLine, RoundLine, TaskPage
from flock.diagnostics.explain.seats import block_times
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.votes import Outcome, Verdict
from flock.protocol.core.tasks import TaskState

if TYPE_CHECKING:
    from flock.chain.contracts.alliance_rounds import RoundView
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.contracts.task_manager import TaskView
    from flock.protocol.alliance.round_history import RoundHistory
    from flock.protocol.alliance.task_history import TaskHistory


def explain_task(contracts: Contracts, history: TaskHistory) -> TaskPage:
    task = contracts.task_manager.task_of(history.task)
    view = contracts.alliance_rounds.round_view(history.task)
    times = block_times(
        contracts.client, [each.finalised.block for each in history.rounds.values() if each.finalised]
    )
    members = dict.fromkeys(history.joined.values())
    closed = history.closed or {"refund": 0, "to_treasury": 0}
    return TaskPage(
        task=history.task,
        state=task.state.name.lower(),
        phase=view.phase.name.lower(),
        round=view.number,
        decided=view.decided,
        planned_rounds=history.terms.planned_rounds,
        bounty=str(task.bounty),
        earned=str(sum(each.paid for number in history.rounds.values() for each in number.seats)),
        keeper_fees=str(sum(each.wei for each in history.keeper_fees)),
        withdrawn=str(sum(each.wei for each in history.withdrawals)),
        refund=str(closed["refund"]),
        to_treasury=str(closed["to_treasury"]),
        in_custody=str(task.balance),
        why=tuple(_why(history, task, view, contracts.alliance_rounds.member_count(history.task))),
        rounds=tuple(_round_line(each, times) for each in history.rounds.values()),
        members=tuple(_member_line(contracts, history, account) for account in members),
    )


def _round_line(each: RoundHistory, times: dict[int, int]) -> RoundLine:
    return RoundLine(
        round=each.number,
        outcome=each.outcome.name.lower() if each.outcome is not None else "open",
        proposed=len(each.proposed),
        revealed=len(each.revealed),
        struck=sum(seat.fate is not None and seat.fate.verdict is Verdict.BAD for seat in each.seats),
        paid_seats=sum(seat.paid > 0 for seat in each.seats),
        paid=str(sum(seat.paid for seat in each.seats)),
        at=times.get(each.finalised.block) if each.finalised else None,
    )


def _member_line(contracts: Contracts, history: TaskHistory, account: str) -> MemberLine:
    seats = history.seats_of(account)
    return MemberLine(
        account=account,
        member=contracts.alliance_rounds.member_of(history.task, account).state.name.lower(),
        drawn=len(seats),
        strikes=len(history.strikes_of(account).rounds),
        slashed=str(history.slashed_of(account)),
        earned=str(sum(each.paid for each in seats)),
        withdrawn=str(sum(each.wei for each in history.withdrawn_by(account))),
    )


def _why(history: TaskHistory, task: TaskView, view: RoundView, listed: int) -> Iterator[str]:
    void = [each.number for each in history.rounds.values() if each.outcome is Outcome.VOID]
    if void:
        yield f"Void, so paid nothing and repeated: round {', '.join(map(str, void))}."
    if task.state is TaskState.CANCELLED:
        yield "It was cancelled before it began; its bounty is back at its creator."
    elif view.phase in (Phase.NONE, Phase.WAITING):
        yield (
            f"It begins with {history.terms.minimum_members} members; {listed} are on the list."
            if not history.rounds
            else f"It waits: a round needs {history.terms.minimum_members} members on the list and a start."
        )
    elif view.phase is Phase.SEEDED:
        yield "The next round is about to be drawn."
    elif view.phase is Phase.ENDED:
        yield (
            "Its rounds are over." if history.closed else "Its rounds are over; somebody must still close it."
        )
    else:
        yield f"Round {view.number} is open: flock explain {history.task}/{view.number} says what it waits for."
