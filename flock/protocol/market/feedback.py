"""How much a payer's feedback weighs: by fees that nobody gets back (docs/market-design.md, Feedback).

A self-dealer buys its own model and gets all back but the protocol's fee, so only fees count. A concave weight would
reward a payer that splits itself into many; below a floor nothing counts, and the curve begins there at one for one,
so no split of an amount over payers and days weighs more than the amount.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import isqrt


@dataclass(frozen=True)
class WeightRule:
    """In units of the token the fees are counted in: the least a payer must have paid in fees on a day, and the most
    that counts."""

    floor: int
    cap: int

    def weight(self, fees: int) -> int:
        """What the feedback of a payer that paid ``fees`` on a day weighs: √(floor·fees), from floor to cap."""
        return 0 if fees < self.floor else isqrt(self.floor * min(fees, self.cap))


@dataclass(frozen=True)
class PaidFee:
    """The protocol's fee in one payment."""

    payer: str
    day: int
    fee: int


def weights(rule: WeightRule, paid: Iterable[PaidFee]) -> dict[tuple[str, int], int]:
    """The weight of each payer and day, all its payments of that day together."""
    fees: dict[tuple[str, int], int] = defaultdict(int)
    for each in paid:
        fees[each.payer, each.day] += each.fee
    return {whose: rule.weight(sum_) for whose, sum_ in fees.items()}


def mean_score(ratings: Iterable[tuple[int, int]]) -> int | None:
    """The weighted mean of (score, weight), rounded down; None if nothing weighs anything."""
    rated = list(ratings)
    total = sum(weight for _, weight in rated)
    return sum(score * weight for score, weight in rated) // total if total else None
