"""Amounts of FLOCK as people write and read them; wei inside."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation, localcontext

from flock.errors import BadConfig
from flock.protocol.units import WAD

DECIMALS = 18
DIGITS = 60  # more than any amount of the protocol has
MOST = 2**96 - 1  # what the contracts' amounts can hold


def wei_of(amount: str | int | Decimal, what: str) -> int:
    """Whole tokens, such as ``2400`` or ``0.5``, in wei. Raises BadConfig, calling the amount ``what``."""
    with localcontext(prec=DIGITS):
        wei = _decimal(amount, what) * WAD
        if wei != wei.to_integral_value():
            raise BadConfig(f"{what} is {amount}; FLOCK has no more than {DECIMALS} decimals.")
    if not 0 <= wei <= MOST:
        raise BadConfig(f"{what} is {amount}; choose 0 to {MOST // WAD}.")
    return int(wei)


def tokens(wei: int) -> str:
    """``wei`` in whole tokens, exactly, without trailing zeros."""
    whole, rest = divmod(wei, WAD)
    return f"{whole:,}" + (f".{rest:0{DECIMALS}d}".rstrip("0") if rest else "")


def _decimal(amount: str | int | Decimal, what: str) -> Decimal:
    try:
        number = Decimal(amount)
    except (InvalidOperation, ValueError):
        number = Decimal("NaN")
    if not number.is_finite():
        raise BadConfig(f"{what} is {amount!r}, which is no amount; write a number such as 2400 or 0.5.")
    return number
