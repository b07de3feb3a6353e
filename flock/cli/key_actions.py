"""What ``flock key backup`` and ``restore`` do."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from flock.cli.key_backup import (
    CONFIG,
    KEYS,
    NODE_KEY,
    Backup,
    Restoration,
    read_backup,
    require_free,
    restore,
    write_backup,
)
from flock.errors import BadConfig, BadKey
from flock.store.text_files import text_of

if TYPE_CHECKING:
    from flock.chain.keys import KeyStore
    from flock.programs.settings import NodeSettings

NODE_KEY_PLACE = Path("flower") / "node.pem"
OTHERS = {
    CONFIG: "the node's configuration",
    NODE_KEY: "the Flower node's key",
}
UNENCRYPTED = (
    "{file} is not encrypted: an earlier flock wrote it, or somebody else did, since that needs no password. If you "
    "know where it has been, add --unencrypted, and read the restored node.toml before you start the node. Nothing "
    "was restored."
)


def back_up(
    file: Path,
    config: Path | None,
    keys: Path | None,
    password_file: Path | None,
    *,
    own_password: bool,
    node_key: bool,
    as_json: bool,
) -> None:
    """Write the backup and list what it contains."""
    store, settings = _store(config, keys), _node(config)
    known = store.list()
    if not known:
        raise BadKey(f"There is no key in {store.folder} to back up. Name the folder with --keys.")
    if settings:
        for name in filter(None, (settings.key, settings.salt_key)):
            store.show(name)
    files = {f"{KEYS}{key.name}": key.path.read_bytes() for key in known}
    if config:
        files[CONFIG] = config.read_bytes()
    if node_key:
        files[NODE_KEY] = _node_key(settings)
    require_free(file)
    password = _password(store, [key.name for key in known], password_file, own=own_password)
    write_backup(file, files, password)
    _print_backed_up(file, store, files, config, as_json=as_json)


def bring_back(
    file: Path,
    config: Path | None,
    keys: Path | None,
    password_file: Path | None,
    *,
    unencrypted: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Check the backup, ask before overwriting, restore everything."""
    from flock.programs.passwords import secret
    from flock.programs.settings import ChainSettings, load

    backup = read_backup(file, lambda: secret("Password of the backup: ", password_file))
    if not (backup.is_encrypted or unencrypted):
        raise BadKey(UNENCRYPTED.format(file=file))
    folder = keys or (_named_in(backup, "keys") if config else None) or load(ChainSettings).keys
    plan = _plan(backup, config, folder)
    changes = [each for each in plan if each.replaces]
    if changes and not force:
        _ask(changes)
    kept = restore(plan)
    _print_restored(backup, plan, kept, as_json=as_json)


def _plan(backup: Backup, config: Path | None, keys: Path) -> list[Restoration]:
    plan = [Restoration(f"key {name}", keys / name, data) for name, data in backup.keys.items()]
    if config and CONFIG in backup.files:
        plan.append(Restoration(CONFIG, config, backup.files[CONFIG]))
    if config and NODE_KEY in backup.files:
        plan.append(Restoration(NODE_KEY, _home_in(backup) / NODE_KEY_PLACE, backup.files[NODE_KEY]))
    return plan


def _home_in(backup: Backup) -> Path:
    """The node's home according to the backed-up configuration."""
    from flock.programs.settings import ExplainSettings, load

    return _named_in(backup, "home") or load(ExplainSettings).home


def _named_in(backup: Backup, setting: str) -> Path | None:
    """A folder that the backed-up configuration names."""
    named = tomllib.loads(text_of(backup.files.get(CONFIG, b""))).get(setting)
    return Path(named) if isinstance(named, str) else None


def _ask(changes: Sequence[Restoration]) -> None:
    """Raises BadConfig without a terminal, typer.Abort if the answer is no."""
    names = ", ".join(f"{each.name} ({each.place})" for each in changes)
    if not sys.stdin.isatty():
        raise BadConfig(f"{names} would be replaced by another. Nothing was restored; add --force to do so.")
    typer.confirm(f"Replace {names}?", abort=True)


def _node(config: Path | None) -> NodeSettings | None:
    from flock.programs.settings import NodeSettings, load

    return load(NodeSettings, config) if config else None


def _store(config: Path | None, keys: Path | None) -> KeyStore:
    from flock.chain.keys import KeyStore
    from flock.programs.settings import ChainSettings, NodeSettings, load

    if config:
        return KeyStore(load(NodeSettings, config, keys=keys).keys)
    return KeyStore(load(ChainSettings, keys=keys).keys)


def _password(store: KeyStore, names: Sequence[str], file: Path | None, *, own: bool) -> str:
    """The backup's password: that of the keys, which it has to open, or one of its ``own``. Raises BadKey."""
    from flock.programs.passwords import new_password, secret
    from flock.terminal import Progress

    if own:
        return new_password("the backup", file)
    password = secret("Password of the keys, and of the backup: ", file)
    with Progress() as progress:
        for name in names:
            progress.say(f"Opening {name}…")
            try:
                store.unlock(name, password)
            except BadKey as problem:
                raise BadKey(
                    f"{problem} Nothing was written; --own-password gives the backup its own."
                ) from None
    return password


def _node_key(settings: NodeSettings | None) -> bytes:
    if settings is None:
        raise BadConfig("The node's key is in its home folder: name the node's configuration with --config.")
    place = settings.home / NODE_KEY_PLACE
    try:
        return place.read_bytes()
    except OSError as problem:
        raise BadKey(f"The node's key {place} cannot be read ({problem.strerror}).") from None


def _print_backed_up(
    file: Path, store: KeyStore, files: dict[str, bytes], config: Path | None, *, as_json: bool
) -> None:
    from flock.terminal import print_fields, print_json

    again = f"flock key restore {file}" + (f" --config {config}" if config else "")
    keys = {key.name: key.address for key in store.list()}
    if as_json:
        print_json(
            {
                "file": file,
                "keys": keys,
                "others": [name for name in OTHERS if name in files],
                "restore": again,
            }
        )
        return
    shown = {f"key {name}": str(address or "address unknown") for name, address in keys.items()}
    print_fields(
        f"{file} holds, encrypted",
        {**shown, **{name: what for name, what in OTHERS.items() if name in files}},
    )
    typer.echo(f"Keep its password elsewhere: without it nobody restores anything. To restore: {again}")


def _print_restored(
    backup: Backup, plan: Sequence[Restoration], kept: Sequence[Path], *, as_json: bool
) -> None:
    from flock.terminal import print_fields, print_json

    left_out = sorted({CONFIG, NODE_KEY} & backup.files.keys() - {each.name for each in plan})
    if as_json:
        print_json(
            {
                "made_at": backup.made_at,
                "encrypted": backup.is_encrypted,
                "restored": {each.name: each.place for each in plan},
                "kept": list(kept),
                "left_out": left_out,
            }
        )
        return
    print_fields(f"Restored, as of {backup.made_at}", {each.name: each.place for each in plan})
    if kept:
        print_fields("Previous files are kept", {place.name: place.parent for place in kept})
    if not backup.is_encrypted:
        typer.echo("This backup was not encrypted, but for the keys. Make another, and delete this one.")
    if left_out:
        typer.echo(f"{' and '.join(left_out)} left in the backup; set --config to say where to restore them.")
