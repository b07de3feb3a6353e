"""Whether this thread computes as the protocol requires: votes are compared by digest, so one bit is another vote."""

import numpy as np
from numpy.typing import NDArray

from flock.errors import Refused

# Of each format, the exponents of the least normal number and of the step from one to the next number.
FORMATS = ((np.float32, -126, -23), (np.float64, -1022, -52))
LANES = 64  # as many numbers as the processor computes at once, and more


def require_ieee_754() -> None:
    """Raises Refused unless floating-point numbers are rounded to nearest, and subnormal ones are kept.

    Both are settings of the thread, which any library can change: one built with -ffast-math does so for the
    whole process when it is loaded.
    """
    for kind, least, step in FORMATS:
        if not _is_right(np.ones(LANES, kind), least, step):
            raise Refused(
                f"The arithmetic of this process is not that of IEEE 754 ({kind.__name__}: subnormal numbers or the "
                "rounding differ), so its vote would be on another model, and nothing is voted. A library that is "
                "loaded here changes it, as those built with -ffast-math do: find it, and leave it out."
            )


def _is_right(ones: NDArray[np.floating], least: int, step: int) -> bool:
    with np.errstate(all="ignore"):
        return _keeps_subnormals(np.ldexp(ones, least)) and _rounds_to_nearest(np.ldexp(ones, step))


def _keeps_subnormals(least: NDArray[np.floating]) -> bool:
    """Whether half the least normal number is neither a zero when it is the result, nor when it is computed with."""
    half = np.frombuffer((least.view(f"u{least.itemsize}") >> 1).tobytes(), least.dtype)
    return bool((least / 2 == half).all() and (half * 4 == least * 2).all() and (half + half == least).all())


def _rounds_to_nearest(step: NDArray[np.floating]) -> bool:
    """Whether a quarter of a step from one is one, upwards, and three quarters a step, in both directions."""
    one = np.ones_like(step)
    return bool(
        (one + step / 4 == one).all()
        and (one + step * 3 / 4 == one + step).all()
        and (-one - step / 4 == -one).all()
        and (-one - step * 3 / 4 == -one - step).all()
    )
