"""Options that the commands about stake, delegation and rewards share, and the settings that they make."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flock.cli.completion import complete_key, complete_task

if TYPE_CHECKING:
    from flock.programs.settings import OwnerSettings

Key = Annotated[
    str, typer.Option("--key", help="Name of the key that signs and pays.", autocompletion=complete_key)
]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="File with the key's password; asked otherwise.")
]
Rpc = Annotated[str | None, typer.Option("--rpc", help="JSON-RPC endpoint of the chain.")]
ChainId = Annotated[int | None, typer.Option("--chain-id", help="Chain id it must serve.")]
Addresses = Annotated[Path | None, typer.Option("--addresses", help="Address book file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, with amounts in wei.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the effect and the fee; sign nothing, send nothing.")
]
Task = Annotated[int, typer.Option("--task", help="Number of the task.", min=1, autocompletion=complete_task)]
Account = Annotated[
    str | None,
    typer.Argument(
        help="An address or the name of a key.", show_default="the only key here", autocompletion=complete_key
    ),
]
Gm = Annotated[str, typer.Argument(metavar="AMOUNT", help="gmFLOCK, such as 250 or 0.5, or `all`.")]


def owner_settings(
    key: str, password_file: Path | None, rpc: str | None, chain_id: int | None, addresses: Path | None
) -> OwnerSettings:
    """What a command that signs for an account needs."""
    from flock.programs.settings import OwnerSettings, load

    return load(
        OwnerSettings,
        key=key,
        password_file=password_file,
        rpc=rpc,
        chain_id=chain_id,
        addresses=addresses,
    )
