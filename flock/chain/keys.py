"""Keys in a folder: one Web3 Secret Storage file (keystore v3) each, as geth and `cast wallet` read them."""

import json
import os
import re
import tempfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils.address import is_address, to_checksum_address

from flock.errors import BadKey
from flock.log import logger
from flock.store.text_files import read_text, text_of

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

# geth's "standard" cost: each password guess takes a second.
SCRYPT_COST = 2**18

KEY_BYTES = 32
CIPHERS, KDFS, PRF = ("aes-128-ctr",), ("scrypt", "pbkdf2"), "hmac-sha256"


@dataclass(frozen=True)
class KeyInfo:
    """A key as its file shows it without password; ``address`` is None where the file does not say."""

    name: str
    address: ChecksumAddress | None
    path: Path


class KeyStore:
    """The keys in ``folder``. Files are readable by their owner only and appear whole or not at all."""

    def __init__(self, folder: Path, cost: int = SCRYPT_COST) -> None:
        self.folder = folder
        self._cost = cost

    def new(self, name: str, password: str) -> KeyInfo:
        """Create a key. Raises BadKey if the name is taken or invalid."""
        return self._write(name, Account.create(), password)

    def import_key(self, name: str, private_key: str, password: str) -> KeyInfo:
        """Keep a private key (64 hex digits) under ``name``. Raises BadKey."""
        try:
            account = Account.from_key(private_key.strip())
        except Exception:  # eth-keys, coincurve and eth-utils each raise their own
            raise BadKey("That is not a private key: it should be 0x and 64 hex digits.") from None
        return self._write(name, account, password)

    def import_file(self, name: str, source: Path, password: str) -> KeyInfo:
        """Keep a copy of a keystore file under ``name``; the password must open it. Raises BadKey."""
        what = f"keystore file {source}"
        return self._write(name, _open(_read(source, what), password, what), password)

    def list(self) -> list[KeyInfo]:
        """All keys, by name; what is no keystore is left out, with a warning."""
        if not self.folder.is_dir():
            return []
        names = sorted(
            path.name for path in self.folder.iterdir() if NAME.fullmatch(path.name) and path.is_file()
        )
        return [info for info in map(self._shown, names) if info is not None]

    def show(self, name: str) -> KeyInfo:
        """One key. Raises BadKey if no key has that name."""
        path = self._path(name)
        address = _read(path, f"key {name!r}").get("address")
        if address and not is_address(address):
            raise BadKey(f"{path} names {str(address)[:50]!r} as its address, which is none.")
        return KeyInfo(name, to_checksum_address(address) if address else None, path)

    def _shown(self, name: str) -> KeyInfo | None:
        try:
            return self.show(name)
        except BadKey as problem:
            logger().warning("key_file_left_out", reason=str(problem))
            return None

    def address_of(self, name: str) -> ChecksumAddress:
        """The address of a key, without its password. Raises BadKey if its file does not say."""
        address = self.show(name).address
        if address is None:
            raise BadKey(
                f"The file of key {name!r} does not say its address. Import it with `flock key import`."
            )
        return address

    def unlock(self, name: str, password: str) -> LocalAccount:
        """The private key. Raises BadKey if no key has that name or the password is wrong."""
        content = _read(self._path(name), f"key {name!r}")
        account = _open(content, password, f"key {name!r}")
        named = content.get("address")
        if is_address(named) and to_checksum_address(named) != account.address:
            raise BadKey(
                f"The file of key {name!r} names {to_checksum_address(named)}, but holds the key of "
                f"{account.address}. Import it anew with `flock key import`."
            )
        return account

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise BadKey(f"{name!r} is not a key name: use letters, digits, dots, dashes and underscores.")
        path = self.folder / name
        if not path.is_file():
            known = ", ".join(info.name for info in self.list()) if self.folder.is_dir() else ""
            hint = f"There are: {known}" if known else "Make one with `flock key new`"
            raise BadKey(f"There is no key {name!r} in {self.folder}. {hint}.")
        return path

    def _write(self, name: str, account: LocalAccount, password: str) -> KeyInfo:
        if not NAME.fullmatch(name):
            raise BadKey(f"{name!r} is not a key name: use letters, digits, dots, dashes and underscores.")
        content: dict[str, Any] = Account.encrypt(account.key, password, kdf="scrypt", iterations=self._cost)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / name
        _write_once(path, json.dumps(content), name)
        return KeyInfo(name, to_checksum_address(account.address), path)


