"""``flock node status``: one look at a member, read from the chain alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from flock.protocol.rounds import Phase, Voter
from flock.protocol.units import WAD

if TYPE_CHECKING:
    from flock.chain.alliance_rounds import RoundView
    from flock.node.seat import OwnSeat
    from flock.settings import NodeSettings


@dataclass(frozen=True)
class NodeStatus:
    """Wei as decimal strings; ``deadline_seconds`` until the phase ends, by the chain's time."""

    task: int
    account: str
    member: str
    stake: str
    weight: int
    strikes: int
    strike_limit: int
    credit: str
    keeper_credit: str
    gas_money: str
    round: int
    phase: str
    deadline_seconds: int | None
    seat: int | None
    next_duty: str


def status_of(settings: NodeSettings) -> NodeStatus:
    """Read the member's standing. Needs no password: nothing is signed."""
    from flock.chain.keys import KeyStore
    from flock.cli.wiring import contracts_of, require_task
    from flock.node.seat import OPEN_PHASES, own_seat

    contracts = contracts_of(settings)
    require_task(contracts, settings.task)
    operator = KeyStore(settings.keys).address_of(settings.key)
    owner = settings.owner or operator
    member = contracts.alliance_rounds.member_of(settings.task, owner)
    view = contracts.alliance_rounds.round_view(settings.task)
    seat = own_seat(view, owner)
    timed = view.phase in OPEN_PHASES and view.phase != Phase.TALLY
    return NodeStatus(
        task=settings.task,
        account=owner,
        member=member.state.name.lower(),
        stake=str(contracts.staking.member_stake(owner, settings.task)),
        weight=member.weight,
        strikes=member.strikes.bit_count(),
        strike_limit=contracts.task_manager.parameters_of(settings.task).strike_limit,
        credit=str(member.credit),
        keeper_credit=str(member.keeper_credit),
        gas_money=str(contracts.client.balance(operator)),
        round=view.number,
        phase=view.phase.name.lower(),
        deadline_seconds=max(0, view.ends_at - contracts.client.now()) if timed else None,
        seat=seat.index if seat else None,
        next_duty=_next_duty(view, seat),
    )


def print_status(status: NodeStatus, *, as_json: bool) -> None:
    from flock.cli.output import print_fields, print_json

    if as_json:
        print_json(asdict(status))
        return
    deadline = "" if status.deadline_seconds is None else f", ends in {status.deadline_seconds} s"
    print_fields(
        f"Task {status.task}",
        {
            "account": status.account,
            "member": status.member,
            "stake": f"{_tokens(status.stake)} gmFLOCK, weight {status.weight}",
            "strikes": f"{status.strikes} of {status.strike_limit} in its last seats",
            "to withdraw": f"{_tokens(status.credit)} FLOCK, as keeper {_tokens(status.keeper_credit)} FLOCK",
            "gas money": f"{_tokens(status.gas_money)} ETH",
            "round": f"{status.round}, {status.phase}{deadline}",
            "seat": "none in this round" if status.seat is None else str(status.seat),
            "next duty": status.next_duty,
        },
    )


def _next_duty(view: RoundView, seat: OwnSeat | None) -> str:
    if seat is None:
        return "wait to be drawn" if view.phase != Phase.ENDED else "none: the task is over"
    if not seat.is_voter:
        waiting = view.phase == Phase.PROPOSE and not seat.has_proposed
        return "train and propose" if waiting else "show the proposed bytes"
    duties = {Voter.NONE: "attest the proposals", Voter.ATTESTED: "vote", Voter.COMMITTED: "reveal the vote"}
    return duties.get(seat.state or Voter.NONE, "none in this round")


def _tokens(wei: str) -> str:
    return f"{int(wei) / WAD:,.4f}"
