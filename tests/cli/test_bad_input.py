"""What bad input gets, as an operator sees it: one sentence that says what was wrong and what to do, an exit code
that tells a supervisor whether to try again, and nothing lost."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.network import Site, sentence

HELD = 10_000 * 10**18


@pytest.fixture
def task(site: Site) -> int:
    site.key("founder")
    return site.create_task()


@pytest.fixture
def nothing_lost(site: Site) -> Callable[[str], None]:
    """Holds if an account has neither spent FLOCK nor locked it."""

    def check(account: str) -> None:
        assert site.contracts.token.balance_of(account) == HELD
        assert site.contracts.staking.position_of(account).flock == 0

    return check


class TestTheChain:
    """The node refuses before it signs anything."""

    @pytest.mark.parametrize("command", ["start", "enrol", "leave", "status"])
    def test_another_chain_than_configured(
        self, site: Site, task: int, command: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        site.key("hospital")
        monkeypatch.setenv("FLOCK_CHAIN_ID", "8453")
        shown = site.flock("node", command, "--config", site.node_toml(task, "hospital"))
        assert shown.exit_code == 78
        assert "serves chain 31337, not chain 8453" in sentence(shown)

    @pytest.mark.parametrize("command", ["start", "enrol", "leave", "status"])
    def test_an_rpc_that_is_dead(
        self, site: Site, task: int, command: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        site.key("hospital")
        monkeypatch.setenv("FLOCK_RPC", "http://127.0.0.1:1")
        shown = site.flock("node", command, "--config", site.node_toml(task, "hospital"))
        assert shown.exit_code == 75
        assert "The RPC at http://127.0.0.1:1 cannot be reached" in sentence(shown)

    def test_a_coordinator_and_a_service_and_a_task_command_say_the_same(self, site: Site, task: int) -> None:
        site.key("keeper")
        dead = ("--rpc", "http://127.0.0.1:1")
        for words in (
            ["coordinator", "start", "--task", task, "--key", "keeper", *dead],
            ["alliance", "start", "--port", "8701", *dead],
            ["task", "list", *dead],
        ):
            shown = site.flock(*words)
            assert shown.exit_code == 75
            assert "cannot be reached" in sentence(shown)

    @pytest.mark.parametrize("command", ["start", "enrol", "leave", "status"])
    def test_a_task_that_is_not_there(self, site: Site, command: str) -> None:
        site.key("hospital")
        shown = site.flock("node", command, "--config", site.node_toml(99, "hospital"))
        assert shown.exit_code == 78
        assert "Chain 31337 knows no task 99" in sentence(shown)
        assert "flock task list" in sentence(shown)

    def test_a_coordinator_for_a_task_that_is_not_there(self, site: Site) -> None:
        site.key("keeper")
        shown = site.flock("coordinator", "start", "--task", "99", "--key", "keeper")
        assert shown.exit_code == 78
        assert "knows no task 99" in sentence(shown)

    def test_contracts_that_are_not_there(self, site: Site, task: int) -> None:
        site.key("hospital")
        site.home.book.unlink()
        shown = site.flock("node", "status", "--config", site.node_toml(task, "hospital"))
        assert shown.exit_code == 78
        assert "flock chain deploy" in sentence(shown)


class TestMoney:
    def test_no_flock_to_stake(self, site: Site, task: int) -> None:
        account = site.key("poor", flock=0)
        shown = site.flock("node", "start", "--config", site.node_toml(task, "poor"))
        assert shown.exit_code == 78
        assert f"{account} holds 0 FLOCK, and 100 more must be locked to stake on task {task}" in sentence(
            shown
        )

    def test_no_eth_for_gas(self, site: Site, task: int, nothing_lost: Callable[[str], None]) -> None:
        account = site.key("dry", eth=0)
        shown = site.flock("node", "start", "--config", site.node_toml(task, "dry"))
        assert shown.exit_code == 78
        assert f"{account} has too little ETH to pay for gas on chain 31337" in sentence(shown)
        assert "flock chain fund" in sentence(shown)
        nothing_lost(account)

    def test_a_creator_without_eth(self, site: Site, nothing_lost: Callable[[str], None]) -> None:
        account = site.key("dry", eth=0)
        shown = site.flock("task", "create", *site.create_words(key="dry"))
        assert shown.exit_code == 78
        assert "has too little ETH" in sentence(shown)
        nothing_lost(account)

    def test_an_operator_whose_owner_has_not_staked(self, site: Site, task: int) -> None:
        owner = site.key("cold")
        site.key("hot", flock=0)
        shown = site.flock("node", "start", "--config", site.node_toml(task, "hot", f'owner = "{owner}"'))
        assert shown.exit_code == 78
        assert f"{owner} has too little gmFLOCK on task {task}: 100 more is needed" in sentence(shown)
        assert "flock node enrol --key" in sentence(shown)

    def test_an_operator_that_its_owner_has_not_named(self, site: Site, task: int) -> None:
        """The stake is there, but it is another's: the chain refuses the join and the operator is told why."""
        owner = site.key("cold")
        assert site.flock("node", "enrol", "--config", site.node_toml(task, "cold")).exit_code == 0
        site.key("thief", flock=0)
        config = site.node_toml(task, "thief", f'owner = "{owner}"')
        shown = site.flock("node", "leave", "--config", config)
        assert shown.exit_code == 1
        assert f"cannot act for {owner}" in sentence(shown)
        assert site.contracts.alliance_rounds.member_of(task, owner).is_active


