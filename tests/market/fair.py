"""A market on a real chain: who publishes, hosts and buys there, and the service that tells of it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.contracts.model_market import NewVersion
from flock.chain.deploy.anvil import let_time_run
from flock.chain.deploy.faucet import fund
from flock.chain.sending.sender import Sender, open_sender
from flock.economy.api.reader import Economy
from flock.marketplace.cards import write_card
from flock.marketplace.product import MarketProduct
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.core.cid import digest_of
from flock.protocol.core.commitments import Domain
from flock.protocol.core.units import WAD, Gm, Wei
from flock.protocol.market.prices import Price
from flock.protocol.market.signed_types import upload_commitment
from flock.service.app import Operation, build
from flock.store.blobs import DiskBlobs
from flock.store.database import Database
from flock.tasks.garbage import Collector, Retention
from flock.tasks.projector import Projector
from flock.testing import RoundDriver
from flock.web.uploads import Limits
from tests import patience
from tests.conftest import fresh_database, undone
from tests.web.conftest import serve_in_thread

BOND = 10_000 * WAD
SALT = b"\2" * 32
MAKERS_BPS = 4_000
NEVER = 1e6
LIMITS = Limits(blob=1 << 20, spare=0, drafts=1 << 20)


def card(title: str, **others: object) -> dict[str, Any]:
    return {"title": title, **others}


@dataclass
class Fair:
    """The contracts, and senders of whoever acts on them."""

    contracts: Contracts
    bank: Sender
    database: Database
    bank_key: LocalAccount
    senders: dict[str, Sender] = field(default_factory=dict)
    accounts: dict[str, LocalAccount] = field(default_factory=dict)

    @property
    def client(self) -> Client:
        return self.contracts.client

    @property
    def token(self) -> str:
        return self.contracts.token.address

    def account(self, name: str) -> LocalAccount:
        if name not in self.accounts:
            self.accounts[name] = Account.from_key(digest_of(f"fair {name}".encode()))
        return self.accounts[name]

    def address(self, name: str) -> str:
        return self.account(name).address

    def sender(self, name: str) -> Sender:
        """Who is called so, with 10 ETH and 40,000 FLOCK."""
        if name not in self.senders:
            account = self.account(name)
            fund(self.bank, self.contracts.token, account.address, 10 * WAD, 40_000 * WAD)
            self.senders[name] = open_sender(self.client, account, self.database)
        return self.senders[name]

    @contextmanager
    def passing(self) -> Iterator["Fair"]:
        """The same market, in which all that happens is undone; what senders remember of it goes as well."""
        with undone(self.client), TemporaryDirectory() as folder:
            database = fresh_database(Path(folder, "senders.db"))
            yield Fair(
                self.contracts, open_sender(self.client, self.bank_key, database), database, self.bank_key
            )
            database.close()

    # ---- what they do

    def upload(
        self,
        owner: str,
        document: Mapping[str, Any],
        model: int = 0,
        metadata: bytes | None = None,
        **terms: Any,
    ) -> int:
        """Publish bytes that say their document's title; the version. ``metadata`` stands for the document."""
        market, sender = self.contracts.model_market, self.sender(owner)
        new = self.terms(str(document["title"]).encode(), metadata or write_card(document), **terms)
        domain = Domain(self.client.chain_id, market.address)
        market.commit(sender, upload_commitment(domain, sender.address, new.digest, SALT))
        let_time_run(self.client, 10)
        market.publish(sender, model, new, SALT)
        return market.upload_of(new.digest)

    def terms(self, data: bytes, metadata: bytes, **terms: Any) -> NewVersion:
        shares = {"host_bps": 2_000, "royalty_bps": 1_000, **terms}
        return NewVersion(digest_of(data), digest_of(metadata), **shares)

    def bond(self, name: str) -> None:
        bonds, staking, sender = self.contracts.host_bonds, self.contracts.staking, self.sender(name)
        bonds.open_bonds(self.bank)
        staking.lock(sender, self.contracts.token, BOND, 30)
        staking.allocate(sender, bonds.task(), BOND)
        bonds.bond(sender, sender.address)

    def serve(self, version: int, host: str) -> None:
        self.contracts.model_market.serve(self.sender(host), version, self.address(host))

    def price(self, version: int, owner: str, price: Price) -> None:
        self.contracts.model_market.set_price(self.sender(owner), version, self.token, price)

    def pay(self, version: int, host: str | None, wei: int) -> None:
        """As a settled x402 payment: tokens arrive, and no contract of the market is called."""
        place = self.address(host) if host else "0x" + "00" * 20
        to = self.contracts.model_market.splitter_of(version, place).address
        self.contracts.token.transfer(self.bank, to, wei)

    def subscribe(self, name: str, version: int, host: str, periods: int = 1) -> int:
        subscriptions, sender = self.contracts.subscriptions, self.sender(name)
        self.contracts.token.allow(sender, subscriptions.address, 10_000 * WAD)
        arguments = (version, self.address(host), self.token, periods, 10_000 * WAD)
        subscriptions.write(sender, subscriptions.fresh_key("subscribe"), "subscribe", *arguments)
        return subscriptions.count()

    def closed_alliance(self, creator: str) -> int:
        """A task of one round that five members have finished; what it made is the last candidate."""
        now = self.client.now()
        terms = AllianceParameters(
            planned_rounds=1,
            proposer_seats=2,
            voter_seats=3,
            minimum_members=5,
            max_members=10,
            propose_seconds=100,
            attest_seconds=100,
            commit_seconds=100,
            reveal_seconds=100,
            starts_at=now,
            start_by=now + 10_000,
            ends_at=now + 1_000_000,
            minimum_stake=10 * WAD,
            keeper_fee=WAD // 100,
            strike_window=4,
            strike_limit=2,
            slash_bps=5_000,
            makers_bps=MAKERS_BPS,
            initial_model=digest_of(b"initial"),
        )  # type: ignore[call-arg]
        task = self.contracts.task_manager.create(
            self.sender(creator), self.contracts.token, terms, digest_of(b"{}"), Wei(100 * WAD)
        )
        driver = RoundDriver(self.contracts, task, self.bank)
        for number in range(5):
            driver.join(self.sender(f"member {number}"), Gm(10 * WAD))
        driver.play()
        self.contracts.alliance_rounds.close(self.bank, task)
        return task


