"""The local chain is a child that comes up, keeps what it is told to keep, and never stays behind."""

import os
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from eth_account import Account

from flock.chain.client import Client
from flock.chain.deploy.anvil import Anvil, AnvilOptions, find_anvil, require_local, set_balance
from flock.errors import BadConfig, Misconfigured
from tests import patience
from tests.chain.proxy import Proxy, result

SOMEBODY = Account.from_key("0x" + "22" * 32).address


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children() if "anvil" in child.name()}


def test_no_process_stays_behind() -> None:
    before = children()
    with Anvil(AnvilOptions(port=0)):
        assert len(children() - before) == 1
    assert children() == before


@pytest.mark.parametrize("end", [Anvil.stop, Anvil.kill])
def test_none_of_its_states_stay_on_the_disk(
    end: Callable[[Anvil], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    anvil = Anvil(AnvilOptions(port=0)).start()
    client = Client(anvil.url)
    while not list(temporary.rglob("*.json")):
        client.rpc.request("evm_mine")
    client.close()
    end(anvil)
    assert not list(home.rglob("*.json"))
    assert not list(temporary.iterdir())


def test_it_ends_with_the_block_even_on_an_error() -> None:
    before = children()
    with pytest.raises(RuntimeError), Anvil(AnvilOptions(port=0)):
        raise RuntimeError
    assert children() == before


def test_a_port_in_use_is_named(anvil: Anvil) -> None:
    with (
        pytest.raises(Misconfigured, match=f"Port {anvil.port} is in use already"),
        Anvil(AnvilOptions(port=anvil.port)),
    ):
        pass


def test_the_chain_id_can_be_chosen() -> None:
    with Anvil(AnvilOptions(port=0, chain_id=4242)) as anvil:
        client = Client(anvil.url, 4242)
        assert client.is_local
        client.close()


def test_a_state_file_keeps_the_chain_between_runs(tmp_path: Path) -> None:
    options = AnvilOptions(port=0, state=tmp_path / "state.json")
    with Anvil(options) as anvil:
        client = Client(anvil.url)
        set_balance(client, SOMEBODY, 7)
        client.close()
    with Anvil(options) as anvil:
        client = Client(anvil.url)
        assert client.balance(SOMEBODY) == 7
        client.close()


def test_a_second_chain_forks_the_first(own_client: Client, own_anvil: Anvil) -> None:
    set_balance(own_client, SOMEBODY, 9)
    own_client.rpc.request("anvil_mine", "0x5")
    with Anvil(AnvilOptions(port=0, fork_url=own_anvil.url)) as fork:
        client = Client(fork.url)
        assert (client.chain_id, client.balance(SOMEBODY), client.block_number()) == (31337, 9, 5)
        client.close()


def test_blocks_come_by_themselves_when_asked_for() -> None:
    with Anvil(AnvilOptions(port=0, block_time=0.1)) as anvil:
        client = Client(anvil.url)
        while client.block_number() < 2:
            pass
        client.close()


def test_options_it_does_not_take_are_reported_with_its_last_words(tmp_path: Path) -> None:
    options = AnvilOptions(port=0, fork_url="http://127.0.0.1:1", log=tmp_path / "anvil.log")
    with pytest.raises(Misconfigured, match="did not come up"), Anvil(options):
        pass


def test_an_anvil_that_died_is_noticed() -> None:
    with Anvil(AnvilOptions(port=0)) as anvil:
        anvil.require_alive()
        (child,) = [one for one in psutil.Process().children() if one.cmdline().count(str(anvil.port))]
        child.kill()
        child.wait(patience.SECONDS)
        with pytest.raises(Misconfigured, match="has ended"):
            anvil.require_alive()


def test_a_program_chosen_by_hand_must_be_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLOCK_ANVIL", str(tmp_path / "nothing"))
    with pytest.raises(BadConfig, match=r"FLOCK_ANVIL names .*nothing, which is not a program"):
        find_anvil()
    chosen = tmp_path / "anvil"
    chosen.touch(mode=0o700)
    monkeypatch.setenv("FLOCK_ANVIL", str(chosen))
    assert find_anvil() == chosen
    assert os.access(chosen, os.X_OK)


def test_money_is_made_on_local_chains_only(proxy: Proxy) -> None:
    proxy.lay("eth_chainId", result("0x2105"))
    client = Client(proxy.url)
    proxy.lay("web3_clientVersion", result("Geth/v1.16"))
    with pytest.raises(Misconfigured, match="Chain 8453 is not a local chain"):
        require_local(client)
    client.close()


def test_a_killed_chain_goes_on_from_what_was_kept(tmp_path: Path) -> None:
    options = AnvilOptions(port=0, state=tmp_path / "state.json")
    first = Anvil(options).start()
    client = Client(first.url)
    client.rpc.request("evm_increaseTime", 86_400)
    set_balance(client, SOMEBODY, 7)
    client.rpc.request("anvil_mine", "0x3")
    identity, head = client.identity, client.head()
    first.keep()
    client.rpc.request("anvil_mine", "0x2")
    first.keep()  # too soon after the last time
    client.close()
    first.kill()
    with Anvil(options) as again:
        client = Client(again.url)
        assert (client.identity, client.head(), client.balance(SOMEBODY)) == (identity, head, 7)
        client.rpc.request("anvil_mine", "0x1")
        assert client.now() >= head.timestamp
        client.close()


def test_a_kill_while_the_chain_is_written_leaves_what_was_kept_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state.json"
    with Anvil(AnvilOptions(port=0, state=state)) as anvil:
        anvil.keep()
        kept = state.read_bytes()
        monkeypatch.setattr("os.fsync", cut_off)
        monkeypatch.setattr(anvil, "_keep_again_at", 0.0)
        monkeypatch.setattr(anvil, "_kept", None)
        with pytest.raises(OSError, match="cut off"):
            anvil.keep()
        assert state.read_bytes() == kept
        monkeypatch.undo()


def cut_off(_: int) -> None:
    raise OSError("cut off")
