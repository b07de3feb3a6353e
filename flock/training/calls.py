"""Calling an app: its reply, or a sentence of what became of the call."""

from collections.abc import Callable

from flwr.app import Context, Message

from flock.errors import FlockError, Refused
from flock.training.app_settings import RUN_CONFIG, WRITTEN_IN, MissingSetting
from flock.training.flower.missing import missing_in_config

Call = Callable[[Message, Context], Message]


def called(call: Call, message: Message, context: Context, name: str) -> Message:
    """The reply of ``call``, which may be an error. Raises Refused, naming the app, if there is none."""
    kind = message.metadata.message_type
    try:
        reply = call(message, context)
    except FlockError:
        raise
    except BaseException as error:  # the user's code can raise anything, and end the program
        raise Refused(f"{name} failed to {kind}: {what_happened(error)}.") from error
    if not isinstance(reply, Message):
        raise Refused(f"{name} returned a {type(reply).__name__} from {kind}; it must return a Message.")
    return reply


def what_happened(error: BaseException) -> str:
    """What an app raised, in words: an exception that ends a program is named as that."""
    if isinstance(error, MissingSetting):
        return str(error)
    if missing := missing_in_config(error):
        return f"there is no {missing!r} in the message's config; it belongs in {WRITTEN_IN[RUN_CONFIG]}"
    if isinstance(error, Exception):
        return repr(error)
    return f"the app ended the program ({type(error).__name__}: {error})"
