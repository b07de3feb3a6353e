"""What ``flock rewards claim`` and ``release`` do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flock.cli.plans import carry_out
from flock.economy.operations import claiming
from flock.economy.operations.plans import Names
from flock.programs.signing import account_of, opened
from flock.terminal import Progress

if TYPE_CHECKING:
    from flock.programs.settings import OwnerSettings


def claim(settings: OwnerSettings, words: Sequence[str], *, dry_run: bool, as_json: bool) -> None:
    contracts, account = opened(settings)
    found = _accounts(settings, words)
    with Progress("Computing the rewards from the chain…"):
        plan = claiming.claim(contracts, account, list(found), Names({account: settings.key, **found}))
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def release(settings: OwnerSettings, words: Sequence[str], *, dry_run: bool, as_json: bool) -> None:
    contracts, account = opened(settings)
    found = _accounts(settings, words)
    plan = claiming.release(contracts, account, list(found), Names({account: settings.key, **found}))
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def _accounts(settings: OwnerSettings, words: Sequence[str]) -> dict[str, str]:
    """Those that are named, each once, with the words for them."""
    return {account_of(settings, word, "--for"): word for word in words}
