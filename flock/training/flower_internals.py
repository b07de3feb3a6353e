"""Everything flock uses of Flower that Flower does not promise to keep, in one file for one version.

Public Flower (ClientApp, Strategy, Grid, messages, the ``flower-superlink`` command) is used all over
``flock.training``; the wire clients behind it are private, and only this file knows them.
"""

import hashlib
import io
import logging
import sys
import time
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from threading import Event, Thread

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from flwr.app import Context, Error, Message, Metadata, RecordDict
from flwr.app.message import make_message, remove_content_from_message
from flwr.common.serde import message_to_proto, run_from_proto
from flwr.proto.control_pb2 import StartRunRequest
from flwr.proto.fab_pb2 import Fab
from flwr.proto.fleet_pb2 import (
    ActivateNodeRequest,
    DeactivateNodeRequest,
    PullMessagesRequest,
    PushMessagesRequest,
    RegisterNodeFleetRequest,
    UnregisterNodeFleetRequest,
)
from flwr.proto.heartbeat_pb2 import SendNodeHeartbeatRequest
from flwr.proto.message_pb2 import ObjectTree
from flwr.proto.node_pb2 import Node, NodeInfo
from flwr.proto.runtime_pb2 import (
    AcquireTaskRequest,
    PullAppMessagesRequest,
    PullTaskInputRequest,
    PushTaskOutputRequest,
    SendTaskHeartbeatRequest,
)
from flwr.supercore.control.control_http_client import ControlHttpClient
from flwr.supercore.inflatable.inflatable_object import (
    get_all_nested_objects,
    get_object_tree,
    no_object_id_recompute,
)
from flwr.supercore.inflatable.inflatable_protobuf_utils import (
    make_confirm_message_received_fn_protobuf,
    make_pull_object_fn_protobuf,
    make_push_object_fn_protobuf,
)
from flwr.supercore.inflatable.inflatable_utils import (
    ObjectPullError,
    pull_and_inflate_object_from_tree,
    push_objects,
)
from flwr.supercore.interceptors import RuntimeTokenHttpInterceptor, SuperExecAuthHttpInterceptor
from flwr.supercore.logger import FLOWER_LOGGER
from flwr.supercore.primitives.asymmetric import public_key_to_bytes
from flwr.supercore.runtime import RuntimeHttpClient
from flwr.supercore.task_identity import TaskIdentity
from flwr.superlink.grid.http_grid import HttpGrid
from flwr.supernode.fleet_http_client import FleetHttpClient
from flwr.supernode.node_auth_http_interceptor import NodeAuthHttpInterceptor

from flock.errors import BadConfig, ServiceUnavailable
from flock.log import logger

NodeKeys = tuple[EllipticCurvePrivateKey, EllipticCurvePublicKey]

FLOWER_VERSION = "1.41.0"
SERVER_TASK = "flwr-serverapp"
APP_RAISED = 2  # flwr.common.constant.ErrorCode.CLIENT_APP_RAISED_EXCEPTION
TASK_HEARTBEAT_SECONDS = 10.0
NODE_HEARTBEAT_SECONDS = 10  # Flower's minimum; a node that misses two is taken to be gone
OBJECT_BACKOFF_SECONDS = 0.02
# No module of this bundle is ever loaded: our process takes the ServerApp's place, and a warm node runs
# the app of its own configuration. It is there because Flower knows a run by its bundle.
STUB_BUNDLE = """\
[project]
name = "flock"
version = "1.0.0"

[tool.flwr.app]
publisher = "flock"

[tool.flwr.app.components]
serverapp = "flock:server"
clientapp = "flock:client"
"""


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
    """Send Flower's warnings and errors to flock's log, and its chatter nowhere."""
    FLOWER_LOGGER.handlers = [_ToStructlog(logging.WARNING)]
    FLOWER_LOGGER.propagate = False


def local_message(content: RecordDict, message_type: str, context: Context) -> Message:
    """A message to the app of ``context`` that never travels."""
    node = context.node_id
    return make_message(
        Metadata(context.run_id, "local", node, node, "", "", time.time(), 3600.0, message_type), content
    )


def app_error(message: Message, sentence: str) -> Message:
    """The reply that says why there is no other."""
    return Message(Error(APP_RAISED, sentence), reply_to=message)


