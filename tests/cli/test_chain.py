"""``flock chain``."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from flock.chain.address_book import CONTRACT_FIELDS
from flock.chain.client import Client
from flock.chain.deploy.anvil import Anvil
from flock.protocol.core.units import DAY
from flock.terminal import moment
from tests import patience
from tests.chain.proxy import Proxy, result
from tests.cli.conftest import Flock, Home
from tests.cli.network import sentence

SOMEBODY = "0x00000000000000000000000000000000000000B0"


def test_deploy_prints_and_writes_the_addresses(on_chain: Flock, home: Home) -> None:
    shown = on_chain("chain", "deploy")
    assert shown.exit_code == 0, shown.stderr
    book = json.loads(home.book.read_text())
    for field in CONTRACT_FIELDS.values():
        assert book[field] in shown.output
    assert str(home.book) in shown.output


def test_a_second_deploy_changes_nothing(on_chain: Flock, home: Home, own_client: Client) -> None:
    on_chain("chain", "deploy")
    book, block = home.book.read_text(), own_client.block_number()
    again = on_chain("chain", "deploy")
    assert again.output.count("there already") == 34
    assert (home.book.read_text(), own_client.block_number()) == (book, block)


def test_deploy_in_json_is_the_book(on_chain: Flock, home: Home) -> None:
    assert json.loads(on_chain("chain", "deploy", "--json").output) == json.loads(home.book.read_text())


def test_deploy_with_an_existing_token(on_chain: Flock, home: Home) -> None:
    first = json.loads(on_chain("chain", "deploy", "--json").output)
    words = ("--token", first["token"], "--treasury", SOMEBODY, "--json")
    second = json.loads(on_chain("chain", "deploy", *words).output)
    assert second["token"] == first["token"]
    assert second["treasury"] == SOMEBODY


def test_governance_begins_as_asked_for(on_chain: Flock) -> None:
    words = ("--guardian", SOMEBODY, "--voting-delay", "3600", "--voting-period", "86400")
    timelock = ("--timelock-delay", "90000")
    book = json.loads(
        on_chain(
            "chain",
            "deploy",
            *words,
            *timelock,
            "--proposal-threshold",
            "2",
            "--quorum-percent",
            "1",
            "--json",
        ).output
    )
    assert (book["guardian"], book["treasury"]) == (SOMEBODY, book["timelock"])
    numbers = {each["name"]: each["value"] for each in json.loads(on_chain("gov", "params", "--json").output)}
    assert (numbers["governor.votingDelay"], numbers["governor.votingPeriod"]) == (3_600, 86_400)
    assert (numbers["timelock.delay"], numbers["governor.quorumPercent"]) == (90_000, 1)
    assert numbers["governor.proposalThreshold"] == str(2 * 10**18)


def test_a_book_of_an_earlier_version_is_replaced(on_chain: Flock, home: Home) -> None:
    on_chain("chain", "deploy")
    book = json.loads(home.book.read_text())
    home.book.write_text(
        json.dumps({name: book[name] for name in book if name not in ("governor", "vesting")})
    )
    shown = on_chain("chain", "fund", SOMEBODY)
    assert (shown.exit_code, "earlier version of flock" in shown.stderr) == (78, True)
    assert "earlier version of flock" in on_chain("chain", "status").output
    assert on_chain("chain", "deploy").exit_code == 0
    assert json.loads(home.book.read_text())["governor"] == book["governor"]


def test_verify_accepts_what_was_deployed_and_refuses_what_was_changed(
    on_chain: Flock, home: Home, own_client: Client
) -> None:
    on_chain("chain", "deploy")
    assert on_chain("chain", "deploy", "--verify").exit_code == 0
    own_client.rpc.request("anvil_setCode", json.loads(home.book.read_text())["staking"], "0x00")
    shown = on_chain("chain", "deploy", "--verify", "--json")
    assert shown.exit_code == 1
    assert "The bytecode of Staking is not this version's" in shown.stderr
    assert [row["matches"] for row in json.loads(shown.stdout) if row["contract"] == "Staking"] == [False]


def test_a_malformed_address_is_named_with_its_option(on_chain: Flock) -> None:
    shown = on_chain("chain", "deploy", "--treasury", "0x12")
    assert shown.exit_code == 78
    assert "'0x12' for --treasury is not an address" in shown.stderr


def test_status_before_and_after_deployment(on_chain: Flock) -> None:
    assert json.loads(on_chain("chain", "status", "--json").output)["contracts"] == "not deployed"
    on_chain("chain", "deploy")
    shown = json.loads(on_chain("chain", "status", "--json").output)
    assert (shown["chain_id"], shown["flock_supply"], shown["tasks"]) == (31337, "100,000,000", 0)
    assert "alliance_rounds" in on_chain("chain", "status").output


def test_status_says_when_a_chain_was_started_anew(on_chain: Flock, home: Home, own_client: Client) -> None:
    on_chain("chain", "deploy")
    own_client.rpc.request("anvil_setCode", json.loads(home.book.read_text())["staking"], "0x")
    assert "no code there" in on_chain("chain", "status").output


def test_fund_gives_to_addresses_and_to_keys(on_chain: Flock, home: Home) -> None:
    on_chain("chain", "deploy")
    on_chain("key", "new", "hospital", "--password-file", home.password_file)
    shown = on_chain("chain", "fund", SOMEBODY, "hospital", "--eth", "3", "--flock", "20", "--json")
    assert shown.exit_code == 0, shown.stderr
    balances = json.loads(shown.output)
    assert [row["eth"] for row in balances] == [str(3 * 10**18)] * 2
    assert [row["flock"] for row in balances] == [str(20 * 10**18)] * 2


def test_fund_without_contracts_says_to_deploy(on_chain: Flock) -> None:
    shown = on_chain("chain", "fund", SOMEBODY)
    assert shown.exit_code == 78
    assert "flock chain deploy" in shown.stderr


def test_a_wrong_chain_id_and_a_dead_rpc_have_their_exit_codes(on_chain: Flock) -> None:
    wrong = on_chain("chain", "status", "--chain-id", "8453")
    assert (wrong.exit_code, "serves chain 31337, not chain 8453" in wrong.stderr) == (78, True)
    dead = on_chain("chain", "status", "--rpc", "http://127.0.0.1:1")
    assert (dead.exit_code, "cannot be reached" in dead.stderr) == (75, True)


def test_compile_check_passes_on_what_is_committed(flock: Flock) -> None:
    shown = flock("chain", "compile", "--check", "--json")
    assert shown.exit_code == 0, shown.stderr
    assert set(json.loads(shown.output).values()) == {"unchanged"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_runs_until_told_to_stop_and_leaves_no_process(number: int, tmp_path: Path) -> None:
    words = ["chain", "up", "--port", "0", "--chain-id", "4242", "--state", str(tmp_path / "state.json")]
    running = subprocess.Popen(
        [sys.executable, "-m", "flock", *words], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    assert running.stdout
    said = running.stdout.readline()
    children = psutil.Process(running.pid).children()
    client = Client(said.split()[2].rstrip(";"), 4242)
    patience.until(lambda: client.block_number() > 1)  # by itself: nothing was sent
    client.close()
    running.send_signal(number)
    assert running.wait(patience.SECONDS) == 0
    running.stdout.close()
    assert [child for child in children if child.is_running()] == []
    assert (tmp_path / "state.json").exists()


def test_up_on_a_port_in_use_is_refused(flock: Flock, anvil: Anvil) -> None:
    shown = flock("chain", "up", "--port", anvil.port)
    assert shown.exit_code == 78
    assert "in use already" in shown.stderr


class TestWarp:
    @pytest.mark.parametrize(("words", "seconds"), [("1d", DAY), ("1D12h", DAY + 12 * 3600), ("90m", 5400)])
    def test_the_time_of_a_local_chain_runs_on(
        self, on_chain: Flock, own_client: Client, words: str, seconds: int
    ) -> None:
        before = own_client.now()
        said = json.loads(on_chain("chain", "warp", words, "--json").stdout)
        assert said == {"seconds": seconds, "time": own_client.now(), "block": own_client.block_number()}
        assert said["time"] >= before + seconds

    def test_people_are_told_the_time(self, on_chain: Flock, own_client: Client) -> None:
        shown = on_chain("chain", "warp", "30s")
        assert shown.exit_code == 0, shown.stderr
        assert f"It is {moment(own_client.now())} on chain 31337" in shown.stdout

    @pytest.mark.parametrize("words", ["", "0d", "1", "d", "1w", "-1d", "1h1d", "9999999999d", "٣d"])
    def test_what_is_no_duration_is_refused(self, on_chain: Flock, own_client: Client, words: str) -> None:
        block = own_client.block_number()
        shown = on_chain("chain", "warp", "--", words)
        assert (shown.exit_code, own_client.block_number()) == (78, block)
        assert f"DURATION is {words!r}: write days" in sentence(shown)

    def test_other_chains_are_refused(self, flock: Flock, own_anvil: Anvil) -> None:
        with Proxy(own_anvil.url) as proxy:
            proxy.lay("eth_chainId", result("0x2105"))
            proxy.lay("web3_clientVersion", result("Geth/v1.16"))
            shown = flock("chain", "warp", "1d", "--rpc", proxy.url, "--chain-id", 8453)
        assert shown.exit_code == 78
        assert "Chain 8453 is not a local chain: nobody can move its time." in sentence(shown)
