"""Networks known by name: what is known of them agrees with itself, and a token is asked before it is trusted."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flock.chain.address_book import own_folder
from flock.chain.client import Client
from flock.chain.networks import (
    BASE,
    BASE_SEPOLIA,
    LOCAL,
    NETWORKS,
    is_fork,
    network_named,
    network_of,
    require_token,
)
from flock.cli.completion import complete_network
from flock.cli.main import app
from flock.cli.networks import UpRequest, book_path, existing_token, reach, where_things_are
from flock.errors import BadConfig, Misconfigured, NotDeployed
from tests.chain.base import ANYBODY, rename, running_base
from tests.chain.proxy import Proxy, result

assert BASE.flock
assert BASE.usdc
FLOCK_ON_BASE, USDC_ON_BASE = BASE.flock, BASE.usdc


@pytest.fixture(scope="module")
def base() -> Iterator[Client]:
    """A development chain with Base's id and tokens."""
    with running_base() as client:
        yield client


@pytest.fixture
def put_back(base: Client) -> Iterator[None]:
    snapshot = base.rpc.request("evm_snapshot")
    yield
    base.rpc.request("evm_revert", snapshot)


class TestPresets:
    def test_each_has_its_own_name_and_chain_id(self) -> None:
        assert list(NETWORKS) == ["base", "base-sepolia", "local"]
        assert [network.chain_id for network in NETWORKS.values()] == [8453, 84532, 31337]
        for network in NETWORKS.values():
            assert network_named(network.name) is network
            assert network_of(network.chain_id) is network

    def test_base_is_as_its_public_facts_say(self) -> None:
        assert FLOCK_ON_BASE.address == "0x5aB3D4c385B400F3aBB49e80DE2fAF6a88A7B691"
        assert USDC_ON_BASE.address == "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
        assert (BASE.block_seconds, BASE.least_base_fee) == (2, 2_000_000)

    def test_nothing_is_called_verified_that_was_not(self) -> None:
        assert not any(token.verified for network in NETWORKS.values() for token in network.tokens)

    def test_an_unknown_name_is_answered_with_the_known_ones(self) -> None:
        with pytest.raises(BadConfig, match="no network 'bass'; name one of base, base-sepolia, local"):
            network_named("bass")

    def test_an_rpc_of_ones_own_goes_before_the_public_one(self) -> None:
        assert BASE.rpc_of({}) == "https://mainnet.base.org"
        assert BASE.rpc_of({"FLOCK_BASE_RPC": "https://mine.example"}) == "https://mine.example"
        assert BASE.rpc_of({"FLOCK_BASE_RPC": ""}) == "https://mainnet.base.org"

    def test_addresses_can_be_looked_up_where_there_is_an_explorer(self) -> None:
        assert BASE.page_of(ANYBODY) == f"https://basescan.org/address/{ANYBODY}"
        assert LOCAL.page_of(ANYBODY) is None


class TestReaching:
    def test_without_a_network_nothing_changes(self) -> None:
        assert reach(None, "http://here", 5) == ("http://here", 5)
        assert reach(None, None, None) == (None, None)

    def test_a_network_gives_what_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FLOCK_BASE_RPC", "https://mine.example")
        assert reach("base", None, None) == ("https://mine.example", 8453)
        assert reach("base", "http://here", 8453) == ("http://here", 8453)

    def test_a_contradiction_is_refused(self) -> None:
        with pytest.raises(BadConfig, match="base is chain 8453, but the chain id is set to 31337"):
            reach("base", None, 31337)


