"""A signature authorises one upload at one deployment, and nothing else."""

from dataclasses import replace

import pytest
from eth_account import Account
from eth_hash.auto import keccak

from flock.errors import Refused
from flock.protocol.core.commitments import Domain
from flock.store.uploads import DEADLINE_HEADER, SIGNATURE_HEADER, BlobUpload, Uploader
from tests.compact import compact

KEY = Account.from_key("0x" + "11" * 32)
DOMAIN = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
UPLOAD = BlobUpload(bytes(range(32)), 7, KEY.address, 123, 1_900_000_000)


def word(value: int) -> bytes:
    return value.to_bytes(32)


def signed(upload: BlobUpload, domain: Domain = DOMAIN) -> str:
    return "0x" + KEY.sign_message(upload.typed_data(domain)).signature.hex()


def test_the_signed_hash_is_the_one_eip_712_defines() -> None:
    domain = keccak(
        keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
        + keccak(b"flock")
        + keccak(b"1")
        + word(DOMAIN.chain_id)
        + word(int(DOMAIN.contract, 16))
    )
    struct = keccak(
        keccak(b"BlobUpload(bytes32 digest,uint256 task,address account,uint64 size,uint64 deadline)")
        + UPLOAD.digest
        + word(UPLOAD.task)
        + word(int(UPLOAD.account, 16))
        + word(UPLOAD.size)
        + word(UPLOAD.deadline)
    )
    message = UPLOAD.typed_data(DOMAIN)
    assert keccak(b"\x19" + message.version + message.header + message.body) == keccak(
        b"\x19\x01" + domain + struct
    )


def test_the_signer_is_recovered() -> None:
    assert UPLOAD.signer(DOMAIN, signed(UPLOAD)) == KEY.address


def test_the_signature_may_be_compact() -> None:
    assert UPLOAD.signer(DOMAIN, compact(bytes.fromhex(signed(UPLOAD)[2:]))) == KEY.address


@pytest.mark.parametrize(
    "change",
    [
        {"digest": bytes(32)},
        {"task": 8},
        {"account": "0x000000000000000000000000000000000000dEaD"},
        {"size": 124},
        {"deadline": 1_900_000_001},
    ],
)
def test_a_signature_for_another_upload_is_not_this_signers(change: dict[str, object]) -> None:
    signature = signed(UPLOAD)
    assert replace(UPLOAD, **change).signer(DOMAIN, signature) != KEY.address  # type: ignore[arg-type]


@pytest.mark.parametrize("other", [replace(DOMAIN, chain_id=1), replace(DOMAIN, contract="0x" + "22" * 20)])
def test_a_signature_does_not_travel_to_another_chain_or_contract(other: Domain) -> None:
    assert UPLOAD.signer(other, signed(UPLOAD)) != KEY.address


@pytest.mark.parametrize(
    "signature", ["", "0x", "0x1234", "no hex at all", "0x" + "ff" * 65, "0x" + "00" * 65]
)
def test_what_is_no_signature_is_named(signature: str) -> None:
    with pytest.raises(Refused, match="is not a signature"):
        UPLOAD.signer(DOMAIN, signature)


def test_an_uploader_signs_for_the_account_with_the_operators_key() -> None:
    owner = "0x000000000000000000000000000000000000dEaD"
    headers = Uploader(DOMAIN, 7, owner, KEY).headers(UPLOAD.digest, 123)
    upload = replace(UPLOAD, account=owner, deadline=int(headers[DEADLINE_HEADER]))
    assert upload.signer(DOMAIN, headers[SIGNATURE_HEADER]) == KEY.address
