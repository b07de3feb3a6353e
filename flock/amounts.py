"""Amounts as people and programs write and read them. Inside there are whole numbers of the smallest unit, no floats.

There is one notation everywhere, plain decimal digits, and one sentence for whatever is not written in it.
"""

import re
import reprlib
from dataclasses import dataclass

from flock.errors import BadConfig, Refused

DECIMALS = 18
GWEI_DECIMALS = 9
MOST = 2**96 - 1  # what the contracts' amounts can hold
MILLIONTH = 10**12

_DIGITS = re.compile(r"([0-9]{1,40})(?:\.([0-9]{1,40}))?", re.ASCII)
_ECHO = reprlib.Repr()
_ECHO.maxstring = 80


@dataclass(frozen=True)
class Notation:
    """How a kind of number is written; ``most`` counts its smallest unit, of which 10^``decimals`` make a whole."""

    noun: str
    decimals: int
    most: int
    example: str

    def parse(self, written: object) -> int:
        """``written``, text or a whole number, in the smallest unit. Raises ValueError with a sentence."""
        units = self._units(written)
        if units is None or not 0 <= units <= self.most:
            raise ValueError(self._sentence(written))
        return units

    def parse_text(self, written: object) -> str:
        """As ``parse``, of text alone; the text, without leading zeros, of the smallest unit."""
        if not isinstance(written, str):
            raise ValueError(self._sentence(written))  # noqa: TRY004 - pydantic wants it
        return str(self.parse(written))

    def of(self, written: object, what: str) -> int:
        """As ``parse``, but raises BadConfig, calling the number ``what``."""
        try:
            return self.parse(written)
        except ValueError as problem:
            raise BadConfig(f"{what}: {problem}") from None

    def _units(self, written: object) -> int | None:
        whole_one: int = 10**self.decimals
        if isinstance(written, int) and not isinstance(written, bool):
            return written * whole_one
        found = _DIGITS.fullmatch(written) if isinstance(written, str) else None
        if found is None:
            return None
        whole, fraction = found[1], found[2] or ""
        if len(fraction) > self.decimals:
            return None
        return int(whole) * whole_one + int(fraction.ljust(self.decimals, "0") or 0)

    def _sentence(self, written: object) -> str:
        decimals = f"at most {self.decimals}" if self.decimals else "no"
        return (
            f"{_echo(written)} is not {self.noun}; write a plain decimal number such as {self.example}, "
            f"from 0 to {plain(self.most, self.decimals)}, with {decimals} decimals."
        )


TOKENS = Notation("an amount", DECIMALS, MOST, "2400 or 0.5")
"""FLOCK, gmFLOCK and ETH, in whole tokens."""

WEI = Notation("an amount", 0, MOST, '"2400000000000000000000"')
"""Over HTTP: decimal text in wei."""

USDC = Notation("an amount", 6, MOST, "2400 or 0.5")

PERCENT = Notation("a percentage", 2, 100_00, "50 or 12.5")
"""Basis points, written as per cent."""


def wei_of(amount: object, what: str) -> int:
    """Whole tokens, such as ``2400`` or ``0.5``, in wei. Raises BadConfig, calling the amount ``what``."""
    return TOKENS.of(amount, what)


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
    """A percentage from 0 to 100, such as ``50`` or ``12.5%``. Raises BadConfig, calling it ``what``."""
    return PERCENT.of(percent.removesuffix("%"), what)


def plain(units: int, decimals: int = DECIMALS) -> str:
    """``units`` exactly, in the notation that ``Notation.parse`` reads."""
    whole, rest = divmod(units, 10**decimals)
    return str(whole) + (f".{rest:0{decimals}d}".rstrip("0") if rest else "")


def tokens(units: int, decimals: int = DECIMALS) -> str:
    """As ``plain``, with commas between thousands, for people."""
    whole, point, fraction = plain(abs(units), decimals).partition(".")
    return f"{'-' if units < 0 else ''}{int(whole):,}{point}{fraction}"


def short(wei: int) -> str:
    """As ``tokens``, cut after six decimals and then ending in …; amounts below a millionth stay exact."""
    rest = wei % MILLIONTH
    return tokens(wei) if rest == 0 or wei < MILLIONTH else f"{tokens(wei - rest)}…"


def cut(wei: int, places: int) -> str:
    """``wei`` in whole tokens with exactly ``places`` decimals, rounded down, for columns of a table."""
    whole, rest = divmod(wei, 10**DECIMALS)
    return f"{whole:,}.{rest:0{DECIMALS}d}"[: places - DECIMALS]


def rough(wei: int) -> str:
    """``wei`` in whole tokens, rounded to three digits: enough for a fee."""
    grain = 10 ** max(0, len(str(wei)) - 3)
    return tokens((wei + grain // 2) // grain * grain)


def _echo(written: object) -> str:
    """What was written, shortened; Python refuses to write out numbers of thousands of digits."""
    if isinstance(written, int) and written.bit_length() > 512:
        return f"A number of {written.bit_length()} bits"
    return _ECHO.repr(written)
