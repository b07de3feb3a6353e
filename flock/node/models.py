"""Models and updates by content address: from the node's own store, which fetches them from the shared one."""

from flock.node.context import NodeContext
from flock.protocol.core.cid import cid_of
from flock.training.arrays import Arrays, decode_model


def fetch(context: NodeContext, cid: str, max_bytes: int) -> memoryview:
    """The bytes of ``cid`` as they lie in the node's own store, where they stay; not copied into memory.

    Raises:
        BlobUnavailable: neither store has them.
        BadBlob: they are more than ``max_bytes``, or not what the address says.
    """
    if not context.local.has(cid):
        context.local.take(cid, context.shared.pieces(cid, max_bytes), max_bytes)
    return context.local.view(cid, max_bytes)


def current_model(context: NodeContext, digest: bytes) -> Arrays:
    """The model with this digest; name → array, read from disk as it is used."""
    limit = context.max_model_bytes
    return decode_model(fetch(context, cid_of(digest), limit), max_bytes=limit)
