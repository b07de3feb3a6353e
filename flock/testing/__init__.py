"""For tests of what stands on flock: a chain of one's own, and rounds played on it without a single node."""

from flock.devnet import Devnet
from flock.testing.rounds import RoundDriver

__all__ = ["Devnet", "RoundDriver"]
