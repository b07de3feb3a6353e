"""Refusals of the pure twin, under the same names as the contracts' custom errors."""

import re

from flock.errors import ContractRefused


def require(holds: bool, error: str) -> None:
    """Raise ContractRefused named ``error``, whose sentence is that name in words, unless ``holds``."""
    if not holds:
        raise ContractRefused(_in_words(error), error)


def _in_words(error: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", error)
    return words.capitalize() + "."
