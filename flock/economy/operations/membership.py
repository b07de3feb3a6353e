"""Membership of a task, by the owner of the stake: leaving it, and what it has earned there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flock.chain.simulation import PlannedCall, View
from flock.economy.operations import fields
from flock.economy.operations.plans import NO_NAMES, Names, Plan, command
from flock.economy.operations.requirements import require_task
from flock.errors import Refused
from flock.protocol.alliance.state import MemberState

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.economy.operations.fields import Fields


def leave(contracts: Contracts, account: str, task: int, names: Names = NO_NAMES) -> Plan:
    """Take the account off a task's list. Raises UnknownTask, and Refused if it is not a member."""
    require_task(contracts, task)
    if not contracts.alliance_rounds.member_of(task, account).is_present:
        raise Refused(f"{account} is not a member of task {task}, so there is nothing to leave.")
    return Plan(
        contracts,
        account,
        f"Leave task {task}",
        [PlannedCall(contracts.alliance_rounds, "leave", (task, account))],
        _views(contracts, account, task),
        _fields,
        command("stake", "remove", "all", "--task", task, "--key", names.key(account)),
        [
            "A member with a seat in a round leaves when that round ends. Stake with strikes against it is held "
            "until they expire."
        ],
    )


def withdraw(contracts: Contracts, account: str, task: int, names: Names = NO_NAMES) -> Plan:
    """Have paid out what the account's seats have earned. Raises UnknownTask, and Refused if that is nothing."""
    require_task(contracts, task)
    if not contracts.alliance_rounds.member_of(task, account).owed:
        raise Refused(f"Task {task} owes {account} nothing now.")
    return Plan(
        contracts,
        account,
        f"Withdraw what task {task} owes {account}",
        [PlannedCall(contracts.alliance_rounds, "withdraw", (task, account))],
        _views(contracts, account, task),
        _fields,
        command("stake", "status", names.of(account)),
    )


# ---- pieces


def _views(contracts: Contracts, account: str, task: int) -> list[View]:
    return [
        View(contracts.alliance_rounds, "memberOf", (task, account)),
        View(contracts.staking, "allocationOf", (account, task)),
        View(contracts.token, "balanceOf", (account,)),
    ]


def _fields(said: Sequence[Any]) -> Fields:
    member, stake, purse = said
    held = "by the task" if stake["is_held"] else "no"
    return {
        "member": fields.text("member", MemberState(member["state"]).name.lower()),
        "stake": fields.gm("stake on the task", stake["gm"]),
        "is_held": fields.text("held", held),
        "owed": fields.flock("to withdraw", member["owed"]),
        "held": fields.flock("FLOCK not locked", purse),
    }
