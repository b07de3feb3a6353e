"""Withdraw the keeper fees once the task is over."""

from dataclasses import dataclass

from flock.alliance.earnings import withdraw_earnings
from flock.coordinator.context import CoordinatorContext
from flock.protocol.alliance.rounds import Phase


@dataclass
class ClaimKeeperFees:
    context: CoordinatorContext
    name: str = "claim"
    _has_claimed: bool = False

    def __call__(self) -> bool:
        context = self.context
        if self._has_claimed or context.view().phase != Phase.ENDED:
            return False
        withdraw_earnings(context.contracts, context.sender, context.task, context.sender.address)
        self._has_claimed = True
        return True
