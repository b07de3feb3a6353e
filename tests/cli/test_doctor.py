"""``flock node doctor``: what is wrong, how to mend it, what it would cost; and no stack, whatever is broken."""

import json
import os
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from click.testing import Result

from flock.amounts import tokens
from flock.chain.client import Client
from flock.chain.contracts.alliance_rounds import AllianceRounds, MemberView
from flock.chain.contracts.staking import Staking
from flock.chain.keys import KeyStore
from flock.diagnostics.doctor import examine
from flock.diagnostics.doctor.keys import open_to_others
from flock.diagnostics.doctor.node_under_test import NotExamined, Shared
from flock.diagnostics.doctor.report import (
    Examined,
    Finding,
    Mark,
    exit_code,
    failed,
    of_error,
    passed,
    skipped,
)
from flock.errors import BadConfig, RpcUnavailable
from flock.protocol.alliance.state import MemberState
from flock.protocol.core.units import WAD, Gm
from flock.terminal import output_to_stderr
from tests.cli.conftest import PASSWORD
from tests.cli.network import CHEAP, Site, sentence
from tests.conftest import SenderOf

Doctor = Callable[..., Result]
ENOUGH = (
    "key",
    "rpc",
    "contracts",
    "task",
    "operator",
    "gas money",
    "stake",
    "lock",
    "alliance",
    "disk",
    "data set",
)


@pytest.fixture
def task(site: Site, monkeypatch: pytest.MonkeyPatch) -> int:
    site.key("founder")
    site.key("hospital")
    return site.create_task()


@pytest.fixture
def config(site: Site, task: int) -> Path:
    return site.node_toml(task, "hospital")


def examined(site: Site, config: Path, *words: str) -> tuple[int, Mapping[str, Mapping[str, str]]]:
    """The exit code, and the checks by name."""
    shown = site.flock("node", "doctor", "--config", config, "--json", *words)
    assert "Traceback" not in shown.output + shown.stderr
    said = json.loads(shown.stdout)
    assert said["exit_code"] == shown.exit_code
    return shown.exit_code, {each["check"]: each for each in said["checks"]}