@dataclass(frozen=True)
class Service:
    """The service in a thread of the test. Its rows learn of the chain when the test says so."""

    url: str
    projector: Projector
    product: MarketProduct
    economy: Economy
    collector: Collector

    def catch_up(self) -> None:
        while self.projector.advance():
            pass
        for step in self.product.steps:
            while step():
                pass
        self.economy.cache.forget()

    def ask(self, path: str, **params: Any) -> Any:
        return patience.get(self.url + path, params=params or None)

    def get(self, path: str, **params: Any) -> Any:
        """What a stranger is told."""
        answer = self.ask(path, **params)
        assert answer.is_success, answer.text
        return answer.json()

    def problem(self, path: str, **params: Any) -> tuple[int, str]:
        answer = self.ask(path, **params)
        return answer.status_code, str(answer.json()["detail"])


@contextmanager
def serving(contracts: Contracts, rows: Database, folder: Path) -> Iterator[Service]:
    """The service of the market of ``contracts`` alone."""
    product = MarketProduct(contracts, rows, folder / "blobs", index_seconds=0)
    made = build([product], contracts, rows, folder / "blobs", Operation(LIMITS, poll_seconds=NEVER))
    collector = Collector(
        rows, DiskBlobs(folder / "blobs"), Retention(drafts=0), [product.blobs], made.projectors[0].is_current
    )
    with serve_in_thread(made.app) as url:
        yield Service(url, made.projectors[0], product, made.app.state.economy, collector)


def canonical(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
