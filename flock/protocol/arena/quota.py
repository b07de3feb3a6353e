"""How many submissions a trainer can make on a day, by the chain's time (docs/protocol.md, Arena)."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Quota:
    """A trainer's day (timestamp // 86,400, so UTC): how many it has ``used``, and how many were ``given_back``.

    What comes back counts on the day on which it comes back, and no more of it than a day has: whoever makes panels
    void, or cancels, gets no more than twice the quota.
    """

    day: int = 0
    used: int = 0
    given_back: int = 0

    def left(self, day: int, quota_a_day: int) -> int:
        """How many submissions are left on ``day``."""
        now = self._on(day)
        return quota_a_day + now.given_back - now.used

    def with_use(self, day: int, quota_a_day: int) -> "Quota":
        """After one more submission. Raises ValueError when none is left."""
        if self.left(day, quota_a_day) <= 0:
            raise ValueError(
                f"All submissions of day {day} are made; more can be made from day {day + 1} on."
            )
        now = self._on(day)
        return replace(now, used=now.used + 1)

    def with_return(self, day: int, quota_a_day: int) -> "Quota":
        """After one came back, because its panel was void or it was cancelled before anybody had scored it."""
        now = self._on(day)
        return replace(now, given_back=min(now.given_back + 1, quota_a_day))

    def _on(self, day: int) -> "Quota":
        return self if self.day == day else Quota(day)