class TestAHealthyNode:
    def test_all_that_it_needs_passes(self, site: Site, config: Path) -> None:
        code, checks = examined(site, config)
        assert code == 0
        assert {name: checks[name]["result"] for name in ENOUGH if name != "data set"} == {
            name: "PASSED" for name in ENOUGH if name != "data set"
        }
        assert checks["data set"]["result"] == "WARNING"  # ten examples
        assert "on 10 held-out examples" in checks["data set"]["says"]
        assert "it can join: 100 more will be locked for it" in checks["stake"]["says"]

    def test_the_app_finds_the_tasks_settings_in_its_run_config(
        self, site: Site, task: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tmp_path.joinpath("configured.py").write_text(
            "from flwr.clientapp import ClientApp\n"
            "from tests.node import member_app\n"
            "app = ClientApp()\n"
            "app.evaluate()(member_app.evaluate)\n"
            "@app.train()\n"
            "def train(message, context):\n"
            "    assert context.run_config['lr'] == 0.1\n"
            "    context.run_config[context.node_config.get('asks', 'lr')]\n"
            "    return member_app.train(message, context)\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        config = site.node_toml(task, "hospital", app="configured:app")
        code, checks = examined(site, config)
        assert (code, checks["data set"]["result"]) == (0, "WARNING")  # ten examples
        config.write_text(config.read_text() + '\nasks = "batch-size"\n')
        _, checks = examined(site, config)
        belongs = "there is no 'batch-size' in context.run_config; it belongs in the `train` object"
        assert belongs in checks["data set"]["says"]

    def test_another_app_judges_by_the_metric_that_the_task_names(
        self, site: Site, task: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tmp_path.joinpath("scored.py").write_text(
            "from flwr.app import Message, MetricRecord, RecordDict\n"
            "from flwr.clientapp import ClientApp\n"
            "from tests.node import member_app\n"
            "app, judge = ClientApp(), ClientApp()\n"
            "@app.train()\n"
            "def train(message, context):\n"
            "    assert (context.run_config['lr'], message.content['config']['lr']) == (0.5, 0.5)\n"
            "    return member_app.train(message, context)\n"
            "@judge.evaluate()\n"
            "def evaluate(message, context):\n"
            "    loss = member_app.evaluate(message, context).content['metrics']['loss']\n"
            "    metrics = MetricRecord({'skill': 1 / (1 + loss), 'num-examples': 200})\n"
            "    return Message(RecordDict({'metrics': metrics}), reply_to=message)\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        said = {"metric": "skill", "higher_is_better": True, "train": {"lr": {"1": 0.5, "4": 0.1}}}
        other = site.create_task(metadata=site.file("scored.json", json.dumps(said)))
        config = site.node_toml(other, "hospital", 'judge = "scored:judge"', app="scored:app")
        code, checks = examined(site, config)
        assert (code, checks["data set"]["result"]) == (0, "PASSED")
        assert "scored:app: skill 0.09836 on 200 held-out examples" in checks["data set"]["says"]
        config = site.node_toml(task, "hospital", 'judge = "scored:judge"', app="scored:app")
        code, checks = examined(site, config)
        assert code == 78
        assert "scored:app reported no loss, but skill; put one of loss" in checks["data set"]["says"]

    def test_it_changes_nothing(self, site: Site, config: Path) -> None:
        block, files = site.contracts.client.block_number(), sorted(site.home.folder.rglob("*"))
        examined(site, config)
        assert site.contracts.client.block_number() == block
        assert sorted(path for path in site.home.folder.rglob("*") if "rows.db" not in path.name) == [
            path for path in files if "rows.db" not in path.name
        ]

    def test_quick_leaves_out_the_app(self, site: Site, config: Path) -> None:
        _, checks = examined(site, config, "--quick")
        assert checks["data set"]["result"] == "SKIPPED"

    def test_people_read_a_line_a_check_and_a_sum(self, site: Site, config: Path) -> None:
        shown = site.flock("node", "doctor", "--config", config, "--quick").output
        assert "  PASSED   stake " in shown
        assert shown.splitlines()[-1].endswith(".")

    def test_a_member_is_told_what_a_strike_would_cost(
        self, site: Site, task: int, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        terms = site.contracts.task_manager.parameters_of(task)
        all_but_one = (1 << terms.strike_limit - 1) - 1
        near = MemberView(1, MemberState.ACTIVE, 0, 0, Gm(150 * WAD), all_but_one, 2, 0)
        monkeypatch.setattr(AllianceRounds, "member_of", lambda *_: near)
        monkeypatch.setattr(Staking, "stake_of", lambda *_: 200 * WAD)
        site.contracts.client.rpc.request("anvil_setBalance", site_address(site, "hospital"), "0x0")
        code, checks = examined(site, config, "--quick")
        share = terms.slash_bps / 100
        cost = (
            f"would be struck at its next seat (now {terms.strike_limit - 1} strikes): {terms.strike_limit} strikes "
            f"slash {share:g}% of 200 gm = {2 * share:g}."
        )
        assert code == 78
        assert cost in checks["gas money"]["cost"]
        assert cost in checks["strikes"]["cost"]


class TestWhatIsBroken:
    """Each of these breaks one thing; the others are still looked at."""

    @pytest.mark.parametrize(
        ("lines", "check", "words", "code"),
        [
            (['salt_key = "nobody"'], "salt key", "There is no key 'nobody'", 78),
            (['owner = "0x12"'], "task", "owner = '0x12' in the configuration", 78),
            (['alliance = "http://127.0.0.1:1"'], "alliance", "does not answer", 75),
            (['password_file = "nowhere"'], "password", f"There is no file {Path.cwd() / 'nowhere'}", 78),
            (['addresses = "nowhere.json"'], "contracts", "There is no address book", 78),
            (["chain_id = 8453"], "rpc", "serves chain 31337, not chain 8453", 78),
            (['rpc = "http://127.0.0.1:1"'], "rpc", "cannot be reached", 75),
            (['rpc = "nonsense"'], "rpc", "is no RPC address", 78),
            (["task = 99"], "task", "knows no task 99", 78),
            (['home = "/dev/null/flock"'], "home", "cannot be written by this user", 78),
            (['app = "nowhere:app"'], "data set", "cannot be imported", 78),
            (['app = "tests.node.member_app:broken"'], "data set", "the column 'age' is missing", 78),
            (['app = "tests.node.member_app:untrained"'], "data set", "the app ended the program", 78),
            (['coordinator = "http://example.org:9092"'], "coordinator", "on this machine only", 78),
        ],
    )
    def test_it_is_named_and_the_rest_is_looked_at(
        self,
        site: Site,
        config: Path,
        monkeypatch: pytest.MonkeyPatch,
        lines: list[str],
        check: str,
        words: str,
        code: int,
    ) -> None:
        for line in lines:
            name, _, value = line.partition(" = ")
            monkeypatch.setenv(f"FLOCK_{name.upper()}", value.strip('"'))
        quick = () if check == "data set" else ("--quick",)
        found, checks = examined(site, config, *quick)
        assert checks[check]["result"] == "FAILED"
        assert words in checks[check]["says"]
        assert found == code
        assert len(checks) == len(examine.CHECKS) + 1
        assert checks["versions"]["result"] == "PASSED"

    def test_a_key_that_is_not_there_is_blamed_once(self, site: Site, task: int) -> None:
        code, checks = examined(site, site.node_toml(task, "nobody"), "--quick")
        failed_ones = [name for name, each in checks.items() if each["result"] == "FAILED"]
        assert (code, failed_ones) == (78, ["key"])
        assert checks["stake"]["says"] == "Needs the key."

    def test_a_dead_chain_is_blamed_once(
        self, site: Site, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FLOCK_RPC", "http://127.0.0.1:1")
        _, checks = examined(site, config, "--quick")
        assert [name for name, each in checks.items() if each["result"] == "FAILED"] == ["rpc"]
        assert checks["stake"]["says"] == "Needs the chain."

    def test_a_wrong_password(self, site: Site, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FLOCK_PASSWORD_FILE", str(site.file("wrong", "guess\n")))
        code, checks = examined(site, config, "--quick")
        assert code == 78
        assert "The password does not open" in checks["key"]["says"]
        assert "guess" not in json.dumps(checks)

    def test_files_that_others_can_read(self, site: Site, config: Path) -> None:
        for file in (site.home.folder / "keys" / "hospital", site.home.folder / "password"):
            file.chmod(0o644)
            assert open_to_others(file)
        site.home.folder.joinpath("password").chmod(0o644)
        _, checks = examined(site, config, "--quick")
        assert "has mode 644" in checks["key"]["says"]
        assert checks["key"]["mend"].startswith("chmod 600 ")
        assert "has mode 644" in checks["password"]["says"]

    def test_no_money(self, site: Site, task: int) -> None:
        account = site.key("poor", eth=0, flock=0)
        code, checks = examined(site, site.node_toml(task, "poor"), "--quick")
        assert code == 78
        assert "for about 0 rounds" in checks["gas money"]["says"]
        assert f"Send ETH to {account}" in checks["gas money"]["mend"]
        assert f"Send 100 FLOCK to {account}" in checks["stake"]["mend"]

    def test_an_operator_that_its_owner_has_not_named(self, site: Site, task: int) -> None:
        owner = site.key("cold")
        operator = site.key("hot", flock=0)
        _, checks = examined(site, site.node_toml(task, "hot", f'owner = "{owner}"'), "--quick")
        assert f"{operator} may not act for {owner}" in checks["operator"]["says"]
        assert "flock node enrol" in checks["operator"]["mend"]

    def test_an_operator_that_does_not_act_yet(self, site: Site, task: int, sender_of: SenderOf) -> None:
        owner, operator = site.key("cold"), site.key("hot", flock=0)
        cold = sender_of(KeyStore(site.home.folder / "keys", CHEAP).unlock("cold", PASSWORD))
        for named in (owner, operator):
            site.contracts.staking.set_operator(cold, named)
        _, checks = examined(site, site.node_toml(task, "hot", f'owner = "{owner}"'), "--quick")
        assert checks["operator"]["result"] == "WARNING"
        assert f"{operator} acts for {owner} from" in checks["operator"]["says"]

    def test_a_task_that_admits_only_others(self, site: Site) -> None:
        site.key("founder")
        site.key("hospital")
        listed = site.file("members.json", json.dumps(["0x" + "11" * 20]))
        task = site.create_task(
            terms=site.file(
                "closed.toml", 'proposer_seats = 1\nvoter_seats = 2\nallow_list = "members.json"\n'
            )
        )
        _, checks = examined(site, site.node_toml(task, "hospital", f'allow_list = "{listed}"'), "--quick")
        assert "is not on the allow-list of task" in checks["admission"]["says"]

    def test_a_member_that_left_with_strikes(
        self, site: Site, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        retained = MemberView(1, MemberState.RETAINED, 0, 0, Gm(100 * WAD), 0b1, 0, 40)
        monkeypatch.setattr(AllianceRounds, "member_of", lambda *_: retained)
        _, checks = examined(site, config, "--quick")
        assert "its stake is held until round 40" in checks["stake"]["says"]

    @pytest.mark.parametrize(
        ("hours", "is_local", "result"),
        [(-2, False, "FAILED"), (-2, True, "PASSED"), (2, False, "WARNING"), (2, True, "WARNING")],
    )
    def test_a_clock_that_is_off(
        self,
        site: Site,
        config: Path,
        monkeypatch: pytest.MonkeyPatch,
        hours: int,
        is_local: bool,
        result: str,
    ) -> None:
        real = time.time
        monkeypatch.setattr("flock.diagnostics.doctor.chain.time.time", lambda: real() + 3600 * hours)
        monkeypatch.setattr(Client, "is_local", is_local)  # the time of a local chain can be moved ahead
        _, checks = examined(site, config, "--quick")
        assert checks["clock"]["result"] == result

    def test_a_chain_that_makes_no_blocks(
        self, site: Site, task: int, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        later = site.contracts.client.now() + 7200
        monkeypatch.setattr("flock.diagnostics.standstill.time.time", lambda: later)
        standstill = re.compile(r"There is no new block for 7,\d{3} s: a local chain")
        _, checks = examined(site, config, "--quick")
        assert standstill.match(checks["clock"]["says"])
        assert "flock chain up" in checks["clock"]["mend"]
        for words in (("node", "status", "--config", config), ("explain", task)):
            assert standstill.match(site.flock(*words).stderr)
        told = json.loads(site.flock("node", "status", "--config", config, "--json").stdout)
        assert standstill.match(told["standstill"])

    def test_a_certificate_that_does_not_hold(
        self, site: Site, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate")

        monkeypatch.setenv("FLOCK_COORDINATOR", "https://coordinator.example:9092")
        monkeypatch.setattr("httpx.Client.get", refuse)
        _, checks = examined(site, config, "--quick")
        assert "does not hold" in checks["coordinator"]["says"]
        assert "coordinator_ca" in checks["coordinator"]["mend"]

    def test_a_check_that_breaks_does_not_break_the_others(
        self, site: Site, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fault(_: object) -> Finding:
            raise ZeroDivisionError("by zero")

        monkeypatch.setitem(examine.CHECKS, "clock", fault)
        code, checks = examined(site, config, "--quick")
        assert code == 78
        assert "could not be examined (ZeroDivisionError: by zero)" in checks["clock"]["says"]
        assert checks["stake"]["result"] == "PASSED"

    def test_a_configuration_that_is_none_is_the_only_finding(self, site: Site, tmp_path: Path) -> None:
        code, checks = examined(site, tmp_path / "nowhere.toml")
        assert code == 78
        assert list(checks) == ["configuration"]
        assert "There is no configuration file" in checks["configuration"]["says"]


def test_arithmetic_that_a_library_changed_is_named(
    site: Site, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        examined(site, config, "--quick")[1]["arithmetic"]["says"] == "IEEE 754, subnormal numbers included"
    )
    with ThreadPoolExecutor(1) as threads:  # what is changed is changed for a thread
        assert threads.submit(torch.set_flush_denormal, True).result()
        code, checks = threads.submit(examined, site, config, "--quick").result()
    assert code == 78
    assert "is not that of IEEE 754" in checks["arithmetic"]["says"]


class TestTheReport:
    def test_what_an_app_prints_is_in_no_part_of_it(
        self, site: Site, task: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tmp_path.joinpath("noisy.py").write_text(
            "import os\nprint('loading data')\nos.system('echo loading data')\n"
            "from tests.node.member_app import app\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        config = site.node_toml(task, "hospital", app="noisy:app")
        shown = site.flock("node", "doctor", "--config", config, "--json")
        assert json.loads(shown.stdout)["exit_code"] == 0
        assert "loading data" not in shown.stdout + shown.stderr

    @pytest.mark.parametrize(
        ("ending", "sentence"),
        [
            ("import sys; sys.exit(0)", "the app ended the program (SystemExit: 0)"),
            ("import os; os._exit(0)", "The process of ends:app ended by itself, with exit code 0."),
            ("import os; os.kill(os.getpid(), 9)", "The process of ends:app was killed (SIGKILL)"),
        ],
    )
    def test_an_app_that_ends_its_process_is_a_finding(
        self,
        site: Site,
        task: int,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        ending: str,
        sentence: str,
    ) -> None:
        tmp_path.joinpath("ends.py").write_text(ending)
        monkeypatch.syspath_prepend(tmp_path)
        code, checks = examined(site, site.node_toml(task, "hospital", app="ends:app"))
        assert sentence in checks["data set"]["says"]
        assert code != 0

    def test_what_an_app_and_its_programs_print_goes_to_standard_error(
        self, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with output_to_stderr():
            print("loading data")  # noqa: T201
            os.system("echo from a program")  # noqa: S605
        print("the report")  # noqa: T201
        assert capfd.readouterr() == ("the report\n", "loading data\nfrom a program\n")

    def test_what_needs_the_operator_outranks_what_may_pass_by_itself(self) -> None:
        away, bad = of_error(RpcUnavailable("Away.")), of_error(BadConfig("Bad."))
        assert exit_code([]) == 0
        assert exit_code([Examined("a", passed("x")), Examined("b", skipped("x"))]) == 0
        assert exit_code([Examined("a", away)]) == 75
        assert exit_code([Examined("a", away), Examined("b", bad)]) == 78

    def test_a_warning_is_no_failure(self) -> None:
        assert exit_code([Examined("a", replace(failed("x", "y"), mark=Mark.WARNING))]) == 0

    def test_what_is_shared_is_made_once_and_blamed_once(self) -> None:
        made: list[int] = []
        shared: Shared[Any] = Shared("the chain", lambda: made.append(1) or made)
        assert shared() is shared()
        assert made == [1]

        def fail() -> None:
            raise RpcUnavailable("Away.")

        broken = Shared("the chain", fail)
        with pytest.raises(RpcUnavailable):
            broken()
        with pytest.raises(NotExamined, match="Needs the chain"):
            broken()


class TestStatus:
    def test_a_member_sees_deadline_strikes_and_what_the_next_slash_takes(
        self, site: Site, task: int, config: Path
    ) -> None:
        assert site.flock("node", "enrol", "--config", config).exit_code == 0
        told = json.loads(site.flock("node", "status", "--config", config, "--json").stdout)
        assert told["member"] == "active"
        assert (told["strikes"], told["strike_rounds"], told["last_duty"]) == (0, [], None)
        terms = site.contracts.task_manager.parameters_of(task)
        slash = terms.minimum_stake * terms.slash_bps // 10_000
        assert told["next_slash"] == {"gm": str(slash), "more_strikes": terms.strike_limit}
        shown = site.flock("node", "status", "--config", config).output
        assert f"{tokens(slash)} gmFLOCK, after {terms.strike_limit} more strikes" in shown
        assert re.search(r"last duty +none yet", shown)

    def test_to_watch_is_for_people(self, site: Site, config: Path) -> None:
        assert site.flock("node", "status", "--config", config, "--watch", "--json").exit_code == 2

    def test_an_owner_that_is_no_address(self, site: Site, task: int) -> None:
        shown = site.flock("node", "status", "--config", site.node_toml(task, "hospital", 'owner = "0x12"'))
        assert shown.exit_code == 78
        assert "owner = '0x12'" in sentence(shown)


def site_address(site: Site, name: str) -> str:
    return str(json.loads(site.flock("key", "show", name, "--json").stdout)["address"])
