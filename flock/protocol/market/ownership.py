"""To whom the owner's part of a splitter belongs when a model is sold (twin of Splitter)."""

from collections import defaultdict
from dataclasses import dataclass, field

from flock.protocol.market.splits import Split


@dataclass
class SplitterBooks:
    """One splitter in one token: what came in, what went out, and what each owner was credited.

    ``holder`` is who owned the model when the splitter was last called; at first, when its host began to serve.
    """

    split: Split
    holder: str
    paid: int = 0
    released: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    credited: int = 0
    owed: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def sync(self, owner: str) -> None:
        """Credit the owner's part of all that came in to the holder; from here on it is ``owner``'s."""
        fresh = self.split.share(self.paid, self.split.owner_bps) - self.credited
        self.owed[self.holder] += fresh
        self.credited += fresh
        self.holder = owner

    def release(self, payee: int) -> int:
        """Pay a payee other than the owner all that is due to it; returns the amount."""
        due = self.split.dues(self.paid)[payee] - self.released[payee]
        self.released[payee] += due
        return due

    def release_owner(self, account: str, owner: str) -> int:
        """Pay ``account`` what came in while it owned the model, ``owner`` being the one of now."""
        self.sync(owner)
        return self.owed.pop(account, 0)
