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
    from flock.programs.settings import OwnerSettings


@dataclass(frozen=True)
class Request:
    """What ``flock gov propose`` was asked for."""

    action: str
    words: Sequence[str]
    title: str
    text: str


def propose(settings: OwnerSettings, request: Request, *, dry_run: bool, as_json: bool) -> None:
    contracts, account = opened(settings)
    Draft((), request.title).description(account)  # a bad title is said before anything is computed
    with Progress("Reading the chain…"):
        calls = calls_for(contracts, request.action, request.words, partial(account_of, settings))
        plan = governing.propose(contracts, account, Draft(calls, request.title, request.text))
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def vote(
    settings: OwnerSettings, proposal: str, support: str, reason: str, *, dry_run: bool, as_json: bool
) -> None:
    contracts, account = opened(settings)
    plan = governing.vote(contracts, account, poll_named(contracts, proposal), support, reason)
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def queue(settings: OwnerSettings, proposal: str, *, dry_run: bool, as_json: bool) -> None:
    contracts, account = opened(settings)
    plan = governing.queue(contracts, account, poll_named(contracts, proposal))
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def execute(settings: OwnerSettings, proposal: str, *, dry_run: bool, as_json: bool) -> None:
    contracts, account = opened(settings)
    plan = governing.execute(contracts, account, poll_named(contracts, proposal))
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def cancel(settings: OwnerSettings, proposal: str, *, dry_run: bool, as_json: bool) -> None:
    contracts, account = opened(settings)
    plan = governing.cancel(contracts, account, poll_named(contracts, proposal))
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def pause(settings: OwnerSettings, name: str, *, stop: bool, dry_run: bool, as_json: bool) -> None:
    """``stop`` what begins in a contract, or in all; or end that."""
    contracts, account = opened(settings)
    plan = guarding.pause(contracts, account, name, stop=stop, names=Names({account: settings.key}))
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)


def park(settings: OwnerSettings, root: int, *, dry_run: bool, as_json: bool) -> None:
    plan = guarding.park(*opened(settings), root)
    carry_out(settings, plan, dry_run=dry_run, as_json=as_json)
