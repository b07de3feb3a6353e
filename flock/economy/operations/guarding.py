"""The guardian's narrow powers: to stop what begins, and to park a posted root."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flock.chain.contracts.access import AccessManager, AccessRole
from flock.chain.contracts.settlement import RootState
from flock.chain.simulation import PlannedCall, View
from flock.economy.operations import fields
from flock.economy.operations.plans import NO_NAMES, Names, Plan, command
from flock.errors import BadConfig, Refused

if TYPE_CHECKING:
    from flock.chain.contracts.binding import Binding
    from flock.chain.contracts.deployed import Contracts
    from flock.economy.operations.fields import Fields

# What people call them → the attribute of Contracts.
PAUSABLE = {"staking": "staking", "tasks": "task_manager", "emissions": "emissions", "market": "model_market"}
STOPS = "New locks, stakes, delegation, tasks and emissions wait; rounds, withdrawals and claims go on."


def pause(contracts: Contracts, account: str, name: str, *, stop: bool, names: Names = NO_NAMES) -> Plan:
    """``stop`` what begins in a contract, or in all; or end that.

    Raises BadConfig for another name, Refused for anybody but the guardian, or where nothing is left to do.
    """
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
    return Plan(
        contracts,
        account,
        f"{function.capitalize()} {', '.join(chosen)}",
        [PlannedCall(binding, function) for binding in due],
        [View(binding, "paused") for binding in chosen.values()],
        states,
        command("gov", "unpause", name, "--key", names.key(account)) if stop else "",
        [STOPS] if stop else [],
    )


def park(contracts: Contracts, account: str, root: int) -> Plan:
    """Keep a posted root from being served until governance has decided.

    Raises Refused for anybody but the guardian.
    """
    _require_guardian(contracts, account)

    def state(said: Sequence[Any]) -> Fields:
        return {"state": fields.text("state", RootState(said[0]["state"]).name.lower())}

    return Plan(
        contracts,
        account,
        f"Park root {root}",
        [PlannedCall(contracts.settlement, "disable", (root,))],
        [View(contracts.settlement, "rootOf", (root,))],
        state,
        command("gov", "propose", "resolve", root, "wrong", "--title", f"Root {root}", "--key", "…"),
        ["The root before it is served on. Governance decides: flock gov propose resolve."],
    )


def _chosen(contracts: Contracts, name: str) -> dict[str, Binding]:
    names = list(PAUSABLE) if name == "all" else [name]
    if not set(names) <= PAUSABLE.keys():
        raise BadConfig(f"{name!r} cannot be paused. Choose one of {', '.join(PAUSABLE)}, or all.")
    return {each: getattr(contracts, PAUSABLE[each]) for each in names}


def _require_guardian(contracts: Contracts, account: str) -> None:
    manager = AccessManager(contracts.client, contracts.book.access_manager)
    if not manager.has_role(AccessRole.GUARDIAN, account):
        raise Refused(
            f"{account} is not the guardian, who is {contracts.governor.guardian()}. Anyone may propose it "
            "to governance: `flock gov propose call`."
        )
