"""A message and its context as a frame for another process, and back.

What Flower serialises as protobuf stays protobuf; the data of arrays travel beside it as they are.
"""

from collections.abc import Iterator

from flwr.app import Array, ArrayRecord, Context, Message, RecordDict
from flwr.app.message import make_message, remove_content_from_message
from flwr.common.serde import message_from_proto, message_to_proto, recorddict_from_proto, recorddict_to_proto
from flwr.proto.message_pb2 import Message as ProtoMessage
from flwr.proto.recorddict_pb2 import RecordDict as ProtoRecordDict

from flock.training.app_settings import NODE_CONFIG, RUN_CONFIG, AppSettings
from flock.workers.frames import Frame


def request_of(message: Message, context: Context) -> Frame:
    """What an app is called with."""
    head = {
        "run_id": context.run_id,
        "node_id": context.node_id,
        "node_config": context.node_config,
        "run_config": context.run_config,
    }
    return Frame(head, [*_packed_message(message), *_packed(context.state)])


def request_in(frame: Frame) -> tuple[Message, Context]:
    """What ``request_of`` packed; the settings say where a missing one belongs."""
    head, parts = frame.head, iter(frame.parts)
    message, state = _unpacked_message(parts), _unpacked(parts)
    node = AppSettings(head["node_config"], NODE_CONFIG)
    run = AppSettings(head["run_config"], RUN_CONFIG)
    return message, Context(head["run_id"], head["node_id"], node, state, run)


def reply_of(message: Message, state: RecordDict) -> Frame:
    """What an app answered, and the state that it left behind."""
    return Frame({}, [*_packed_message(message), *_packed(state)])


def reply_in(frame: Frame) -> tuple[Message, RecordDict]:
    """What ``reply_of`` packed."""
    parts = iter(frame.parts)
    return _unpacked_message(parts), _unpacked(parts)


def _packed_message(message: Message) -> Iterator[bytes]:
    yield message_to_proto(remove_content_from_message(message)).SerializeToString()
    yield from _packed(message.content if message.has_content() else RecordDict())


def _unpacked_message(parts: Iterator[bytes]) -> Message:
    bare, content = message_from_proto(ProtoMessage.FromString(next(parts))), _unpacked(parts)
    return bare if bare.has_error() else make_message(bare.metadata, content)


def _packed(records: RecordDict) -> Iterator[bytes]:
    """The records without the data of their arrays, then those data, in the same order."""
    hollow = {
        name: _hollow(record) if isinstance(record, ArrayRecord) else record
        for name, record in records.items()
    }
    yield recorddict_to_proto(RecordDict(hollow)).SerializeToString()
    for record in records.array_records.values():
        for array in record.values():
            yield array.data


def _unpacked(parts: Iterator[bytes]) -> RecordDict:
    records = recorddict_from_proto(ProtoRecordDict.FromString(next(parts)))
    for record in records.array_records.values():
        for name, array in record.items():
            record[name] = Array(array.dtype, array.shape, array.stype, next(parts))
    return records


def _hollow(record: ArrayRecord) -> ArrayRecord:
    return ArrayRecord(
        {name: Array(array.dtype, array.shape, array.stype, b"") for name, array in record.items()}
    )