class TestKeysAndConfiguration:
    @pytest.mark.parametrize("command", ["start", "enrol", "leave"])
    def test_a_wrong_password(
        self,
        site: Site,
        task: int,
        command: str,
        monkeypatch: pytest.MonkeyPatch,
        nothing_lost: Callable[[str], None],
    ) -> None:
        account = site.key("hospital")
        monkeypatch.setenv("FLOCK_PASSWORD_FILE", str(site.file("wrong", "guess\n")))
        shown = site.flock("node", command, "--config", site.node_toml(task, "hospital"))
        assert shown.exit_code == 78
        assert "The password does not open" in sentence(shown)
        assert "guess" not in shown.output + shown.stderr
        nothing_lost(account)

    def test_a_wrong_password_of_a_creator(self, site: Site, nothing_lost: Callable[[str], None]) -> None:
        account = site.key("founder")
        wrong = site.file("wrong", "guess\n")
        shown = site.flock("task", "create", *site.create_words(), "--password-file", wrong)
        assert shown.exit_code == 78
        assert "The password does not open" in sentence(shown)
        nothing_lost(account)

    @pytest.mark.parametrize("command", ["start", "status", "enrol", "leave"])
    def test_a_key_that_is_not_there(self, site: Site, task: int, command: str) -> None:
        shown = site.flock("node", command, "--config", site.node_toml(task, "nobody"))
        assert shown.exit_code == 78
        assert "There is no key 'nobody' in" in sentence(shown)

    @pytest.mark.parametrize("command", ["start", "status", "enrol", "leave"])
    def test_a_configuration_that_is_not_there(self, site: Site, command: str, tmp_path: Path) -> None:
        shown = site.flock("node", command, "--config", tmp_path / "nowhere.toml")
        assert shown.exit_code == 78
        assert "There is no configuration file" in sentence(shown)
        assert "flock node init" in sentence(shown)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("rpc = ", "cannot be read"),
            ("colour = 3", "colour: extra inputs are not permitted"),
            ('task = "one"', "task: input should be a valid integer"),
            ("", "app: field required"),
        ],
    )
    def test_a_configuration_that_does_not_hold(self, site: Site, text: str, words: str) -> None:
        config = site.file("bad.toml", text)
        shown = site.flock("node", "start", "--config", config)
        assert shown.exit_code == 78
        assert str(config) in sentence(shown)
        assert words in sentence(shown)

    def test_a_configuration_is_not_written_over(self, site: Site) -> None:
        words = ("node", "init", "--task", "1", "--key", "hospital", "--app", "a.b:app")
        config = site.file("node.toml", "mine")
        shown = site.flock(*words, "--config", config)
        assert shown.exit_code == 78
        assert f"{config} exists already" in sentence(shown)
        assert config.read_text() == "mine"

    def test_an_owner_that_is_no_address(self, site: Site, task: int) -> None:
        site.key("hot")
        shown = site.flock("node", "enrol", "--config", site.node_toml(task, "hot", 'owner = "0x12"'))
        assert shown.exit_code == 78
        assert "'0x12'" in sentence(shown)

    @pytest.mark.parametrize(
        ("app", "words"),
        [
            ("hospital", "should read package.module:app"),
            ("tests.node.nowhere:app", "cannot be imported"),
            ("tests.node.member_app:nothing", "has no attribute 'nothing'"),
            ("tests.node.member_app:START", "not a flwr.clientapp.ClientApp"),
        ],
    )
    def test_an_app_that_is_none(
        self, site: Site, task: int, app: str, words: str, nothing_lost: Callable[[str], None]
    ) -> None:
        account = site.key("hospital")
        shown = site.flock("node", "start", "--config", site.node_toml(task, "hospital", app=app))
        assert shown.exit_code == 78
        assert words in sentence(shown)
        nothing_lost(account)

    def test_an_app_that_cannot_evaluate_stakes_nothing(
        self, site: Site, task: int, nothing_lost: Callable[[str], None]
    ) -> None:
        account = site.key("hospital")
        config = site.node_toml(task, "hospital", app="tests.node.member_app:broken")
        shown = site.flock("node", "start", "--config", config)
        assert shown.exit_code == 78
        assert f"cannot work on the model of task {task}, so nothing was staked" in sentence(shown)
        assert "the column 'age' is missing" in sentence(shown)
        nothing_lost(account)

    def test_a_closed_task_without_its_list(self, site: Site) -> None:
        site.key("founder")
        task = site.create_task(terms=site.file("closed.toml", f'allow_list_root = "{"ab" * 32}"'))
        site.key("hospital")
        config = site.node_toml(task, "hospital")
        shown = site.flock("node", "enrol", "--config", config)
        assert shown.exit_code == 78
        assert f"Task {task} admits only addresses on its list" in sentence(shown)
        other = site.node_toml(task, "hospital", f'allow_list = "{site.file("members.json", "[]")}"')
        shown = site.flock("node", "enrol", "--config", other)
        assert shown.exit_code == 78
        assert f"is not the list task {task} was made with" in sentence(shown)
