"""What an act will cost in gas, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flock.chain.fees import Cost

ETHER = 10**18


def fee_for_people(cost: Cost) -> dict[str, str]:
    """Lines of a table; what the bytes cost on layer 1 has its own, where there is such a fee."""
    lines = {"gas": f"{cost.gas:,}", "fee": _ether(cost.execution)}
    if cost.data:
        lines |= {"data fee": _ether(cost.data), "fees in all": _ether(cost.total)}
    return lines


def fee_for_programs(cost: Cost) -> dict[str, str | int]:
    """Wei as text, for numbers of that size do not survive every JSON reader."""
    return {"gas": cost.gas, "fee": str(cost.execution), "data_fee": str(cost.data)}


def _ether(wei: int) -> str:
    return f"{wei / ETHER:.9f} ETH"
