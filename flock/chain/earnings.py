"""Taking home what a task owes: pay for rounds, keeper fees, and the keeper's part of slashes."""

from flock.chain.contracts import Contracts
from flock.chain.sender import Sender
from flock.log import logger


def withdraw_earnings(
    contracts: Contracts, sender: Sender, task: int, account: str, at_least: int = 1
) -> bool:
    """Withdraw what ``account`` has earned on the task, for rounds and as keeper, from ``at_least`` wei on.

    The contract pays the account, whoever sends the transaction. Says whether anything was withdrawn.
    """
    rounds = contracts.alliance_rounds
    member = rounds.member_of(task, account)
    owed = member.credit + member.keeper_credit
    if owed < at_least:
        return False
    rounds.withdraw(sender, task, account)
    logger().info("claimed", task=task, account=account, wei=owed)
    return True


def withdraw_slash_pay(contracts: Contracts, sender: Sender) -> bool:
    """Withdraw the sender's part of the slashes it executed; says whether there was any."""
    owed = contracts.staking.keeper_credit_of(sender.address)
    if owed == 0:
        return False
    contracts.staking.withdraw_keeper_credit(sender)
    logger().info("slash_pay_claimed", account=sender.address, wei=owed)
    return True
