"""Plans over HTTP: what a wallet page needs before it asks for a signature, on a real chain."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.deploy.anvil import send_as
from flock.economy.api import endpoints as economy
from flock.economy.api import plan_endpoints as plans
from flock.economy.api.reader import Economy
from flock.store.database import Database, open_database
from flock.web.app import build_app
from flock.web.background import Background
from tests.cli.network import Site
from tests.cli.season import Opened, Season, open_season, opened_once
from tests.conftest import FLOCK
from tests.web.conftest import serve_in_thread


class Wallet:
    """A page beside a service of nothing but the economy; ``send`` is the key that the page asks."""

    def __init__(self, season: Season, reader: Economy, client: httpx.Client) -> None:
        self.season = season
        self.reader = reader
        self.client = client

    def catch_up(self) -> None:
        while self.reader.follow():
            pass
        if self.reader.recompute():
            self.reader.recompute.wait()

    def ask(self, act: str, account: str, **body: object) -> Any:
        return self.client.post(f"/plans/{act}", json={"account": account, **body})

    def plan(self, act: str, account: str, **body: object) -> Any:
        answer = self.ask(act, account, **body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def problem(self, act: str, account: str, **body: object) -> Any:
        answer = self.ask(act, account, **body)
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.json()

    def send(self, plan: Any) -> None:
        """As the wallet would, exactly as it was given."""
        client = self.season.contracts.client
        for transaction in plan["transactions"]:
            send_as(client, transaction["from"], transaction["to"], bytes.fromhex(transaction["data"][2:]))


opened = opened_once(lambda site, database: open_season(site, database, ["del"]))


@pytest.fixture
def season(opened: Opened, site: Site, database: Database) -> Season:
    """``del`` has FLOCK and nothing locked."""
    return opened.season(site, database)


@pytest.fixture
def wallet(season: Season, tmp_path: Any) -> Iterator[Wallet]:
    connection = Client(season.contracts.client.rpc.url)
    reader = Economy(Contracts(connection, season.contracts.book))
    rows = open_database(str(tmp_path / "none.db"))
    app = build_app("economy", rows, [economy.router, plans.router], Background([], 60))
    app.state.economy = reader
    with serve_in_thread(app) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield Wallet(season, reader, client)
    rows.close()
    connection.rpc.close()


def values(fields: Any) -> dict[str, Any]:
    return {field["name"]: field["value"] for field in fields}


def test_a_plan_says_what_changes_and_its_transactions_do_it(wallet: Wallet) -> None:
    account, staking = wallet.season.address("del"), wallet.season.contracts.staking
    plan = wallet.plan("lock", account, wei=str(1_000 * FLOCK), days=365)
    assert [each["does"] for each in plan["transactions"]] == [
        f"Let staking take 1,000 FLOCK of {account}.",
        "Lock 1,000 FLOCK for 365 days.",
    ]
    assert values(plan["before"])["gm"] == "0"
    assert plan["gas"] > 100_000
    assert int(plan["fee"]) > 0
    assert all(int(each["gas"], 16) > 21_000 and each["value"] == "0x0" for each in plan["transactions"])
    assert {int(each["chainId"], 16) for each in plan["transactions"]} == {wallet.season.contracts.chain_id}

    wallet.send(plan)

    assert values(plan["after"])["gm"] == str(staking.position_of(account).gm)
    [free] = [field for field in plan["after"] if field["name"] == "available"]
    assert (free["label"], free["text"].endswith(" gmFLOCK")) == ("free", True)


def test_the_whole_way_of_a_delegator(wallet: Wallet) -> None:
    season, task = wallet.season, wallet.season.task
    ann, account, staking = season.address("ann"), season.address("del"), season.contracts.staking
    wallet.send(wallet.plan("lock", account, wei=500 * FLOCK, days=30))
    wallet.send(wallet.plan("extend", account, days=60))
    wallet.send(wallet.plan("stake", account, task=task, gm=100 * FLOCK))
    wallet.send(wallet.plan("unstake", account, task=task))
    wallet.send(wallet.plan("operator", account, operator=ann))
    wallet.send(wallet.plan("accept", ann, task=task, commission_bps=5_000))
    wallet.send(wallet.plan("delegate", account, operator=ann, task=task, gm=200 * FLOCK))
    assert staking.delegation_of(account, ann, task).gm == 200 * FLOCK
    wallet.send(wallet.plan("undelegate", account, operator=ann, task=task, gm=50 * FLOCK))
    season.wait(15 * 86_400)
    wallet.catch_up()
    wallet.send(wallet.plan("collect", account))
    assert staking.delegation_of(account, ann, task).gm == 150 * FLOCK


def test_a_member_has_its_earnings_paid_out(wallet: Wallet) -> None:
    season, ann = wallet.season, wallet.season.address("ann")
    season.play_round()
    wallet.send(wallet.plan("withdraw", ann, task=season.task))
    assert season.contracts.alliance_rounds.member_of(season.task, ann).owed == 0
    assert "owes" in wallet.problem("withdraw", ann, task=season.task)["detail"]


def test_a_member_leaves(wallet: Wallet) -> None:
    season, ann = wallet.season, wallet.season.address("ann")
    plan = wallet.plan("leave", ann, task=season.task)
    assert (values(plan["before"])["member"], values(plan["after"])["member"]) == ("active", "none")
    wallet.send(plan)
    assert "is not a member" in wallet.problem("leave", ann, task=season.task)["detail"]


def test_rewards_are_claimed_by_anybody_for_whoever_earned_them(wallet: Wallet) -> None:
    season, ann, account = wallet.season, wallet.season.address("ann"), wallet.season.address("del")
    assert wallet.ask("claim", account).status_code == 503  # not before the ledger has been computed
    season.earn_a_day()
    season.serve()
    wallet.catch_up()
    before = season.contracts.token.balance_of(ann)
    plan = wallet.plan("claim", account, for_accounts=[ann])
    wallet.send(plan)
    assert season.contracts.token.balance_of(ann) == int(values(plan["after"])["held"]) > before
    assert "has earned nothing" in wallet.problem("claim", account)["detail"]


def test_a_proposal_says_what_it_changes_and_is_voted_on(wallet: Wallet) -> None:
    season, ann = wallet.season, wallet.season.address("ann")
    wanted = {"action": "set", "words": ["staking.delegationRatio", "5"], "title": "Less of it"}
    season.wait(60)  # votes count from the second after the lock
    plan = wallet.plan("propose", ann, **wanted)
    assert any(note == "staking.delegationRatio: 10 now, 5 then." for note in plan["notes"])
    wallet.send(plan)
    season.wait(86_400 + 10)
    wallet.catch_up()
    voted = wallet.plan("vote", ann, proposal="1", support="for")
    assert int(values(voted["after"])["for"]) > int(values(voted["before"])["for"]) == 0
    wallet.send(voted)
    assert "voted on proposal 1 already" in wallet.problem("vote", ann, proposal="1", support="for")["detail"]
    assert "cannot be queued now" in wallet.problem("queue", ann, proposal="1")["detail"]
    assert "cannot be executed now" in wallet.problem("execute", ann, proposal="1")["detail"]


def test_any_call_of_our_contracts_is_said_in_words(wallet: Wallet) -> None:
    account, contracts = wallet.season.address("del"), wallet.season.contracts
    data = contracts.token.abi.functions["transfer"].encode(wallet.season.address("ann"), 3 * FLOCK)
    body = {"from": account, "to": contracts.token.address, "data": "0x" + data.hex()}
    said = wallet.client.post("/preview", json=body).json()
    assert said["does"].startswith("FlockToken.transfer: to ")
    assert said["does"].endswith("value 3 FLOCK")
    held = [int(values(said[when])["held"]) for when in ("before", "after")]
    assert held[0] - held[1] == 3 * FLOCK
    assert said["gas"] > 21_000


def test_a_call_of_a_strangers_contract_is_not_guessed_at(wallet: Wallet) -> None:
    account, contracts = wallet.season.address("del"), wallet.season.contracts
    for to, data, why in (
        (account, "0x12345678", "none of flock's contracts"),
        (contracts.staking.address, "0x12345678", "has no function"),
    ):
        problem = wallet.client.post("/preview", json={"from": account, "to": to, "data": data}).json()
        assert [each["field"] for each in problem["errors"]] == ["data"]
        assert why in problem["detail"]


@pytest.mark.parametrize(
    ("act", "body", "field"),
    [
        ("lock", {"wei": "-1", "days": 30}, "wei"),
        ("lock", {"wei": "much", "days": 30}, "wei"),
        ("lock", {"wei": str(2**96), "days": 30}, "wei"),
        ("lock", {"wei": "1", "days": 366}, "days"),
        ("lock", {"wei": "1", "days": 30, "key": "x"}, "key"),
        ("stake", {"task": 0, "gm": "1"}, "task"),
        ("delegate", {"operator": "ann", "task": 1, "gm": "1"}, "operator"),
        ("accept", {"task": 1, "commission_bps": 10_001}, "commission_bps"),
        ("vote", {"proposal": "first", "support": "for"}, "proposal"),
        ("vote", {"proposal": "1", "support": "maybe"}, "support"),
        ("propose", {"action": "replace", "words": ["1"], "title": "x"}, "action"),
        ("propose", {"action": "set", "words": ["staking.nothing", "5"], "title": "x"}, "words"),
        ("propose", {"action": "set", "words": ["staking.cooldown", "7d"], "title": " "}, "title"),
    ],
)
def test_bad_input_is_refused_by_the_name_of_its_field(
    wallet: Wallet, act: str, body: dict[str, object], field: str
) -> None:
    problem = wallet.problem(act, wallet.season.address("del"), **body)
    assert [each["field"] for each in problem["errors"]] == [field]


def test_what_cannot_be_done_is_refused_in_the_contracts_words(wallet: Wallet) -> None:
    season, account = wallet.season, wallet.season.address("del")
    assert (
        "holds 10,000 FLOCK of the 20,000 needed"
        in wallet.problem("lock", account, wei=20_000 * FLOCK, days=30)["detail"]
    )
    held = wallet.problem("unstake", season.address("ann"), task=season.task)
    assert held["type"] == "urn:flock:contract-refused"
    assert wallet.ask("stake", account, task=10**6, gm="1").status_code == 404
