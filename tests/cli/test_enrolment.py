"""``flock node enrol`` and ``leave``: a cold key that stakes, a hot one that works, and the way out."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flock.chain.contracts.alliance_rounds import RoundView
from flock.chain.contracts.deployed import Contracts
from flock.chain.keys import KeyStore
from flock.chain.sending.sender import Sender
from flock.errors import ContractRefused
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.state import MemberState
from flock.protocol.core.units import WAD
from flock.terminal import moment
from tests import patience
from tests.cli.conftest import PASSWORD
from tests.cli.network import CHEAP, Site
from tests.conftest import SenderOf
from tests.node import member_app

MEMBERS = ("north", "south", "west")
UPDATE = b"\x01" * 32  # any commitment


@pytest.fixture
def task(site: Site) -> int:
    """Two proposers and one voter a round."""
    site.key("founder")
    terms = "proposer_seats = 2\nvoter_seats = 1\nminimum_members = 3\nstarts_at = 0\n"
    return site.create_task(terms=site.file("three.toml", terms))


@pytest.fixture
def owner(site: Site) -> str:
    return site.key("cold")


@pytest.fixture
def hot(site: Site) -> str:
    return site.key("hot", flock=0)


def enrol(site: Site, task: int, key: str) -> str:
    shown = site.flock("node", "enrol", "--config", site.node_toml(task, key))
    assert shown.exit_code == 0, shown.stderr
    return shown.stdout


def enrol_owner(site: Site, task: int, owner: str, key: str = "hot", name: str = "cold") -> str:
    """With the owner's key, for a node whose own key is ``key``."""
    config = site.node_toml(task, key, f'owner = "{owner}"', f'salt_key = "{key}"')
    password = site.home.folder / f"{name}-password"
    password = password if password.exists() else site.home.password_file
    words = ("--config", config, "--key", name, "--password-file", password)
    shown = site.flock("node", "enrol", *words)
    assert shown.exit_code == 0, shown.stderr
    return shown.stdout


def startable(site: Site, task: int, key: str) -> Path:
    """A configuration whose app a process of its own finds beside it."""
    site.file("own_app.py", Path(member_app.__file__).read_bytes())
    return site.node_toml(task, key, app="own_app:app")


