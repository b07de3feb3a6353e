"""``flock key``: keys that sign."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flock.cli.completion import complete_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flock.chain.keys import KeyInfo, KeyStore

app = typer.Typer(
    no_args_is_help=True, help="Create, import and list keys (keystore files, as `cast wallet` reads them)."
)

Name = Annotated[str, typer.Argument(help="Name of the key.")]
KnownName = Annotated[str, typer.Argument(help="Name of the key.", autocompletion=complete_key)]
ConfigFile = Annotated[Path | None, typer.Option("--config", "-c", help="The node's TOML file.")]
Folder = Annotated[Path | None, typer.Option("--keys", help="Folder of the keys.", envvar="FLOCK_KEYS")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file", help="File with the password (default: prompt).", envvar="FLOCK_PASSWORD_FILE"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(epilog="Example: flock key new hospital")
def new(name: Name, keys: Folder = None, password_file: PasswordFile = None, as_json: AsJson = False) -> None:
    """Create a key."""
    from flock.programs.passwords import new_password

    store = _store(keys)
    _print([store.new(name, new_password(f"key {name}", password_file))], as_json, only_one=True)


@app.command("import", epilog="Example: flock key import hospital --file ~/.foundry/keystores/hospital")
def import_(
    name: Name,
    file: Annotated[Path | None, typer.Option(help="A keystore file to copy.")] = None,
    private_key_file: Annotated[
        Path | None, typer.Option(help="A file with the bare private key (default without --file: prompt).")
    ] = None,
    keys: Folder = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Import an existing key: a keystore file or a bare private key."""
    from flock.programs.passwords import new_password, password_for, secret

    store = _store(keys)
    if file:
        imported = store.import_file(name, file, password_for(name, password_file))
    else:
        private_key = secret("Private key: ", private_key_file)
        imported = store.import_key(name, private_key, new_password(f"key {name}", password_file))
    _print([imported], as_json, only_one=True)


@app.command("list", epilog="Example: flock key list --json")
def list_(keys: Folder = None, as_json: AsJson = False) -> None:
    """List the keys and their addresses."""
    _print(_store(keys).list(), as_json)


@app.command(epilog="Example: flock key show hospital")
def show(name: KnownName, keys: Folder = None, as_json: AsJson = False) -> None:
    """Show one key's address and file; never the key itself."""
    _print([_store(keys).show(name)], as_json, only_one=True)


@app.command(epilog="Example: flock key backup hospital.backup --config node.toml")
def backup(
    file: Annotated[Path, typer.Argument(help="File to write; it must not exist.")],
    config: ConfigFile = None,
    node_key: Annotated[bool, typer.Option("--node-key", help="Include the Flower node's key.")] = False,
    keys: Folder = None,
    password_file: PasswordFile = None,
    own_password: Annotated[
        bool,
        typer.Option("--own-password", help="The password is the backup's alone, and not tried on the keys."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Back up all keys and the node's configuration in one file, encrypted by a password."""
    from flock.cli.key_actions import back_up

    back_up(file, config, keys, password_file, own_password=own_password, node_key=node_key, as_json=as_json)


@app.command(epilog="Example: flock key restore hospital.backup --config node.toml")
def restore(
    file: Annotated[Path, typer.Argument(help="File that `flock key backup` wrote.")],
    config: ConfigFile = None,
    keys: Folder = None,
    password_file: PasswordFile = None,
    unencrypted: Annotated[
        bool, typer.Option("--unencrypted", help="Take a backup that an earlier flock wrote, unencrypted.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite files that differ without asking.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Restore keys and configuration. Overwritten files are kept beside them under a hidden name."""
    from flock.cli.key_actions import bring_back

    bring_back(file, config, keys, password_file, unencrypted=unencrypted, force=force, as_json=as_json)


def _store(folder: Path | None) -> KeyStore:
    from flock.chain.keys import KeyStore
    from flock.programs.settings import ChainSettings, load

    return KeyStore(load(ChainSettings, keys=folder).keys)


def _print(keys: Sequence[KeyInfo], as_json: bool, *, only_one: bool = False) -> None:
    from flock.terminal import print_json, print_table

    if as_json:
        shown = [{"name": key.name, "address": key.address, "file": key.path} for key in keys]
        print_json(shown[0] if only_one else shown)
    elif keys:
        print_table(
            ["key", "address", "file"], [(key.name, key.address or "unknown", key.path) for key in keys]
        )
    else:
        typer.echo("There are no keys yet. Make one with `flock key new NAME`.")
