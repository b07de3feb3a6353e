"""What a product brings to the economy: the rule that makes points of the work on its tasks.

The ledger knows no product: it shares out a day's emission to a task by points, whoever earned them and as what.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Role:
    """As what somebody earns. Of the reward of a role that ``waits`` only the daily part is paid at once.

    The rest is set aside until the task ends.
    """

    name: str
    waits: bool


class Earned(NamedTuple):
    """Points that an account earned in a role."""

    account: str
    role: Role
    points: int


class PayRule(Protocol):
    """How one product's events become points. A rule is made anew for each history that is read."""

    @property
    def events(self) -> Sequence[str]:
        """The events of the product's board that it needs."""

    def read(self, name: str, arguments: Mapping[str, Any]) -> Sequence[Earned]:
        """Take in the next of those events, in the order of the chain; the points it makes, if it makes any.

        Raises RpcUnavailable if some are missing.
        """
