"""What an app looked for in one of Flower's records, which reports it as a bare KeyError."""

from traceback import walk_tb

from flwr.app import ArrayRecord, ConfigRecord, RecordDict

Record = RecordDict | ArrayRecord | ConfigRecord


def missing_key(error: BaseException) -> tuple[str, Record] | None:
    """The name that ``error`` says is not in a record, and the record; ``None`` if it says something else."""
    if not isinstance(error, KeyError) or not error.args:
        return None
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    record = frames[-1].f_locals.get("self") if frames else None
    return (str(error.args[0]), record) if isinstance(record, Record) else None
