"""A market with one host, and payers: real contracts on a real chain, and the host in a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from safetensors.numpy import save
from x402 import x402ClientSync
from x402.http.utils import (
    decode_payment_required_header,
    decode_payment_signature_header,
    encode_payment_signature_header,
)
from x402.mechanisms.evm.exact import register_exact_evm_client
from x402.schemas import PaymentPayload, PaymentRequired, PaymentRequirements

from flock.chain.abi_codec import artifact
from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.contracts.model_market import NewVersion
from flock.chain.deploy.anvil import DEVELOPMENT_KEY, Anvil, AnvilOptions, free_port, let_time_run
from flock.chain.deploy.deployment import DeploymentPlan, deploy
from flock.chain.deploy.faucet import fund
from flock.chain.deploy.x402 import place_stand_ins
from flock.chain.keys import KeyStore
from flock.chain.sending.sender import Sender, open_sender
from flock.protocol.core.cid import digest_of
from flock.protocol.core.commitments import Domain
from flock.protocol.core.units import WAD
from flock.protocol.market.prices import Price
from flock.protocol.market.signed_types import upload_commitment
from flock.tasks.documents import canonical_metadata
from tests import patience
from tests.chain.base import made_token
from tests.conftest import decrees, fresh_database
from tests.marketplace.upstream import NAME, Upstream
from tests.web.conftest import serve_in_thread

BOND = 10_000 * WAD
PASSWORD = "till-1234"
CHEAP = 2**4
PRICE = Price(per_call=10**15, per_input=10**12, per_output=2 * 10**12)
WEIGHTS = {
    "weight": np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]], np.float32),
    "bias": np.zeros(3, np.float32),
}
DOCUMENT = {
    "title": "Irises",
    "model": {"architecture": "linear", "inputs": 4, "outputs": 3},
    "features": ["sepal_length", "sepal_width", "petal_length", "petal_width"],
    "classes": ["setosa", "versicolor", "virginica"],
}
CHAT = {"model": "chat", "messages": [{"role": "user", "content": "What does it keep?"}], "max_tokens": 20}
PREDICT = "/v1/models/irises/predict"
ROWS = {"inputs": [[5.0, 1.0, 0.5, 0.25]]}


@dataclass
class Shop:
    """``versions`` are the numbers of irises, computed by the host, chat and old, relayed from ``upstream``."""

    folder: Path
    contracts: Contracts
    bank: Sender
    upstream: Upstream
    upstream_url: str
    versions: dict[str, int]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def client(self) -> Client:
        return self.contracts.client

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def host(self) -> str:
        return self.bank.address

    def start(self, *lines: str) -> None:
        """The host; ``lines`` go into its configuration."""
        config = self.folder / "host.toml"
        config.write_text(self.toml(*lines))
        words = [sys.executable, "-m", "flock", "market", "host", "--config", str(config)]
        with (self.folder / "host.log").open("ab") as log:
            self.process = subprocess.Popen(
                words, stdout=log, stderr=log, env={**os.environ, "COLUMNS": "120"}
            )
        patience.until(self._is_up)

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process
        self.process.send_signal(number)
        code = self.process.wait(patience.SECONDS)
        self.process = None
        return code

    def ensure(self) -> None:
        """Start the host if a test has stopped it."""
        if self.process is None:
            self.start()

    def toml(self, *lines: str) -> str:
        return f"""
rpc = "{self.client.rpc.url}"
addresses = "{self.folder / "book.json"}"
keys = "{self.folder / "keys"}"
key = "host"
password_file = "{self.folder / "password"}"
home = "{self.folder / "home"}"
port = {self.port}
poll_seconds = 0.1
settle_seconds = 2
device = "cpu"
{chr(10).join(lines)}

[[models]]
version = {self.versions["irises"]}
name = "irises"
kind = "builtin"
artifact = "{self.folder / "irises.safetensors"}"
metadata = "{self.folder / "irises.json"}"

[[models]]
version = {self.versions["chat"]}
name = "chat"
kind = "openai"
url = "{self.upstream_url}/v1"
upstream_name = "{NAME}"

