"""How payments for a version are divided (docs/market-design.md, Where a payment goes; twin of SplitMath)."""

from dataclasses import dataclass

from flock.protocol.core.units import BPS, mul_div_down, mul_div_up


@dataclass(frozen=True)
class Split:
    """The fixed parts of a splitter, in basis points.

    ``fee_bps`` is of what was paid, ``host_bps`` of what the fee leaves, each of ``share_bps`` of what both leave:
    the makers', the parents' and the accounts', in this order. The owner gets the rest. Royalties bear no fee and no
    host: both are 0.
    """

    fee_bps: int
    host_bps: int
    share_bps: tuple[int, ...] = ()

    @property
    def owner_bps(self) -> int:
        """The owner's part of what fee and host leave."""
        return BPS - sum(self.share_bps)

    def fee(self, paid: int) -> int:
        """The protocol's part of all that was paid, rounded up."""
        return mul_div_up(paid, self.fee_bps, BPS)

    def host(self, paid: int) -> int:
        """The host's part, rounded down."""
        return mul_div_down(paid - self.fee(paid), self.host_bps, BPS)

    def share(self, paid: int, bps: int) -> int:
        """The part of a payee that gets ``bps`` of what fee and host leave, rounded down."""
        net = paid - self.fee(paid)
        return mul_div_down(net - mul_div_down(net, self.host_bps, BPS), bps, BPS)

    def dues(self, paid: int) -> tuple[int, ...]:
        """What is due in all to each payee by its number: treasury, host, owner, and the others.

        They add up to at most ``paid``, and to less than one unit a payee below it.
        """
        others = (self.share(paid, bps) for bps in (self.owner_bps, *self.share_bps))
        return (self.fee(paid), self.host(paid), *others)


def makers_due(paid: int, earned: int, total_earned: int) -> int:
    """What is due in all to a maker that earned ``earned`` of ``total_earned`` wei in its task."""
    return mul_div_down(paid, earned, total_earned)


def vested(amount: int, start: int, end: int, time: int) -> int:
    """What of a subscription of ``amount`` has vested at ``time``, linearly between ``start`` and ``end``."""
    if time >= end:
        return amount
    return 0 if time <= start else mul_div_down(amount, time - start, end - start)
