"""What an app looked for in a message's config, which Flower reports as a bare KeyError."""

from traceback import walk_tb

from flwr.app import ConfigRecord


def missing_in_config(error: BaseException) -> str | None:
    """The setting that ``error`` says is not in a message's config, ``None`` if it says something else."""
    if not isinstance(error, KeyError) or not error.args:
        return None
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    is_config = bool(frames) and isinstance(frames[-1].f_locals.get("self"), ConfigRecord)
    return str(error.args[0]) if is_config else None