[[models]]
version = {self.versions["old"]}
name = "old"
kind = "openai"
url = "{self.upstream_url}/v1"
upstream_name = "{NAME}"
"""

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        """A flock command that ends by itself."""
        command = [sys.executable, "-m", "flock", *map(str, words)]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "120"}
        )

    def list_token(self) -> str:
        """Another token with ERC-3009, listed by governance, with a price of 500 for a call of irises."""
        token = to_checksum_address(made_token(self.client, self.host))
        decrees(self.contracts)(self.contracts.model_market, "setToken", token, True)
        self.contracts.model_market.set_price(self.bank, self.versions["irises"], token, Price(500))
        return token

    def log(self) -> str:
        return (self.folder / "host.log").read_text()

    def splitter(self, name: str) -> str:
        return self.contracts.model_market.splitter_of(self.versions[name], self.host).address

    def earned(self, name: str) -> int:
        """What has arrived for a model."""
        return self.contracts.token.balance_of(self.splitter(name))

    def price_of(self, headers: dict[str, str]) -> int:
        """What a signed payment is over."""
        payload = decode_payment_signature_header(headers["PAYMENT-SIGNATURE"])
        return int(payload.payload["authorization"]["value"])

    def pending(self) -> bool:
        """Whether a transaction waits to be mined."""
        return bool(self.client.rpc.request("txpool_content")["pending"])

    def hand_in(self, payload: PaymentPayload) -> None:
        """Submit a payment, as anyone can who saw it."""
        signed = payload.payload["authorization"]
        arguments = (
            signed["from"],
            signed["to"],
            *(int(signed[name]) for name in ("value", "validAfter", "validBefore")),
            bytes.fromhex(signed["nonce"][2:]),
            bytes.fromhex(payload.payload["signature"][2:]),
        )
        kinds = "address,address,uint256,uint256,uint256,bytes32,bytes"
        transfer = artifact("FlockToken").abi.functions[f"transferWithAuthorization({kinds})"]
        self.bank.send(f"hand_in:{signed['nonce']}", payload.accepted.asset, transfer.encode(*arguments))

    def payer(self, flock: int = 10) -> "Payer":
        account = Account.create()
        fund(self.bank, self.contracts.token, account.address, WAD, flock * WAD)
        return Payer(self, account)

    def _is_up(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.log()
        try:
            return patience.get(f"{self.url}/health").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


@dataclass
class Payer:
    """An account with FLOCK, and x402's own client for it."""

    shop: Shop
    account: LocalAccount

    @property
    def balance(self) -> int:
        return self.shop.contracts.token.balance_of(self.account.address)

    def signer(self) -> x402ClientSync:
        client = x402ClientSync()
        register_exact_evm_client(client, self.account)
        client.set_spend_controls(False)
        return client

    def quoted(self, path: str, body: Any) -> httpx.Response:
        quote = self.shop_post(path, body)
        assert quote.status_code == httpx.codes.PAYMENT_REQUIRED, quote.text
        return quote

    def payload(self, path: str, body: Any) -> PaymentPayload:
        """A signed payment for what was quoted."""
        required = decode_payment_required_header(self.quoted(path, body).headers["PAYMENT-REQUIRED"])
        return self.signer().create_payment_payload(required)

    def accepting(self, required: PaymentRequired, option: PaymentRequirements) -> PaymentPayload:
        """A signed payment by one of several options."""
        return self.signer().create_payment_payload(required.model_copy(update={"accepts": [option]}))

    def header(self, path: str, body: Any) -> dict[str, str]:
        return header_of(self.payload(path, body))

    def pay(self, path: str, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        """With a payment of its own, unless ``headers`` hold one."""
        return self.shop_post(path, body, headers or self.header(path, body))

    def cancel(self, payload: PaymentPayload) -> None:
        """Make the authorisation worthless, on the chain."""
        nonce = bytes.fromhex(payload.payload["authorization"]["nonce"][2:])
        domain = {"name": "FLOCK", "version": "1", "chainId": self.shop.client.chain_id}
        signed = self.account.sign_typed_data(
            {**domain, "verifyingContract": payload.accepted.asset},
            {
                "CancelAuthorization": [
                    {"name": "authorizer", "type": "address"},
                    {"name": "nonce", "type": "bytes32"},
                ]
            },
            {"authorizer": self.account.address, "nonce": nonce},
        )
        r, s = (value.to_bytes(32, "big") for value in (signed.r, signed.s))
        cancelling = artifact("FlockToken").abi.functions["cancelAuthorization"]
        data = cancelling.encode(self.account.address, nonce, signed.v, r, s)
        self.shop.bank.send(f"cancel:{nonce.hex()}", payload.accepted.asset, data)

    def until_free(self, path: str, body: Any) -> httpx.Response:
        """Ask anew until the host knows that it was paid; the answer, for which no new payment was taken."""
        held = self.balance
        said: list[httpx.Response] = []

        def is_answered() -> bool:
            said.append(self.pay(path, body))
            assert said[-1].status_code in (200, 409, 503), said[-1].text
            return said[-1].status_code == httpx.codes.OK

        patience.until(is_answered)
        assert self.balance == held
        return said[-1]

    def hang_up(self, path: str, body: Any, headers: dict[str, str]) -> None:
        """Ask, and close the connection before an answer can have come."""
        with pytest.raises(httpx.ReadTimeout):
            patience.post(f"{self.shop.url}{path}", content=json.dumps(body), headers=headers, timeout=1)

    def hung_up_amid(self, path: str, body: Any, headers: dict[str, str]) -> bool:
        """Close the connection at the first piece of an answer; whether there was one."""
        url, content = f"{self.shop.url}{path}", json.dumps(body)
        with patience.stream("POST", url, content=content, headers=headers) as said:
            if said.status_code != httpx.codes.OK:
                return False
            next(said.iter_raw())
            return True

    def shop_post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return patience.post(f"{self.shop.url}{path}", content=content, headers=headers or {})


def header_of(payload: PaymentPayload) -> dict[str, str]:
    return {"PAYMENT-SIGNATURE": encode_payment_signature_header(payload)}


@contextmanager
def open_shop(folder: Path) -> Iterator[Shop]:
    database = fresh_database(folder / "bank.db")
    upstream = Upstream()
    with Anvil(AnvilOptions(port=0)) as anvil, serve_in_thread(upstream.app()) as upstream_url:
        client, account = Client(anvil.url), Account.from_key(DEVELOPMENT_KEY)
        bank = open_sender(client, account, database)
        contracts = Contracts(client, deploy(bank, DeploymentPlan(account.address, None, account.address)))
        place_stand_ins(client)
        contracts.book.save(folder / "book.json")
        KeyStore(folder / "keys", CHEAP).import_key("host", DEVELOPMENT_KEY, PASSWORD)
        (folder / "password").touch(mode=0o600)
        (folder / "password").write_text(PASSWORD)
        become_host(contracts, bank)
        versions = published(contracts, bank, folder)
        shop = Shop(folder, contracts, bank, upstream, upstream_url, versions)
        try:
            yield shop
        finally:
            upstream.gate.set()
            if shop.process is not None:
                shop.stop(signal.SIGKILL)
            client.close()
            database.close()


def become_host(contracts: Contracts, bank: Sender) -> None:
    bonds, staking, token = contracts.host_bonds, contracts.staking, contracts.token
    bonds.open_bonds(bank)
    token.write(bank, "approve", "approve", staking.address, BOND)
    staking.write(bank, "lock", "lock", BOND, 30)
    staking.write(bank, "allocate", "allocate", bonds.task(), BOND)
    bonds.bond(bank, bank.address)


def published(contracts: Contracts, bank: Sender, folder: Path) -> dict[str, int]:
    """Uploads, with prices in FLOCK, served by the bank."""
    irises, document = save(WEIGHTS), canonical_metadata(DOCUMENT)
    (folder / "irises.safetensors").write_bytes(irises)
    (folder / "irises.json").write_text(json.dumps(DOCUMENT, indent=2))  # as its owner wrote it
    files = {"irises": (irises, document), "chat": (b"weights elsewhere", b"{}"), "old": (b"others", b"{}")}
    market = contracts.model_market
    domain, salt = Domain(contracts.chain_id, market.address), b"\2" * 32
    terms = {
        name: NewVersion(digest_of(artifact), digest_of(metadata), host_bps=2_000)
        for name, (artifact, metadata) in files.items()
    }
    for each in terms.values():
        market.commit(bank, upload_commitment(domain, bank.address, each.digest, salt))
    let_time_run(contracts.client, 10)
    versions = {}
    for name, each in terms.items():
        market.publish(bank, 0, each, salt)
        versions[name] = market.upload_of(each.digest)
        market.set_price(bank, versions[name], contracts.token.address, PRICE)
        market.serve(bank, versions[name], bank.address)
    return versions