class PollingGrid(HttpGrid):
    """Flower's Grid, looking for replies every ``poll_seconds`` instead of every three seconds.

    It raises ServiceUnavailable when the SuperLink does not answer, where Flower's would retry for ever
    and stop the process on a token that is no longer valid.
    """

    def __init__(self, address: str, token: str, poll_seconds: float) -> None:
        super().__init__(address, insecure=True, token=token)
        self._retry_invoker = None  # type: ignore[assignment]
        self._poll_seconds = poll_seconds

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        """Push ``messages`` and return the replies that came within ``timeout`` seconds."""
        try:
            return self._send_and_receive(list(messages), timeout)
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> ServiceUnavailable:
        return ServiceUnavailable(f"The SuperLink at {self._addr} does not answer: {error}.")

    def get_nodes(self) -> Iterable[NodeInfo]:
        """The nodes that are connected."""
        try:
            return super().get_nodes()
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """The replies that have come to these messages; one whose objects are missing is left out."""
        client, run_id = self._runtime_client, self.run.run_id
        response = client.PullMessages(PullAppMessagesRequest(message_ids=message_ids))
        trees = zip(response.messages_list, response.message_object_trees, strict=True)
        pulled = [_pull(client, self.node, run_id, proto.metadata.message_id, tree) for proto, tree in trees]
        return [message for message in pulled if message is not None]

    def _send_and_receive(self, messages: list[Message], timeout: float | None) -> list[Message]:
        waiting = set(self.push_messages(messages))
        end = None if timeout is None else time.monotonic() + timeout
        replies: list[Message] = []
        while waiting:
            arrived = list(self.pull_messages(waiting))
            replies.extend(arrived)
            waiting -= {reply.metadata.reply_to_message_id for reply in arrived}
            if end is not None and time.monotonic() >= end:
                break
            if waiting:
                time.sleep(self._poll_seconds)
        return replies


class CoordinatedRun:
    """One Flower run with this process as its ServerApp.

    ``open`` starts the run at the SuperLink and claims its server task; a heartbeat keeps the claim until
    ``close``. ``lost`` is set once the SuperLink no longer honours the claim: then open another run.
    """

    def __init__(self, address: str, secret: bytes, poll_seconds: float) -> None:
        self._address, self._secret, self._poll_seconds = address, secret, poll_seconds
        self._stop, self.lost = Event(), Event()
        self._heart = Thread(target=self._beat, name="flower-run-heartbeat", daemon=True)

    def open(self) -> PollingGrid:
        """Raises ServiceUnavailable if the SuperLink does not answer or refuses the run."""
        try:
            token = self._claim(self._start())
            self._grid = PollingGrid(self._address, token, self._poll_seconds)
            given = self._grid._runtime_client.PullTaskInput(PullTaskInputRequest())
        except httpx.HTTPError as error:
            raise ServiceUnavailable(f"The SuperLink at {self._address} starts no run: {error}.") from error
        # Flower's Message constructor reads these three: one coordinated run a process at a time.
        TaskIdentity.task_id = given.task_id
        TaskIdentity.run_id = given.run.run_id
        TaskIdentity.node_id = given.context.node_id
        self._grid.set_run(run_from_proto(given.run))
        self._heart.start()
        return self._grid

    def close(self) -> None:
        """Give the claim back, so that the SuperLink ends the run now and not when heartbeats are missed."""
        self._stop.set()
        self._heart.join()
        try:
            self._grid._runtime_client.PushTaskOutput(PushTaskOutputRequest(sub_status="completed"))
        except httpx.HTTPError:
            self.lost.set()
        self._grid.close()

    def _start(self) -> int:
        bundle = stub_bundle()
        fab = Fab(hash_str=hashlib.sha256(bundle).hexdigest(), content=bundle)
        client = ControlHttpClient.from_server_address(self._address, True, None, [])
        try:
            return int(client.StartRun(StartRunRequest(fab=fab)).run_id)
        finally:
            client.close()

    def _claim(self, run_id: int) -> str:
        """Claims pending server tasks until it has this run's; others were left by a crash and expire."""
        signer = SuperExecAuthHttpInterceptor(
            master_secret=self._secret, protected_methods=["/flwr.proto.Runtime/AcquireTask"]
        )
        client = RuntimeHttpClient.from_server_address(self._address, True, None, [signer])
        try:
            while True:
                claim = client.AcquireTask(AcquireTaskRequest(supported_task_types=[SERVER_TASK]))
                if not claim.token:
                    raise ServiceUnavailable(
                        f"The SuperLink at {self._address} lost run {run_id}; try again."
                    )
                if claim.task.run_id == run_id:
                    return str(claim.token)
        finally:
            client.close()

    def _beat(self) -> None:
        token = RuntimeTokenHttpInterceptor(token=self._grid._token)
        client = RuntimeHttpClient.from_server_address(self._address, True, None, [token])
        while not self._stop.wait(TASK_HEARTBEAT_SECONDS):
            try:
                alive = client.SendTaskHeartbeat(SendTaskHeartbeatRequest()).success
            except httpx.TransportError:
                continue  # the SuperLink may be restarting: the next beat will tell
            except httpx.HTTPStatusError:
                alive = False
            if not alive:
                self.lost.set()
                break
        client.close()


