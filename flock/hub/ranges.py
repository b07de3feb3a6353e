"""The one range of bytes that a request may ask for (RFC 9110, section 14)."""

import re

from flock.hub.errors import RangeNotSatisfiable

_ONE_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def range_of(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last that ``header`` asks for of a file of ``size`` bytes.

    None if it asks for everything, or is not one range of bytes: several, which may overlap to many times the file,
    are answered with the file, as the standard allows. Raises RangeNotSatisfiable if nothing lies within.
    """
    found = _ONE_RANGE.fullmatch(header or "")
    if found is None or found.group(0) == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= size:
        raise RangeNotSatisfiable(f"The file has {size} bytes, and the range begins behind them.", size)
    return start, stop
