"""A warm Flower node: one process that keeps its app loaded and handles all messages.

Flower's own SuperNode starts a new process for every message, which costs 20 s a round in imports and
waits (docs/across-machines.md). A warm node speaks the same Fleet interface.
"""

import time
from collections.abc import Callable, Sequence
from threading import Event, Thread

import httpx
from flwr.app import Context, Message, RecordDict

from flock.log import logger
from flock.training.app import Config
from flock.training.app_settings import NODE_CONFIG, RUN_CONFIG, AppSettings
from flock.training.calls import Call, what_happened
from flock.training.flower.endpoint import Endpoint
from flock.training.flower.fleet import NODE_HEARTBEAT_SECONDS, FleetSession, why_not_connected
from flock.training.flower.keys import NodeIdentity
from flock.training.flower.messages import app_error, require_version, route_logs
from flock.training.mods import Mod, with_mods

# A poll costs the SuperLink 6 ms of processor time, so twenty idle nodes cost it an eighth of a core.
BUSY_POLL_SECONDS = 0.2
IDLE_POLL_SECONDS = 1.0
IDLE_AFTER_SECONDS = 2.0
RECONNECT_SECONDS = (0.2, 0.5, 1.0, 2.0)
COMPLAIN_SECONDS = 10.0
log = logger(part="warm_node")


class WarmNode:
    """A Flower node for ``client_app`` wrapped in ``mods`` (the first outermost).

    ``node_config`` and ``run_config`` reach the app in its Context; they are the member's own, whatever a
    run's server says. If ``bundle`` names one (SHA-256 in hex), messages of a run of another are refused.
    While ``expects`` says that a message may come at any moment, the node asks for it more often.
    The node runs and reconnects until ``stop`` is set.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        identity: NodeIdentity,
        client_app: Call,
        mods: Sequence[Mod] = (),
        node_config: Config | None = None,
        run_config: Config | None = None,
        *,
        bundle: str | None = None,
        expects: Callable[[], bool] = lambda: False,
    ) -> None:
        require_version()
        route_logs()
        self._endpoint, self._identity, self._bundle = endpoint, identity, bundle
        self._app = with_mods(client_app, list(mods))
        self._node_config = AppSettings(node_config, NODE_CONFIG)
        self._run_config = AppSettings(run_config, RUN_CONFIG)
        self._expects = expects
        self._bundles: dict[int, str] = {}
        self._complaint = ""
        self._apart_since: float | None = None
        self._states: dict[int, RecordDict] = {}
        self._unsent: tuple[Message, float] | None = None
        self.connected = Event()

    def run(self, stop: Event) -> None:
        """Serve messages until ``stop`` is set; returns within a poll of it, or after the app's reply."""
        attempt = 0
        while not stop.is_set():
            try:
                session = FleetSession(self._endpoint, self._identity.keys, self._identity.node_id)
            except (httpx.HTTPError, ValueError) as error:
                self._complain(why_not_connected(error, self._endpoint))
                stop.wait(RECONNECT_SECONDS[min(attempt, len(RECONNECT_SECONDS) - 1)])
                attempt += 1
                continue
            attempt = 0
            self._converse(session, stop)

    def _complain(self, reason: str) -> None:
        """Logs why there is no connection, once for each reason, and not while the coordinator may just start."""
        if self._apart_since is None:
            self._apart_since = time.monotonic()
        if time.monotonic() - self._apart_since >= COMPLAIN_SECONDS and reason != self._complaint:
            log.warning("coordinator_not_reached", reason=reason)
            self._complaint = reason

    def _converse(self, session: FleetSession, stop: Event) -> None:
        """One connection, from activation to its loss or to ``stop``."""
        self._complaint, self._apart_since = "", None
        self._identity.remember(session.node.node_id)
        log.info("node_connected", address=self._endpoint.address, node=session.node.node_id)
        over = Event()
        heart = Thread(target=_beat, args=(session, over), name="flower-node-heartbeat", daemon=True)
        heart.start()
        self.connected.set()
        try:
            self._serve(session, stop, over)
        except httpx.HTTPError as error:
            log.warning("connection_lost", address=self._endpoint.address, reason=str(error))
        except Exception:  # nothing the server sends may stop the node's other duties
            log.exception("conversation_failed", address=self._endpoint.address)
            stop.wait(RECONNECT_SECONDS[-1])
        finally:
            self.connected.clear()
            over.set()
            heart.join()
            if stop.is_set():
                session.leave()
            session.close()

    def _serve(self, session: FleetSession, stop: Event, over: Event) -> None:
        last = time.monotonic()
        while not stop.is_set() and not over.is_set():
            self._deliver(session)
            message = session.receive()
            if message is not None:
                begun = time.monotonic()
                self._unsent = self._answer(message, session), time.monotonic() - begun
                self._deliver(session)
                last = time.monotonic()
            else:
                is_busy = time.monotonic() - last < IDLE_AFTER_SECONDS or self._expects()
                stop.wait(BUSY_POLL_SECONDS if is_busy else IDLE_POLL_SECONDS)

    def _answer(self, message: Message, session: FleetSession) -> Message:
        run_id = message.metadata.run_id
        if not self._is_ours(run_id, session):
            log.warning("run_refused", run=run_id, bundle=self._bundles[run_id], wanted=self._bundle)
            return app_error(
                message, f"The run's bundle is {self._bundles[run_id]}, but the task names {self._bundle}."
            )
        state = self._states.setdefault(run_id, RecordDict())
        context = Context(run_id, session.node.node_id, self._node_config, state, self._run_config)
        try:
            return self._app(message, context)
        except BaseException as error:  # the app is the user's code and can raise anything, and exit
            log.exception("app_failed", type=message.metadata.message_type)
            return app_error(
                message, f"The app failed on {message.metadata.message_type}: {what_happened(error)}."
            )

    def _is_ours(self, run_id: int, session: FleetSession) -> bool:
        """Whether the run is of the task's bundle, if the task names one."""
        if self._bundle is None:
            return True
        if run_id not in self._bundles:
            self._bundles[run_id] = session.bundle_of(run_id)
        return self._bundles[run_id] == self._bundle

    def _deliver(self, session: FleetSession) -> None:
        """Send the reply that waits, if any. A connection lost meanwhile leaves it for the next one."""
        if self._unsent is None:
            return
        try:
            session.send(*self._unsent)
        except httpx.HTTPStatusError as error:  # the run has ended: the reply is not needed
            log.warning("reply_refused", reason=str(error))
        self._unsent = None


def _beat(session: FleetSession, over: Event) -> None:
    """Sends heartbeats every few seconds; ends the connection if the SuperLink forgot the node."""
    while not over.wait(NODE_HEARTBEAT_SECONDS * 0.5):
        try:
            if not session.heartbeat():
                over.set()
        except httpx.HTTPError:
            continue  # the serving loop gets the same error and handles it
