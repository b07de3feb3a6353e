"""Detecting reorganisations while the process runs."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flock.chain.client import BlockHeader
from flock.chain.sending.sender import Sender
from flock.errors import RpcUnavailable
from flock.log import logger

RESEND_SECONDS = 30.0


@dataclass
class ReorgWatcher:
    """A daemon's step that resends transactions removed by a reorganisation, with the same bytes.

    Transactions that no caller waits for (sent by a previous process, or pending again after a reorganisation)
    are resent every ``resend_seconds``. ``head`` says the newest block: unless given, the sender's client does.
    """

    sender: Sender
    head: Callable[[], BlockHeader] | None = None
    name: str = "reorg_watcher"
    resend_seconds: float = RESEND_SECONDS
    _seen: BlockHeader | None = field(default=None, init=False)
    _mined_in: dict[str, int] = field(default_factory=dict, init=False)
    _looked_at: float = field(default_factory=time.monotonic, init=False)
    _is_owed: bool = field(default=False, init=False)

    def __call__(self) -> bool:
        seen, self._seen = self._seen, (self.head or self.sender.client.head)()
        is_reorganised = self._is_own_block_undone() or (seen is not None and not self._is_still_there(seen))
        if is_reorganised:
            logger().warning("chain_reorganised", head=self._seen.number)
            self._is_owed = True  # until it was done: the endpoint may fail in the midst of it
        elif not self._is_owed and not self._is_something_left():
            return False
        self.sender.resume()
        self._is_owed = False
        return is_reorganised

    def _is_still_there(self, seen: BlockHeader) -> bool:
        if self._seen is not None and self._seen.parent_hash == seen.hash:
            return True
        try:
            return self.sender.client.block(seen.number).hash == seen.hash
        except RpcUnavailable:
            return False

    def _is_own_block_undone(self) -> bool:
        """Whether the chain has another block in the place of one that a transaction was found in.

        It may have come and gone between two looks at the head. What the endpoint cannot say yet is asked again.
        """
        self._mined_in |= self.sender.take_blocks()
        for block, number in tuple(self._mined_in.items()):
            try:
                found = self.sender.client.block(number).hash
            except RpcUnavailable:
                continue
            del self._mined_in[block]
            if found != block:
                return True
        return False

    def _is_something_left(self) -> bool:
        if time.monotonic() - self._looked_at <= self.resend_seconds:
            return False
        self._looked_at = time.monotonic()
        return bool(self.sender.journal.pending())
