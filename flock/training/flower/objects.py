"""Fetching a message's content object by object."""

from flwr.app import Message
from flwr.proto.message_pb2 import ObjectTree
from flwr.proto.node_pb2 import Node
from flwr.supercore.inflatable.inflatable_protobuf_utils import (
    make_confirm_message_received_fn_protobuf,
    make_pull_object_fn_protobuf,
)
from flwr.supercore.inflatable.inflatable_utils import ObjectPullError, pull_and_inflate_object_from_tree
from flwr.supercore.runtime import RuntimeHttpClient
from flwr.supernode.fleet_http_client import FleetHttpClient

from flock.log import logger

OBJECT_BACKOFF_SECONDS = 0.02
# An object follows its message at once. Flower waits for more than an hour.
PATIENCE_SECONDS = 2.0


def pull(
    client: FleetHttpClient | RuntimeHttpClient,
    node: Node,
    run_id: int,
    message_id: str,
    tree: ObjectTree,
    patience: float = PATIENCE_SECONDS,
) -> Message | None:
    """A message with its content, without the second that Flower waits for objects still on their way.

    ``None`` if an object is not there after ``patience`` seconds: its sender was killed, or wants us to wait.
    """
    try:
        message = pull_and_inflate_object_from_tree(
            tree,
            make_pull_object_fn_protobuf(client.PullObject, node, run_id),
            make_confirm_message_received_fn_protobuf(client.ConfirmMessageReceived, node, run_id),
            return_type=Message,
            initial_backoff=OBJECT_BACKOFF_SECONDS,
            max_time=patience,
        )
    except ObjectPullError as error:
        logger(part="flower").warning("message_incomplete", message=message_id, reason=str(error))
        return None
    message.metadata.__dict__["_message_id"] = message_id
    return message
