"""What a proposal would change, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flock.cli.gov_text import address_name, argument_text, value_for_programs, value_text

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.economy.governance.effects import Effect


def print_effects(contracts: Contracts, effects: Sequence[Effect], *, is_done: bool = False) -> None:
    """A line for each change: what is, and what it would be."""
    from flock.terminal import print_table

    columns = ["changes", "now", "set to" if is_done else "then"]
    print_table(columns, [effect_row(contracts, effect) for effect in effects])


def effect_row(contracts: Contracts, effect: Effect) -> tuple[str, str, str]:
    from flock.economy.governance.parameters import Change

    if isinstance(effect, Change):
        parameter = effect.parameter
        now, then = (value_text(parameter, value) for value in (effect.standing.value, effect.value))
        return parameter.name, address_name(contracts.book, now), address_name(contracts.book, then)
    what = f"{effect.contract or effect.call.target}.{effect.function or '0x' + effect.call.data.hex()}"
    arguments = (argument_text(name, value) for name, value in effect.arguments.items())
    return what, "–", ", ".join(address_name(contracts.book, text) for text in arguments)


def effect_for_programs(effect: Effect) -> dict[str, object]:
    from flock.economy.governance.parameters import Change

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
