"""What ``flock delegate collect`` does: everything that may come home comes home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flock.cli import figures
from flock.cli.acting import account_of, opened
from flock.cli.deeds import Deed, carry_out, command
from flock.cli.stake_actions import position_figures, position_views
from flock.errors import ContractRefused, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flock.chain.contracts import Contracts
    from flock.chain.simulation import Act
    from flock.cli.delegate_actions import Place
    from flock.settings import OwnerSettings


def collect(
    settings: OwnerSettings,
    operator: str | None,
    task: int | None,
    delegator: str | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    contracts, account = opened(settings)
    owner = account_of(settings, delegator, "--for") if delegator else account
    named = account_of(settings, operator, "OPERATOR") if operator else None
    places = [
        place for place in _places(contracts, owner) if named in (None, place[0]) and task in (None, place[1])
    ]
    ready, waiting = _ready(contracts, owner, places)
    if not ready:
        raise Refused(_nothing(owner, waiting))
    deed = Deed(
        f"Bring home what {owner} has in {len(ready)} pool{'s' if len(ready) > 1 else ''}",
        ready,
        position_views(contracts, owner),
        lambda said: {
            **position_figures(said),
            "delegated": figures.gm("delegated", said[0]["delegated"]),
        },
        command("stake", "status", delegator or settings.key),
        waiting,
    )
    carry_out(settings, contracts, account, deed, dry_run=dry_run, as_json=as_json)


def _places(contracts: Contracts, account: str) -> list[Place]:
    """The pools in which the account has something."""
    from flock.chain.places import read_places
    from flock.chain.simulation import View, read_all

    places = read_places(contracts, account).delegations_of(account)
    asked = [View(contracts.staking, "delegationOf", (account, *place)) for place in places]
    records = read_all(contracts.client, asked)
    return [place for place, record in zip(places, records, strict=True) if record["gm"]]


def _ready(contracts: Contracts, account: str, places: Sequence[Place]) -> tuple[list[Act], list[str]]:
    """What the contract would let go now, and why it keeps the rest."""
    from flock.chain.simulation import Act

    ready, waiting = [], []
    for operator, task in places:
        act = Act(contracts.staking, "collect", (account, operator, task))
        try:
            contracts.client.call(act.binding.address, act.data, block="pending")
            ready.append(act)
        except ContractRefused as refused:
            waiting.append(f"Pool of {operator} on task {task}: {refused}")
    return ready, waiting


def _nothing(account: str, waiting: Sequence[str]) -> str:
    if waiting:
        return f"Nothing of {account} can come home yet. {' '.join(waiting)}"
    return f"{account} has nothing there to bring home. See `flock delegate status`."
