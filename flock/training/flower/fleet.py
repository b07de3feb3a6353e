"""One node's side of Flower's Fleet API, and what of that API a front may let through."""

import json
from contextlib import suppress
from ssl import SSLCertVerificationError

import httpx
from flwr.app import Message
from flwr.app.message import remove_content_from_message
from flwr.common.serde import message_to_proto
from flwr.proto.fleet_pb2 import (
    ActivateNodeRequest,
    DeactivateNodeRequest,
    PullMessagesRequest,
    PushMessagesRequest,
)
from flwr.proto.heartbeat_pb2 import SendNodeHeartbeatRequest
from flwr.proto.node_pb2 import Node
from flwr.proto.run_pb2 import GetRunRequest
from flwr.supercore.inflatable.inflatable_object import (
    get_all_nested_objects,
    get_object_tree,
    no_object_id_recompute,
)
from flwr.supercore.inflatable.inflatable_protobuf_utils import make_push_object_fn_protobuf
from flwr.supercore.inflatable.inflatable_utils import push_objects
from flwr.supercore.primitives.asymmetric import public_key_to_bytes
from flwr.supernode.fleet_http_client import FleetHttpClient
from flwr.supernode.node_auth_http_interceptor import NodeAuthHttpInterceptor

from flock.store.http_clients import through_proxy
from flock.training.flower.endpoint import Endpoint
from flock.training.flower.keys import NodeKeys
from flock.training.flower.objects import pull

NODE_HEARTBEAT_SECONDS = 10  # Flower's minimum; a node that misses two is considered offline
FLEET_PATH = "/v1/fleet/"
FLEET_CALLS = frozenset(
    {
        "register-node",
        "activate-node",
        "deactivate-node",
        "unregister-node",
        "send-node-heartbeat",
        "pull-messages",
        "push-messages",
        "get-run",
        "get-fab",
        "push-object",
        "pull-object",
        "confirm-message-received",
    }
)
# What Flower's node and server read of a fleet request and its answer; nothing else needs to travel.
FLEET_REQUEST_HEADERS = (
    "content-type",
    "accept",
    "flwr-public-key",
    "flwr-signature",
    "flwr-timestamp",
    "flwr-package-name",
    "flwr-package-version",
    "flwr-component-name",
)


class FleetSession:
    """One node's conversation with the SuperLink's Fleet API, from activation to ``close``.

    Every method raises httpx.HTTPError when the SuperLink does not answer or refuses; the caller decides
    when to reconnect. The key pair is the node's identity, and must be known to the SuperLink.
    """

    def __init__(self, endpoint: Endpoint, keys: NodeKeys, known_id: int | None = None) -> None:
        """``known_id`` is the id this node had before it lost the connection, if it had one."""
        self._client = endpoint.client(FleetHttpClient, NodeAuthHttpInterceptor(*keys))
        try:
            self.node = Node(node_id=self._introduce(public_key_to_bytes(keys[1]), known_id))
        except (httpx.HTTPError, ValueError):
            self._client.close()
            raise

    def _introduce(self, public_key: bytes, known_id: int | None) -> int:
        """A SuperLink that came back takes its nodes for active still and refuses to activate them."""
        if known_id is not None:
            self.node = Node(node_id=known_id)
            with suppress(httpx.HTTPStatusError):
                if self.heartbeat():
                    return known_id
        request = ActivateNodeRequest(public_key=public_key, heartbeat_interval=NODE_HEARTBEAT_SECONDS)
        return int(self._client.ActivateNode(request).node_id)

    def heartbeat(self) -> bool:
        """Whether the SuperLink still knows this node."""
        request = SendNodeHeartbeatRequest(node=self.node, heartbeat_interval=NODE_HEARTBEAT_SECONDS)
        return bool(self._client.SendNodeHeartbeat(request).success)

    def receive(self) -> Message | None:
        """The next message with its content, if one waits."""
        response = self._client.PullMessages(PullMessagesRequest(node=self.node))
        if not response.messages_list:
            return None
        metadata, tree = response.messages_list[0].metadata, response.message_object_trees[0]
        return pull(self._client, self.node, metadata.run_id, metadata.message_id, tree)

    def bundle_of(self, run_id: int) -> str:
        """The SHA-256, in hex, of the bundle (FAB) a run was started with."""
        return str(self._client.GetRun(GetRunRequest(node=self.node, run_id=run_id)).run.fab_hash)

    def send(self, reply: Message, seconds: float) -> None:
        """Push ``reply``, which took the app ``seconds``."""
        run_id = reply.metadata.run_id
        with no_object_id_recompute():
            reply.metadata.__dict__["_message_id"] = reply.object_id
            request = PushMessagesRequest(
                node=self.node,
                messages_list=[message_to_proto(remove_content_from_message(reply))],
                message_object_trees=[get_object_tree(reply)],
                clientapp_runtime_list=[seconds],
            )
            response = self._client.PushMessages(request)
            push = make_push_object_fn_protobuf(
                self._client.PushObject, self.node, run_id, response.session_id
            )
            push_objects(
                get_all_nested_objects(reply), push, object_ids_to_push=set(response.objects_to_push)
            )

    def leave(self) -> None:
        """Tell the SuperLink that this node is gone; otherwise it notices after missed heartbeats."""
        with suppress(httpx.HTTPError):
            self._client.DeactivateNode(DeactivateNodeRequest(node_id=self.node.node_id))

    def close(self) -> None:
        """Close the connection; the node keeps its id."""
        self._client.close()


def why_not_connected(error: Exception, endpoint: Endpoint) -> str:
    """Why a node cannot reach its coordinator, and what to do about it."""
    if isinstance(error, httpx.HTTPStatusError):
        return _why_refused(error.response, endpoint)
    causes = list(_causes(error))
    if any(isinstance(cause, SSLCertVerificationError) for cause in causes):
        return (
            f"The coordinator at {endpoint.url} shows a certificate that is not trusted here ({causes[-1]}): "
            f"set coordinator_ca to its CA certificate, and coordinator to a host name the certificate has."
        )
    if isinstance(error, ValueError):
        return f"What answers at {endpoint.url} does not speak Flower's fleet protocol; check coordinator."
    return f"The coordinator at {endpoint.url} cannot be reached{through_proxy(endpoint.url)} ({error})."


def _why_refused(response: httpx.Response, endpoint: Endpoint) -> str:
    if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN, httpx.codes.CONFLICT) or (
        response.status_code < httpx.codes.INTERNAL_SERVER_ERROR and _code_of(response)
    ):
        return (
            f"The coordinator at {endpoint.url} does not know this node's key (yet): it learns it from the "
            f"Alliance service once the node has joined the task. If it stays so, compare the clocks of both."
        )
    if response.status_code == httpx.codes.NOT_FOUND:
        return f"There is no Flower fleet at {endpoint.url}; check coordinator."
    return f"The coordinator at {endpoint.url} answered {response.status_code}; it will be tried again."


def _code_of(response: httpx.Response) -> object:
    """The number of Flower's own error, if this is one."""
    with suppress(ValueError):
        answer = json.loads(response.text)
        return answer.get("code") if isinstance(answer, dict) else None
    return None


def _causes(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while error is not None:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain
