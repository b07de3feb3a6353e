"""What to offer for gas (EIP-1559), and by how much to raise an offer that found no block."""

from dataclasses import dataclass

from flock.errors import Transient

GWEI = 10**9

# Nodes replace a waiting transaction only for a tenth more on both fees; an eighth is safely above.
BUMP_NUMERATOR, BUMP_DENOMINATOR = 9, 8


@dataclass(frozen=True)
class Fees:
    """Wei per gas: the most that is paid in all, and the tip to the block's builder in it."""

    max_fee: int
    tip: int


@dataclass(frozen=True)
class FeePolicy:
    """``cap`` is the most flock ever pays, in wei per gas."""

    cap: int = 500 * GWEI

    def offer(self, base_fee: int, tip: int) -> Fees:
        """Twice the base fee plus the tip: five full blocks cannot outbid it. Transient above the cap."""
        if base_fee > self.cap:
            raise Transient(
                f"Gas costs {base_fee / GWEI:g} gwei now, above the cap of {self.cap / GWEI:g}. "
                "Wait for a quieter hour, or raise the cap."
            )
        max_fee = min(self.cap, 2 * base_fee + tip)
        return Fees(max_fee, min(tip, max_fee))

    def replacement(self, last: Fees, wanted: Fees) -> Fees | None:
        """What replaces an offer of ``last``; None if that would exceed the cap."""
        fees = Fees(max(wanted.max_fee, _raised(last.max_fee)), max(wanted.tip, _raised(last.tip)))
        return fees if fees.max_fee <= self.cap else None


def _raised(fee: int) -> int:
    return -(-fee * BUMP_NUMERATOR // BUMP_DENOMINATOR)
