"""A connection to one deployment: the face of flock as a library."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, overload

from flock.chain.address_book import AddressBook
from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.networks import NETWORKS
from flock.closing import Closing
from flock.economy.governance.proposal_parser import address_of
from flock.economy.operations import membership
from flock.economy.operations.requirements import require_task
from flock.errors import FlockError
from flock.library import readings
from flock.library.plans import DelegatePlans, GovernancePlans, RewardPlans, StakePlans

if TYPE_CHECKING:
    from web3 import Web3
    from web3.contract import Contract

    from flock.alliance.offers import Wishes
    from flock.diagnostics.explain.pages import AccountPage, ArenaPage, RoundPage, TaskPage, TransactionPage
    from flock.economy.operations.plans import Plan
    from flock.library.answers import (
        Delegation,
        Member,
        Position,
        Proposal,
        Round,
        Task,
        Verification,
    )

    Page = AccountPage | ArenaPage | RoundPage | TaskPage | TransactionPage

NO_HOME = Path(os.devnull)  # explaining for a library reads no journal of this machine


def connect(
    network: str, *, addresses: str | Path | AddressBook | None = None, chain_id: int | None = None
) -> Connection:
    """A connection to ``network``: one that flock knows by name, or the URL of a JSON-RPC endpoint.

    ``addresses`` is an address book or its file, the known one of the chain otherwise. Raises RpcUnavailable,
    WrongChain if the endpoint serves another chain than ``chain_id``, BadConfig and NotDeployed.
    """
    known = NETWORKS.get(network)
    rpc, expected = (known.rpc_of(os.environ), known.chain_id) if known else (network, None)
    client = Client(rpc, chain_id or expected)
    try:
        return Connection(Contracts(client, _book(client.chain_id, addresses)))
    except FlockError:
        client.rpc.close()
        raise


class Connection(Closing):
    """What the contracts of one deployment say now, and plans for what accounts do with them.

    Every method asks the chain anew and raises RpcUnavailable if that does not answer. Close it, or use it in a
    ``with`` block.
    """

    def __init__(self, contracts: Contracts) -> None:
        self.contracts = contracts
        self.stake = StakePlans(contracts)
        self.delegate = DelegatePlans(contracts)
        self.rewards = RewardPlans(contracts)
        self.gov = GovernancePlans(contracts)

    @property
    def chain_id(self) -> int:
        return self.contracts.chain_id

    @cached_property
    def addresses(self) -> AddressBook:
        """Where the contracts are."""
        return self.contracts.book

    @property
    def w3(self) -> Web3:
        """web3.py on this connection, with its bounds, retries and sentences."""
        return self.contracts.client.w3

    def contract(self, name: str) -> Contract:
        """A contract as web3.py has it, by its name in Solidity, such as "Staking". Raises BadConfig for others."""
        return self.contracts.contract(name)

    def tasks(self) -> tuple[Task, ...]:
        """All tasks, the oldest first."""
        numbers = range(1, self.contracts.task_manager.task_count() + 1)
        return tuple(readings.task_of(self.contracts, number) for number in numbers)

    def task(self, number: int) -> Task:
        """Raises UnknownTask."""
        require_task(self.contracts, number)
        return readings.task_of(self.contracts, number)

    def rounds(self, task: int) -> tuple[Round, ...]:
        """The rounds of a task that are over. Raises UnknownTask."""
        require_task(self.contracts, task)
        return readings.rounds_of(self.contracts, task)

    def members(self, task: int) -> tuple[Member, ...]:
        """Everybody who ever joined a task. Raises UnknownTask."""
        require_task(self.contracts, task)
        return readings.members_of(self.contracts, task)

    def position(self, account: str) -> Position:
        """The lock of an account, its votes, and where its gmFLOCK is."""
        return readings.position_of(self.contracts, _account(account))

    def delegations(self, account: str) -> tuple[Delegation, ...]:
        """What an account has in pools of others."""
        return readings.delegations_of(self.contracts, _account(account))

    def proposals(self) -> tuple[Proposal, ...]:
        """All proposals, the oldest first."""
        return readings.proposals_of(self.contracts)

    def create_task(self, account: str, wishes: Wishes) -> Plan:
        """A plan to make an Alliance. Its model and metadata are to be uploaded once it is made (docs/service.md).

        It needs the extra ``node``. Raises BadFields naming everything that does not hold, and NoFunds.
        """
        from flock.alliance.creating import create

        return create(self.contracts, _account(account), wishes)

    def leave(self, account: str, task: int) -> Plan:
        """A plan to take the account off a task's list. Raises UnknownTask, and Refused if it is not a member."""
        return membership.leave(self.contracts, _account(account), task)

    def withdraw(self, account: str, task: int) -> Plan:
        """A plan to have paid out what its seats have earned. Raises UnknownTask, and Refused for nothing."""
        return membership.withdraw(self.contracts, _account(account), task)

    def verify(self, root_id: int | None = None) -> Verification:
        """Recompute a posted root from the chain's events and compare; the pending or newest one by itself.

        Raises Refused if there is no such root.
        """
        return readings.verification_of(self.contracts, root_id)

    @overload
    def explain(self, subject: str, task: int) -> AccountPage | ArenaPage: ...

    @overload
    def explain(self, subject: str) -> ArenaPage | RoundPage | TaskPage | TransactionPage: ...

    def explain(self, subject: str, task: int | None = None) -> Page:
        """Why it ended as it did: a transaction's hash, a round ``1/7``, a task's number, or an account on ``task``.

        Raises BadConfig for what is none of these, UnknownTask, and Refused for what the chain does not know.
        """
        from flock.library.explaining import explain, explain_on_task

        if task is None:
            return explain(self.contracts, subject, NO_HOME)
        return explain_on_task(self.contracts, _account(subject), task, NO_HOME)

    def close(self) -> None:
        """End the connection to the endpoint."""
        self.contracts.client.rpc.close()


def _book(chain_id: int, addresses: str | Path | AddressBook | None) -> AddressBook:
    if isinstance(addresses, AddressBook):
        return addresses
    return AddressBook.load(chain_id, None if addresses is None else Path(addresses))


def _account(account: str) -> str:
    return address_of(account, "The account")