def address_in(text: bytes, what: str) -> ChecksumAddress | None:
    """The address that a keystore file names, if it does. Raises BadKey, calling it ``what``, if it is none."""
    try:
        content = json.loads(text_of(text))
    except (ValueError, RecursionError):
        content = None
    names = {key.lower(): value for key, value in content.items()} if isinstance(content, dict) else {}
    crypto = names.get("crypto")
    if not isinstance(crypto, dict) or not {"ciphertext", "kdf", "mac"} <= crypto.keys():
        raise BadKey(f"{what} is not a keystore file (Web3 Secret Storage, version 3).")
    address = names.get("address")
    if address is not None and not is_address(address):
        raise BadKey(f"{what} names {address!r} as its address, which is none.")
    return to_checksum_address(address) if address else None


def _write_once(path: Path, text: str, name: str) -> None:
    """Whole or not at all, and never over another key."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".")  # made with mode 600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        raise BadKey(f"There is a key {name!r} in {path.parent} already. Choose another name.") from None
    finally:
        Path(draft).unlink()


def _read(path: Path, what: str) -> dict[str, Any]:
    """The keystore in ``path``, its names in small letters."""
    try:
        content = _lowered(json.loads(read_text(path)))
    except (OSError, ValueError, RecursionError):
        raise BadKey(f"The {what} cannot be read: restore {path} from a backup.") from None
    if not isinstance(content, dict) or "crypto" not in content:
        raise BadKey(f"{path} is not a keystore file (Web3 Secret Storage, version 3).")
    if str(content.get("version")) == "4":
        raise BadKey(
            f"{path} is a validator's keystore (EIP-2335, version 4): its BLS key is no account's. "
            "Give the keystore of an Ethereum account (version 3)."
        )
    content["version"] = _as_number(content.get("version"))
    return content


def _as_number(version: Any) -> Any:
    return int(version) if isinstance(version, str) and version.isascii() and version.isdigit() else version


def _open(content: dict[str, Any], password: str, what: str) -> LocalAccount:
    try:
        _require_known_ciphers(content["crypto"], what)
        key = _decrypted(content, password)
        # Some programs wrote keys that begin with zeros without them.
        account: LocalAccount = Account.from_key(key.rjust(KEY_BYTES, b"\0"))
    except ValueError:
        raise BadKey(f"The password does not open {what}. Check it, or --password-file.") from None
    except (AttributeError, KeyError, TypeError, NotImplementedError) as problem:
        raise BadKey(f"The {what} is malformed ({problem}): restore it from a backup.") from None
    named = content.get("address")
    if len(key) < KEY_BYTES and is_address(named) and to_checksum_address(named) != account.address:
        raise BadKey(
            f"The {what} holds {len(key)} bytes, which are not the key of the address that it names: "
            "export it anew from the program that made it."
        )
    return account


def _decrypted(content: dict[str, Any], password: str) -> bytes:
    """Accents are one sign or two, as the keyboard has it: a password opens however they were typed."""
    forms: tuple[Literal["NFC", "NFD", "NFKC"], ...] = ("NFC", "NFD", "NFKC")
    spellings = dict.fromkeys((password, *(unicodedata.normalize(form, password) for form in forms)))
    failure = ValueError()
    for spelling in spellings:
        try:
            return bytes(Account.decrypt(content, spelling))
        except ValueError as problem:
            failure = problem
    raise failure


def _require_known_ciphers(crypto: dict[str, Any], what: str) -> None:
    """A key that is decrypted with another cipher than it was encrypted with is another key."""
    for name, known in (("cipher", CIPHERS), ("kdf", KDFS)):
        if crypto[name].lower() not in known:
            raise BadKey(f"The {what} uses {crypto[name][:40]!r} as its {name}; export it with {known[0]}.")
        crypto[name] = crypto[name].lower()
    parameters = crypto["kdfparams"]
    if crypto["kdf"] == "pbkdf2":
        parameters["prf"] = parameters.get("prf", PRF).lower()
        if parameters["prf"] != PRF:
            raise BadKey(f"The {what} uses {parameters['prf'][:40]!r} as its prf; export it with {PRF}.")


def _lowered(content: Any) -> Any:
    """The same with all names in small letters, as programs differ in them."""
    if not isinstance(content, dict):
        return content
    return {key.lower(): _lowered(value) for key, value in content.items()}
