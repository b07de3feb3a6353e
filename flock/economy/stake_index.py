"""Where accounts have, or ever had, stake: the events say where to look, the contract what is there now.

What is noted is never taken back, so a reorganisation does no harm: it leaves a place where nothing is.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from flock.chain.client import all_logs
from flock.chain.contracts.deployed import Contracts
from flock.chain.events import Event, decode_event, topic_of

ALLOCATED, DELEGATED, POOL_SET = "Allocated", "StakeDelegated", "PoolSet"


@dataclass
class StakeIndex:
    """``stakes`` are tasks by account, and ``staked`` accounts by task; ``delegations`` are (operator, task) by
    delegator, and ``pools`` all (operator, task).
    """

    stakes: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    delegations: dict[str, set[tuple[str, int]]] = field(default_factory=lambda: defaultdict(set))
    pools: set[tuple[str, int]] = field(default_factory=set)
    staked: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, events: Iterable[Event]) -> None:
        """Take in events of Staking, in any order, repeated or not."""
        for event in events:
            said = event.arguments
            if event.name == ALLOCATED:
                self.stakes[said["account"]].add(said["task_id"])
                self.staked[said["task_id"]].add(said["account"])
            elif event.name == DELEGATED:
                self.delegations[said["delegator"]].add((said["operator"], said["task_id"]))
            if event.name in (DELEGATED, POOL_SET):
                self.pools.add((said["operator"], said["task_id"]))

    def stakes_of(self, account: str) -> list[int]:
        """The tasks on which it has, or had, stake."""
        return sorted(self.stakes.get(account, ()))

    def delegations_of(self, account: str) -> list[tuple[str, int]]:
        """By task, then operator."""
        return sorted(self.delegations.get(account, ()), key=lambda place: (place[1], place[0]))

    def staked_on(self, task: int) -> list[str]:
        """The accounts that have, or had, stake on it."""
        return sorted(self.staked.get(task, ()))

    def pools_on(self, task: int | None = None, operator: str | None = None) -> list[tuple[str, int]]:
        """By task, then operator."""
        found = (
            place for place in tuple(self.pools) if task in (None, place[1]) and operator in (None, place[0])
        )
        return sorted(found, key=lambda place: (place[1], place[0]))


def read_places(contracts: Contracts, account: str | None = None) -> StakeIndex:
    """The places of ``account``, as owner, delegator and operator; of everybody without. Raises RpcUnavailable."""
    places, head = StakeIndex(), contracts.client.block_number()
    for name in (ALLOCATED, DELEGATED, POOL_SET):
        places.note(noted(contracts, name, contracts.book.deployed_block, head, account))
    return places


def noted(
    contracts: Contracts, name: str, first: int, last: int, account: str | None = None
) -> Iterable[Event]:
    """The events ``name`` of Staking in a range of blocks, of which ``account`` is the first argument."""
    staking = contracts.staking
    who = [None if account is None else bytes(12) + bytes.fromhex(account[2:])]
    logs = all_logs(contracts.client, [staking.address], first, last, [topic_of(staking.abi, name), *who])
    return filter(None, map(decode_event, logs))
