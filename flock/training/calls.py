"""Calling an app: its reply, or a sentence of what became of the call."""

from collections.abc import Callable

from flwr.app import ArrayRecord, ConfigRecord, Context, Message

from flock.errors import FlockError, Refused
from flock.training.app_settings import RUN_CONFIG, WRITTEN_IN, MissingSetting
from flock.training.flower.missing import Record, missing_key

Call = Callable[[Message, Context], Message]

LONGEST_ERROR = 300  # characters of what an app raises; torch names every array that does not fit


def called(call: Call, message: Message, context: Context, name: str) -> Message:
    """The reply of ``call``, which may be an error. Raises Refused, naming the app, if there is none."""
    kind = message.metadata.message_type
    try:
        reply = call(message, context)
    except FlockError:
        raise
    except BaseException as error:  # the user's code can raise anything, and end the program
        missing = missing_key(error)
        said = _missing(*missing, context) if missing else what_happened(error)
        raise Refused(f"{name} failed to {kind}: {said}.") from error
    if not isinstance(reply, Message):
        raise Refused(f"{name} returned a {type(reply).__name__} from {kind}; it must return a Message.")
    return reply


def what_happened(error: BaseException) -> str:
    """What an app raised, in words, and its notes: an exception that ends a program is named as that."""
    if isinstance(error, MissingSetting):
        return str(error)
    if isinstance(error, Exception):
        return "; ".join((_shortened(repr(error)), *getattr(error, "__notes__", ())))
    return f"the app ended the program ({type(error).__name__}: {error})"


def _missing(key: str, record: Record, context: Context) -> str:
    if record is context.state:
        return (
            f"there is no {key!r} in context.state: in a member's first call it is empty, and `evaluate` sees what "
            "`train` left only if the task is personalised"
        )
    if isinstance(record, ArrayRecord):
        return f"there is no array {key!r} in the message; the task's model names its arrays otherwise"
    if isinstance(record, ConfigRecord):
        return f"there is no {key!r} in the message's config; it belongs in {WRITTEN_IN[RUN_CONFIG]}"
    return f"there is no {key!r} in the message, which holds the model under 'arrays' and settings under 'config'"


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_ERROR else f"{text[:LONGEST_ERROR]}… ({len(text):,} characters)"
