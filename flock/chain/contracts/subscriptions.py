"""Subscriptions: paid ahead, earned by the second."""

from typing import Any, ClassVar

from flock.chain.contracts.binding import Binding
from flock.chain.sending.sender import Receipt, Sender


class Subscriptions(Binding):
    contract: ClassVar[str] = "Subscriptions"

    def subscription_of(self, number: int) -> dict[str, Any]:
        """A subscription as stored: ISubscriptions.Subscription, in snake case."""
        found: dict[str, Any] = self.read("subscriptionOf", number)
        return found

    def is_running(self, number: int) -> bool:
        return bool(self.read("isRunning", number))

    def count(self) -> int:
        return int(self.read("subscriptionCount"))

    def cancel(self, sender: Sender, number: int) -> Receipt | None:
        return self.write(sender, self.key("cancel_subscription", number), "cancel", number)

    def collect(self, sender: Sender, number: int) -> Receipt | None:
        """Send what has vested to the splitter."""
        return self.write(sender, self.fresh_key("collect_subscription"), "collect", number)
