"""``flock node status``: a member's state, from the chain and the journal in its home."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import typer

from flock.amounts import short
from flock.diagnostics.local_journal import LocalLog
from flock.diagnostics.standstill import no_new_block
from flock.protocol.alliance.rounds import Phase, Voter
from flock.protocol.core.units import Gm
from flock.protocol.economy.locks import slash_of

if TYPE_CHECKING:
    from flock.chain.contracts.alliance_rounds import MemberView, RoundView
    from flock.chain.contracts.deployed import Contracts
    from flock.node.seat import OwnSeat
    from flock.programs.settings import NodeSettings
    from flock.protocol.alliance.task_history import TaskHistory, TermsOfRounds

DUTY_KINDS = ("propose", "attest", "commit_vote", "reveal_votes")
WATCH_SECONDS = 2.0


@dataclass(frozen=True)
class LastDuty:
    """The newest duty that is on chain; ``at`` in Unix seconds."""

    what: str
    round: int
    at: int | None
    transaction: str


@dataclass(frozen=True)
class ExpectedPay:
    """What the next slash takes (gmFLOCK wei), and after how many more strikes."""

    gm: str
    more_strikes: int


@dataclass(frozen=True)
class NodeStatus:
    """Wei as decimal strings; ``deadline`` is when the phase ends, in Unix seconds by the chain's time, and
    ``deadline_seconds`` until then. ``strike_rounds`` are the rounds of the strikes that count now.
    ``standstill`` is a sentence if the chain makes no blocks.
    ``privacy_spent`` is the total privacy loss of the updates stored here (docs/privacy.md).
    """

    task: int
    account: str
    member: str
    stake: str
    weight: int
    strikes: int
    strike_limit: int
    strike_rounds: tuple[int, ...]
    next_slash: ExpectedPay | None
    owed: str
    earned: str
    gas_money: str
    round: int
    phase: str
    deadline: int | None
    deadline_seconds: int | None
    seat: int | None
    next_duty: str
    standstill: str | None
    last_duty: LastDuty | None
    privacy_spent: str | None


def status_of(settings: NodeSettings) -> NodeStatus:
    """Read the member's standing. Needs no password: nothing is signed."""
    from flock.alliance.history import read_history
    from flock.chain.keys import KeyStore
    from flock.economy.operations.requirements import require_task
    from flock.node.seat import OPEN_PHASES, own_seat
    from flock.programs.wiring import contracts_of, owner_of

    contracts = contracts_of(settings)
    require_task(contracts, settings.task)
    operator = KeyStore(settings.keys).address_of(settings.key)
    owner = owner_of(settings, operator)
    member = contracts.alliance_rounds.member_of(settings.task, owner)
    view = contracts.alliance_rounds.round_view(settings.task)
    history = read_history(contracts, settings.task)
    seat = own_seat(view, owner)
    stake = Gm(contracts.staking.stake_of(owner, settings.task))
    missing = history.terms.minimum_members - contracts.alliance_rounds.member_count(settings.task)
    timed = view.phase in OPEN_PHASES and view.phase != Phase.TALLY
    return NodeStatus(
        task=settings.task,
        account=owner,
        member=member.state.name.lower(),
        stake=str(stake),
        weight=member.weight,
        strikes=member.strikes.bit_count(),
        strike_limit=history.terms.strike_limit,
        strike_rounds=history.strikes_of(owner).rounds,
        next_slash=_projection(member, stake, history.terms),
        owed=str(member.owed),
        earned=str(member.earned),
        gas_money=str(contracts.client.balance(operator)),
        round=view.number,
        phase=view.phase.name.lower(),
        deadline=view.ends_at if timed else None,
        deadline_seconds=max(0, view.ends_at - contracts.client.now()) if timed else None,
        seat=seat.index if seat else None,
        next_duty=_out_of_it(settings.task, member, history, owner) or _next_duty(view, seat, missing),
        standstill=no_new_block(contracts.client),
        last_duty=_last_duty(contracts, settings, history, owner),
        privacy_spent=_privacy_spent(settings, contracts, view.number),
    )


def watch_status(settings: NodeSettings) -> None:
    """Refresh the status every few seconds until Ctrl-C."""
    from flock.programs.running import until_told_to_stop

    with until_told_to_stop() as stop:
        while not stop.is_set():
            status = status_of(settings)
            typer.clear()
            print_status(status, as_json=False)
            typer.secho(f"\nEvery {WATCH_SECONDS:g} s; Ctrl-C ends it.", dim=True)
            stop.wait(WATCH_SECONDS)


