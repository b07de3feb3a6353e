"""The member's ClientApp in its own process: what ``flock.workers.child`` opens, and calls."""

from collections.abc import Mapping
from typing import Any

from flwr.app import Message

from flock.errors import FlockError, Refused
from flock.training.app import load_app, what_happened
from flock.training.flower.carriage import reply_of, request_in
from flock.workers.child import Handler
from flock.workers.frames import Frame


def open_app(arguments: Mapping[str, Any]) -> Handler:
    """Load the ``app`` that ``arguments`` name, and its ``judge``. Raises BadConfig as ``load_app`` does."""
    name = arguments["app"]
    app = load_app(name, arguments["judge"])

    def answer(request: Frame) -> Frame:
        message, context = request_in(request)
        kind = message.metadata.message_type
        try:
            reply = app(message, context)
        except FlockError:
            raise
        except BaseException as error:  # the user's code can raise anything, and end the program
            raise Refused(f"{name} failed to {kind}: {what_happened(error)}.") from error
        if not isinstance(reply, Message):
            raise Refused(f"{name} returned a {type(reply).__name__} from {kind}; it must return a Message.")
        return reply_of(reply, context.state)

    return answer
