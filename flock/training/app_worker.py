"""The member's ClientApp in its own process: what ``flock.workers.child`` opens, and calls."""

from collections.abc import Mapping
from typing import Any

from flock.training.calls import called
from flock.training.flower.carriage import reply_of, request_in
from flock.training.loading import load_app
from flock.workers.child import Handler
from flock.workers.frames import Frame


def open_app(arguments: Mapping[str, Any]) -> Handler:
    """Load the ``app`` that ``arguments`` name, and its ``judge``. Raises BadConfig as ``load_app`` does."""
    name = arguments["app"]
    app = load_app(name, arguments["judge"])

    def answer(request: Frame) -> Frame:
        message, context = request_in(request)
        return reply_of(called(app, message, context, name), context.state)

    return answer
