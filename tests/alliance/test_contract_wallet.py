"""A wallet that is a contract signs in: it says itself, on a real chain, whose signature is its own (EIP-1271)."""

import httpx
import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address

from flock.chain.contract_wallets import IS_VALID_SIGNATURE, MADE_FIRST, MOST_GAS, contract_accepts
from flock.protocol.core.hashing import keccak
from tests import patience
from tests.alliance.conftest import Play, Service

WALLET = "0x00000000000000000000000000000000c0ffee00"

# isValidSignature(hash, signature): mem[0..128] = hash, v, r, s; ecrecover; the magic value if it is the owner's.
BEFORE_OWNER = bytes.fromhex(
    "600435600052"  # mem[0] = hash
    "60a43560f81c602052"  # mem[32] = v
    "606435604052"  # mem[64] = r
    "608435606052"  # mem[96] = s
    "602060806080600060015afa50"  # staticcall(gas, 1, 0, 128, 128, 32)
    "60805173"  # recovered, owner
)
AFTER_OWNER = bytes.fromhex("14631626ba7e0260e01b60005260206000f3")


def wallet_of(play: Play, owner: LocalAccount) -> str:
    code = BEFORE_OWNER + bytes.fromhex(owner.address[2:]) + AFTER_OWNER
    play.alliance.client.rpc.request("anvil_setCode", WALLET, "0x" + code.hex())
    return WALLET


def enter(service: Service, wallet: str, key: LocalAccount) -> httpx.Response:
    message = patience.get(f"{service.url}/nonce", params={"account": wallet}).json()["message"]
    signature = key.sign_message(encode_defunct(text=message)).signature.to_0x_hex()
    return patience.post(f"{service.url}/sign-in", json={"message": message, "signature": signature})


def test_the_contract_decides_whose_signature_is_its_own(play: Play, service: Service) -> None:
    owner = Account.create()
    wallet = wallet_of(play, owner)
    answer = enter(service, wallet, owner)
    assert answer.status_code == 200
    assert answer.json()["account"].lower() == wallet
    assert enter(service, wallet, Account.create()).status_code == 401


@pytest.mark.parametrize("code", ["5b600056", "fe", "630fffffff6000f3"], ids=["endless", "invalid", "long"])
def test_a_contract_that_breaks_off_accepts_nothing(play: Play, service: Service, code: str) -> None:
    play.alliance.client.rpc.request("anvil_setCode", WALLET, "0x" + code)
    answer = enter(service, WALLET, Account.create())
    assert answer.status_code == 401
    assert "The signature is not" in answer.json()["detail"]


def test_the_node_spends_no_more_on_a_contract_than_a_signature_takes(play: Play) -> None:
    play.alliance.client.rpc.request("anvil_setCode", WALLET, "0x5a60005260206000f3")  # returns the gas left
    left = int.from_bytes(play.alliance.client.call(WALLET, b"", gas=MOST_GAS))
    assert 0 < left < MOST_GAS


def test_an_address_without_code_has_no_such_wallet(play: Play, service: Service) -> None:
    answer = enter(service, Account.create().address, Account.create())
    assert answer.status_code == 401
    assert "The signature is not" in answer.json()["detail"]


# A factory: whatever it is sent, it makes a contract of that code (CREATE2 without salt).
FACTORY = "0x00000000000000000000000000000000fac70000"
FACTORY_CODE = bytes.fromhex("36600060003760003660006000f560005260206000f3")


def constructor_of(code: bytes) -> bytes:
    """The program that leaves ``code`` as a contract."""
    size = len(code).to_bytes(2)
    return b"\x61" + size + bytes.fromhex("80600a3d393df3") + code


class TestBeforeItIsMade:
    """A wallet that its factory has yet to make signs in all the same, and is not made by that (EIP-6492)."""

    @pytest.fixture
    def order(self, play: Play, owner: LocalAccount) -> bytes:
        play.alliance.client.rpc.request("anvil_setCode", FACTORY, "0x" + FACTORY_CODE.hex())
        return constructor_of(BEFORE_OWNER + bytes.fromhex(owner.address[2:]) + AFTER_OWNER)

    @pytest.fixture
    def owner(self) -> LocalAccount:
        made: LocalAccount = Account.create()
        return made

    @pytest.fixture
    def wallet(self, order: bytes) -> str:
        made = keccak(b"\xff" + bytes.fromhex(FACTORY[2:]) + bytes(32) + keccak(order))
        return to_checksum_address(made[12:])

    def wrapped(self, order: bytes, inner: bytes, factory: str = FACTORY) -> bytes:
        return encode(["address", "bytes", "bytes"], [factory, order, inner]) + MADE_FIRST

    def enter(self, service: Service, wallet: str, key: LocalAccount, order: bytes) -> httpx.Response:
        message = patience.get(f"{service.url}/nonce", params={"account": wallet}).json()["message"]
        inner = bytes(key.sign_message(encode_defunct(text=message)).signature)
        signature = "0x" + self.wrapped(order, inner).hex()
        return patience.post(f"{service.url}/sign-in", json={"message": message, "signature": signature})

    def test_it_signs_in(
        self, play: Play, service: Service, owner: LocalAccount, wallet: str, order: bytes
    ) -> None:
        answer = self.enter(service, wallet, owner, order)
        assert (answer.status_code, answer.json()["account"]) == (200, wallet)
        assert play.alliance.client.code(wallet) == b""

    def test_and_others_do_not(self, service: Service, wallet: str, order: bytes) -> None:
        assert self.enter(service, wallet, Account.create(), order).status_code == 401

    def test_once_it_is_made_the_same_signature_holds(
        self, play: Play, service: Service, owner: LocalAccount, wallet: str, order: bytes
    ) -> None:
        code = BEFORE_OWNER + bytes.fromhex(owner.address[2:]) + AFTER_OWNER
        play.alliance.client.rpc.request("anvil_setCode", wallet, "0x" + code.hex())
        assert self.enter(service, wallet, owner, order).status_code == 200

    @pytest.mark.parametrize("length", [0, 100, 132, 400])
    def test_an_order_that_looks_like_an_answer_is_none(self, play: Play, length: int) -> None:
        padded = bytes(length) + IS_VALID_SIGNATURE + bytes(92)
        nobody = Account.create().address
        assert not contract_accepts(
            play.alliance.client, nobody, bytes(32), self.wrapped(padded, b"", nobody)
        )

    def test_an_answer_by_revert_is_none(self, play: Play) -> None:
        reverting = "63" + IS_VALID_SIGNATURE.hex() + "60e01b60005260206000fd"
        play.alliance.client.rpc.request("anvil_setCode", WALLET, "0x" + reverting)
        signature = self.wrapped(b"", b"", Account.create().address)
        assert not contract_accepts(play.alliance.client, WALLET, bytes(32), signature)

    @pytest.mark.parametrize("wrapping", [b"", b"\1" * 31, b"\xff" * 96])
    def test_what_only_ends_like_one_is_refused(self, play: Play, wrapping: bytes) -> None:
        assert not contract_accepts(play.alliance.client, WALLET, bytes(32), wrapping + MADE_FIRST)
