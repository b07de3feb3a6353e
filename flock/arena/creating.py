"""Making an Arena as a plan."""

from flock.amounts import short
from flock.arena.offers import ArenaOffer, ArenaWishes, offer_of
from flock.chain.contracts.deployed import Contracts
from flock.chain.simulation import PlannedCall, View
from flock.economy.operations import fields
from flock.economy.operations.plans import Plan, command
from flock.economy.operations.requirements import require_flock
from flock.economy.operations.staking import allowance
from flock.protocol.core.cid import cid_of


def create(contracts: Contracts, account: str, wishes: ArenaWishes) -> Plan:
    """Make the Arena that ``wishes`` describe; its documents and sets are to be uploaded by whoever makes it.

    Raises BadFields naming everything that does not hold, and NoFunds for more than the account holds.
    """
    return create_offered(contracts, account, offer_of(wishes, contracts.client.now()))


def create_offered(contracts: Contracts, account: str, offer: ArenaOffer) -> Plan:
    """Make the Arena on ``offer``. Raises NoFunds for more than the account holds."""
    manager = contracts.task_manager
    price = offer.bounty + manager.creation_fee()
    require_flock(contracts, account, price)
    arguments = contracts.arena_board.creation_arguments(offer.parameters, offer.digest, offer.bounty)
    return Plan(
        contracts,
        account,
        f"Make an Arena with a bounty of {short(offer.bounty)} FLOCK",
        [
            *allowance(contracts, account, manager.address, price),
            PlannedCall(manager, "create", arguments),
        ],
        [View(manager, "taskCount", ()), View(contracts.token, "balanceOf", (account,))],
        lambda said: {
            "tasks": fields.count("tasks", said[0]),
            "held": fields.flock("FLOCK not locked", said[1]),
        },
        command("arena", "tasks"),
        told={"metadata": cid_of(offer.digest)},
    )
