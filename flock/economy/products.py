"""The products that share in the emissions: each has contracts, and a rule that makes work of their events."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from flock.protocol.alliance.pay_rule import AlliancePay
from flock.protocol.arena.pay_rule import ArenaPay
from flock.protocol.economy.pay_rule import PayRule


class PaidProduct(NamedTuple):
    """Its ``contracts`` by their names in the address book, and what makes its rule."""

    contracts: Sequence[str]
    rule: Callable[[], PayRule]


PAID_PRODUCTS: Sequence[PaidProduct] = (
    PaidProduct(("alliance_rounds",), AlliancePay),
    PaidProduct(("arena_board", "arena_panels"), ArenaPay),
)
