"""A call that somebody else has made up, as a plan: what it does in words, and what it leaves its sender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flock.chain.address_book import CONTRACT_FIELDS
from flock.chain.contracts.governor import ProposalCall
from flock.chain.simulation import PlannedCall, View
from flock.economy.governance.effect_text import call_text
from flock.economy.governance.effects import OtherCall, effects_of
from flock.economy.governance.proposal_parser import binding_named
from flock.economy.governance.texts import place_name
from flock.economy.operations import fields
from flock.economy.operations.plans import Plan
from flock.economy.operations.staking import position_fields, position_views
from flock.errors import BadConfig

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress

    from flock.chain.contracts.binding import Binding
    from flock.chain.contracts.deployed import Contracts
    from flock.economy.operations.fields import Fields


@dataclass(frozen=True)
class EncodedCall(PlannedCall):
    """A call whose bytes are at hand."""

    encoded: bytes = b""

    @property
    def data(self) -> bytes:
        return self.encoded


def calling(contracts: Contracts, account: str, to: ChecksumAddress, data: bytes) -> Plan:
    """The plan of sending ``data`` to ``to``. Raises BadConfig for what none of flock's contracts understands."""
    binding, function = _understood(contracts, to, data)
    return Plan(
        contracts,
        account,
        call_text(contracts, to, data),
        [EncodedCall(binding, function, (), data)],
        [*position_views(contracts, account), View(contracts.token, "balanceOf", (account,))],
        _fields,
    )


def _understood(contracts: Contracts, to: ChecksumAddress, data: bytes) -> tuple[Binding, str]:
    name = place_name(contracts.book, to)
    if name not in CONTRACT_FIELDS.values():
        raise BadConfig(f"{to} is none of flock's contracts on chain {contracts.chain_id}.")
    binding = binding_named(contracts, name)
    [first, *_] = effects_of(contracts, [ProposalCall(to, data)])
    if isinstance(first, OtherCall) and not first.function:
        raise BadConfig(f"{name} has no function that 0x{data[:4].hex()} with these arguments calls.")
    return binding, first.function if isinstance(first, OtherCall) else first.parameter.setter


def _fields(said: Sequence[Any]) -> Fields:
    position = said[0]
    return {
        **position_fields(said),
        "allocated": fields.gm("on tasks", position["allocated"]),
        "delegated": fields.gm("in pools", position["delegated"]),
        "held": fields.flock("FLOCK not locked", said[-1]),
    }
