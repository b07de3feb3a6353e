"""Flower's version, its logging, and messages that its public API cannot create."""

import logging
import time
from importlib.metadata import PackageNotFoundError, version

from flwr.app import Context, Error, Message, Metadata, RecordDict
from flwr.app.message import make_message
from flwr.supercore.logger import FLOWER_LOGGER

from flock.errors import BadConfig
from flock.log import logger

FLOWER_VERSION = "1.41.0"
EXAMPLES_KEY = "num-examples"  # where Flower's own strategies look for the weight of a result
APP_RAISED = 2  # flwr.common.constant.ErrorCode.CLIENT_APP_RAISED_EXCEPTION


def require_version() -> None:
    """Raises BadConfig unless the installed Flower is the one these internals were written for."""
    try:
        installed = version("flwr")
    except PackageNotFoundError:
        installed = "not installed"
    if installed != FLOWER_VERSION:
        raise BadConfig(
            f"flock works with flwr {FLOWER_VERSION}, but flwr is {installed}; "
            f"run pip install flwr=={FLOWER_VERSION}."
        )


class _ToStructlog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        logger(part="flower").warning("flower_says", level=record.levelname, text=record.getMessage().strip())


def route_logs() -> None:
    """Send Flower's warnings and errors to flock's log, and drop the rest."""
    FLOWER_LOGGER.handlers = [_ToStructlog(logging.WARNING)]
    FLOWER_LOGGER.propagate = False


def local_message(content: RecordDict, message_type: str, context: Context, group: str = "") -> Message:
    """A message to the app of ``context`` that never travels; Flower's ``group`` is the round that it belongs to."""
    node = context.node_id
    return make_message(
        Metadata(context.run_id, "local", node, node, "", group, time.time(), 3600.0, message_type), content
    )


def app_error(message: Message, sentence: str) -> Message:
    """The error reply to a message."""
    return Message(Error(APP_RAISED, sentence), reply_to=message)
