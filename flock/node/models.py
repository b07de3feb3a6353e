"""Models and updates by content address: from the node's own store, else from the shared one."""

from flock.node.context import NodeContext
from flock.protocol.cid import cid_of
from flock.training.arrays import Arrays, decode_model


def fetch(context: NodeContext, cid: str, max_bytes: int) -> bytes:
    """The bytes of ``cid``, kept locally from then on.

    Raises:
        BlobUnavailable: neither store has them now.
        BadBlob: they are more than ``max_bytes``.
    """
    if context.local.has(cid):
        return context.local.get(cid, max_bytes)
    data = context.shared.get(cid, max_bytes)
    context.local.put(data)
    return data


def current_model(context: NodeContext, digest: bytes) -> Arrays:
    """The model with this digest; name → array."""
    limit = context.max_model_bytes
    return decode_model(fetch(context, cid_of(digest), limit), max_bytes=limit)
