"""The contracts come to lie where the plan says, once, wherever the deployment was cut off."""

from collections.abc import Callable

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from flock.chain.anvil import set_balance
from flock.chain.book import AddressBook
from flock.chain.client import Client
from flock.chain.contracts import Contracts
from flock.chain.deployment import (
    GENESIS_SUPPLY,
    SETTLER_FUNCTIONS,
    SETTLER_ROLE,
    AccessManager,
    Plan,
    deploy,
    verify,
)
from flock.chain.sender import Receipt, Sender, open_sender
from flock.errors import Misconfigured, NotDeployed
from flock.store.database import Database
from tests.conftest import ETHER, FLOCK, TREASURY, SenderOf


class CutOff(BaseException):
    """The process is killed here."""


@pytest.fixture
def plan(admin: LocalAccount) -> Plan:
    return Plan(admin.address, TREASURY, admin.address)


@pytest.fixture
def sender(own_client: Client, admin: LocalAccount, database: Database) -> Sender:
    return open_sender(own_client, admin, database)


def sent(steps: list[Receipt | None]) -> int:
    return sum(receipt is not None for receipt in steps)


def test_everything_lies_where_the_plan_said_beforehand(sender: Sender, plan: Plan) -> None:
    foretold = plan.book(sender.client.chain_id, 0)
    assert deploy(sender, plan) == foretold
    contracts = Contracts(sender.client, foretold)
    assert contracts.token.balance_of(plan.holder) == GENESIS_SUPPLY
    assert contracts.staking.read("treasury") == TREASURY
    assert contracts.alliance_rounds.read("staking") == foretold.staking


def test_a_second_deployment_sends_nothing(sender: Sender, plan: Plan) -> None:
    first = deploy(sender, plan)
    block = sender.client.block_number()
    steps: list[Receipt | None] = []
    again = deploy(sender, plan, lambda *step: steps.append(step[2]))
    assert (sent(steps), sender.client.block_number()) == (0, block)
    assert again.alliance_rounds == first.alliance_rounds


@pytest.mark.parametrize("steps_done", range(1, 8))
def test_a_deployment_that_was_cut_off_carries_on(sender: Sender, plan: Plan, steps_done: int) -> None:
    steps: list[Receipt | None] = []

    def cut(*step: object) -> None:
        steps.append(None)
        if len(steps) == steps_done:
            raise CutOff

    with pytest.raises(CutOff):
        deploy(sender, plan, cut)
    rest: list[Receipt | None] = []
    book = deploy(sender, plan, lambda *step: rest.append(step[2]))
    assert sent(rest) == 8 - steps_done
    Contracts(sender.client, book)


def test_only_alliance_rounds_may_settle(sender: Sender, plan: Plan) -> None:
    book = deploy(sender, plan)
    manager = AccessManager(sender.client, book.access_manager)
    assert manager.has_role(SETTLER_ROLE, book.alliance_rounds)
    assert not manager.has_role(SETTLER_ROLE, plan.admin)
    contracts = Contracts(sender.client, book)
    for binding in (contracts.staking, contracts.task_manager):
        restricted = {
            name
            for name, item in binding.abi.functions.items()
            if manager.function_role(binding.address, item.selector) == SETTLER_ROLE and "(" not in name
        }
        assert restricted == set(SETTLER_FUNCTIONS[binding.contract])


def test_an_existing_token_is_used(sender: Sender, plan: Plan) -> None:
    first = deploy(sender, plan)
    other = Plan(plan.admin, "0x00000000000000000000000000000000000000B0", plan.admin, token=first.token)
    book = deploy(sender, other)
    assert book.token == first.token
    assert book.staking != first.staking
    assert Contracts(sender.client, book).staking.read("token") == first.token


def test_a_token_that_is_not_there_is_refused_before_anything_is_sent(sender: Sender, plan: Plan) -> None:
    with pytest.raises(NotDeployed, match=r"no token at 0x.*Check --token"):
        deploy(sender, Plan(plan.admin, TREASURY, plan.admin, token=TREASURY))
    assert sender.client.block_number() == 0


def test_only_the_administrator_deploys(own_client: Client, plan: Plan, database: Database) -> None:
    stranger = Account.create()
    set_balance(own_client, stranger.address, ETHER)
    with pytest.raises(Misconfigured, match="cannot deploy for"):
        deploy(open_sender(own_client, stranger, database), plan)


def test_a_chain_without_the_factory_is_named(sender: Sender, plan: Plan) -> None:
    factory = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
    sender.client.rpc.request("anvil_setCode", factory, "0x")
    with pytest.raises(Misconfigured, match=f"lacks the CREATE2 factory at {factory}"):
        deploy(sender, plan)


class TestVerify:
    def test_what_was_deployed_matches(self, sender: Sender, plan: Plan) -> None:
        results = verify(sender.client, deploy(sender, plan))
        assert [result.contract for result in results if result.matches] == [
            "AccessManager",
            "FlockToken",
            "Staking",
            "TaskManager",
            "AllianceRounds",
        ]

    def test_it_matches_as_well_once_the_contracts_are_in_use(
        self, contracts: Contracts, deployed: AddressBook, sender_of: SenderOf, admin: LocalAccount
    ) -> None:
        contracts.staking.lock(sender_of(admin), contracts.token, FLOCK, 30)
        assert all(result.matches for result in verify(contracts.client, deployed))

    def test_a_changed_byte_is_seen(self, sender: Sender, plan: Plan) -> None:
        book = deploy(sender, plan)
        code = sender.client.code(book.staking)
        sender.client.rpc.request("anvil_setCode", book.staking, "0x" + code[:-1].hex() + "00")
        verdicts = {result.contract: result.verdict for result in verify(sender.client, book)}
        assert verdicts["Staking"] == "differs"
        assert verdicts["TaskManager"] == "matches"

    def test_what_is_missing_is_seen(self, own_client: Client, plan: Plan) -> None:
        results = verify(own_client, plan.book(own_client.chain_id, 0))
        assert {result.verdict for result in results} == {"no code there"}


def test_contracts_that_are_not_there_are_named(own_client: Client, plan: Plan) -> None:
    with pytest.raises(NotDeployed, match=r"no code for access_manager, .*flock chain deploy"):
        Contracts(own_client, plan.book(own_client.chain_id, 0))


def test_funding_is_for_local_chains(contracts: Contracts, rich: Callable[[], LocalAccount]) -> None:
    account = rich()
    assert contracts.client.balance(account.address) == 10 * ETHER
    assert contracts.token.balance_of(account.address) == 10_000 * FLOCK
