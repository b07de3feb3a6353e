"""Privacy accounting: what an app reports about its noise, and the total privacy loss.

An app that trains with DP-SGD (Abadi et al. 2016, arXiv:1607.00133) reports its mechanism in its metrics:
``dp-noise-multiplier``, ``dp-sample-rate``, ``dp-steps`` and optionally ``dp-delta``. In the metrics of an
evaluation the same names announce the cost of the next training. The node does the accounting
(docs/adr/0018-the-node-accounts.md), with the Rényi accountant of Opacus.

Nothing here loads torch or Opacus before it is needed: together they cost seconds and 150 MiB.
"""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from flock.errors import BadConfig, Refused
from flock.training.arrays import MAX_PRIVACY, Privacy

PREFIX = "dp-"
NOISE_KEY, RATE_KEY, STEPS_KEY, DELTA_KEY = "dp-noise-multiplier", "dp-sample-rate", "dp-steps", "dp-delta"
NORM_KEY = "dp-max-grad-norm"
SETTINGS = (NOISE_KEY, NORM_KEY, DELTA_KEY)
DEFAULT_DELTA = 1e-5
DEFAULT_MAX_GRAD_NORM = 1.0
MAX_STEPS = 10**9
MICRO, PICO = 10**6, 10**12
# Opacus stops at order 63, where next to no spending still costs ε = 0.1; these higher orders cost little.
HIGH_ORDERS = (72, 96, 128, 192, 256, 512)


@dataclass(frozen=True)
class Mechanism:
    """``steps`` sums of clipped gradients, each over a Poisson sample of rate ``sample_rate``, each noised.

    The noise is Gaussian with standard deviation ``noise_multiplier`` times the clipping norm. ``delta`` is
    the δ at which its owner wants the total to be reported; it does not affect the accounting.
    """

    noise_multiplier: float
    sample_rate: float
    steps: int
    delta: float = DEFAULT_DELTA


@dataclass(frozen=True)
class Protection:
    """DP-SGD as a member switches it on in ``[app_config]``."""

    noise_multiplier: float
    max_grad_norm: float
    delta: float


def protection_in(app_config: Mapping[str, bool | int | float | str]) -> Protection | None:
    """The ``dp-…`` settings of a node's app config for a built-in app; ``None`` if there are none.

    Raises BadConfig for a number out of range, and for a name that would otherwise quietly protect nothing.
    """
    given = [key for key in app_config if key.replace("_", "-").startswith(PREFIX)]
    if unknown := sorted(set(given) - set(SETTINGS)):
        raise BadConfig(f"There is no app_config setting {unknown[0]!r}; there are {', '.join(SETTINGS)}.")
    if not given:
        return None
    if NOISE_KEY not in given:
        raise BadConfig(f"{given[0]!r} in app_config switches nothing on: set {NOISE_KEY!r} as well.")
    return Protection(
        _setting(app_config, NOISE_KEY, math.nan, "a number above 0", lambda x: x > 0),
        _setting(app_config, NORM_KEY, DEFAULT_MAX_GRAD_NORM, "a number above 0", lambda x: x > 0),
        _setting(app_config, DELTA_KEY, DEFAULT_DELTA, "between 0 and 1", lambda x: 0 < x < 1),
    )


def planned(examples: int, batch_size: int, epochs: int, protection: Protection) -> Mechanism:
    """What training costs in as many steps as ``epochs`` passes have, whatever the noise turns out to be."""
    rate = min(1.0, batch_size / examples)
    return Mechanism(
        protection.noise_multiplier, rate, epochs * math.ceil(examples / batch_size), protection.delta
    )


def report_of(mechanism: Mechanism) -> dict[str, float]:
    """The metrics by which an app tells of its mechanism; the inverse of ``taken_mechanism``."""
    return {
        NOISE_KEY: mechanism.noise_multiplier,
        RATE_KEY: mechanism.sample_rate,
        STEPS_KEY: mechanism.steps,
        DELTA_KEY: mechanism.delta,
    }


