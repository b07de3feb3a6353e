"""A chain of one's own: there within its block, gone after it, and rounds on it from start to pay."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flock.chain.address_book import AddressBook
from flock.chain.client import Client
from flock.errors import ContractRefused, RpcUnavailable
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.units import WAD
from flock.testing import Devnet, RoundDriver
from tests.chain.test_alliance_rounds import BOUNTY, METADATA, STAKE, parameters


@pytest.fixture(scope="module")
def net() -> Iterator[Devnet]:
    with Devnet() as running:
        yield running


@pytest.fixture
def driver(net: Devnet) -> RoundDriver:
    """A task of one proposer and two voters that has its three members."""
    terms = replace(parameters(net.client.now()), planned_rounds=9)
    creator = net.sender(net.account(flock=BOUNTY))
    task = net.contracts.task_manager.create(creator, net.contracts.token, terms, METADATA, BOUNTY)
    made = RoundDriver(net.contracts, task, creator)
    for _ in range(3):
        made.join(net.sender(net.account(flock=STAKE)), STAKE)
    return made


class TestDevnet:
    def test_its_address_book_is_the_one_that_commands_take(self, net: Devnet) -> None:
        assert AddressBook.load(net.client.chain_id, net.addresses) == net.contracts.book
        assert net.rpc == net.client.rpc.url

    def test_an_account_has_the_money_it_was_made_with(self, net: Devnet) -> None:
        account = net.account(flock=7 * WAD, eth=2 * WAD).address
        assert net.contracts.token.balance_of(account) == 7 * WAD
        assert net.client.balance(account) == 2 * WAD

    def test_funding_adds_flock_and_tops_up_eth(self, net: Devnet) -> None:
        account = net.account(flock=7 * WAD, eth=2 * WAD).address
        net.fund(account, flock=WAD, eth=WAD)
        assert net.contracts.token.balance_of(account) == 8 * WAD
        assert net.client.balance(account) == 2 * WAD

    def test_nobody_gets_more_flock_than_there_is(self, net: Devnet) -> None:
        with pytest.raises(ContractRefused):
            net.account(flock=net.contracts.token.balance_of(net.bank.address) + 1)

    def test_blocks_and_time_go_on_when_it_is_told_so(self, net: Devnet) -> None:
        block, time = net.client.block_number(), net.client.now()
        net.mine(5)
        assert net.client.block_number() == block + 5
        net.warp(3600)
        assert net.client.now() >= time + 3600

    def test_it_deploys_to_a_chain_that_runs_already_and_leaves_it_running(
        self, net: Devnet, tmp_path: Path
    ) -> None:
        with Devnet(rpc=net.rpc, folder=tmp_path) as other:
            assert other.contracts.book.token != net.contracts.book.token
        assert net.client.block_number() > 0
        assert json.loads((tmp_path / "addresses.json").read_text())

    def test_nothing_is_left_after_its_block(self) -> None:
        with Devnet() as gone:
            assert gone.addresses.exists()
        assert not gone.addresses.exists()
        with pytest.raises(RpcUnavailable):
            Client(gone.rpc).block_number()

    def test_where_nothing_answers_it_says_so(self) -> None:
        with pytest.raises(RpcUnavailable, match="cannot be reached"), Devnet(rpc="http://127.0.0.1:1"):
            pass


class TestRoundDriver:
    def test_a_round_in_which_all_do_their_duty_is_accepted_and_pays_all(self, driver: RoundDriver) -> None:
        view = driver.play()
        (finished,) = driver.rounds.finalised_rounds(driver.task)
        assert (view.number, finished.number, finished.outcome) == (1, 1, Outcome.ACCEPTED)
        assert all(driver.rounds.member_of(driver.task, account).earned > 0 for account in driver.members)

    def test_rounds_follow_each_other(self, driver: RoundDriver) -> None:
        assert [driver.play().number for _ in range(3)] == [1, 2, 3]
        assert {each.outcome for each in driver.rounds.finalised_rounds(driver.task)} == {Outcome.ACCEPTED}

    def test_voters_vote_as_they_are_told(self, driver: RoundDriver) -> None:
        driver.play(lambda _: driver.ballot(supports=False))
        (finished,) = driver.rounds.finalised_rounds(driver.task)
        assert finished.outcome is Outcome.REJECTED

    def test_a_vote_that_is_kept_back_is_slashed(self, driver: RoundDriver) -> None:
        view = driver.open()
        silent = view.accounts[1]
        driver.finish(keeping_back=[silent])
        slashed = driver.rounds.events("MemberSlashed", 0, "latest", driver.task)
        assert [driver.rounds.account_of(driver.task, event.arguments["member_id"]) for event in slashed] == [
            silent
        ]

    def test_a_round_that_nobody_comes_to_is_void(self, driver: RoundDriver) -> None:
        driver.miss()
        (finished,) = driver.rounds.finalised_rounds(driver.task)
        assert finished.outcome is Outcome.VOID

    def test_it_stops_between_any_two_steps(self, driver: RoundDriver) -> None:
        phases = [driver.open().phase]
        driver.propose()
        phases.append(driver.view.phase)
        driver.attest()
        phases.append(driver.view.phase)
        votes = dict.fromkeys(driver.voters, driver.ballot())
        driver.commit(votes)
        phases.append(driver.view.phase)
        driver.reveal(votes)
        phases.append(driver.view.phase)
        driver.finalise(driver.ballot())
        assert phases == [Phase.PROPOSE, Phase.ATTEST, Phase.COMMIT, Phase.REVEAL, Phase.TALLY]
        assert driver.view.phase is Phase.SEEDED
