"""The coordinator's side of Flower: one run with this process as its ServerApp, and who may be its nodes."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from threading import Event, Thread
from typing import Any

import httpx
from flwr.app import Message
from flwr.common.serde import run_from_proto
from flwr.proto.control_pb2 import (
    ListNodesRequest,
    RegisterNodeRequest,
    StartRunRequest,
    UnregisterNodeRequest,
)
from flwr.proto.fab_pb2 import Fab
from flwr.proto.node_pb2 import NodeInfo
from flwr.proto.runtime_pb2 import (
    AcquireTaskRequest,
    PullAppMessagesRequest,
    PullTaskInputRequest,
    PushTaskOutputRequest,
    SendTaskHeartbeatRequest,
)
from flwr.supercore.control.control_http_client import ControlHttpClient
from flwr.supercore.interceptors import (
    RuntimeTokenHttpInterceptor,
    RuntimeVersionHttpInterceptor,
    SuperExecAuthHttpInterceptor,
)
from flwr.supercore.runtime import RuntimeHttpClient
from flwr.supercore.task_identity import TaskIdentity
from flwr.superlink.grid.http_grid import HttpGrid

from flock.errors import ServiceUnavailable
from flock.training.flower.bundles import bundle_hash
from flock.training.flower.endpoint import Endpoint
from flock.training.flower.keys import as_flower_has_it, compressed_from_flower
from flock.training.flower.objects import PATIENCE_SECONDS, pull

SERVER_TASK = "flwr-serverapp"
TASK_HEARTBEAT_SECONDS = 10.0
GONE = "unregistered"


class PollingGrid(HttpGrid):
    """Flower's Grid, polling for replies every ``poll_seconds`` instead of every three seconds.

    It raises ServiceUnavailable when the SuperLink does not answer, where Flower's would retry for ever
    and stop the process on a token that is no longer valid.
    """

    def __init__(self, endpoint: Endpoint, token: str, poll_seconds: float) -> None:
        super().__init__(endpoint.address, endpoint.plain, endpoint.ca, token=token)
        self._endpoint = endpoint
        self._poll_seconds = poll_seconds

    def _connect(self) -> None:
        self._client = self._endpoint.client(
            RuntimeHttpClient,
            self._tracing,
            RuntimeVersionHttpInterceptor(component_name=SERVER_TASK),
            RuntimeTokenHttpInterceptor(token=self._token),
        )

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        """Push ``messages`` and return the replies that came within ``timeout`` seconds."""
        return self._send_and_receive(list(messages), timeout)

    def _unavailable(self, error: Exception) -> ServiceUnavailable:
        return ServiceUnavailable(f"The SuperLink at {self._addr} does not answer: {error}.")

    def get_nodes(self) -> Iterable[NodeInfo]:
        """The nodes that are connected."""
        try:
            return super().get_nodes()
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Send ``messages``; their ids."""
        try:
            return super().push_messages(messages)
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """The replies that have come to these messages; one whose objects are missing is left out."""
        try:
            return self._pulled(message_ids)
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error

    def _pulled(self, message_ids: Iterable[str]) -> list[Message]:
        client, run_id = self._runtime_client, self.run.run_id
        response = client.PullMessages(PullAppMessagesRequest(message_ids=message_ids))
        deadline = time.monotonic() + PATIENCE_SECONDS
        complete = []
        for proto, tree in zip(response.messages_list, response.message_object_trees, strict=True):
            patience = max(0.0, deadline - time.monotonic())
            message = pull(client, self.node, run_id, proto.metadata.message_id, tree, patience)
            if message is not None:
                complete.append(message)
        return complete

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
    """One Flower run of ``bundle`` with this process as its ServerApp.

    ``open`` starts the run at the SuperLink and claims its server task; a heartbeat keeps the claim until
    ``close``. ``lost`` is set once the SuperLink no longer honours the claim: then open another run.
    """

    def __init__(self, endpoint: Endpoint, secret: bytes, bundle: bytes, poll_seconds: float) -> None:
        self._endpoint, self._secret, self._bundle = endpoint, secret, bundle
        self._poll_seconds = poll_seconds
        self._stop, self.lost = Event(), Event()
        self._heart = Thread(target=self._beat, name="flower-run-heartbeat", daemon=True)

    def open(self) -> PollingGrid:
        """Raises ServiceUnavailable if the SuperLink does not answer or refuses the run."""
        try:
            token = self._claim(self._start())
            self._grid = PollingGrid(self._endpoint, token, self._poll_seconds)
            given = self._grid._runtime_client.PullTaskInput(PullTaskInputRequest())
        except httpx.HTTPError as error:
            raise ServiceUnavailable(
                f"The SuperLink at {self._endpoint.address} starts no run: {error}."
            ) from error
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
        fab = Fab(hash_str=bundle_hash(self._bundle), content=self._bundle)
        client = self._endpoint.client(ControlHttpClient)
        try:
            return int(client.StartRun(StartRunRequest(fab=fab)).run_id)
        finally:
            client.close()

    def _claim(self, run_id: int) -> str:
        """Claims pending server tasks until it has this run's; others were left by a crash and expire."""
        signer = SuperExecAuthHttpInterceptor(
            master_secret=self._secret, protected_methods=["/flwr.proto.Runtime/AcquireTask"]
        )
        client = self._endpoint.client(RuntimeHttpClient, signer)
        try:
            while True:
                claim = client.AcquireTask(AcquireTaskRequest(supported_task_types=[SERVER_TASK]))
                if not claim.token:
                    raise ServiceUnavailable(
                        f"The SuperLink at {self._endpoint.address} lost run {run_id}; try again."
                    )
                if claim.task.run_id == run_id:
                    return str(claim.token)
        finally:
            client.close()

    def _beat(self) -> None:
        client = self._endpoint.client(
            RuntimeHttpClient, RuntimeTokenHttpInterceptor(token=self._grid._token)
        )
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


class NodeRegister:
    """The keys that the SuperLink admits. A key is 33 bytes (SEC 1); a revoked one is never admitted again."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def nodes(self) -> Mapping[bytes, int]:
        """Node ids by key, of those that may connect."""
        listed = self._ask(lambda client: client.ListNodes(ListNodesRequest()).nodes_info)
        keys = {compressed_from_flower(node.public_key): node for node in listed}
        return {key: node.node_id for key, node in keys.items() if key and node.status != GONE}

    def admit(self, public_key: bytes) -> bool:
        """Admit the node with this key; whether that is possible, which it is not for a revoked key."""
        if public_key in self.nodes():
            return True
        request = RegisterNodeRequest(public_key=as_flower_has_it(public_key))
        with suppress(httpx.HTTPStatusError):
            self._ask(lambda client: client.RegisterNode(request))
            return True
        return False

    def strike_off(self, public_key: bytes) -> None:
        """Revoke this key: its node is never admitted again."""
        node = self.nodes().get(public_key)
        if node is not None:
            with suppress(httpx.HTTPStatusError):
                self._ask(lambda client: client.UnregisterNode(UnregisterNodeRequest(node_id=node)))

    def _ask(self, call: Callable[[ControlHttpClient], Any]) -> Any:
        client = self._endpoint.client(ControlHttpClient)
        try:
            return call(client)
        except httpx.TransportError as error:
            raise ServiceUnavailable(
                f"The SuperLink at {self._endpoint.address} does not answer: {error}."
            ) from error
        finally:
            client.close()
