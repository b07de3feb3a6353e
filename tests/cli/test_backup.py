"""``flock key backup`` and ``restore``: all keys in one encrypted file, and back, with nothing lost on the way."""

import errno
import hashlib
import io
import json
import stat
import unicodedata
import zipfile
from pathlib import Path

import pytest

from flock.chain.keys import SCRYPT_COST, KeyStore
from flock.cli import key_backup, key_sealing
from flock.cli.key_backup import Restoration, pack, read_backup, restore, write_backup
from flock.cli.node_template import node_toml
from flock.errors import BadKey
from tests.cli.conftest import PASSWORD, Flock, Home
from tests.cli.network import CHEAP, sentence


@pytest.fixture(autouse=True)
def cheap_backups(monkeypatch: pytest.MonkeyPatch) -> None:
    """These backups live as long as their test."""
    monkeypatch.setattr(key_sealing, "COST", 4)


@pytest.fixture
def config(home: Home) -> Path:
    """Two keys and a node that signs with one and makes its salts from the other."""
    store = KeyStore(home.folder / "keys", CHEAP)
    for name in ("hospital", "salts"):
        store.new(name, PASSWORD)
    path = home.folder / "node.toml"
    text = node_toml(
        task=1, key="hospital", app="hospital.client:app", rpc="http://127.0.0.1:8545", chain_id=31337
    )
    salted, home_at = 'salt_key = "salts"', f'home = "{home.folder / "home"}"'
    path.write_text(text.replace("[app_config]", f"{salted}\n{home_at}\n[app_config]"))
    return path


