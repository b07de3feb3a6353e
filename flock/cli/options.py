"""Options that commands share: which chain, who signs, how the answer is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from flock.cli.completion import complete_key, complete_task

if TYPE_CHECKING:
    from flock.programs.settings import ChainSettings, CreatorSettings, OwnerSettings

Loaded = TypeVar("Loaded", bound="ChainSettings")

Key = Annotated[
    str, typer.Option("--key", help="Name of the key that signs and pays.", autocompletion=complete_key)
]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="File with the key's password (default: prompt).")
]
Rpc = Annotated[str | None, typer.Option("--rpc", help="JSON-RPC endpoint of the chain.")]
ChainId = Annotated[int | None, typer.Option("--chain-id", help="Expected chain id.")]
Addresses = Annotated[Path | None, typer.Option("--addresses", help="Address book file.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", "-c", help="TOML configuration file.")]
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


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The options of a command that finds the contracts on a chain."""

    rpc: Rpc = None
    chain_id: ChainId = None
    addresses: Addresses = None

    def loaded(self, kind: type[Loaded], config: Path | None = None, **others: Any) -> Loaded:
        """The settings, with what the environment and ``config`` say beside the options. Raises BadConfig."""
        from flock.programs.settings import load

        return load(kind, config, rpc=self.rpc, chain_id=self.chain_id, addresses=self.addresses, **others)


@dataclass(frozen=True, kw_only=True)
class Connecting(Finding):
    """The options of a command that reads a chain."""

    as_json: AsJson = False

    @cached_property
    def settings(self) -> ChainSettings:
        """Raises BadConfig."""
        from flock.programs.settings import ChainSettings

        return self.loaded(ChainSettings)


@dataclass(frozen=True, kw_only=True)
class Keyed:
    """The options that name a key and unlock it."""

    key: Key
    password_file: PasswordFile = None


@dataclass(frozen=True, kw_only=True)
class Acting(Finding, Keyed):
    """The options of a command that unlocks a key."""

    as_json: AsJson = False

    def loaded(self, kind: type[Loaded], config: Path | None = None, **others: Any) -> Loaded:
        """The settings, with what the environment and ``config`` say beside the options. Raises BadConfig."""
        return super().loaded(kind, config, key=self.key, password_file=self.password_file, **others)


@dataclass(frozen=True, kw_only=True)
class Signing(Acting):
    """The options of a command that signs for an account, unless it is dry."""

    dry_run: DryRun = False

    @cached_property
    def settings(self) -> OwnerSettings:
        """Raises BadConfig."""
        from flock.programs.settings import OwnerSettings

        return self.loaded(OwnerSettings)


@dataclass(frozen=True, kw_only=True)
class Creating(Acting):
    """The options of a command that signs for the creator of a task."""

    def settings(self, alliance: str | None = None) -> CreatorSettings:
        """``alliance`` is the service's URL. Raises BadConfig."""
        from flock.programs.settings import CreatorSettings

        return self.loaded(CreatorSettings, alliance=alliance)


Command = Callable[..., None]


def given_as(options: Callable[..., object]) -> Callable[[Command], Command]:
    """A decorator: what takes ``options`` first becomes a command that has each of their fields as an option."""

    def decorate(command: Command) -> Command:
        shared = signature(options, eval_str=True).parameters
        _, *own = signature(command, eval_str=True).parameters.values()

        @wraps(command)
        def run(**given: Any) -> None:
            carried = options(**{name: given.pop(name) for name in shared})
            command(carried, **given)

        every = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in (*own, *shared.values())]
        run.__signature__ = Signature(every)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in every}
        del run.__wrapped__
        return run

    return decorate


connecting = given_as(Connecting)
creating = given_as(Creating)
finding = given_as(Finding)
signing = given_as(Signing)
