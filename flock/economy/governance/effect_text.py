"""What calls do, in words for people and in data for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flock.chain.contracts.governor import ProposalCall
from flock.economy.governance.effects import Effect, effects_of
from flock.economy.governance.parameters import Change
from flock.economy.governance.texts import address_name, argument_text, value_for_programs, value_text

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress

    from flock.chain.contracts.deployed import Contracts


def effect_row(contracts: Contracts, effect: Effect) -> tuple[str, str, str]:
    """What it is about, how that stands now, and what it would be."""
    if isinstance(effect, Change):
        parameter = effect.parameter
        now, then = (value_text(parameter, value) for value in (effect.standing.value, effect.value))
        return parameter.name, address_name(contracts.book, now), address_name(contracts.book, then)
    what = f"{effect.contract or effect.call.target}.{effect.function or '0x' + effect.call.data.hex()}"
    arguments = (argument_text(name, value) for name, value in effect.arguments.items())
    return what, "–", ", ".join(address_name(contracts.book, text) for text in arguments)


def call_text(contracts: Contracts, target: ChecksumAddress, data: bytes) -> str:
    """A call in words: ``Staking.allocate: task_id 1, gm 250``; of another contract its bytes."""
    return "; ".join(
        f"{what}: {then}" if then else what
        for what, _, then in (
            effect_row(contracts, effect) for effect in effects_of(contracts, [ProposalCall(target, data)])
        )
    )


def effect_for_programs(effect: Effect) -> dict[str, object]:
    if isinstance(effect, Change):
        parameter = effect.parameter
        return {
            "parameter": parameter.name,
            "unit": str(parameter.unit),
            "now": value_for_programs(parameter, effect.standing.value),
            "then": value_for_programs(parameter, effect.value),
        }
    return {
        "contract": effect.contract or None,
        "function": effect.function or None,
        "arguments": {name: str(value) for name, value in effect.arguments.items()},
        "target": effect.call.target,
        "data": "0x" + effect.call.data.hex(),
        "value": str(effect.call.value),
    }
