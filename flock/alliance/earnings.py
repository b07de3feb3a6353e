"""Taking home what a task owes: pay for rounds, and keeper fees."""

from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender
from flock.log import logger


def withdraw_earnings(
    contracts: Contracts, sender: Sender, task: int, account: str, at_least: int = 1
) -> bool:
    """Withdraw what ``account`` has earned on the task, for rounds and as keeper, from ``at_least`` wei on.

    The contract pays the account, whoever sends the transaction. Says whether anything was withdrawn.
    """
    rounds = contracts.alliance_rounds
    owed = rounds.member_of(task, account).owed
    if owed < at_least:
        return False
    rounds.withdraw(sender, task, account)
    logger().info("claimed", task=task, account=account, wei=owed)
    return True
