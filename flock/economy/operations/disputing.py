"""Disputing a posted root, with a bond."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flock.amounts import tokens
from flock.chain.address_book import NOBODY
from flock.chain.contracts.settlement import RootState
from flock.chain.simulation import PlannedCall, View
from flock.economy import settling
from flock.economy.operations import fields
from flock.economy.operations.plans import Plan, command
from flock.economy.operations.requirements import require_flock
from flock.economy.operations.staking import allowance
from flock.errors import Refused

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.economy.operations.fields import Fields
    from flock.economy.settling import RootVerification


def dispute(contracts: Contracts, account: str, root_id: int, *, force: bool = False) -> Plan:
    """Recompute a root and dispute it. Raises Refused for a right root, unless ``force``, NoRoot for no such root."""
    settlement = contracts.settlement
    posting, root = settling.posting_of(contracts, root_id), settlement.root_of(root_id)
    verification = settling.verify(contracts, posting)
    if verification.is_right and not force:
        raise Refused(
            f"Root {root_id} is exactly what the chain's events give: disputing it would cost you the bond of "
            f"{tokens(root.bond)} FLOCK. If you must, say --force."
        )
    return Plan(
        contracts,
        account,
        f"Dispute root {root_id}",
        _disputing(contracts, account, verification, root.bond),
        [
            View(settlement, "rootOf", (root_id,)),
            View(settlement, "freeBondOf", (account,)),
            View(contracts.token, "balanceOf", (account,)),
        ],
        _fields,
        command("verify", root_id),
        [str(fault) for fault in verification.faults],
    )


# ---- pieces


def _disputing(
    contracts: Contracts, account: str, verification: RootVerification, bond: int
) -> Sequence[PlannedCall]:
    """The bond, which is the settler's, as far as it is missing, with its allowance; then the dispute."""
    settlement = contracts.settlement
    missing = max(0, bond - settlement.free_bond_of(account))
    calls: list[PlannedCall] = []
    if missing:
        require_flock(contracts, account, missing)
        calls = allowance(contracts, account, settlement.address, missing)
        calls.append(PlannedCall(settlement, "depositBond", (missing,)))
    evidence = verification.recomputed.document.digest
    return [*calls, PlannedCall(settlement, "dispute", (verification.posting.id, evidence))]


def _fields(said: Sequence[Any]) -> Fields:
    root, free, balance = said
    return {
        "state": fields.text("state", RootState(root["state"]).name.lower()),
        "challenger": fields.text("challenger", somebody(root["challenger"])),
        "settlers_bond": fields.flock("settler's bond", root["bond"]),
        "free_bond": fields.flock("your free bond", free),
        "balance": fields.flock("your FLOCK", balance),
    }


def somebody(account: str) -> str | None:
    return None if account == NOBODY else account
