"""The contracts come to lie where the plan says, once, wherever the deployment was cut off; nobody keeps a right."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from flock.chain.abi_codec import artifact
from flock.chain.address_book import CONTRACT_FIELDS, NOBODY, AddressBook
from flock.chain.client import Client
from flock.chain.contracts.access import FUNCTIONS, AccessManager, AccessRole
from flock.chain.contracts.deployed import Contracts
from flock.chain.contracts.timelock import ADMIN, CANCELLER, EXECUTOR, PROPOSER, Timelock
from flock.chain.deploy.anvil import set_balance
from flock.chain.deploy.deployment import (
    CONSTRUCTORS,
    DAILY_BUDGET,
    GENESIS_SUPPLY,
    GOVERNANCE_BOUNDS,
    DeploymentPlan,
    GovernanceTerms,
    deploy,
    verify,
)
from flock.chain.sending.sender import Receipt, Sender, open_sender
from flock.errors import Misconfigured, NotDeployed
from flock.protocol.core.units import DAY
from flock.store.database import Database
from tests.conftest import ETHER, FLOCK, TREASURY, SenderOf

GUARDIAN = "0x00000000000000000000000000000000000000A1"
TRANSACTIONS = 34


class CutOff(BaseException):
    """The process is killed here."""


@pytest.fixture
def plan(admin: LocalAccount) -> DeploymentPlan:
    return DeploymentPlan(admin.address, None, admin.address, guardian=GUARDIAN)


@pytest.fixture
def sender(own_client: Client, admin: LocalAccount, database: Database) -> Sender:
    return open_sender(own_client, admin, database)


def sent(steps: list[Receipt | None]) -> int:
    return sum(receipt is not None for receipt in steps)


def test_everything_lies_where_the_plan_said_beforehand(sender: Sender, plan: DeploymentPlan) -> None:
    foretold = plan.book(sender.client.chain_id, 0)
    assert deploy(sender, plan) == foretold
    contracts = Contracts(sender.client, foretold)
    assert contracts.token.balance_of(plan.holder) == GENESIS_SUPPLY
    assert contracts.alliance_rounds.read("staking") == foretold.staking
    assert contracts.settlement.read("distributor") == foretold.distributor
    assert contracts.settlement.read("emissions") == foretold.emissions
    assert contracts.emissions.schedule().budget == DAILY_BUDGET
    assert contracts.governor.read("token") == foretold.staking
    assert contracts.governor.read("timelock") == foretold.timelock


def test_the_treasury_is_the_timelock_unless_another_is_named(sender: Sender, plan: DeploymentPlan) -> None:
    book = deploy(sender, plan)
    assert book.treasury == book.timelock
    elsewhere = deploy(sender, replace(plan, treasury=TREASURY))
    for found, treasury in ((book, book.timelock), (elsewhere, TREASURY)):
        contracts = Contracts(sender.client, found)
        for binding in (contracts.staking, contracts.task_manager, contracts.settlement):
            assert binding.read("treasury") == treasury


def test_two_plans_share_no_contract(plan: DeploymentPlan) -> None:
    terms = GovernanceTerms(voting_delay=2 * DAY)
    others = (replace(plan, guardian=None), replace(plan, daily_budget=1), replace(plan, governance=terms))
    places = [
        creation.address
        for each in (plan, *others)
        for contract, creation in each.creations().items()
        if contract in CONTRACT_FIELDS
    ]
    assert len(set(places)) == len(places)


def test_governance_begins_with_the_numbers_of_the_plan(sender: Sender, plan: DeploymentPlan) -> None:
    terms = GovernanceTerms(2 * DAY, 3 * DAY, 5 * FLOCK, 3, 4 * DAY)
    contracts = Contracts(sender.client, deploy(sender, replace(plan, governance=terms)))
    governor = contracts.governor
    assert (governor.voting_delay(), governor.voting_period()) == (2 * DAY, 3 * DAY)
    assert governor.read("proposalThresholdSetting") == 5 * FLOCK
    assert governor.read("quorumNumerator()") == 3
    assert contracts.timelock.delay() == 4 * DAY
    assert governor.guardian() == GUARDIAN


def test_a_second_deployment_sends_nothing(sender: Sender, plan: DeploymentPlan) -> None:
    first = deploy(sender, plan)
    block = sender.client.block_number()
    steps: list[Receipt | None] = []
    again = deploy(sender, plan, lambda *step: steps.append(step[2]))
    assert (sent(steps), sender.client.block_number()) == (0, block)
    assert again.alliance_rounds == first.alliance_rounds


@pytest.mark.parametrize("steps_done", range(1, TRANSACTIONS))
def test_a_deployment_that_was_cut_off_carries_on(
    sender: Sender, plan: DeploymentPlan, steps_done: int
) -> None:
    steps: list[Receipt | None] = []

    def cut(*step: object) -> None:
        steps.append(None)
        if len(steps) == steps_done:
            raise CutOff

    with pytest.raises(CutOff):
        deploy(sender, plan, cut)
    rest: list[Receipt | None] = []
    book = deploy(sender, plan, lambda *step: rest.append(step[2]))
    assert sent(rest) == TRANSACTIONS - steps_done
    assert_nobody_keeps_a_right(Contracts(sender.client, book), GUARDIAN)


def test_tasks_may_be_alliances_arenas_or_hosts_bonds_and_nothing_else_until_governance_says_so(
    sender: Sender, plan: DeploymentPlan
) -> None:
    contracts = Contracts(sender.client, deploy(sender, plan))
    boards = {
        event.arguments["board"]: event.arguments["is_registered"]
        for event in contracts.task_manager.events("BoardSet", 0)
    }
    assert boards == dict.fromkeys(
        (contracts.book.alliance_rounds, contracts.book.arena_board, contracts.book.host_bonds), True
    )


class TestRights:
    def test_no_key_keeps_a_role_but_the_guardian_its_own(self, sender: Sender, plan: DeploymentPlan) -> None:
        contracts = Contracts(sender.client, deploy(sender, plan))
        assert_nobody_keeps_a_right(contracts, GUARDIAN)

    def test_without_a_guardian_no_key_has_any(self, sender: Sender, plan: DeploymentPlan) -> None:
        book = deploy(sender, replace(plan, guardian=None))
        assert book.guardian == NOBODY
        assert_nobody_keeps_a_right(Contracts(sender.client, book), None)

    def test_every_role_has_its_functions_and_no_other(self, sender: Sender, plan: DeploymentPlan) -> None:
        book = deploy(sender, plan)
        manager = AccessManager(sender.client, book.access_manager)
        for contract in CONTRACT_FIELDS:
            expected = {
                name: role
                for role, by_contract in FUNCTIONS.items()
                for name in by_contract.get(contract, ())
            }
            found = {
                name: role
                for name, item in artifact(contract).abi.functions.items()
                if "(" not in name
                and (role := manager.function_role(book.place_of(contract), item.selector))
                != AccessRole.ADMIN
            }
            assert found == expected

    def test_an_existing_token_is_nobodys_to_mint(self, sender: Sender, plan: DeploymentPlan) -> None:
        token = deploy(sender, plan).token
        book = deploy(sender, replace(plan, token=token))
        manager = AccessManager(sender.client, book.access_manager)
        assert not manager.has_role(AccessRole.MINTER, book.emissions)
        assert not Contracts(sender.client, book).emissions.mints()


def assert_nobody_keeps_a_right(contracts: Contracts, guardian: str | None) -> None:
    """Walk every grant and revocation since the chain began; what is left is held by contracts."""
    book, client = contracts.book, contracts.client
    guardians = {guardian} if guardian else set()
    manager, timelock = AccessManager(client, book.access_manager), contracts.timelock
    assert manager.holders(0) == {
        AccessRole.ADMIN: {book.timelock},
        AccessRole.MINTER: {book.emissions},
        AccessRole.RELEASER: {book.settlement},
        AccessRole.ROOTS: {book.settlement},
        AccessRole.STREAMER: {book.distributor},
        AccessRole.JUDGE: {book.host_tills, book.timelock},
        AccessRole.GUARDIAN: {book.timelock, *guardians},
    }
    assert timelock.holders(0) == {
        ADMIN: {book.timelock},
        PROPOSER: {book.governor},
        CANCELLER: {book.governor},
        EXECUTOR: {NOBODY},  # everybody
    }
    assert contracts.governor.guardian() == (guardian or NOBODY)


def test_the_holders_of_roles_are_read_from_the_events(sender: Sender, plan: DeploymentPlan) -> None:
    timelock = Timelock(sender.client, deploy(sender, plan).timelock)
    manager = AccessManager(sender.client, plan.book(sender.client.chain_id, 0).access_manager)
    assert not manager.has_role(AccessRole.ADMIN, sender.address)
    assert not timelock.has_role(ADMIN, sender.address)
    granted = [event.arguments["account"] for event in manager.events("RoleGranted", 0)]
    assert sender.address in granted  # it had been the administrator


def test_an_existing_token_is_used(sender: Sender, plan: DeploymentPlan) -> None:
    first = deploy(sender, plan)
    book = deploy(sender, replace(plan, token=first.token))
    assert book.token == first.token
    assert book.staking != first.staking
    assert Contracts(sender.client, book).staking.read("token") == first.token


def test_a_token_that_is_not_there_is_refused_before_anything_is_sent(
    sender: Sender, plan: DeploymentPlan
) -> None:
    with pytest.raises(NotDeployed, match=r"no token at 0x.*Check --token"):
        deploy(sender, replace(plan, token=TREASURY))
    assert sender.client.block_number() == 0


def test_only_the_administrator_deploys(own_client: Client, plan: DeploymentPlan, database: Database) -> None:
    stranger = Account.create()
    set_balance(own_client, stranger.address, ETHER)
    with pytest.raises(Misconfigured, match="cannot deploy for"):
        deploy(open_sender(own_client, stranger, database), plan)


def test_a_chain_without_the_factory_is_named(sender: Sender, plan: DeploymentPlan) -> None:
    factory = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
    sender.client.rpc.request("anvil_setCode", factory, "0x")
    with pytest.raises(Misconfigured, match=f"lacks the CREATE2 factory at {factory}"):
        deploy(sender, plan)


class TestGovernanceTerms:
    def test_the_defaults_hold(self) -> None:
        assert list(GovernanceTerms().problems()) == []

    def test_a_number_that_no_proposal_could_set_is_named(self) -> None:
        [said] = GovernanceTerms(voting_period=60).problems()
        assert said == "voting_period is 60; choose 86400 to 604800."

    def test_the_bounds_are_the_contracts(self, contracts: Contracts) -> None:
        views = {
            "voting_delay": (contracts.governor, "VOTING_DELAY"),
            "voting_period": (contracts.governor, "VOTING_PERIOD"),
            "proposal_threshold": (contracts.governor, "PROPOSAL_THRESHOLD"),
            "quorum_percent": (contracts.governor, "QUORUM_PERCENT"),
            "timelock_delay": (contracts.timelock, "DELAY"),
        }
        for name, bounds in GOVERNANCE_BOUNDS.items():
            binding, view = views[name]
            assert bounds == (binding.read(f"MIN_{view}"), binding.read(f"MAX_{view}"))


class TestVerify:
    def test_what_was_deployed_matches(self, sender: Sender, plan: DeploymentPlan) -> None:
        results = verify(sender.client, deploy(sender, plan))
        assert [result.contract for result in results if result.matches] == list(CONSTRUCTORS)

    def test_all_but_a_token_that_was_there_before_match(self, sender: Sender, plan: DeploymentPlan) -> None:
        token = deploy(sender, plan).token
        book = deploy(sender, replace(plan, token=token))
        assert all(result.matches for result in verify(sender.client, book))

    def test_it_matches_as_well_once_the_contracts_are_in_use(
        self, contracts: Contracts, deployed: AddressBook, sender_of: SenderOf, admin: LocalAccount
    ) -> None:
        contracts.staking.lock(sender_of(admin), contracts.token, FLOCK, 30)
        assert all(result.matches for result in verify(contracts.client, deployed))

    def test_it_matches_on_any_later_day(self, sender: Sender, plan: DeploymentPlan) -> None:
        book = deploy(sender, plan)
        sender.client.rpc.request("evm_increaseTime", DAY)
        sender.client.rpc.request("evm_mine")
        assert all(result.matches for result in verify(sender.client, book))

    def test_a_changed_byte_is_seen(self, sender: Sender, plan: DeploymentPlan) -> None:
        book = deploy(sender, plan)
        code = sender.client.code(book.staking)
        changed = code[:-1] + bytes([code[-1] ^ 1])
        sender.client.rpc.request("anvil_setCode", book.staking, "0x" + changed.hex())
        verdicts = {result.contract: result.verdict for result in verify(sender.client, book)}
        assert verdicts["Staking"] == "differs"
        assert verdicts["TaskManager"] == "matches"

    def test_what_is_missing_is_seen(self, own_client: Client, plan: DeploymentPlan) -> None:
        results = verify(own_client, plan.book(own_client.chain_id, 0))
        assert {result.verdict for result in results} == {"no code there"}


def test_contracts_that_are_not_there_are_named(own_client: Client, plan: DeploymentPlan) -> None:
    with pytest.raises(NotDeployed, match=r"no code for access_manager, .*flock chain deploy"):
        Contracts(own_client, plan.book(own_client.chain_id, 0))


def test_funding_is_for_local_chains(contracts: Contracts, rich: Callable[[], LocalAccount]) -> None:
    account = rich()
    assert contracts.client.balance(account.address) == 10 * ETHER
    assert contracts.token.balance_of(account.address) == 10_000 * FLOCK
