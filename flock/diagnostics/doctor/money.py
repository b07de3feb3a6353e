"""Gas money, stake, lock and strikes: what lets a member stay, and what it stands to lose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flock.amounts import GWEI_DECIMALS, short, tokens
from flock.diagnostics.doctor.report import Finding, failed, passed, warning
from flock.protocol.alliance.state import MemberState
from flock.protocol.core.units import DAY

if TYPE_CHECKING:
    from flock.diagnostics.doctor.node_under_test import NodeUnderTest, TaskStanding

# A voter's three transactions, measured in contracts/snapshots, with their base cost; a proposer's are fewer.
ROUND_GAS = 220_000
FEW_ROUNDS = 20
DUTY_KINDS = frozenset({"propose", "attest", "commit_vote", "reveal_votes"})


def gas_money(node: NodeUnderTest) -> Finding:
    """For how many rounds the signing key's ETH lasts at the current price of gas."""
    client, operator = node.client(), node.operator()
    balance = client.balance(operator)
    price = int(client.rpc.request("eth_gasPrice"), 16)
    rounds = balance // max(1, ROUND_GAS * price)
    says = (
        f"{operator} holds {short(balance)} ETH, for about {rounds:,} rounds at "
        f"{tokens(price, GWEI_DECIMALS)} gwei"
    )
    mend = f"Send ETH to {operator} (on a local chain: flock chain fund {node.settings.key})."
    if rounds == 0:
        return failed(says, mend, node.at_risk())
    if rounds < FEW_ROUNDS:
        return warning(says, mend, node.at_risk())
    return passed(says)


def stake(node: NodeUnderTest) -> Finding:
    """The stake on the task against its minimum, and what a newcomer needs to join."""
    standing, owner = node.standing(), node.owner()
    staked = standing.stake
    minimum = standing.terms.minimum_stake
    says = f"{owner} has {tokens(staked)} gmFLOCK on the task; the minimum is {tokens(minimum)}"
    if standing.member.state is MemberState.RETAINED:
        return warning(
            f"{says}. It left with strikes against it, so its stake is held until round "
            f"{standing.member.retained_until}, or until the rounds are over.",
            f"flock node leave --config {node.config} frees it then; flock node start joins again before.",
        )
    if standing.member.is_active:
        return passed(
            f"{says}; a {standing.member.state.name.lower()} member of weight {standing.member.weight}"
        )
    if standing.is_over:
        return passed(f"{says}; no more is needed, the task is over")
    return _newcomer(node, standing, staked, says)


def lock(node: NodeUnderTest) -> Finding:
    """The end of the lock against the task's end."""
    standing, contracts = node.standing(), node.contracts()
    position = contracts.staking.position_of(node.owner())
    if position.votes == 0:
        return passed(f"Nothing is locked yet; joining locks it for {node.settings.lock_days} days")
    now = contracts.client.now()
    left, rest = position.unlock_at - now, standing.terms.ends_at - now
    says = f"{tokens(position.flock)} FLOCK, unlocked {_days(left)}; the task ends {_days(rest)}"
    if left <= 0:
        return warning(
            f"{says}. A lock that has run out can take on no more stake.",
            "Lock FLOCK anew (flock node enrol does) before you join again or add stake.",
            "Membership stays; after a slash below the minimum you could not rejoin without locking anew.",
        )
    if position.unlock_at < standing.terms.ends_at:
        return warning(
            f"{says}, after the lock.",
            "Nothing to do while you are a member; with lock_days you choose a longer one.",
            "From then on stake can be added only after locking anew.",
        )
    return passed(says)


def strikes(node: NodeUnderTest) -> Finding:
    """How near the member is to a slash."""
    standing = node.standing()
    if not standing.member.is_active:
        return passed("No member, so no duty and no strikes that count")
    count, limit = standing.member.strikes.bit_count(), standing.terms.strike_limit
    says = f"{count} of {limit} in the last {standing.terms.strike_window} judged seats"
    if count == 0:
        return passed(says)
    return warning(
        says,
        f"flock explain {node.owner()} --task {node.settings.task} says why",
        standing.stake_at_risk() if count + 1 >= limit else "",
    )


def admission(node: NodeUnderTest) -> Finding:
    """Whether a task with an allow-list admits the owner."""
    from flock.programs.allow_list import allow_list_proof_of

    standing = node.standing()
    if not any(standing.terms.allow_list_root):
        return passed("The task is open to all")
    if standing.member.is_active:
        return passed("The task admits only those on its list, and this account is a member")
    allow_list_proof_of(node.settings, standing.terms, node.owner())
    return passed("The owner is on the task's list")


def _newcomer(node: NodeUnderTest, standing: TaskStanding, staked: int, says: str) -> Finding:
    wanted = max(node.settings.stake or 0, standing.terms.minimum_stake)
    owner, contracts = node.owner(), node.contracts()
    missing = max(0, wanted - staked)
    free = contracts.staking.position_of(owner).gm + contracts.token.balance_of(owner)
    if missing and node.operator() != owner:
        return failed(
            f"{says}; {tokens(missing)} more is missing, and only the owner's key can stake it.",
            f"flock node enrol --config {node.config} --key OWNER",
        )
    if free < missing:
        return failed(
            f"{says}; to join, {tokens(missing)} more is missing and {tokens(free)} is there.",
            f"Send {tokens(missing - free)} FLOCK to {owner}, or lower stake.",
        )
    return passed(f"{says}; it can join: {tokens(missing)} more will be locked for it")


def _days(seconds: int) -> str:
    return f"in {seconds / DAY:.1f} days" if seconds > 0 else f"{-seconds / DAY:.1f} days ago"
