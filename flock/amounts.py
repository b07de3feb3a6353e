"""Amounts of FLOCK as people write and read them; wei inside."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation, localcontext

from flock.errors import BadConfig, Refused
from flock.protocol.core.units import BPS, WAD

DECIMALS = 18
MILLIONTH = 10**12
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


def short(wei: int) -> str:
    """As ``tokens``, cut after six decimals and then ending in …; amounts below a millionth stay exact."""
    rest = wei % MILLIONTH
    return tokens(wei) if rest == 0 or wei < MILLIONTH else f"{tokens(wei - rest)}…"


def part_of(amount: str, whole: int, what: str) -> int:
    """``amount`` in wei, or ``whole`` where it says ``all``.

    Raises BadConfig, calling the amount ``what``, and Refused for all of nothing.
    """
    if amount != "all":
        return wei_of(amount, what)
    if not whole:
        raise Refused(f"{what} is all, and there is nothing of it. See `flock stake status`.")
    return whole


def basis_points_of(percent: str, what: str) -> int:
    """A percentage from 0 to 100, such as ``50`` or ``12.5``. Raises BadConfig, calling it ``what``."""
    points = _decimal(percent.removesuffix("%"), what) * 100
    if points != points.to_integral_value():
        raise BadConfig(f"{what} is {percent}; a percentage has no more than two decimals here.")
    if not 0 <= points <= BPS:
        raise BadConfig(f"{what} is {percent}; choose 0 to 100.")
    return int(points)


def _decimal(amount: str | int | Decimal, what: str) -> Decimal:
    try:
        number = Decimal(amount)
    except (InvalidOperation, ValueError):
        number = Decimal("NaN")
    if not number.is_finite():
        raise BadConfig(f"{what} is {amount!r}, which is no amount; write a number such as 2400 or 0.5.")
    return number
