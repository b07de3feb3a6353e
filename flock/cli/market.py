"""``flock market``: the AI Marketplace."""

from __future__ import annotations

import typer

from flock.cli import market_dealing, market_host, market_selling, market_serving

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Sell calls of models, and buy them.")
market_dealing.add_to(app)
market_selling.add_to(app)
market_serving.add_to(app)
market_host.add_to(app)


@app.callback()
def market() -> None:
    """Models that were published on the chain, and hosts that serve them for money."""
