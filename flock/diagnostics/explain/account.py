"""An account on a task: where it sat, what it did, what it earned, and why it is not more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flock.amounts import tokens
from flock.diagnostics.explain.pages import AccountPage, SeatLine
from flock.diagnostics.explain.seats import action_of, block_times, line_of
from flock.errors import Refused
from flock.protocol.alliance.reasons import Reason
from flock.protocol.alliance.state import MemberState
from flock.protocol.core.units import Gm
from flock.protocol.economy.locks import slash_of

if TYPE_CHECKING:
    from flock.chain.contracts.alliance_rounds import MemberView
    from flock.chain.contracts.deployed import Contracts
    from flock.diagnostics.local_journal import LocalLog
    from flock.protocol.alliance.task_history import TaskHistory

SHOWN = 20


@dataclass(frozen=True)
class KnownKeys:
    """What is known here of an account: its key's name, whose transactions are its own, and the wei from
    which its node withdraws.
    """

    key: str | None
    senders: frozenset[str]
    claim_above: int


def explain_account(
    contracts: Contracts,
    history: TaskHistory,
    account: str,
    *,
    wallet: KnownKeys,
    log: LocalLog,
) -> AccountPage:
    """The page of ``account``. Raises Refused if it never took part in the task."""
    member = contracts.alliance_rounds.member_of(history.task, account)
    if member.state is MemberState.NONE and not history.knows(account):
        raise Refused(
            f"{account} was never a member or keeper of task {history.task}. Check the address and --task."
        )
    own = history.seats_of(account)
    record = history.strikes_of(account)
    withdrawals = history.withdrawn_by(account)
    acts = [act for each in own for act in each.acts]
    membership = [act for who, act in history.membership if who == account]
    times = block_times(
        contracts.client, [act.block for act in (*acts, *membership, *(p.act for p in withdrawals))]
    )
    seats = tuple(line_of(each, times) for each in own)
    withdrawn = sum(each.wei for each in withdrawals)
    owed = member.owed
    stake = Gm(contracts.staking.stake_of(account, history.task))
    return AccountPage(
        task=history.task,
        account=account,
        key=wallet.key,
        member=member.state.name.lower(),
        stake=str(stake),
        weight=member.weight,
        rounds=len(history.rounds),
        strikes=record.rounds,
        strike_limit=history.terms.strike_limit,
        strike_window=history.terms.strike_window,
        next_slash=str(slash_of(stake, Gm(member.stake), history.terms.slash_bps)),
        slashed_in=record.slashed,
        slashed=str(history.slashed_of(account)),
        earned=str(sum(each.paid for each in own)),
        keeper_fees=str(history.keeper_fees_of(account)),
        withdrawn=str(withdrawn),
        to_withdraw=str(owed),
        why=tuple(
            _why(
                history,
                member,
                seats,
                withdrawn,
                wallet.claim_above,
                has_joined=account in history.ever_joined,
            )
        ),
        seats=seats,
        actions=tuple(
            sorted(
                (action_of(act, times) for act in (*membership, *(p.act for p in withdrawals))),
                key=lambda plan: plan.block,
            )
        ),
        local=tuple(act for act in log.acts(history.task) if act.sender in wallet.senders),
    )


def _why(
    history: TaskHistory,
    member: MemberView,
    seats: tuple[SeatLine, ...],
    withdrawn: int,
    claim_above: int,
    *,
    has_joined: bool,
) -> Iterator[str]:
    """What explains a zero, or less than was hoped for."""
    yield from _why_no_seat(history, member, seats, has_joined=has_joined)
    by_reason: defaultdict[str, list[int]] = defaultdict(list)
    for line in seats:
        if line.reason not in (None, Reason.PAID):
            by_reason[str(line.reason)].append(line.round)
    for reason, rounds in sorted(by_reason.items()):
        where = ", ".join(map(str, rounds[-SHOWN:]))
        yield f"Nothing for round {where}: {reason.replace('_', ' ')}."
    if any(line.reason == Reason.PAID and not int(line.paid) for line in seats):
        yield "Some seats that did their duty were paid 0: the pool had nothing left to share."
    yield from _why_not_withdrawn(member.owed, withdrawn, claim_above)


def _why_no_seat(
    history: TaskHistory, member: MemberView, seats: tuple[SeatLine, ...], *, has_joined: bool
) -> Iterator[str]:
    if not has_joined:
        yield "It never joined: what it has is from pushing rounds on."
    elif not history.rounds:
        yield f"No round has been drawn yet: that takes {history.terms.minimum_members} members and a start."
    elif not seats:
        yield f"It was never drawn: {history.terms.seats} of the members on the list are, each round, at random."
    if member.state is MemberState.RETAINED:
        yield (
            f"It is off the list, but strikes stand against it: its stake is free from round "
            f"{member.retained_until} on, or once the rounds are over."
        )
    elif member.state is MemberState.NONE and seats:
        yield "It is drawn no more: it has left, or a slash left less than the minimum stake."


def _why_not_withdrawn(owed: int, withdrawn: int, claim_above: int) -> Iterator[str]:
    if owed == 0 and withdrawn:
        yield "Nothing is left to withdraw: all that was credited has been paid out."
    elif 0 < owed < claim_above:
        yield (
            f"The node withdraws from {tokens(claim_above)} FLOCK on (claim_above), and when it leaves or the task "
            "ends."
        )
