"""What the commands of ``flock gov`` that send something do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from flock.cli.plans import carry_out
from flock.economy.governance.polls import poll_named
from flock.economy.governance.proposal_parser import calls_for
from flock.economy.operations import governing, guarding
from flock.economy.operations.governing import Draft
from flock.economy.operations.plans import Names
from flock.programs.signing import account_of, opened
from flock.terminal import Progress

if TYPE_CHECKING:
    from flock.cli.options import Signing


@dataclass(frozen=True)
class Request:
    """What ``flock gov propose`` was asked for."""

    action: str
    words: Sequence[str]
    title: str
    text: str


def propose(options: Signing, request: Request) -> None:
    contracts, account = opened(options.settings)
    Draft((), request.title).description(account)  # a bad title is said before anything is computed
    with Progress("Reading the chain…"):
        calls = calls_for(contracts, request.action, request.words, partial(account_of, options.settings))
        plan = governing.propose(contracts, account, Draft(calls, request.title, request.text))
    carry_out(options, plan)


def vote(options: Signing, proposal: str, support: str, reason: str) -> None:
    contracts, account = opened(options.settings)
    plan = governing.vote(contracts, account, poll_named(contracts, proposal), support, reason)
    carry_out(options, plan)


def queue(options: Signing, proposal: str) -> None:
    contracts, account = opened(options.settings)
    plan = governing.queue(contracts, account, poll_named(contracts, proposal))
    carry_out(options, plan)


def execute(options: Signing, proposal: str) -> None:
    contracts, account = opened(options.settings)
    plan = governing.execute(contracts, account, poll_named(contracts, proposal))
    carry_out(options, plan)


def cancel(options: Signing, proposal: str) -> None:
    contracts, account = opened(options.settings)
    plan = governing.cancel(contracts, account, poll_named(contracts, proposal))
    carry_out(options, plan)


def pause(options: Signing, name: str, *, stop: bool) -> None:
    """``stop`` what begins in a contract, or in all; or end that."""
    contracts, account = opened(options.settings)
    plan = guarding.pause(contracts, account, name, stop=stop, names=Names({account: options.key}))
    carry_out(options, plan)


def park(options: Signing, root: int) -> None:
    plan = guarding.park(*opened(options.settings), root)
    carry_out(options, plan)
