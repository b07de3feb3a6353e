"""flock: blockchain-coordinated federated learning.

``flock.connect("base")`` gives a ``Connection``: what the contracts say, and plans for what an account does.
Errors are those of ``flock.errors``; amounts are integers in wei, times Unix seconds. See docs/library.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flock.alliance.offers import Wishes as Wishes
    from flock.economy.operations.plans import Plan as Plan
    from flock.economy.operations.plans import Preview as Preview
    from flock.economy.operations.plans import UnsignedTransaction as UnsignedTransaction
    from flock.library.connection import Connection as Connection
    from flock.library.connection import connect as connect

__version__ = "0.1.0"

__all__ = ["Connection", "Plan", "Preview", "UnsignedTransaction", "Wishes", "__version__", "connect"]

_PLACES = {
    "Connection": "flock.library.connection",
    "Plan": "flock.economy.operations.plans",
    "Preview": "flock.economy.operations.plans",
    "UnsignedTransaction": "flock.economy.operations.plans",
    "Wishes": "flock.alliance.offers",
    "connect": "flock.library.connection",
}


def __getattr__(name: str) -> object:
    """Load what is asked for only then: ``import flock`` brings in no library but the standard one."""
    import importlib

    if name not in _PLACES:
        raise AttributeError(f"module 'flock' has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
