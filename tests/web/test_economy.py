"""The economy over HTTP: the chain is asked once a block, and the ledger computed once for every change of it."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.rpc import Rpc
from flock.economy import computed as ledger
from flock.economy.api import endpoints as economy
from flock.economy.api.per_block import PerBlock
from flock.economy.api.reader import Economy, Recompute
from flock.errors import ContractRefused, ServiceUnavailable
from flock.store.database import Database, open_database
from flock.web.app import build_app
from flock.web.background import Background
from tests import patience
from tests.cli.network import Site
from tests.cli.season import Opened, Season, open_season, opened_once
from tests.conftest import FLOCK
from tests.web.conftest import serve_in_thread

NOBODY = "0x" + "11" * 20
Ask = Callable[..., Any]


class Served:
    """A service of nothing but the economy, whose steps the test runs."""

    def __init__(self, season: Season, reader: Economy, client: httpx.Client) -> None:
        self.season = season
        self.reader = reader
        self.client = client

    def catch_up(self) -> None:
        """As the steps would, beside the requests."""
        while self.reader.follow():
            pass
        if self.reader.recompute():
            self.reader.recompute.wait()

    def get(self, path: str, **params: object) -> Any:
        answer = self.client.get(f"/economy{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()


def open_with_a_pool(site: Site, database: Database) -> Season:
    """``ann`` has a pool with 500 gmFLOCK of ``del`` in it; a day is earned, settled and served."""
    season = open_season(site, database, ["del"])
    contracts, sender = site.contracts, season.sender("del")
    contracts.staking.lock(sender, contracts.token, 2_000 * FLOCK, 180)
    words = ("--task", season.task, "--key")
    assert site.flock("delegate", "accept", "--sigma", "50", *words, "ann").exit_code == 0
    assert site.flock("delegate", "to", "ann", "500", *words, "del").exit_code == 0
    season.earn_a_day()
    season.serve()
    return season


opened = opened_once(open_with_a_pool)


@pytest.fixture
def season(opened: Opened, site: Site, database: Database) -> Season:
    return opened.season(site, database)


@pytest.fixture
def served(season: Season, tmp_path: Any) -> Iterator[Served]:
    """The router alone, as any service mounts it, with a connection of its own to the chain."""
    client_of_chain = Client(season.contracts.client.rpc.url)
    reader = Economy(Contracts(client_of_chain, season.contracts.book))
    rows = open_database(str(tmp_path / "none.db"))
    app = build_app("economy", rows, [economy.router], Background([], 60))
    app.state.economy = reader
    with serve_in_thread(app) as url, patience.client(base_url=url) as client:
        yield Served(season, reader, client)
    rows.close()
    client_of_chain.rpc.close()


def test_everything_an_account_has_is_there(served: Served) -> None:
    served.catch_up()
    season, ann = served.season, served.season.address("ann")
    contracts, task = season.contracts, season.task
    position = contracts.staking.position_of(ann)
    account = served.get(f"/accounts/{ann}")
    assert (account["gm"], account["unlock_at"]) == (str(position.gm), position.unlock_at)
    assert account["votes"] == str(contracts.staking.votes_of(ann))
    assert account["held"] == str(contracts.token.balance_of(ann))
    [stake] = served.get(f"/accounts/{ann}/stakes")
    assert (stake["task"], stake["gm"], stake["flock"], stake["held"]) == (
        task,
        str(100 * FLOCK),
        str(contracts.staking.allocation_of(ann, task).flock),
        True,
    )
    assert len(served.get(f"/tasks/{task}/stakes")) == 3
    assert served.get(f"/tasks/{task}/stakes", after=2, limit=5) == served.get(f"/tasks/{task}/stakes")[2:]


def test_a_pool_shows_its_terms_its_size_and_its_yield(served: Served) -> None:
    served.catch_up()
    season, ann, task = served.season, served.season.address("ann"), served.season.task
    pool = served.get(f"/tasks/{task}/pools/{ann}")
    assert (pool["open"], pool["commission_bps"], pool["delegators"]) == (True, 5_000, 1)
    assert (pool["gm"], pool["own"]) == (str(500 * FLOCK), str(100 * FLOCK))
    [day] = [day for day in season.settlement().days if day.pools]
    daily = day.pools[ann] / day.stakes[ann]
    assert pool["eapy_14"] == pytest.approx(min(1e6, (1 + daily / 14) ** 365 - 1))
    assert served.get("/pools") == served.get(f"/tasks/{task}/pools", open=True) == [pool]
    assert served.get("/pools", open=False) == []
    [delegation] = served.get(f"/accounts/{season.address('del')}/delegations")
    assert (delegation["gm"], delegation["pool"]) == (str(500 * FLOCK), pool)


def test_the_proof_pays_whoever_sends_it(served: Served) -> None:
    served.catch_up()
    season, ann = served.season, served.season.address("ann")
    rewards = served.get(f"/accounts/{ann}/rewards")
    assert rewards["agrees"] is True
    before = season.contracts.token.balance_of(ann)
    pay(season.contracts, season, rewards)
    assert season.contracts.token.balance_of(ann) == before + int(rewards["liquid"])
    season.mine(1)
    assert (
        wait_for_block(served, lambda: served.get(f"/accounts/{ann}/rewards"))["claimed_liquid"]
        == rewards["liquid"]
    )


def test_a_proof_for_one_account_or_amount_is_none_for_another(served: Served) -> None:
    served.catch_up()
    season = served.season
    rewards = served.get(f"/accounts/{season.address('ann')}/rewards")
    for change in ({"account": season.address("bob")}, {"liquid": str(int(rewards["liquid"]) + 1)}):
        with pytest.raises(ContractRefused):
            pay(season.contracts, season, {**rewards, **change})


def test_emissions_and_settlement_say_what_is_next(served: Served) -> None:
    served.catch_up()
    season = served.season
    emissions = served.get("/emissions")
    assert emissions["next_day"] == season.contracts.emissions.next_day()
    assert emissions["weights"] == [{"task": season.task, "weight": 100}]
    history = served.get("/emissions/history")
    assert sum(int(day["emitted"]) for day in history) == season.contracts.emissions.emitted()
    assert served.get("/emissions/history", after=history[-1]["day"]) == []
    settlement = served.get("/settlement")
    assert settlement["served_day"] == season.contracts.settlement.served_day()
    assert (settlement["agrees"], settlement["pending"]) == (True, None)
    assert served.get("/proposals") == []


def test_a_pending_root_is_shown_with_its_bond(served: Served) -> None:
    season = served.season
    season.earn_a_day()
    season.post(b"\x66" * 32, season.contracts.settlement.served_total())
    served.catch_up()
    pending = served.get("/settlement")["pending"]
    assert (pending["state"], pending["root"]) == ("pending", "0x" + "66" * 32)
    assert pending["bond"] == str(season.contracts.settlement.bond())


def test_who_has_nothing_is_answered_with_nothing(served: Served) -> None:
    served.catch_up()
    assert served.get(f"/accounts/{NOBODY}")["gm"] == "0"
    assert served.get(f"/accounts/{NOBODY}/stakes") == []
    assert served.get(f"/accounts/{NOBODY}/delegations") == []
    assert served.get(f"/accounts/{NOBODY}/rewards")["proof"] is None


def test_bad_input_is_a_problem_that_says_what_is_wrong(served: Served) -> None:
    served.catch_up()
    task = served.season.task
    for path, status, words in (
        ("/accounts/0x12", 422, "40 hexadecimal digits"),
        ("/accounts/0x70997970c51812dc3a010c7d01b50e0d17DC79C8/stakes", 422, "checksum"),
        ("/tasks/99/pools", 404, "There is no task 99"),
        ("/tasks/99/stakes", 404, "There is no task 99"),
        ("/tasks/0/stakes", 422, "greater than or equal to 1"),
        ("/tasks/9223372036854775808/stakes", 422, "less than or equal"),
        (f"/tasks/{task}/pools/{NOBODY}", 404, "takes no delegation"),
        ("/pools?limit=1001", 422, "less than or equal to 1000"),
        ("/pools?after=-1", 422, "greater than or equal to 0"),
        ("/pools?colour=red", 422, "colour"),
        ("/emissions/history?after=many", 422, "integer"),
    ):
        answer = served.client.get(f"/economy{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert words in answer.json()["detail"]


def test_until_the_chain_has_been_read_it_says_so(served: Served) -> None:
    ann = served.season.address("ann")
    assert served.get(f"/accounts/{ann}")["account"] == ann
    for path in (
        f"/accounts/{ann}/stakes",
        f"/accounts/{ann}/rewards",
        "/pools",
        "/proposals",
        "/settlement",
    ):
        answer = served.client.get(f"/economy{path}")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert "try again later" in answer.json()["detail"]


class TestStrangers:
    """Who asks again and again costs the chain and this machine next to nothing."""

    def test_the_same_question_is_asked_once_a_block(
        self, served: Served, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        served.catch_up()
        ann = served.season.address("ann")
        sent = counted(monkeypatch, served.reader.contracts.client.rpc)
        served.get(f"/accounts/{ann}")
        asked_once = sent["eth_call"]
        for _ in range(50):
            served.get(f"/accounts/{ann}")
        assert sent["eth_call"] == asked_once > 0

    def test_no_request_computes_the_ledger(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        served.catch_up()
        computed = served.reader.computed()
        monkeypatch.setattr(ledger, "settle", forbidden)
        ann = served.season.address("ann")
        for path in (f"/accounts/{ann}/rewards", "/pools", "/settlement", "/emissions/history"):
            served.get(path)
        assert served.reader.computed() is computed

    def test_it_is_computed_again_only_when_a_day_or_a_root_is_new(self, served: Served) -> None:
        served.catch_up()
        before = served.reader.computed()
        served.season.mine(5)
        served.catch_up()
        assert served.reader.computed() is before
        served.season.next_day()
        served.season.contracts.emissions.emit_due(served.season.bank)
        wait_for_block(served, served.catch_up)
        next_day = served.season.contracts.emissions.next_day()
        assert served.reader.computed().history.next_day == next_day > before.history.next_day

    def test_one_computes_at_a_time(self, served: Served) -> None:
        recompute = served.reader.recompute
        assert [recompute(), recompute()] == [True, False]
        recompute.wait()

    def test_a_chain_that_fails_is_not_asked_again_at_once(
        self, served: Served, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = [0.0]
        recompute = Recompute(served.season.contracts, served.reader.cache, lambda: clock[0])
        monkeypatch.setattr("flock.economy.api.reader.compute", forbidden)
        assert recompute()
        recompute.wait()
        assert not recompute()
        monkeypatch.undo()
        clock[0] = 61.0
        assert recompute()
        recompute.wait()
        assert recompute.computed().agrees

    def test_so_many_answers_are_kept_and_no_more(self, contracts: Contracts) -> None:
        cache, read = PerBlock(contracts.client, most=2, clock=lambda: 0.0), []
        for question in ("a", "b", "c", "a", "c"):
            cache.get(question, lambda question=question: read.append(question))  # type: ignore[misc]
        assert read == ["a", "b", "c", "a"]


def test_a_reorganisation_hides_nothing(served: Served) -> None:
    """The newest blocks are read again: a stake that only the new chain has is found."""
    season = served.season
    season.mine(3)
    while served.reader.follow():
        pass
    snapshot = season.contracts.client.rpc.request("evm_snapshot")
    season.mine(2)
    while served.reader.follow():
        pass
    season.contracts.client.rpc.request("evm_revert", snapshot)
    assert (
        season.site.flock(
            "delegate", "accept", "--sigma", "1", "--task", season.task, "--key", "bob"
        ).exit_code
        == 0
    )
    season.mine(3)
    while served.reader.follow():
        pass
    assert (season.address("bob"), season.task) in served.reader.places().pools


def test_the_alliance_mounts_it(site: Site, season: Season) -> None:
    """And its own loop keeps it up."""
    ann = season.address("ann")
    answer = patience.get(f"{site.service}/economy/accounts/{ann}")
    assert answer.json()["account"] == ann
    assert "/economy/pools" in patience.get(f"{site.service}/openapi.json").json()["paths"]


# ---- pieces


def pay(contracts: Contracts, season: Season, rewards: dict[str, Any]) -> None:
    """Send what the endpoint answered to the contract as it stands."""
    distributor = contracts.distributor
    proof = [bytes.fromhex(node[2:]) for node in rewards["proof"]]
    amounts = int(rewards["liquid"]), int(rewards["vesting"])
    data = distributor.abi.functions["claim"].encode(rewards["account"], *amounts, proof)
    season.bank.send(distributor.fresh_key("claim"), distributor.address, data)


def wait_for_block(served: Served, act: Callable[[], Any]) -> Any:
    """``act`` once the reader has looked for a new block."""
    served.reader.cache.forget()
    return act()


def counted(monkeypatch: pytest.MonkeyPatch, rpc: Rpc) -> Counter[str]:
    """How often each method is asked for from now on, many at once."""
    sent: Counter[str] = Counter()
    asked = rpc.batch

    def batch(calls: Any) -> list[Any]:
        sent.update(method for method, _ in calls)
        return asked(calls)

    monkeypatch.setattr(rpc, "batch", batch)
    return sent


def forbidden(*_: object) -> None:
    raise ServiceUnavailable("This was not to be computed here.")
