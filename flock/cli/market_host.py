"""``flock market host`` and ``flock market call``: sell calls of models, and buy one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flock.cli.options import Acting, Finding, finding, given_as

HostFile = Annotated[
    Path, typer.Option("--config", "-c", help="The host's TOML file.", envvar="FLOCK_HOST_CONFIG")
]


def add_to(app: typer.Typer) -> None:
    """Put the commands into ``flock market``."""
    app.command(epilog="Example: flock market host --config host.toml")(host)
    app.command(epilog='Example: flock market call irises --inputs "[[5.1, 3.5, 1.4, 0.2]]" --key alice')(
        call
    )


@finding
def host(options: Finding, config: HostFile = Path("host.toml")) -> None:
    """Serve models for money until stopped. You can kill and restart it at any time.

    The file names a `key`, that of the bonded host, and its `models`; see docs/market-host.md.
    """
    from flock.programs.hosting import run_host
    from flock.programs.settings import HostSettings

    run_host(options.loaded(HostSettings, config))


@given_as(Acting)
def call(
    options: Acting,
    model: Annotated[str, typer.Argument(help="The model's name at the host.")],
    url: Annotated[str, typer.Option("--url", help="The host's URL.")] = "http://127.0.0.1:8790",
    inputs: Annotated[
        str | None, typer.Option(help="JSON list of inputs, for a model that the host computes.")
    ] = None,
    prompt: Annotated[str | None, typer.Option(help="What to say to a chat model.")] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="The longest answer of a chat model.")] = 256,
    most: Annotated[str, typer.Option(help="FLOCK to pay at most.")] = "1",
) -> None:
    """Ask a model once, pay for it in FLOCK, and check the receipt.

    The payment is signed once, and sent again until the answer is here: it cannot be taken twice.
    """
    from flock.cli.market_buying import buy

    if (inputs is None) == (prompt is None):
        raise typer.BadParameter(
            "Give --inputs for a model that the host computes, or --prompt for a chat model."
        )
    buy(options, model, url, inputs, prompt, max_tokens, most)
