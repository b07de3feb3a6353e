"""Prices, and for how long a quote of the one before is honoured (docs/market-design.md, Prices)."""

from dataclasses import dataclass

MILLION = 1_000_000


@dataclass(frozen=True)
class Price:
    """What a version costs in one token, in its smallest unit; all 0 if it is not sold for it."""

    per_call: int = 0
    per_period: int = 0
    per_input: int = 0
    per_output: int = 0

    def of_call(self, input_tokens: int = 0, output_tokens: int = 0) -> int:
        """What a call costs, rounded up; ``per_input`` and ``per_output`` are for a million tokens."""
        used = self.per_input * input_tokens + self.per_output * output_tokens
        return self.per_call + -(-used // MILLION)


@dataclass(frozen=True)
class PriceView:
    """A price, the one before, and the second (Unix) until which quotes may name that."""

    current: Price
    former: Price
    honoured_until: int

    def honours(self, price: Price, now: int) -> bool:
        """Whether a quote of ``price`` is good ``now``."""
        return price == self.current or (price == self.former and now <= self.honoured_until)

    def subscription(self, now: int) -> int:
        """What one period costs now: the lower of the two while both are good. 0: none is sold."""
        asked = [self.current.per_period]
        if now <= self.honoured_until:
            asked.append(self.former.per_period)
        return min((price for price in asked if price), default=0)