@pytest.fixture
def with_password(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands find the password without being told."""
    monkeypatch.setenv("FLOCK_PASSWORD_FILE", str(home.password_file))


@pytest.fixture
def backup(flock: Flock, home: Home, config: Path, with_password: None) -> Path:
    path = home.folder / "hospital.backup"
    made = flock("key", "backup", path, "--config", config)
    assert made.exit_code == 0, made.stderr
    return path


def keys_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


class TestRoundTrip:
    def test_all_keys_and_the_configuration_come_back_as_they_were(
        self, flock: Flock, home: Home, config: Path, backup: Path
    ) -> None:
        before, elsewhere = keys_in(home.folder / "keys"), home.folder / "elsewhere"
        shown = flock("key", "restore", backup, "--keys", elsewhere, "--config", elsewhere / "node.toml")
        assert shown.exit_code == 0, shown.stderr
        assert (elsewhere / "node.toml").read_bytes() == config.read_bytes()
        (elsewhere / "node.toml").unlink()
        assert keys_in(elsewhere) == before
        assert KeyStore(elsewhere).unlock("salts", PASSWORD).address

    def test_what_is_written_is_readable_by_its_owner_only(
        self, flock: Flock, home: Home, backup: Path
    ) -> None:
        flock("key", "restore", backup, "--keys", home.folder / "elsewhere")
        written = [backup, *(home.folder / "elsewhere").iterdir()]
        assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}

    def test_it_says_what_is_in_it_and_how_to_restore_it(
        self, flock: Flock, home: Home, config: Path, with_password: None
    ) -> None:
        shown = flock("key", "backup", home.folder / "b", "--config", config)
        assert "holds, encrypted" in shown.output
        assert "key hospital" in shown.output
        assert "key salts" in shown.output
        assert f"flock key restore {home.folder / 'b'}" in shown.output

    def test_the_flower_nodes_key_comes_along_only_when_asked_for(
        self, flock: Flock, home: Home, config: Path, with_password: None
    ) -> None:
        place = home.folder / "home" / "flower" / "node.pem"
        place.parent.mkdir(parents=True)
        place.write_text("-----BEGIN PRIVATE KEY-----\n")
        shown = flock("key", "backup", home.folder / "b", "--config", config, "--node-key", "--json")
        assert json.loads(shown.stdout)["others"] == ["node.toml", "node.pem"]
        place.unlink()
        flock("key", "restore", home.folder / "b", "--config", config)
        assert place.read_text() == "-----BEGIN PRIVATE KEY-----\n"

    def test_json_says_the_same(self, flock: Flock, home: Home, backup: Path) -> None:
        shown = flock("key", "restore", backup, "--keys", home.folder / "elsewhere", "--json")
        said = json.loads(shown.stdout)
        assert set(said["restored"]) == {"key hospital", "key salts"}
        assert said["encrypted"] is True
        assert said["left_out"] == ["node.toml"]


class TestEncryption:
    def test_nothing_of_what_is_in_it_is_readable_without_the_password(
        self, config: Path, backup: Path
    ) -> None:
        sealed = backup.read_bytes()
        lines = [line for line in config.read_bytes().splitlines() if len(line) > 8]
        plain = [b"hospital", b"salts", b"manifest", b"ciphertext", PASSWORD.encode(), *lines]
        assert [word for word in plain if word in sealed] == []

    def test_another_password_opens_nothing(self, flock: Flock, home: Home, backup: Path) -> None:
        shown = flock(
            "key", "restore", backup, "--keys", home.folder / "elsewhere", "--password-file", guess(home)
        )
        assert shown.exit_code == 78
        assert "The password does not open the backup" in sentence(shown)
        assert not (home.folder / "elsewhere").exists()

    def test_a_password_of_its_own_is_not_tried_on_the_keys(
        self, flock: Flock, home: Home, config: Path
    ) -> None:
        place, other = home.folder / "b", ("--password-file", guess(home))
        made = flock("key", "backup", place, "--config", config, "--own-password", *other)
        assert made.exit_code == 0, made.stderr
        assert flock("key", "restore", place, *other).exit_code == 0

    def test_an_accent_is_the_same_however_it_was_typed(self) -> None:
        composed, parted = (unicodedata.normalize(form, "Krankenhäuser") for form in ("NFC", "NFD"))
        assert key_sealing.unseal(key_sealing.seal(b"keys", composed), parted, "it") == b"keys"

    def test_a_guess_costs_as_much_as_one_at_a_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()
        assert 2**key_sealing.COST == SCRYPT_COST
        assert key_sealing.unseal(key_sealing.seal(b"keys", PASSWORD), PASSWORD, "it") == b"keys"

    def test_a_file_cannot_ask_for_more_memory_than_a_backup_needs(self, tmp_path: Path) -> None:
        forged = bytearray(key_sealing.seal(b"keys", PASSWORD))
        forged[len(key_sealing.MAGIC)] = 40
        (tmp_path / "b").write_bytes(with_digest(forged))
        with pytest.raises(BadKey, match=r"asks for 2\^40 steps"):
            read_backup(tmp_path / "b", password)

    def test_a_forger_who_mends_the_digest_is_found_by_the_password(
        self, tmp_path: Path, backup: Path
    ) -> None:
        whole = backup.read_bytes()
        for place in (len(key_sealing.MAGIC) + 1, key_sealing.HEADER - 1, key_sealing.HEADER, -33):
            forged = bytearray(whole)
            forged[place] ^= 1
            (tmp_path / "forged").write_bytes(with_digest(forged))
            with pytest.raises(BadKey, match="does not open"):
                read_backup(tmp_path / "forged", password)

    def test_a_backup_of_an_earlier_flock_is_restored_if_it_is_known_to_be_unencrypted(
        self, flock: Flock, home: Home, config: Path
    ) -> None:
        before = keys_in(home.folder / "keys")
        (home.folder / "old").write_bytes(pack({f"keys/{name}": data for name, data in before.items()}))
        words = ("key", "restore", home.folder / "old", "--keys", home.folder / "elsewhere")
        assert flock(*words, "--unencrypted").exit_code == 0
        assert keys_in(home.folder / "elsewhere") == before

    def test_who_puts_an_unencrypted_one_in_its_place_is_found_out(
        self, flock: Flock, home: Home, config: Path, backup: Path
    ) -> None:
        """It needs no password to make, and its node.toml would say which app to run."""
        mine = config.read_bytes()
        backup.write_bytes(pack({"node.toml": b'app = "thief:app"\n'}))
        shown = flock("key", "restore", backup, "--config", config, "--force")
        assert shown.exit_code == 78
        assert "is not encrypted: an earlier flock wrote it, or somebody else did" in sentence(shown)
        assert config.read_bytes() == mine

    def test_without_a_terminal_and_a_file_it_asks_for_a_file(
        self, flock: Flock, home: Home, config: Path
    ) -> None:
        shown = flock("key", "backup", home.folder / "b", "--config", config)
        assert "Name a file that contains it: --password-file" in sentence(shown)
        assert not (home.folder / "b").exists()


class TestNothingIsLost:
    def test_a_backup_replaces_no_file(self, flock: Flock, backup: Path) -> None:
        before = backup.read_bytes()
        shown = flock("key", "backup", backup)
        assert shown.exit_code == 78
        assert "exists already; a backup replaces nothing" in sentence(shown)
        assert backup.read_bytes() == before

    def test_restoring_what_is_there_changes_nothing_and_asks_nothing(
        self, flock: Flock, home: Home, backup: Path
    ) -> None:
        before = keys_in(home.folder / "keys")
        assert flock("key", "restore", backup).exit_code == 0
        assert {path.name: path.read_bytes() for path in (home.folder / "keys").iterdir()} == before

    def test_another_key_of_the_same_name_is_not_replaced_unasked(
        self, flock: Flock, home: Home, backup: Path
    ) -> None:
        other = other_key(home)
        shown = flock("key", "restore", backup)
        assert shown.exit_code == 78
        assert "would be replaced by another. Nothing was restored; add --force" in sentence(shown)
        assert (home.folder / "keys" / "hospital").read_bytes() == other

    def test_a_replaced_key_is_kept_aside_and_not_listed(
        self, flock: Flock, home: Home, backup: Path
    ) -> None:
        other = other_key(home)
        shown = flock("key", "restore", backup, "--force", "--json")
        [aside] = json.loads(shown.stdout)["kept"]
        assert Path(aside).read_bytes() == other
        assert len(json.loads(flock("key", "list", "--json").stdout)) == 2

    def test_a_disk_that_is_full_half_way_leaves_everything_as_it_was(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "a").write_text("old")
        plan = [Restoration(name, tmp_path / name, b"new") for name in ("a", "b")]
        real = key_backup.mkstemp

        def full(**options: object) -> tuple[int, str]:
            if any(path.name.startswith(".") for path in tmp_path.iterdir()):
                raise OSError(28, "No space left on device")
            return real(**options)  # type: ignore[call-overload, no-any-return]

        monkeypatch.setattr(key_backup, "mkstemp", full)
        with pytest.raises(
            BadKey, match=r"cannot be written \(No space left on device\)\. Nothing was restored"
        ):
            restore(plan)
        assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old"}


class TestDamage:
    @pytest.mark.parametrize("kept", [0, 10, 0.5, 0.99])
    def test_a_backup_that_was_cut_off(self, flock: Flock, home: Home, backup: Path, kept: float) -> None:
        whole = backup.read_bytes()
        backup.write_bytes(whole[: int(kept if kept > 1 else kept * len(whole))])
        shown = flock("key", "restore", backup, "--keys", home.folder / "elsewhere")
        assert shown.exit_code == 78
        assert "is damaged" in sentence(shown)
        assert not (home.folder / "elsewhere").exists()

    def test_every_flipped_byte_is_noticed_before_a_password_is_asked_for(
        self, tmp_path: Path, backup: Path
    ) -> None:
        whole = backup.read_bytes()
        for place in range(len(key_sealing.MAGIC), len(whole), 50):
            broken = bytearray(whole)
            broken[place] ^= 1
            (tmp_path / "broken").write_bytes(broken)
            with pytest.raises(BadKey, match="is damaged"):
                read_backup(tmp_path / "broken", never)

    def test_every_flipped_byte_of_a_key_is_noticed_in_an_earlier_backup(
        self, tmp_path: Path, config: Path
    ) -> None:
        whole = pack({"keys/hospital": (config.parent / "keys" / "hospital").read_bytes()})
        start = whole.index(b'"ciphertext"')
        for place in range(start, start + 200, 20):
            broken = bytearray(whole)
            broken[place] ^= 1
            (tmp_path / "broken").write_bytes(broken)
            with pytest.raises(BadKey, match="is damaged"):
                read_backup(tmp_path / "broken", never)

    def test_a_picture(self, flock: Flock, tmp_path: Path) -> None:
        (tmp_path / "cat.jpg").write_bytes(b"\xff\xd8\xff\xe0")
        shown = flock("key", "restore", tmp_path / "cat.jpg")
        assert "is not a backup made by `flock key backup`" in sentence(shown)

    def test_a_file_that_is_no_backup(self, flock: Flock, home: Home, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
            archive.writestr("cat.jpg", "meow")
        shown = flock("key", "restore", tmp_path / "photos.zip")
        assert "is not a backup made by `flock key backup`" in sentence(shown)

    def test_a_file_that_is_not_there(self, flock: Flock, tmp_path: Path) -> None:
        assert "There is no backup" in sentence(flock("key", "restore", tmp_path / "nowhere"))

    @pytest.mark.parametrize(
        "name", ["../evil", "keys/../../evil", "keys/", "/etc/evil", "keys/a/b", "other"]
    )
    def test_a_name_that_leads_elsewhere(self, tmp_path: Path, name: str) -> None:
        forge(tmp_path / "b", {name: b"{}"})
        with pytest.raises(BadKey, match="is no file that a backup holds"):
            read_backup(tmp_path / "b", password)

    @pytest.mark.parametrize(
        "content", [b"", b"[]", b"null", b'{"crypto": 1}', b'{"crypto": {"kdf": "scrypt"}}', b"\xff\xfe"]
    )
    def test_a_key_that_is_no_keystore_file(self, tmp_path: Path, content: bytes) -> None:
        forge(tmp_path / "b", {"keys/hospital": content})
        with pytest.raises(BadKey, match="is not a keystore file"):
            read_backup(tmp_path / "b", password)

    def test_a_configuration_that_is_no_toml(self, tmp_path: Path) -> None:
        forge(tmp_path / "b", {"node.toml": b"rpc = "})
        with pytest.raises(BadKey, match=r"node\.toml in .* is not a TOML file"):
            read_backup(tmp_path / "b", password)

    def test_a_bomb_is_refused_before_it_is_unpacked(self, tmp_path: Path) -> None:
        bomb = io.BytesIO()
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("keys/hospital", b" " * (key_backup.MOST_BYTES + 1))
        (tmp_path / "b").write_bytes(key_sealing.seal(bomb.getvalue(), PASSWORD))
        with pytest.raises(BadKey, match="more than a backup of keys does"):
            read_backup(tmp_path / "b", password)


class TestWhatCannotBeBackedUp:
    @pytest.mark.parametrize(
        ("files", "words"),
        [
            ({"node.pem": b"\x00"}, r"could not be restored: node\.pem is not a PEM file"),
            ({"keys/hospital": b"{}"}, "could not be restored: keys/hospital is not a keystore file"),
            ({"node.toml": b"#" * (key_backup.MOST_BYTES + 1)}, "one of more than 1 MiB"),
            ({f"keys/{number}": b"" for number in range(key_backup.MOST_FILES)}, "more than 999 files"),
        ],
    )
    def test_what_could_not_be_restored(self, tmp_path: Path, files: dict[str, bytes], words: str) -> None:
        with pytest.raises(BadKey, match=words):
            write_backup(tmp_path / "b", files, PASSWORD)
        assert not (tmp_path / "b").exists()

    def test_as_many_keys_as_may_be_come_back(self, tmp_path: Path, config: Path) -> None:
        key = (config.parent / "keys" / "hospital").read_bytes()
        files = {f"keys/{number}": key for number in range(key_backup.MOST_FILES - 1)}
        write_backup(tmp_path / "b", files, PASSWORD)
        assert read_backup(tmp_path / "b", password).files == files

    def test_a_disk_that_fills_up_leaves_no_half_of_it_in_the_way(
        self, tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = {"keys/hospital": (config.parent / "keys" / "hospital").read_bytes()}

        def is_full(handle: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(key_backup.os, "fsync", is_full)
            with pytest.raises(BadKey, match=r"cannot be written \(No space left on device\)"):
                write_backup(tmp_path / "b", files, PASSWORD)
        write_backup(tmp_path / "b", files, PASSWORD)

    def test_no_keys(self, flock: Flock, home: Home) -> None:
        assert "There is no key in" in sentence(flock("key", "backup", home.folder / "b"))

    def test_a_salt_key_that_is_not_there(self, flock: Flock, home: Home, config: Path) -> None:
        (home.folder / "keys" / "salts").unlink()
        shown = flock("key", "backup", home.folder / "b", "--config", config)
        assert "There is no key 'salts'" in sentence(shown)
        assert not (home.folder / "b").exists()

    def test_a_password_that_opens_them_not(self, flock: Flock, home: Home, config: Path) -> None:
        shown = flock("key", "backup", home.folder / "b", "--config", config, "--password-file", guess(home))
        assert shown.exit_code == 78
        assert "The password does not open key 'hospital'" in sentence(shown)
        assert "--own-password gives the backup its own" in sentence(shown)
        assert not (home.folder / "b").exists()

    def test_a_folder_that_is_not_there(
        self, flock: Flock, home: Home, config: Path, with_password: None
    ) -> None:
        shown = flock("key", "backup", home.folder / "nowhere" / "b", "--config", config)
        assert "cannot be written (No such file or directory)" in sentence(shown)

    def test_the_nodes_key_without_its_home(self, flock: Flock, home: Home, config: Path) -> None:
        shown = flock("key", "backup", home.folder / "b", "--node-key")
        assert "name the node's configuration with --config" in sentence(shown)


def other_key(home: Home) -> bytes:
    """Put another key in the place of hospital's."""
    place = home.folder / "keys" / "hospital"
    place.unlink()
    KeyStore(home.folder / "keys", CHEAP).new("hospital", PASSWORD)
    return place.read_bytes()


def password() -> str:
    return PASSWORD


def never() -> str:
    raise AssertionError("A password was asked for.")


def guess(home: Home) -> Path:
    """A file with another password."""
    path = home.folder / "guess"
    path.touch(mode=0o600)
    path.write_text("guess")
    return path


def forge(path: Path, files: dict[str, bytes]) -> None:
    """A backup that flock would not have written, by someone who knows the password."""
    path.write_bytes(key_sealing.seal(pack(files), PASSWORD))


def with_digest(sealed: bytearray) -> bytes:
    """``sealed`` after an edit, with the digest that belongs to it."""
    body = bytes(sealed[: -key_sealing.DIGEST])
    return body + hashlib.sha256(body).digest()