@contextmanager
def node_started(config: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """`flock node start` as a process, with its log; it ends with the block."""
    log = config.with_suffix(".log")
    words = [sys.executable, "-m", "flock", "node", "start", "--config", str(config)]
    with log.open("wb") as file:
        running = subprocess.Popen(words, stderr=file)
    try:
        yield running, log
    finally:
        running.kill()
        running.wait()


def signer(site: Site, sender_of: SenderOf, name: str) -> Sender:
    return sender_of(KeyStore(site.home.folder / "keys", CHEAP).unlock(name, PASSWORD))


def open_round(contracts: Contracts, keeper: Sender, task: int) -> RoundView:
    rounds = contracts.alliance_rounds
    if rounds.round_view(task).phase is Phase.WAITING:
        rounds.start(keeper, task)
    contracts.client.rpc.request("anvil_mine", "0x3")
    rounds.draw(keeper, task, rounds.round_view(task).number + 1)
    return rounds.round_view(task)


def pass_by(contracts: Contracts, keeper: Sender, task: int, number: int) -> None:
    """Let a round end in which nobody has acted."""
    contracts.client.rpc.request("evm_increaseTime", 600)
    contracts.client.rpc.request("anvil_mine", "0x1")
    contracts.alliance_rounds.finalise(keeper, task, number, bytes(32), 0, 0)


def proposing_seat(contracts: Contracts, keeper: Sender, task: int, account: str) -> tuple[int, int]:
    """Draw until ``account`` is a proposer; the round and its seat. Rounds without it pass with nobody acting."""
    view = open_round(contracts, keeper, task)
    while account not in view.accounts[: view.proposers]:
        pass_by(contracts, keeper, task, view.number)
        view = open_round(contracts, keeper, task)
    return view.number, view.accounts.index(account)


class TestOneKey:
    def test_it_locks_stakes_and_joins(self, site: Site, task: int) -> None:
        account = site.key("hospital")
        said = enrol(site, task, key="hospital")
        member = site.contracts.alliance_rounds.member_of(task, account)
        assert f"{account} is a member of task {task}" in said
        assert (member.state, member.stake) == (MemberState.ACTIVE, 100 * WAD)
        assert site.contracts.token.balance_of(account) == 9_900 * WAD

    def test_a_second_time_changes_nothing(self, site: Site, task: int) -> None:
        account = site.key("hospital")
        enrol(site, task, key="hospital")
        block = site.contracts.client.block_number()
        enrol(site, task, key="hospital")
        assert site.contracts.client.block_number() == block
        assert site.contracts.token.balance_of(account) == 9_900 * WAD

    def test_it_leaves_with_its_stake_free_and_may_come_back(self, site: Site, task: int) -> None:
        account = site.key("hospital")
        enrol(site, task, key="hospital")
        shown = site.flock("node", "leave", "--config", site.home.folder / "hospital.toml")
        assert shown.exit_code == 0, shown.stderr
        assert f"{account} has left task {task}" in shown.stdout
        assert site.contracts.alliance_rounds.member_of(task, account).state is MemberState.NONE
        assert not site.contracts.staking.allocation_of(account, task).held
        enrol(site, task, key="hospital")
        assert site.contracts.alliance_rounds.member_of(task, account).is_active
        assert site.contracts.token.balance_of(account) == 9_900 * WAD

    def test_a_node_that_was_made_to_leave_ends_when_it_is_started(self, site: Site, task: int) -> None:
        site.key("hospital")
        enrol(site, task, key="hospital")
        config = startable(site, task, "hospital")
        site.flock("node", "leave", "--config", config)
        block = site.contracts.client.block_number()
        with node_started(config) as (started, log):
            assert started.wait(patience.SECONDS) == 0
        said = log.read_text()
        assert site.contracts.client.block_number() == block
        assert '"event": "has_left"' in said
        assert "To join again, run `flock node enrol`" in said

    def test_a_node_that_runs_ends_once_it_has_left(self, site: Site, task: int) -> None:
        account = site.key("hospital")
        enrol(site, task, key="hospital")
        config = startable(site, task, "hospital")
        with node_started(config) as (running, log):
            patience.until(lambda: "node_started" in log.read_text() or running.poll() is not None)
            assert site.flock("node", "leave", "--config", config).exit_code == 0
            assert running.wait(patience.SECONDS) == 0
        assert '"event": "has_left"' in log.read_text()
        assert not site.contracts.alliance_rounds.member_of(task, account).is_present

    def test_an_app_that_cannot_be_loaded_any_more_does_not_keep_it_from_leaving(
        self, site: Site, task: int
    ) -> None:
        account = site.key("hospital")
        enrol(site, task, key="hospital")
        config = site.node_toml(task, "hospital", app="moved_away:app")
        shown = site.flock("node", "leave", "--config", config)
        assert shown.exit_code == 0, shown.stderr
        assert not site.contracts.alliance_rounds.member_of(task, account).is_present

    def test_nor_from_being_paid_and_freed_once_the_task_is_over(self, site: Site, task: int) -> None:
        contracts = site.contracts
        accounts = {name: site.key(name) for name in (*MEMBERS, "hospital")}
        for name in accounts:
            enrol(site, task, key=name)
        view = open_round(contracts, site.bank, task)
        contracts.client.rpc.request("evm_increaseTime", contracts.task_manager.parameters_of(task).ends_at)
        pass_by(contracts, site.bank, task, view.number)
        config = site.node_toml(task, "hospital", app="moved_away:app")
        with node_started(config) as (started, log):
            patience.until(lambda: "task_is_over" in log.read_text() or started.poll() is not None)
            started.terminate()
            assert started.wait(patience.SECONDS) == 0, log.read_text()
        account = accounts["hospital"]
        assert '"event": "task_is_over"' in log.read_text()
        assert not contracts.alliance_rounds.member_of(task, account).is_present
        assert not contracts.staking.allocation_of(account, task).held

    def test_its_status_says_that_it_has_left(self, site: Site, task: int) -> None:
        site.key("hospital")
        config = site.node_toml(task, "hospital")

        def next_duty() -> str:
            shown = site.flock("node", "status", "--config", config, "--json")
            duty: str = json.loads(shown.stdout)["next_duty"]
            return duty

        assert next_duty() == "none: no member yet; `flock node start` joins"
        enrol(site, task, key="hospital")
        assert next_duty().startswith("wait for")
        site.flock("node", "leave", "--config", config)
        assert next_duty() == f"none: it has left task {task}"

    def test_leaving_twice_is_no_error(self, site: Site, task: int) -> None:
        site.key("hospital")
        enrol(site, task, key="hospital")
        config = site.home.folder / "hospital.toml"
        assert site.flock("node", "leave", "--config", config).exit_code == 0
        assert site.flock("node", "leave", "--config", config).exit_code == 0

    def test_a_member_that_sits_in_a_round_leaves_when_that_is_over(self, site: Site, task: int) -> None:
        for name in MEMBERS:
            site.key(name)
            enrol(site, task, key=name)
        view = open_round(site.contracts, site.bank, task)
        config = site.home.folder / "north.toml"
        shown = site.flock("node", "leave", "--config", config)
        assert shown.exit_code == 0, shown.stderr
        assert (
            f"has a seat in the open round of task {task} and leaves when that is finalised" in shown.stdout
        )
        pass_by(site.contracts, site.bank, task, view.number)
        again = site.flock("node", "leave", "--config", config)
        assert f"has left task {task}" in again.stdout
        account = KeyStore(site.home.folder / "keys").address_of("north")
        assert not site.contracts.staking.allocation_of(account, task).held

    def test_its_status_says_where_it_stands(self, site: Site, task: int) -> None:
        account = site.key("hospital")
        config = site.node_toml(task, "hospital")
        before = json.loads(site.flock("node", "status", "--config", config, "--json").stdout)
        enrol(site, task, key="hospital")
        after = json.loads(site.flock("node", "status", "--config", config, "--json").stdout)
        assert (before["member"], after["member"]) == ("none", "active")
        assert (after["account"], after["stake"]) == (account, str(100 * WAD))


class TestOwnerAndOperator:
    def test_the_owner_stakes_and_names_the_operator(
        self, site: Site, task: int, owner: str, hot: str
    ) -> None:
        said = enrol_owner(site, task, owner)
        assert f"{hot} acts for it" in said
        assert site.contracts.alliance_rounds.member_of(task, owner).is_active
        assert site.contracts.staking.operator_of(owner).key == hot
        assert site.contracts.staking.position_of(hot).flock == 0

    def test_each_key_has_a_password_of_its_own(self, site: Site, task: int, hot: str) -> None:
        KeyStore(site.home.folder / "keys", CHEAP).new("vault", "another password")
        vault = KeyStore(site.home.folder / "keys").address_of("vault")
        site.flock("chain", "fund", "vault", "--flock", "500")
        site.file("vault-password", "another password\n")
        enrol_owner(site, task, vault, name="vault")
        assert site.contracts.staking.acts_for(vault, hot)

    def test_the_operator_proposes_for_its_owner(
        self, site: Site, task: int, owner: str, hot: str, sender_of: SenderOf
    ) -> None:
        number, seat = self.seat_of(owner, site, task)
        rounds = site.contracts.alliance_rounds
        rounds.propose(signer(site, sender_of, "hot"), task, number, seat, UPDATE)
        assert rounds.round_view(task).proposed == 1 << seat

    def test_a_new_operator_stops_the_old_one_at_once_and_begins_after_the_delay(
        self, site: Site, task: int, owner: str, hot: str, sender_of: SenderOf
    ) -> None:
        number, seat = self.seat_of(owner, site, task)
        rounds, staking = site.contracts.alliance_rounds, site.contracts.staking
        fresh = site.key("fresh", flock=0)
        assert "it replaces another" in enrol_owner(site, task, owner, key="fresh")
        since = staking.operator_of(owner).since
        assert f"{fresh} acts for it from {moment(since)} on" in enrol_owner(site, task, owner, key="fresh")
        assert staking.operator_of(owner).since == since
        for name in ("hot", "fresh"):
            with pytest.raises(ContractRefused, match=rf"cannot act for {owner}"):
                rounds.propose(signer(site, sender_of, name), task, number, seat, UPDATE)
        assert rounds.round_view(task).proposed == 0
        site.contracts.client.rpc.request("evm_setNextBlockTimestamp", since)
        site.contracts.client.rpc.request("evm_mine")
        assert staking.acts_for(owner, fresh)
        assert not staking.acts_for(owner, hot)

    def test_an_operator_can_neither_redeem_nor_name_another(
        self, site: Site, task: int, owner: str, hot: str, sender_of: SenderOf
    ) -> None:
        """What it signs counts for its own, empty, position."""
        enrol_owner(site, task, owner)
        thief, staking = signer(site, sender_of, "hot"), site.contracts.staking
        with pytest.raises(ContractRefused):
            staking.redeem(thief, 100 * WAD)
        staking.set_operator(thief, site.key("accomplice", flock=0))
        assert staking.operator_of(owner).key == hot

    @staticmethod
    def seat_of(owner: str, site: Site, task: int) -> tuple[int, int]:
        """The owner enrolled with its operator, among others, and drawn as proposer."""
        enrol_owner(site, task, owner)
        for name in MEMBERS[:2]:
            site.key(name)
            enrol(site, task, key=name)
        return proposing_seat(site.contracts, site.bank, task, owner)
