"""Keys: files that only their owner reads, that other wallets open, and that no password leaks from."""

import hashlib
import json
import stat
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_hash.auto import keccak
from eth_keyfile import create_keyfile_json
from eth_keyfile.keyfile import encrypt_aes_ctr

from flock.chain.deploy.anvil import find_anvil
from flock.chain.keys import KeyStore
from flock.errors import BadKey

PASSWORD = "correct horse battery staple"
PRIVATE_KEY = "0x" + "11" * 32
ADDRESS = Account.from_key(PRIVATE_KEY).address


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys", cost=2)


def cast(*arguments: str) -> str:
    program = find_anvil().parents[2] / find_anvil().parents[1].name.replace("anvil", "cast") / "bin" / "cast"
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_new_key_opens_with_its_password(store: KeyStore) -> None:
    info = store.new("hospital", PASSWORD)
    assert store.unlock("hospital", PASSWORD).address == info.address
    assert store.address_of("hospital") == info.address


def test_the_file_is_its_owner_s_alone_and_holds_nothing_in_the_clear(store: KeyStore) -> None:
    info = store.import_key("hospital", PRIVATE_KEY, PASSWORD)
    assert stat.S_IMODE(info.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    text = info.path.read_text()
    assert PASSWORD not in text
    assert "11" * 32 not in text
    assert [entry.name for entry in store.folder.iterdir()] == ["hospital"]


def test_nothing_secret_is_shown(store: KeyStore) -> None:
    info = store.import_key("hospital", PRIVATE_KEY, PASSWORD)
    assert "11" * 32 not in repr(info) + repr(store.list()) + repr(store.unlock("hospital", PASSWORD))


def test_a_wrong_password_is_said_plainly(store: KeyStore) -> None:
    store.new("hospital", PASSWORD)
    with pytest.raises(BadKey, match=r"password does not open key 'hospital'") as refused:
        store.unlock("hospital", "wrong")
    assert "wrong" not in str(refused.value)


def test_a_missing_key_is_named_with_those_there_are(store: KeyStore) -> None:
    with pytest.raises(BadKey, match=r"no key 'hospital' in .*flock key new"):
        store.unlock("hospital", PASSWORD)
    store.new("clinic", PASSWORD)
    with pytest.raises(BadKey, match=r"There are: clinic"):
        store.unlock("hospital", PASSWORD)


def test_a_key_is_never_overwritten(store: KeyStore) -> None:
    first = store.new("hospital", PASSWORD)
    with pytest.raises(BadKey, match=r"a key 'hospital' in .* already"):
        store.new("hospital", PASSWORD)
    assert store.address_of("hospital") == first.address
    assert [entry.name for entry in store.folder.iterdir()] == ["hospital"]


@pytest.mark.parametrize("name", ["", ".hidden", "../up", "a/b", "x" * 65, "white space"])
def test_names_that_are_no_file_names_are_refused(store: KeyStore, name: str) -> None:
    with pytest.raises(BadKey, match="is not a key name"):
        store.new(name, PASSWORD)
    with pytest.raises(BadKey, match="is not a key name"):
        store.show(name)


@pytest.mark.parametrize("key", ["", "0x12", "zz" * 32, "0x" + "00" * 32, "0x" + "11" * 33])
def test_what_is_no_private_key_is_refused_and_not_repeated(store: KeyStore, key: str) -> None:
    with pytest.raises(BadKey, match="That is not a private key") as refused:
        store.import_key("hospital", key, PASSWORD)
    assert not key or key not in str(refused.value)
    assert store.list() == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"crypto": {}}', '{"crypto": {}, "version": 3}'])
def test_a_damaged_file_is_named(store: KeyStore, text: str) -> None:
    store.folder.mkdir()
    (store.folder / "hospital").write_text(text)
    with pytest.raises(BadKey, match="hospital"):
        store.unlock("hospital", PASSWORD)


def test_keys_are_listed_by_name(store: KeyStore) -> None:
    for name in ("b", "a"):
        store.new(name, PASSWORD)
    assert [info.name for info in store.list()] == ["a", "b"]


class TestCast:
    """The real `cast wallet` and flock read each other's files."""

    def test_cast_reads_what_flock_writes(self, store: KeyStore) -> None:
        path = store.import_key("hospital", PRIVATE_KEY, PASSWORD).path
        assert cast("wallet", "address", "--keystore", str(path), "--password", PASSWORD) == ADDRESS

    def test_flock_reads_what_cast_writes(self, store: KeyStore, tmp_path: Path) -> None:
        folder = tmp_path / "foundry"
        folder.mkdir()
        arguments = ("--private-key", PRIVATE_KEY, "--keystore-dir", str(folder))
        cast("wallet", "import", "hospital", *arguments, "--unsafe-password", PASSWORD)
        assert KeyStore(folder).unlock("hospital", PASSWORD).address == ADDRESS
        assert store.import_file("clinic", folder / "hospital", PASSWORD).address == ADDRESS
        with pytest.raises(BadKey, match="password does not open"):
            store.import_file("other", folder / "hospital", "wrong")

    def test_a_file_that_hides_its_address_is_listed_all_the_same(self, store: KeyStore) -> None:
        path = store.import_key("hospital", PRIVATE_KEY, PASSWORD).path
        content = json.loads(path.read_text())
        del content["address"]
        path.write_text(json.dumps(content))
        assert store.show("hospital").address is None
        with pytest.raises(BadKey, match=r"does not say its address.*flock key import"):
            store.address_of("hospital")