def print_status(status: NodeStatus, *, as_json: bool) -> None:
    from flock.terminal import moment, print_fields, print_json

    if as_json:
        print_json(asdict(status))
        return
    print_fields(
        f"Task {status.task}",
        {
            "account": status.account,
            "member": status.member,
            "stake": f"{_short(status.stake)} gmFLOCK, weight {status.weight}",
            "strikes": _strikes(status),
            "next slash": _next_slash(status),
            "earned": f"{_short(status.earned)} FLOCK in rounds, {_short(status.owed)} FLOCK to withdraw",
            "gas money": f"{_short(status.gas_money)} ETH",
            "round": f"{status.round}, {status.phase}",
            "deadline": "none"
            if status.deadline is None
            else f"{moment(status.deadline)}, in {status.deadline_seconds} s",
            "seat": "none in this round" if status.seat is None else str(status.seat),
            "next duty": status.next_duty,
            "last duty": _last(status.last_duty),
            "privacy spent": status.privacy_spent or "nothing: no update was made here",
        },
    )
    if status.standstill:
        typer.echo(status.standstill, err=True)


def _last_duty(
    contracts: Contracts, settings: NodeSettings, history: TaskHistory, owner: str
) -> LastDuty | None:
    """From the local journal, or from the chain's events without one."""
    from flock.diagnostics.explain.seats import block_times

    log = LocalLog(settings.home, contracts.client.identity)
    done = [
        (act.kind, act.round or 0, act.block, act.transaction or "")
        for act in log.acts(settings.task)
        if act.kind in DUTY_KINDS and act.state == "mined" and act.block is not None
    ] or [
        (act.what, each.round, act.block, act.transaction)
        for each in history.seats_of(owner)
        for act in each.acts
    ]
    if not done:
        return None
    what, number, block, transaction = max(done, key=lambda duty: duty[2])
    return LastDuty(what, number, block_times(contracts.client, [block]).get(block), transaction)


def _privacy_spent(settings: NodeSettings, contracts: Contracts, number: int) -> str | None:
    spent = LocalLog(settings.home, contracts.client.identity).spent(settings.task, number)
    return spent.words if spent else None


def _projection(member: MemberView, stake: Gm, terms: TermsOfRounds) -> ExpectedPay | None:
    if not member.is_active:
        return None
    gm = slash_of(stake, Gm(member.stake), terms.slash_bps)
    return ExpectedPay(str(gm), terms.strike_limit - member.strikes.bit_count())


def _out_of_it(task: int, member: MemberView, history: TaskHistory, owner: str) -> str | None:
    """Why an account off the list has no duty; None for one on it."""
    if member.is_active:
        return None
    if member.is_present:
        until = member.retained_until
        return f"none: it has left task {task}; its stake is held until round {until}, or the task's end"
    if history.knows(owner):
        return f"none: it has left task {task}"
    return "none: no member yet; `flock node start` joins"


def _next_duty(view: RoundView, seat: OwnSeat | None, missing: int) -> str:
    if seat is None:
        return _until_drawn(view, missing)
    if not seat.is_voter:
        waiting = view.phase == Phase.PROPOSE and not seat.has_proposed
        return "train and propose" if waiting else "publish the proposed bytes"
    duties = {Voter.NONE: "attest the proposals", Voter.ATTESTED: "vote", Voter.COMMITTED: "reveal the vote"}
    return duties.get(seat.state or Voter.NONE, "none in this round")


def _until_drawn(view: RoundView, missing: int) -> str:
    if view.phase is Phase.ENDED:
        return "none: the task is over"
    if view.phase in (Phase.NONE, Phase.WAITING) and missing > 0:
        return f"wait for {missing} more members, the minimum for a draw"
    return "wait to be drawn"


def _strikes(status: NodeStatus) -> str:
    rounds = f" (round {', '.join(map(str, status.strike_rounds))})" if status.strike_rounds else ""
    return f"{status.strikes} of {status.strike_limit} in its last seats{rounds}"


def _next_slash(status: NodeStatus) -> str:
    if status.next_slash is None:
        return "none: no member"
    return f"{_short(status.next_slash.gm)} gmFLOCK, after {status.next_slash.more_strikes} more strikes"


def _last(duty: LastDuty | None) -> str:
    from flock.terminal import moment

    if duty is None:
        return "none yet"
    return f"{duty.what} in round {duty.round}, {moment(duty.at)}\n{duty.transaction}"


def _short(wei: str) -> str:
    return short(int(wei))