class TestForking:
    def request(self, **fields: object) -> UpRequest:
        nothing = UpRequest(0, None, None, None, None, None)
        return replace(nothing, **fields)  # type: ignore[arg-type]

    def test_a_public_network_is_forked_from_its_rpc(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FLOCK_BASE_RPC", "https://mine.example")
        words = self.request(network="base").options().arguments(1)
        assert words[words.index("--fork-url") + 1] == "https://mine.example"
        assert words[words.index("--block-base-fee-per-gas") + 1] == "2000000"
        assert "--chain-id" not in words

    def test_an_address_to_fork_from_goes_first(self) -> None:
        assert self.request(network="base", fork_url="http://here").options().fork_url == "http://here"

    def test_local_is_forked_from_nothing(self) -> None:
        options = self.request(network="local").options()
        assert (options.fork_url, options.chain_id) == (None, 31337)


@pytest.mark.usefixtures("put_back")
class TestTokens:
    def test_those_of_base_are_accepted(self, base: Client) -> None:
        require_token(base, FLOCK_ON_BASE)
        require_token(base, USDC_ON_BASE)

    def test_no_code_is_no_token(self, base: Client) -> None:
        base.rpc.request("anvil_setCode", FLOCK_ON_BASE.address, "0x")
        with pytest.raises(NotDeployed, match=r"no code\. Name the right token with --token"):
            require_token(base, FLOCK_ON_BASE)

    def test_another_symbol_is_another_token(self, base: Client) -> None:
        rename(base, FLOCK_ON_BASE, "FLUCK")
        with pytest.raises(Misconfigured, match="what is there answers 'FLUCK' and 18"):
            require_token(base, FLOCK_ON_BASE)

    def test_other_decimals_are_another_token(self, base: Client) -> None:
        with pytest.raises(Misconfigured, match="with 18 decimals, but what is there answers 'USDC' and 6"):
            require_token(base, replace(USDC_ON_BASE, decimals=18))

    @pytest.mark.parametrize("code", ["0x5f5ffd", "0x00", "0x60ff5f5260205ff3"])
    def test_what_does_not_answer_as_a_token_is_none(self, base: Client, code: str) -> None:
        base.rpc.request("anvil_setCode", FLOCK_ON_BASE.address, code)
        with pytest.raises(Misconfigured, match="but what is there answers"):
            require_token(base, FLOCK_ON_BASE)

    def test_a_deployment_builds_on_the_token_that_is_there(self, base: Client) -> None:
        assert existing_token(base, None) == FLOCK_ON_BASE.address

    def test_a_deployment_does_not_build_on_a_strangers_token(self, base: Client) -> None:
        rename(base, FLOCK_ON_BASE, "COPY")
        with pytest.raises(Misconfigured, match="'COPY'"):
            existing_token(base, None)

    def test_a_token_that_was_named_is_taken(self, base: Client, client: Client) -> None:
        assert existing_token(base, USDC_ON_BASE.address) == USDC_ON_BASE.address
        assert existing_token(client, None) is None


class TestBooks:
    def test_a_fork_does_not_overwrite_the_book_of_the_chain_it_forks(self, base: Client) -> None:
        with Proxy(base.rpc.url) as proxy:
            proxy.lay("web3_clientVersion", result("op-geth/v1.2"))
            real = Client(proxy.url)
            assert (is_fork(real), is_fork(base)) == (False, True)
            assert book_path(real) == own_folder() / "8453.json"
            assert book_path(base) == own_folder() / "8453-fork.json"
            real.close()

    def test_people_are_told_where_to_look(self, base: Client, client: Client) -> None:
        assert "set FLOCK_ADDRESSES=/fork.json" in where_things_are(base, Path("/fork.json"), ANYBODY)
        assert where_things_are(client, Path("/local.json"), ANYBODY) == "The addresses are in /local.json."


def test_the_command_shows_all_and_what_is_unverified() -> None:
    shown = json.loads(CliRunner().invoke(app, ["chain", "networks", "--json"]).output)
    assert [row["network"] for row in shown] == list(NETWORKS)
    assert shown[0]["FLOCK"] == f"{FLOCK_ON_BASE.address} (unverified)"
    assert (shown[1]["chain id"], shown[1]["FLOCK"]) == (BASE_SEPOLIA.chain_id, "–")
    assert "base-sepolia" in CliRunner().invoke(app, ["chain", "networks"]).output


def test_the_shell_completes_names_of_networks() -> None:
    assert complete_network("base") == ["base", "base-sepolia"]