def keystore(key: bytes = bytes.fromhex("11" * 32), password: str = PASSWORD) -> dict[str, Any]:
    """As another program would write it, in the cheap way."""
    content: dict[str, Any] = create_keyfile_json(key, password.encode(), kdf="pbkdf2", iterations=10)
    return content


class TestFromOtherPrograms:
    @pytest.fixture
    def given(self, store: KeyStore) -> Callable[[dict[str, Any], str], str]:
        def import_it(content: dict[str, Any], encoding: str = "utf-8") -> str:
            file = store.folder.parent / "theirs.json"
            file.write_text(json.dumps(content), encoding=encoding)
            return store.import_file("theirs", file, PASSWORD).address or ""

        return import_it

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_are_read_in_any_encoding(self, given: Callable[..., str], encoding: str) -> None:
        assert given(keystore(), encoding) == ADDRESS

    def test_may_shout(self, given: Callable[..., str]) -> None:
        content = keystore()
        content["crypto"]["kdfparams"]["prf"] = "HMAC-SHA256"
        content["crypto"]["kdf"] = "PBKDF2"
        content["CRYPTO"] = content.pop("crypto")
        assert given(content) == ADDRESS

    def test_may_write_the_version_as_text_and_leave_out_the_only_prf(
        self, given: Callable[..., str]
    ) -> None:
        content = keystore() | {"version": "3"}
        del content["crypto"]["kdfparams"]["prf"]
        assert given(content) == ADDRESS

    def test_that_name_another_address_than_their_key_has_do_not_sign(
        self, store: KeyStore, given: Callable[..., str]
    ) -> None:
        other = Account.create().address
        assert given(keystore() | {"address": other}) == ADDRESS
        (store.folder / "theirs").write_text(json.dumps(keystore() | {"address": other}))
        with pytest.raises(BadKey, match=f"names {other}, but holds the key of {ADDRESS}. Import it anew"):
            store.unlock("theirs", PASSWORD)

    def test_may_have_lost_the_zeros_before_a_key(self, given: Callable[..., str]) -> None:
        short = bytes.fromhex("11" * 31)
        content = keystore(short.rjust(32, b"\0"))
        content["crypto"] |= shortened(content["crypto"], short)
        assert given(content) == Account.from_key(short.rjust(32, b"\0")).address
        content["address"] = ADDRESS
        with pytest.raises(BadKey, match="31 bytes, which are not the key of the address"):
            given(content)

    def test_of_a_validator_are_refused_by_name(self, given: Callable[..., str]) -> None:
        content = {"crypto": {"kdf": {"function": "pbkdf2"}}, "pubkey": "ab" * 48, "version": 4}
        with pytest.raises(BadKey, match=r"validator's keystore \(EIP-2335, version 4\)"):
            given(content)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"cipher": "aes-128-cbc"}, "'aes-128-cbc' as its cipher; export it with aes-128-ctr"),
            ({"kdf": "argon2id"}, "'argon2id' as its kdf; export it with scrypt"),
            ({"cipher": 7}, "malformed"),
            ({"kdfparams": {"prf": "hmac-sha512"}}, "'hmac-sha512' as its prf"),
            ({"kdfparams": {}}, "malformed"),
        ],
    )
    def test_of_unknown_ciphers_are_named(
        self, given: Callable[..., str], change: dict[str, Any], words: str
    ) -> None:
        content = keystore()
        content["crypto"] |= change
        with pytest.raises(BadKey, match=words):
            given(content)

    @pytest.mark.parametrize(("made_with", "typed"), [("NFC", "NFD"), ("NFD", "NFC")])
    def test_open_however_accents_are_typed(
        self, store: KeyStore, tmp_path: Path, made_with: Any, typed: Any
    ) -> None:
        file = tmp_path / "theirs.json"
        file.write_text(json.dumps(keystore(password=unicodedata.normalize(made_with, "Schlüssel"))))
        assert store.import_file("theirs", file, unicodedata.normalize(typed, "Schlüssel")).address == ADDRESS


@pytest.mark.parametrize(
    "stray", [b"", b"\xff\xfe\x00", b"[]", b'{"crypto": {}, "address": "0x1"}', b"[" * 100_000]
)
def test_a_stray_file_spoils_none_of_the_others(store: KeyStore, stray: bytes) -> None:
    store.import_key("hospital", PRIVATE_KEY, PASSWORD)
    (store.folder / "Thumbs.db").write_bytes(stray)
    assert [info.name for info in store.list()] == ["hospital"]
    with pytest.raises(BadKey, match=r"no key 'clinic'.*There are: hospital"):
        store.unlock("clinic", PASSWORD)
    with pytest.raises(BadKey, match=r"Thumbs\.db"):
        store.show("Thumbs.db")


def shortened(crypto: dict[str, Any], key: bytes) -> dict[str, str]:
    """Ciphertext and MAC of ``key`` under the same password, salt and counter."""
    parameters = crypto["kdfparams"]
    salt = bytes.fromhex(parameters["salt"])
    derived = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, parameters["c"], parameters["dklen"])
    start = int.from_bytes(bytes.fromhex(crypto["cipherparams"]["iv"]), "big")
    text = encrypt_aes_ctr(key, derived[:16], start)
    return {"ciphertext": text.hex(), "mac": keccak(derived[16:32] + text).hex()}
