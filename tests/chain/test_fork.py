"""Base at home: a fork of it is deployed to, on the FLOCK that is there, and its tokens are given out.

The Base that is forked is a stand-in, since tests reach no other chain; see tests/chain/base.py.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from typer.testing import CliRunner

from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.contracts.token import Token
from flock.chain.deploy.anvil import DEVELOPMENT_KEY, Anvil, AnvilOptions, send_as
from flock.chain.deploy.deployment import DeploymentPlan, deploy
from flock.chain.deploy.faucet import give_ether, take
from flock.chain.networks import BASE, is_fork
from flock.chain.sending.fees import estimate
from flock.chain.sending.sender import Sender, open_sender
from flock.cli.main import app
from flock.errors import Misconfigured, NoFunds
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.core.units import DAY, Gm
from flock.store.database import Database
from tests import patience
from tests.chain.base import HELD, running_base
from tests.chain.proxy import Proxy, result
from tests.conftest import FLOCK, fresh_database

assert BASE.flock
assert BASE.usdc
HOLDER = str(BASE.flock.holder)
SOMEBODY = "0x00000000000000000000000000000000000000B1"


@pytest.fixture(scope="module")
def base() -> Iterator[Client]:
    with running_base() as client:
        yield client


@pytest.fixture(scope="module")
def fork(base: Client) -> Iterator[Client]:
    with Anvil(AnvilOptions(port=0, fork_url=base.rpc.url)) as anvil:
        client = Client(anvil.url, BASE.chain_id)
        yield client
        client.close()


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = fresh_database(tmp_path_factory.mktemp("fork") / "flock.db")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def sender(fork: Client, journal: Database) -> Sender:
    account: LocalAccount = Account.from_key(DEVELOPMENT_KEY)
    return open_sender(fork, account, journal)


@pytest.fixture(scope="module")
def contracts(fork: Client, sender: Sender) -> Contracts:
    """All of flock on the fork, with the FLOCK that was there."""
    assert BASE.flock
    plan = DeploymentPlan(sender.address, None, sender.address, token=BASE.flock.address)
    return Contracts(fork, deploy(sender, plan))


@pytest.fixture
def flock_token(fork: Client) -> Token:
    assert BASE.flock
    return Token(fork, BASE.flock.address)


class TestTakingOnAFork:
    def test_a_fork_is_local_and_has_the_id_and_money_of_base(self, fork: Client, flock_token: Token) -> None:
        assert (fork.chain_id, fork.is_local, is_fork(fork)) == (8453, True, True)
        assert flock_token.balance_of(HOLDER) > 0

    def test_what_a_holder_has_is_given_without_its_key(self, fork: Client, flock_token: Token) -> None:
        before = flock_token.balance_of(HOLDER)
        take(flock_token, HOLDER, SOMEBODY, 5_000 * FLOCK)
        assert flock_token.balance_of(SOMEBODY) == 5_000 * FLOCK
        assert flock_token.balance_of(HOLDER) == before - 5_000 * FLOCK
        assert flock_token.total_supply() == HELD

    def test_base_itself_knows_nothing_of_it(self, base: Client, flock_token: Token) -> None:
        take(flock_token, HOLDER, SOMEBODY, FLOCK)
        assert Token(base, flock_token.address).balance_of(HOLDER) == HELD

    def test_a_holder_cannot_give_more_than_it_has(self, flock_token: Token) -> None:
        with pytest.raises(NoFunds, match="Name an account that has more with --from"):
            take(flock_token, HOLDER, SOMEBODY, HELD + 1)

    def test_on_base_itself_nothing_is_taken_or_given(self, base: Client) -> None:
        with Proxy(base.rpc.url) as proxy:
            proxy.lay("web3_clientVersion", result("op-geth/v1.2"))
            real = Client(proxy.url)
            assert BASE.flock
            with pytest.raises(Misconfigured, match="8453 is not a local chain"):
                take(Token(real, BASE.flock.address), HOLDER, SOMEBODY, FLOCK)
            with pytest.raises(Misconfigured, match="not a local chain"):
                give_ether(real, SOMEBODY, FLOCK)
            with pytest.raises(Misconfigured, match="not a local chain"):
                send_as(real, HOLDER, SOMEBODY, b"")
            real.close()

    def test_bytes_cost_on_a_fork_what_they_cost_on_base(self, fork: Client, flock_token: Token) -> None:
        data = flock_token.abi.functions["transfer"].encode(SOMEBODY, FLOCK)
        assert estimate(fork, HOLDER, flock_token.address, data).data > 0


class TestDeployingOnAFork:
    def test_it_stands_on_the_flock_that_was_there(self, contracts: Contracts, flock_token: Token) -> None:
        assert contracts.book.token == flock_token.address
        for place in (contracts.book.staking, contracts.book.task_manager, contracts.book.emissions):
            assert contracts.client.code(place)
        assert contracts.staking.read("token") == flock_token.address
        assert flock_token.total_supply() == HELD

    def test_taken_flock_can_be_locked(self, contracts: Contracts, sender: Sender) -> None:
        take(contracts.token, HOLDER, sender.address, 1_000 * FLOCK)
        contracts.staking.lock(sender, contracts.token, 1_000 * FLOCK, 365)
        position = contracts.staking.position_of(sender.address)
        assert position.flock == 1_000 * FLOCK
        assert position.gm > 2_900 * FLOCK

    def test_emissions_pay_from_their_reserve_and_mint_nothing(
        self, contracts: Contracts, sender: Sender
    ) -> None:
        running_task_with_stake(contracts, sender)
        emissions, client = contracts.emissions, contracts.client
        assert not emissions.mints()
        reserve = emissions.schedule().budget // 2
        take(contracts.token, HOLDER, emissions.address, reserve)
        client.rpc.request("evm_increaseTime", DAY)
        client.rpc.request("evm_mine")
        emissions.emit_due(sender)
        assert emissions.emitted() == reserve
        assert contracts.token.balance_of(emissions.address) == reserve
        assert contracts.token.balance_of(contracts.book.distributor) == 0
        assert contracts.token.total_supply() == HELD


def running_task_with_stake(contracts: Contracts, sender: Sender) -> None:
    """What is the Timelock's or the rounds' to do is done as them: on a fork anybody may act as anybody."""
    manager, staking = contracts.task_manager, contracts.staking
    now = contracts.client.now()
    task = manager.create(sender, contracts.token, terms(now), b"\x01" * 32, 0)
    take(contracts.token, HOLDER, sender.address, 100 * FLOCK)
    staking.lock(sender, contracts.token, 100 * FLOCK, 30)
    staking.allocate(sender, task, 100 * FLOCK)
    begin = manager.abi.functions["begin"].encode(task, contracts.book.timelock)
    send_as(contracts.client, contracts.book.alliance_rounds, manager.address, begin)
    weigh = contracts.emissions.abi.functions["setWeight"].encode(task, 1)
    send_as(contracts.client, contracts.book.timelock, contracts.emissions.address, weigh)


def terms(now: int) -> AllianceParameters:
    phases = dict.fromkeys(("propose_seconds", "attest_seconds", "commit_seconds", "reveal_seconds"), 600)
    return AllianceParameters(
        planned_rounds=1,
        proposer_seats=1,
        voter_seats=1,
        minimum_members=2,
        max_members=10,
        **phases,
        starts_at=now,
        start_by=now + DAY,
        ends_at=now + 30 * DAY,
        minimum_stake=Gm(FLOCK),
        initial_model=b"\x05" * 32,
    )


class TestCommands:
    @pytest.fixture
    def words(
        self, base: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[dict[str, str]]:
        """A fork that ``flock chain up`` keeps running, and how to name it to other commands."""
        monkeypatch.setenv("FLOCK_KEYS", str(tmp_path / "keys"))
        monkeypatch.setenv("FLOCK_ADDRESSES", str(tmp_path / "book.json"))
        monkeypatch.setenv("FLOCK_BASE_RPC", base.rpc.url)
        monkeypatch.setenv("COLUMNS", "200")
        running = self.started("--network", "base")
        assert running.stdout
        said = running.stdout.readline()
        yield {"rpc": said.split()[2].rstrip(";"), "book": str(tmp_path / "book.json")}
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=patience.SECONDS)
        assert running.returncode == 0

    def started(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "flock", "chain", "up", "--port", "0", *words]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
        )

    def test_deploy_and_fund_on_a_fork(self, words: dict[str, str]) -> None:
        def run(*command: str) -> str:
            shown = CliRunner().invoke(app, [*command, "--network", "base", "--rpc", words["rpc"]])
            assert shown.exit_code == 0, shown.stderr
            return shown.stdout

        assert "This is a fork" in run("chain", "deploy")
        assert BASE.flock
        assert json.loads(Path(words["book"]).read_text())["token"] == BASE.flock.address
        gift = ("--eth", "2", "--flock", "300", "--usdc", "12.5", "--json")
        assert json.loads(run("chain", "fund", SOMEBODY, *gift)) == [
            {"address": SOMEBODY, "eth": str(2 * FLOCK), "flock": str(300 * FLOCK)}
        ]
        client = Client(words["rpc"])
        assert BASE.usdc
        assert Token(client, BASE.usdc.address).balance_of(SOMEBODY) == 12_500_000
        client.close()

    def test_a_fork_of_another_chain_than_was_named_is_refused(self, base: Client) -> None:
        running = self.started("--network", "base-sepolia", "--fork-url", base.rpc.url)
        _, said = running.communicate(timeout=patience.SECONDS)
        assert running.returncode == 78
        assert "serves chain 8453, not chain 84532" in said
