"""A model is published, served, paid for from an x402 channel and by subscription, and its makers are paid."""

from collections.abc import Iterator

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak

from flock.chain.abi_codec import artifact
from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.contracts.model_market import ModelMarket, NewVersion, VersionState
from flock.chain.contracts.splitter import HOST, OWNER, TREASURY
from flock.chain.deploy.anvil import DEVELOPMENT_KEY, Anvil, AnvilOptions, let_time_run
from flock.chain.deploy.deployment import DeploymentPlan, deploy
from flock.chain.deploy.x402 import BATCH_SETTLEMENT, DEPOSIT_COLLECTOR, STAND_INS, place_stand_ins
from flock.chain.sending.sender import Sender, open_sender
from flock.economy.history import read_history
from flock.errors import ContractRefused
from flock.protocol.core.commitments import Domain
from flock.protocol.core.units import WAD
from flock.protocol.market.prices import Price
from flock.protocol.market.signed_types import Receipt, upload_commitment
from flock.protocol.market.splits import Split
from tests.conftest import fresh_database

BOND = 10_000 * WAD
DIGEST, SALT = b"\1" * 32, b"\2" * 32
TERMS = NewVersion(DIGEST, b"\3" * 32, host_bps=2_000, royalty_bps=1_000)
NOBODY = "0x" + "00" * 20


class Stall:
    """One account that owns, hosts and pays: money moves between contracts all the same."""

    def __init__(self, client: Client, contracts: Contracts, sender: Sender) -> None:
        self.client, self.contracts, self.sender = client, contracts, sender
        self.market: ModelMarket = contracts.model_market
        self.me = sender.address
        self.token = contracts.token.address

    def publish(self) -> int:
        domain = Domain(self.client.chain_id, self.market.address)
        self.market.commit(self.sender, upload_commitment(domain, self.me, DIGEST, SALT))
        let_time_run(self.client, 10)
        self.market.publish(self.sender, 0, TERMS, SALT)
        return self.market.upload_of(DIGEST)

    def become_host(self) -> None:
        bonds, staking, token = self.contracts.host_bonds, self.contracts.staking, self.contracts.token
        bonds.open_bonds(self.sender)
        token.write(self.sender, "approve", "approve", staking.address, BOND)
        staking.write(self.sender, "lock", "lock", BOND, 30)
        staking.write(self.sender, "allocate", "allocate", bonds.task(), BOND)
        bonds.bond(self.sender, self.me)

    def balance_of(self, place: str) -> int:
        return self.contracts.token.balance_of(place)


@pytest.fixture(scope="module")
def stall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stall]:
    database = fresh_database(tmp_path_factory.mktemp("market") / "flock.db")
    with Anvil(AnvilOptions(port=0)) as anvil:
        client, account = Client(anvil.url), Account.from_key(DEVELOPMENT_KEY)
        sender = open_sender(client, account, database)
        contracts = Contracts(client, deploy(sender, DeploymentPlan(account.address, None, account.address)))
        assert place_stand_ins(client) == list(STAND_INS)
        assert place_stand_ins(client) == []
        found = Stall(client, contracts, sender)
        found.become_host()
        found.market.serve(sender, found.publish(), found.me)
        yield found
        client.close()
    database.close()


def test_what_was_published_is_read_as_it_was_said(stall: Stall) -> None:
    version = stall.market.version_of(1)
    assert (version.digest, version.host_bps, version.fee_bps) == (DIGEST, 2_000, 250)
    assert version.state is VersionState.LISTED
    assert stall.market.owner_of(version.model) == stall.me
    assert stall.market.is_served(1, stall.me)


def test_a_settlement_is_not_troubled_by_the_task_that_bonds_are_on(stall: Stall) -> None:
    assert read_history(stall.contracts).next_day == stall.contracts.emissions.first_day()


def test_a_price_is_read_as_it_was_set(stall: Stall) -> None:
    price = Price(5, 30, 7, 9)
    stall.market.set_price(stall.sender, 1, stall.token, price)
    view = stall.market.price_of(1, stall.token)
    assert (view.current, view.former) == (price, Price())
    with pytest.raises(ContractRefused) as refused:
        stall.market.set_price(stall.sender, 1, stall.token, Price(6))
    assert refused.value.error == "PriceIsFresh"


