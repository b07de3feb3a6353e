"""FeedbackRoots: the daily digests of ratings and corrections."""

from typing import ClassVar

from flock.chain.contracts.binding import Binding
from flock.chain.sending.sender import Receipt, Sender


class FeedbackRoots(Binding):
    contract: ClassVar[str] = "FeedbackRoots"

    def last_day_of(self, poster: str) -> int:
        """The last day that ``poster`` has posted; 0 if none."""
        return int(self.read("lastOf", poster)["day"])

    def root_of(self, poster: str, day: int) -> bytes:
        """The Merkle root of a day, 32 bytes; zeros if there is none."""
        root: bytes = self.read("rootOf", poster, day)
        return root

    def post(
        self, sender: Sender, poster: str, day: int, root: bytes, document: bytes, entries: int
    ) -> Receipt | None:
        """Post a day's digest; nothing is sent if that day has this root."""
        key = self.key("post_feedback", poster, day)
        arguments = (poster, day, root, document, entries)
        return self.write(sender, key, "post", *arguments, holds=lambda: self.root_of(poster, day) == root)
