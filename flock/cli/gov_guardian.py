"""What ``flock gov pause``, ``unpause`` and ``park`` do: the guardian's narrow powers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flock.cli import fields
from flock.cli.plans import Plan, carry_out, command
from flock.errors import BadConfig, Refused
from flock.programs.signing import opened

if TYPE_CHECKING:
    from flock.chain.contracts.binding import Binding
    from flock.chain.contracts.deployed import Contracts
    from flock.cli.fields import Fields
    from flock.programs.settings import OwnerSettings

# What people call them → the attribute of Contracts.
PAUSABLE = {"staking": "staking", "tasks": "task_manager", "emissions": "emissions"}
STOPS = "New locks, stakes, delegation, tasks and emissions wait; rounds, withdrawals and claims go on."


def pause(settings: OwnerSettings, name: str, *, stop: bool, dry_run: bool, as_json: bool) -> None:
    """``stop`` what begins in a contract, or in all; or end that."""
    from flock.chain.simulation import PlannedCall, View

    contracts, account = opened(settings)
    _require_guardian(contracts, account)
    chosen = _chosen(contracts, name)
    due = [binding for binding in chosen.values() if bool(binding.read("paused")) is not stop]
    if not due:
        raise Refused(
            f"{', '.join(chosen)}: {'paused already' if stop else 'not paused'}; nothing is left to do."
        )

    def states(said: Sequence[Any]) -> Fields:
        shown = ("paused" if each else "open" for each in said)
        return {each: fields.text(each, state) for each, state in zip(chosen, shown, strict=True)}

    function = "pause" if stop else "unpause"
    plan = Plan(
        f"{function.capitalize()} {', '.join(chosen)}",
        [PlannedCall(binding, function) for binding in due],
        [View(binding, "paused") for binding in chosen.values()],
        states,
        command("gov", "unpause", name, "--key", settings.key) if stop else "",
        [STOPS] if stop else [],
    )
    carry_out(settings, contracts, account, plan, dry_run=dry_run, as_json=as_json)


def park(settings: OwnerSettings, root: int, *, dry_run: bool, as_json: bool) -> None:
    """Keep a posted root from being served until governance has decided about it."""
    from flock.chain.contracts.settlement import RootState
    from flock.chain.simulation import PlannedCall, View

    contracts, account = opened(settings)
    _require_guardian(contracts, account)

    def state(said: Sequence[Any]) -> Fields:
        return {"state": fields.text("state", RootState(said[0]["state"]).name.lower())}

    plan = Plan(
        f"Park root {root}",
        [PlannedCall(contracts.settlement, "disable", (root,))],
        [View(contracts.settlement, "rootOf", (root,))],
        state,
        command("gov", "propose", "resolve", root, "wrong", "--title", f"Root {root}", "--key", "…"),
        ["The root before it is served on. Governance decides: flock gov propose resolve."],
    )
    carry_out(settings, contracts, account, plan, dry_run=dry_run, as_json=as_json)


def _chosen(contracts: Contracts, name: str) -> dict[str, Binding]:
    names = list(PAUSABLE) if name == "all" else [name]
    if not set(names) <= PAUSABLE.keys():
        raise BadConfig(f"{name!r} cannot be paused. Choose one of {', '.join(PAUSABLE)}, or all.")
    return {each: getattr(contracts, PAUSABLE[each]) for each in names}


def _require_guardian(contracts: Contracts, account: str) -> None:
    from flock.chain.contracts.access import AccessManager, AccessRole

    manager = AccessManager(contracts.client, contracts.book.access_manager)
    if not manager.has_role(AccessRole.GUARDIAN, account):
        raise Refused(
            f"{account} is not the guardian, who is {contracts.governor.guardian()}. Anyone may propose it "
            "to governance: `flock gov propose call`."
        )