def test_a_receipt_is_signed_as_the_chain_reads_it(stall: Stall) -> None:
    receipt = Receipt(
        *(1, DIGEST, stall.me, stall.me, stall.token, 5, b"\4" * 32, 9, b"\5" * 32, b"\6" * 32, b"\7" * 32),
        *(10, 20, 30),
    )
    read = stall.contracts.host_tills.read("digestOf", tuple(vars(receipt).values()))
    assert receipt.digest_in(stall.contracts.deployment_domain) == read


def test_a_channel_pays_through_the_till_and_each_payee_by_the_twins_numbers(stall: Stall) -> None:
    """With x402's typed data: deposited by ERC-3009, claimed by a voucher, settled, attributed, released."""
    paid = 1_000_003
    till = stall.contracts.host_tills.till_of(stall.me)
    stall.contracts.host_tills.deploy_till(stall.sender, stall.me)
    channel = Channel(stall, till.address)
    channel.deposit(2 * paid)
    channel.claim(paid)
    channel.call("settle", till.address, stall.token)
    assert stall.balance_of(till.address) == paid
    till.distribute(stall.sender, stall.token, {1: paid})
    splitter = stall.market.splitter_of(1, stall.me)
    dues = Split(250, 2_000).dues(paid)
    for payee in (TREASURY, HOST, OWNER):
        stall.market.release(stall.sender, 1, stall.me, stall.token, payee)
        assert splitter.releasable(stall.token, payee)[1] == 0
    assert stall.balance_of(splitter.address) == paid - sum(dues)
    assert stall.balance_of(stall.contracts.book.treasury) == dues[TREASURY]
    assert channel.call("refund", channel.config, 2 * paid) is not None
    assert stall.balance_of(BATCH_SETTLEMENT) == 0


class Channel:
    """A channel whose payer and receiver's authoriser are the stall's account."""

    def __init__(self, stall: Stall, receiver: str) -> None:
        self.stall, self.abi = stall, artifact("LocalBatchSettlement").abi
        self.account: LocalAccount = Account.from_key(DEVELOPMENT_KEY)
        me = stall.me
        self.config = (me, NOBODY, receiver, me, stall.token, 86_400, b"\0" * 32)
        answer = stall.client.call(BATCH_SETTLEMENT, self.abi.functions["getChannelId"].encode(self.config))
        self.id = bytes(answer)

    def call(self, function: str, *arguments: object) -> object:
        data = self.abi.functions[function].encode(*arguments)
        return self.stall.sender.send(f"channel:{function}", BATCH_SETTLEMENT, data)

    def sign(self, domain: dict[str, object], kind: str, fields: str, values: dict[str, object]) -> bytes:
        types = {
            kind: [dict(zip(("type", "name"), field.split(), strict=True)) for field in fields.split(",")]
        }
        domain = {"version": "1", "chainId": self.stall.client.chain_id, **domain}
        return bytes(self.account.sign_message(encode_typed_data(domain, types, values)).signature)

    def deposit(self, amount: int) -> None:
        signature = self.sign(
            {"name": "FLOCK", "verifyingContract": self.stall.token},
            "ReceiveWithAuthorization",
            "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce",
            {
                "from": self.stall.me,
                "to": DEPOSIT_COLLECTOR,
                "value": amount,
                "validAfter": 0,
                "validBefore": 2**40,
                "nonce": keccak(encode(["bytes32", "uint256"], [self.id, 7])),
            },
        )
        data = encode(["uint256", "uint256", "uint256", "bytes"], [0, 2**40, 7, signature])
        self.call("deposit", self.config, amount, DEPOSIT_COLLECTOR, data)

    def claim(self, total: int) -> None:
        signature = self.sign(
            {"name": "x402 Batch Settlement", "verifyingContract": BATCH_SETTLEMENT},
            "Voucher",
            "bytes32 channelId,uint128 maxClaimableAmount",
            {"channelId": self.id, "maxClaimableAmount": total},
        )
        self.call("claim", [((self.config, total), signature, total)])
