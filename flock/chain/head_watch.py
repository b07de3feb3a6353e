"""The chain's newest block, for all duties of a daemon: most of its ticks find no new one."""

import time

from flock.chain.client import BlockHeader, Client


class HeadWatch:
    """The newest block, asked for at most once every ``fresh_seconds``. Raises RpcUnavailable, as the client does."""

    def __init__(self, client: Client, fresh_seconds: float) -> None:
        self._client = client
        self._fresh_seconds = fresh_seconds
        self._head: BlockHeader | None = None
        self._read_at = 0.0

    def __call__(self) -> BlockHeader:
        if self._head is None or time.monotonic() - self._read_at > self._fresh_seconds:
            self._head = self._client.head()
            self._read_at = time.monotonic()
        return self._head
