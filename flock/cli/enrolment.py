"""``flock node enrol``: stake with the owner's key, join, and authorise the node's key as operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from flock.settings import NodeSettings


def enrol_with(settings: NodeSettings, owner_key: str | None) -> None:
    """Put up the stake and join with ``owner_key`` (the node's own key if ``None``)."""
    from flock.chain.keys import KeyStore
    from flock.cli.wiring import enrol_step, node_context

    operator = KeyStore(settings.keys).address_of(settings.key)
    as_owner = settings.model_copy(update={"key": owner_key or settings.key, "owner": None})
    context = node_context(as_owner, lambda: False)
    owner, staking = context.wallet.owner, context.contracts.staking
    enrol_step(as_owner, context)()
    if operator != owner and not staking.acts_for(owner, operator):
        staking.set_operator(context.sender, operator)
    typer.echo(f"{owner} is a member of task {settings.task}; {operator} acts for it.")
