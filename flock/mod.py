"""``in_flock`` lets a ClientApp take part in a task from Flower's own SuperNode.

    from flock.mod import in_flock
    from hospital.client import app as plain_app

    app = in_flock(plain_app)

The SuperNode's options name the configuration of the member's node: ``--node-config 'flock="/path/to/node.toml"'``.
That node runs beside it with ``supernode = true``: it commits on chain to what the app produces
(docs/across-machines.md). Messages that are not flock's are passed to the app unchanged.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from flwr.app import Context, Error, Message
from flwr.clientapp import ClientApp

from flock.errors import BadConfig, FlockError
from flock.training.calls import Call
from flock.training.flower.legacy import translated
from flock.training.mods import DUTIES, DUTY_FAILED, duty_mod
from flock.training.tied_app import with_ties

if TYPE_CHECKING:
    from flock.node.detached import DetachedDuties

WHERE = "flock"


def in_flock(app: ClientApp) -> ClientApp:
    """``app``, which then also performs flock's duties."""
    return _InFlock(app)


class _InFlock(ClientApp):
    """Flower applies an app's own mods only to messages that it has functions for, so this is around all of it."""

    def __init__(self, app: ClientApp) -> None:
        super().__init__()
        self._app = translated(app)

    def __call__(self, message: Message, context: Context) -> Message:
        return flock_mod(message, context, self._app)


def flock_mod(message: Message, context: Context, call_next: Call) -> Message:
    """Does flock's duties with the app it wraps; replies with an error message if a duty fails."""
    if message.metadata.message_type not in DUTIES:
        return call_next(message, context)
    try:
        duties = _duties(context.node_config.get(WHERE))
    except FlockError as error:
        return Message(Error(DUTY_FAILED, str(error)), reply_to=message)
    return duty_mod(duties, evaluation=duties.evaluation)(message, context, with_ties(call_next, duties.ties))


@cache
def _duties(configuration: object) -> DetachedDuties:
    """The duties of the member whose node.toml this is. Raises FlockError if it cannot be used."""
    from flock.node.detached import DetachedDuties
    from flock.programs.settings import NodeSettings, load
    from flock.programs.wiring import detached_context

    if not isinstance(configuration, str):
        raise BadConfig(
            f"The SuperNode does not say which member it works for: start it with "
            f"--node-config '{WHERE}=\"/path/to/node.toml\"'."
        )
    return DetachedDuties(detached_context(load(NodeSettings, Path(configuration))))
