"""Plans of hosts: put up the bond, begin to serve a version, leave, and have the bond back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flock.amounts import plain, short
from flock.chain.simulation import PlannedCall, View
from flock.economy.operations import fields
from flock.economy.operations.fields import Fields
from flock.economy.operations.plans import NO_NAMES, Names, Plan, command
from flock.economy.operations.staking import allowance
from flock.errors import NoStake
from flock.marketplace.plans import require_version

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts


def bond(contracts: Contracts, account: str, names: Names = NO_NAMES) -> Plan:
    """Put up the bond that hosts need: stake what is missing on the bonds' task, and be taken in.

    Where that task is not there yet, opening it comes first. Raises NoStake for too little free gmFLOCK.
    """
    bonds, key = contracts.host_bonds, names.key(account)
    task = bonds.task()
    if not task:
        return _open(contracts, account, key)
    needed = bonds.minimum_bond()
    missing = max(0, needed - contracts.staking.stake_of(account, task))
    free = contracts.staking.position_of(account).gm
    if free < missing:
        locking = command("stake", "lock", plain(missing - free), "--days", "180", "--key", key)
        raise NoStake(
            f"A host needs a bond of {short(needed)} gmFLOCK: {short(missing)} are missing, and {short(free)} are "
            f"free. Lock FLOCK for the rest, such as with `{locking}`; longer locks give more gmFLOCK."
        )
    staked = [PlannedCall(contracts.staking, "allocate", (task, missing))] if missing else []
    return Plan(
        contracts,
        account,
        f"Put up a bond of {short(needed)} gmFLOCK as a host",
        [*staked, PlannedCall(bonds, "bond", (account,))],
        _views(contracts, account, task),
        _fields,
        command("market", "hosts", "serve", "…", "--key", key),
        [
            "The bond votes and stays yours. A host that says another version earned the money, or serves another "
            "model than it published, loses part of it."
        ],
    )


def serve(contracts: Contracts, account: str, version: int, names: Names = NO_NAMES) -> Plan:
    """Register as a host of a version. Raises BadConfig for a version that is not there."""
    require_version(contracts, version)
    market = contracts.model_market
    return Plan(
        contracts,
        account,
        f"Serve version {version}",
        [PlannedCall(market, "serve", (version, account))],
        [View(market, "isServed", (version, account))],
        lambda said: {"serves": fields.text("serves it", "yes" if said[0] else "no")},
        command("market", "host", "--config", "host.toml"),
        told={"version": version, "key": names.key(account)},
    )


def leave(contracts: Contracts, account: str, names: Names = NO_NAMES) -> Plan:
    """Serve nothing new from now on, and have the bond back in two weeks."""
    bonds = contracts.host_bonds
    return Plan(
        contracts,
        account,
        "Leave as a host",
        [PlannedCall(bonds, "leave", (account,))],
        _views(contracts, account, bonds.task()),
        _fields,
        command("market", "hosts", "free", "--key", names.key(account)),
        [
            "Claim your channels and attribute what they paid within a week: after that the till takes no word of "
            "yours, and what is in it goes to the treasury."
        ],
    )


def free(contracts: Contracts, account: str, host: str, names: Names = NO_NAMES) -> Plan:
    """Free the bond of a host that left two weeks ago. Anyone can."""
    bonds = contracts.host_bonds
    task = bonds.task()
    return Plan(
        contracts,
        account,
        f"Free the bond of {host}",
        [PlannedCall(bonds, "free", (host,))],
        _views(contracts, host, task),
        _fields,
        command("stake", "remove", "all", "--task", task, "--key", names.key(host)),
    )


def _open(contracts: Contracts, account: str, key: str) -> Plan:
    bonds, fee = contracts.host_bonds, contracts.task_manager.creation_fee()
    return Plan(
        contracts,
        account,
        "Open the task that hosts' bonds stand on",
        [*allowance(contracts, account, bonds.address, fee), PlannedCall(bonds, "openBonds")],
        [View(bonds, "taskId")],
        lambda said: {"task": fields.text("task of the bonds", str(said[0]) if said[0] else None)},
        command("market", "hosts", "bond", "--key", key),
        ["Nobody has done so on this chain yet. It is done once, by anyone; then the bond can be put up."],
    )


def _views(contracts: Contracts, host: str, task: int) -> Sequence[View]:
    return [
        View(contracts.host_bonds, "hostOf", (host,)),
        View(contracts.staking, "allocationOf", (host, task)),
    ]


def _fields(said: Sequence[Any]) -> Fields:
    host, allocation = said
    state = "leaving" if host["leaves_at"] else "bonded" if host["is_bonded"] else "no host"
    return {
        "state": fields.text("state", state),
        "bond": fields.gm("bond", host["bond"]),
        "stake": fields.gm("gmFLOCK on the bonds' task", allocation["gm"]),
        "leaves_at": fields.time("bond free from", host["leaves_at"]),
    }
