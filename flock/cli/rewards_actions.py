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
    from flock.cli.options import Signing


def claim(options: Signing, words: Sequence[str]) -> None:
    contracts, account = opened(options.settings)
    found = _accounts(options, words)
    with Progress("Computing the rewards from the chain…"):
        plan = claiming.claim(contracts, account, list(found), Names({account: options.key, **found}))
    carry_out(options, plan)


def release(options: Signing, words: Sequence[str]) -> None:
    contracts, account = opened(options.settings)
    found = _accounts(options, words)
    plan = claiming.release(contracts, account, list(found), Names({account: options.key, **found}))
    carry_out(options, plan)


def _accounts(options: Signing, words: Sequence[str]) -> dict[str, str]:
    """Those that are named, each once, with the words for them."""
    return {account_of(options.settings, word, "--for"): word for word in words}
