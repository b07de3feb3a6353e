"""A wallet that is a contract signs in: it says itself, on a real chain, whose signature is its own (EIP-1271)."""

import httpx
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from flock.chain.contract_wallets import MOST_GAS
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