def new_node_keys() -> NodeKeys:
    """A key pair, a Flower node's identity. Every poll is signed and checked: P-256 is Flower's fastest."""
    private = generate_private_key(SECP256R1())
    return private, private.public_key()


def stub_bundle() -> bytes:
    """The same bytes every time, so that the run's bundle hash can be pinned."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("pyproject.toml"), STUB_BUNDLE)
    return buffer.getvalue()


class FleetSession:
    """One node's conversation with the SuperLink's Fleet API, from activation to ``close``.

    Every method raises httpx.HTTPError when the SuperLink does not answer or refuses; the caller decides
    when to begin anew. The key pair is the node's identity: the same key keeps the same node id as long
    as the SuperLink keeps its database.
    """

    def __init__(self, address: str, keys: NodeKeys, known_id: int | None = None) -> None:
        """``known_id`` is the id this node had before it lost the connection, if it had one."""
        self._client = FleetHttpClient.from_server_address(
            address, True, None, interceptors=[NodeAuthHttpInterceptor(*keys)]
        )
        try:
            self.node = Node(node_id=self._introduce(public_key_to_bytes(keys[1]), known_id))
        except httpx.HTTPError:
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
        with suppress(httpx.HTTPStatusError):  # it does not know the key yet
            return int(self._client.ActivateNode(request).node_id)
        self._client.RegisterNode(RegisterNodeFleetRequest(public_key=public_key))
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
        return _pull(self._client, self.node, metadata.run_id, metadata.message_id, tree)

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
        """Tell the SuperLink that this node is gone for good; not heard, it finds out by itself."""
        with suppress(httpx.HTTPError):
            self._client.DeactivateNode(DeactivateNodeRequest(node_id=self.node.node_id))
            self._client.UnregisterNode(UnregisterNodeFleetRequest(node_id=self.node.node_id))

    def close(self) -> None:
        """Close the connection; the node keeps its id."""
        self._client.close()


def _pull(
    client: FleetHttpClient | RuntimeHttpClient, node: Node, run_id: int, message_id: str, tree: ObjectTree
) -> Message | None:
    """Fetch a message's content, without the second that Flower waits for objects still on their way."""
    try:
        message = pull_and_inflate_object_from_tree(
            tree,
            make_pull_object_fn_protobuf(client.PullObject, node, run_id),
            make_confirm_message_received_fn_protobuf(client.ConfirmMessageReceived, node, run_id),
            return_type=Message,
            initial_backoff=OBJECT_BACKOFF_SECONDS,
        )
    except ObjectPullError as error:
        logger(part="flower").warning("message_incomplete", message=message_id, reason=str(error))
        return None
    message.metadata.__dict__["_message_id"] = message_id
    return message


def serve_superlink() -> None:
    """``flower-superlink``, ending with the process whose id is the first argument.

    A coordinator that is killed leaves no SuperLink behind that would hold its port.
    """
    # Imported here: a node needs neither FastAPI nor uvicorn in its memory.
    from flwr.supercore.app_utils import start_parent_process_monitor
    from flwr.superlink.cli.flower_superlink import flower_superlink

    start_parent_process_monitor(int(sys.argv.pop(1)))
    flower_superlink()


if __name__ == "__main__":
    serve_superlink()