def taken_mechanism(metrics: dict[str, float], name: str, kind: str) -> Mechanism | None:
    """Remove the mechanism that app ``name`` reports from the metrics of a ``kind`` reply.

    Raises Refused for a report that is incomplete, or that no mechanism can have.
    """
    told = {key: metrics.pop(key) for key in (NOISE_KEY, RATE_KEY, STEPS_KEY, DELTA_KEY) if key in metrics}
    if not told:
        return None
    if missing := [key for key in (NOISE_KEY, RATE_KEY, STEPS_KEY) if key not in told]:
        raise Refused(f"{name} reported {sorted(told)} from {kind} without {missing}; report all or none.")
    told = {DELTA_KEY: DEFAULT_DELTA, **told}
    for key, (holds, must) in REPORTABLE.items():
        if not (math.isfinite(told[key]) and holds(told[key])):
            raise Refused(f"{name} reported {key!r} = {told[key]:g} from {kind}; it must be {must}.")
    return Mechanism(told[NOISE_KEY], told[RATE_KEY], int(told[STEPS_KEY]), told[DELTA_KEY])


REPORTABLE: Mapping[str, tuple[Callable[[float], bool], str]] = {
    NOISE_KEY: (lambda x: x > 0, "above 0"),
    RATE_KEY: (lambda x: 0 < x <= 1, "above 0 and at most 1"),
    STEPS_KEY: (lambda x: 1 <= x <= MAX_STEPS and x == int(x), f"a whole number from 1 to {MAX_STEPS}"),
    DELTA_KEY: (lambda x: 0 < x < 1, "between 0 and 1"),
}


def added(mechanisms: Sequence[Mechanism], new: Mechanism) -> tuple[Mechanism, ...]:
    """The mechanisms and a new one, as its last; steps of one noise and rate are counted together."""
    same = [known for known in mechanisms if _kind(known) == _kind(new)]
    others = [known for known in mechanisms if _kind(known) != _kind(new)]
    return (*others, replace(new, steps=new.steps + sum(known.steps for known in same)))


def total(mechanisms: Sequence[Mechanism]) -> Privacy | None:
    """(ε, δ) of all of them together, at the δ of the last, both rounded up; ``None`` once ε exceeds 10⁶.

    Raises BadConfig if Opacus is not installed.
    """
    if not mechanisms:
        return Privacy(0, 0)
    delta = mechanisms[-1].delta
    epsilon_micro = math.ceil(epsilon(mechanisms, delta) * MICRO)
    if epsilon_micro > MAX_PRIVACY:
        return None
    return Privacy(epsilon_micro, math.ceil(Decimal(repr(delta)) * PICO))


def epsilon(mechanisms: Sequence[Mechanism], delta: float) -> float:
    """ε of all of them together at ``delta``, by Rényi differential privacy (Mironov et al. 2019)."""
    return _accounted(tuple(sorted((*_kind(each), each.steps) for each in mechanisms)), delta)


def _kind(mechanism: Mechanism) -> tuple[float, float]:
    return mechanism.noise_multiplier, mechanism.sample_rate


@lru_cache(maxsize=64)
def _accounted(history: tuple[tuple[float, float, int], ...], delta: float) -> float:
    require_opacus()
    from opacus.accountants import RDPAccountant

    accountant = RDPAccountant()
    accountant.history = list(history)
    with warnings.catch_warnings():  # that the highest order is the best one
        warnings.simplefilter("ignore")
        spent = accountant.get_epsilon(delta, alphas=[*RDPAccountant.DEFAULT_ALPHAS, *HIGH_ORDERS])
    return max(0.0, float(spent))


def require_opacus() -> None:
    """Load Opacus. Raises BadConfig if it is not installed."""
    try:
        import opacus  # noqa: F401
    except ImportError as error:
        raise BadConfig(
            f"Differential privacy needs {error.name}: pip install 'flock[privacy]', or remove the dp- "
            "settings from app_config."
        ) from error


def _setting(
    config: Mapping[str, bool | int | float | str],
    key: str,
    unless_set: float,
    must: str,
    holds: Callable[[float], bool],
) -> float:
    value = config.get(key, unless_set)
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if not math.isfinite(number) or not holds(number):
        raise BadConfig(f"{key} = {value!r} in app_config: it must be {must}.")
    return number
