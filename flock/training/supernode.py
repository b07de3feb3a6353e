"""A warm Flower node: one process that keeps its app loaded and answers message after message.

Flower's own SuperNode starts a new process for every message, which costs 20 s a round in imports and
waits (docs/training.md). A warm node speaks the same Fleet interface.
"""

import time
from collections.abc import Sequence
from threading import Event, Thread

import httpx
from flwr.app import Context, Message, RecordDict

from flock.log import logger
from flock.training.app import Call, Config
from flock.training.flower_internals import (
    NODE_HEARTBEAT_SECONDS,
    FleetSession,
    app_error,
    new_node_keys,
    require_version,
    route_logs,
)
from flock.training.mods import Mod, with_mods

# A poll costs the SuperLink 6 ms of processor time, so eight idle nodes cost it an eighth of a core.
BUSY_POLL_SECONDS = 0.2
IDLE_POLL_SECONDS = 0.4
IDLE_AFTER_SECONDS = 2.0
RECONNECT_SECONDS = (0.2, 0.5, 1.0, 2.0)
log = logger(part="warm_node")


class WarmNode:
    """A Flower node for ``client_app`` wrapped in ``mods`` (the first outermost).

    ``node_config`` and ``run_config`` reach the app in its Context; they are the member's own, whatever a
    run's server says. The node never ends by itself: it reconnects until ``stop`` is set.
    """

    def __init__(
        self,
        fleet_address: str,
        client_app: Call,
        mods: Sequence[Mod] = (),
        node_config: Config | None = None,
        run_config: Config | None = None,
    ) -> None:
        require_version()
        route_logs()
        self._address = fleet_address
        self._app = with_mods(client_app, list(mods))
        self._node_config, self._run_config = dict(node_config or {}), dict(run_config or {})
        self._keys = new_node_keys()
        self._node_id: int | None = None
        self._states: dict[int, RecordDict] = {}
        self._unsent: tuple[Message, float] | None = None
        self.connected = Event()

    def run(self, stop: Event) -> None:
        """Serve messages until ``stop`` is set; returns within a poll of it, or after the app's reply."""
        attempt = 0
        while not stop.is_set():
            try:
                session = FleetSession(self._address, self._keys, self._node_id)
            except httpx.HTTPError as error:
                log.debug("superlink_unreachable", address=self._address, reason=str(error))
                stop.wait(RECONNECT_SECONDS[min(attempt, len(RECONNECT_SECONDS) - 1)])
                attempt += 1
                continue
            attempt = 0
            self._converse(session, stop)

    def _converse(self, session: FleetSession, stop: Event) -> None:
        """One connection, from activation to its loss or to ``stop``."""
        self._node_id = session.node.node_id
        log.info("node_connected", address=self._address, node=session.node.node_id)
        over = Event()
        heart = Thread(target=_beat, args=(session, over), name="flower-node-heartbeat", daemon=True)
        heart.start()
        self.connected.set()
        try:
            self._serve(session, stop, over)
        except httpx.HTTPError as error:
            log.warning("connection_lost", address=self._address, reason=str(error))
        except Exception:  # whatever the server sends, the node's other duties go on
            log.exception("conversation_failed", address=self._address)
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
                self._unsent = self._answer(message, session.node.node_id), time.monotonic() - begun
                self._deliver(session)
                last = time.monotonic()
            else:
                idle = time.monotonic() - last > IDLE_AFTER_SECONDS
                stop.wait(IDLE_POLL_SECONDS if idle else BUSY_POLL_SECONDS)

    def _answer(self, message: Message, node_id: int) -> Message:
        run_id = message.metadata.run_id
        state = self._states.setdefault(run_id, RecordDict())
        context = Context(run_id, node_id, self._node_config, state, self._run_config)
        try:
            return self._app(message, context)
        except Exception as error:  # the app is the user's code and may raise anything
            log.exception("app_failed", type=message.metadata.message_type)
            return app_error(message, f"The app failed on {message.metadata.message_type}: {error!r}.")

    def _deliver(self, session: FleetSession) -> None:
        """Send the reply that waits, if any. A connection lost meanwhile leaves it for the next one."""
        if self._unsent is None:
            return
        try:
            session.send(*self._unsent)
        except httpx.HTTPStatusError as error:  # the run has ended: nobody waits for this reply
            log.warning("reply_refused", reason=str(error))
        self._unsent = None


def _beat(session: FleetSession, over: Event) -> None:
    """Says every few seconds that the node lives; ends the conversation if the SuperLink forgot it."""
    while not over.wait(NODE_HEARTBEAT_SECONDS * 0.5):
        try:
            if not session.heartbeat():
                over.set()
        except httpx.HTTPError:
            continue  # the serving loop meets the same error and decides
