"""The coordinator's Flower server: a SuperLink process on loopback and a run of our own in it."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from flwr.serverapp import Grid

from flock.errors import ServiceUnavailable
from flock.log import logger
from flock.store.http_clients import straight_to_loopback
from flock.training import FLOWER_ENVIRONMENT
from flock.training.certificates import AUTHORITY, CERTIFICATE, KEY, make_certificate
from flock.training.flower.bundles import stub_bundle
from flock.training.flower.endpoint import Endpoint
from flock.training.flower.messages import require_version, route_logs
from flock.training.flower.runs import CoordinatedRun, NodeRegister

LOOPBACK = "127.0.0.1"
SECRET_BYTES = 32
START_SECONDS = 300.0  # one that ends is noticed at once; this is for one that hangs
ORPHAN_SECONDS = 5.0
LAUNCHES = 3
DATABASE = "superlink.sqlite"
CERTIFICATE_DAYS = 3650
log = logger(part="flower")


class FlowerServer:
    """A SuperLink that lives as long as this object, and the Grid to reach its nodes.

    Flower's Control and Runtime APIs have no authentication: anyone who reaches the port can give nodes
    orders. It is therefore bound to loopback, and nodes connect through a front
    (``flock.coordinator.front``). Only nodes whose keys are in ``register`` are admitted, which Flower does
    over TLS alone; the certificate is made for this. ``directory`` keeps database, secret, port and log, so
    that a server started there again is found by the same nodes under the same node ids. Runs are of
    ``bundle``, a Flower App Bundle.
    """

    def __init__(
        self,
        directory: Path,
        port: int = 0,
        *,
        bundle: bytes | None = None,
        poll_seconds: float = 0.1,
    ) -> None:
        require_version()
        route_logs()
        self.directory = directory
        self._bundle = stub_bundle() if bundle is None else bundle
        self._poll_seconds = poll_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._run: CoordinatedRun | None = None
        self._grid: Grid | None = None
        directory.mkdir(parents=True, exist_ok=True)
        make_certificate(directory / "tls", [LOOPBACK], CERTIFICATE_DAYS)
        self._secret = self._kept("secret", secrets.token_bytes(SECRET_BYTES))
        self.port = port or int(self._kept("port", str(_free_port()).encode()))

    @property
    def endpoint(self) -> Endpoint:
        """Where the SuperLink listens."""
        return Endpoint(f"{LOOPBACK}:{self.port}", ca=(self.directory / "tls" / AUTHORITY).read_bytes())

    @property
    def register(self) -> NodeRegister:
        """Whose nodes may connect; queried while the SuperLink runs."""
        return NodeRegister(self.endpoint)

    def pid(self) -> int | None:
        """Process id of the SuperLink while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the SuperLink unless it runs. Raises ServiceUnavailable if it does not come up.

        One that ends while it starts is started again: that of a coordinator which was killed while it started
        may take the port for a moment before it notices.
        """
        deadline, launches = time.monotonic() + START_SECONDS, 0
        while self.pid() is None or not _listens(self.port):
            if time.monotonic() > deadline or (self.pid() is None and launches == LAUNCHES):
                self.stop()
                raise ServiceUnavailable(
                    f"The SuperLink did not start; see {self.directory / 'superlink.log'}."
                )
            if self.pid() is None:
                self._launch()
                launches += 1
            time.sleep(0.05)

    def _launch(self) -> None:
        self._await_port()
        with (self.directory / "superlink.log").open("ab") as errors:
            self._process = subprocess.Popen(
                self._command(),
                env={**os.environ, **straight_to_loopback(), **FLOWER_ENVIRONMENT, **self._environment()},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,  # Ctrl-C is for the coordinator, which then stops the SuperLink
            )

    def coordinated_grid(self) -> Grid:
        """The Grid of our run; starts or restarts the SuperLink and the run as needed.

        Call it before each use: after a crash of the SuperLink it returns the Grid of a new run.
        Raises ServiceUnavailable if the SuperLink or the run cannot be started.
        """
        if self.pid() is None:
            self._forget_run()
            self.start()
        if self._run is not None and self._run.lost.is_set():
            self._forget_run()
        if self._grid is None:
            run = CoordinatedRun(self.endpoint, self._secret, self._bundle, self._poll_seconds)
            self._grid, self._run = run.open(), run
            log.info("flower_run_opened", address=self.endpoint.address)
        return self._grid

    def stop(self) -> None:
        """End the run and the SuperLink; nodes go on trying to reach it."""
        self._forget_run()
        if self._process is not None:
            self._end(self._process)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """SIGTERM finishes open responses; a following SIGINT does not wait for connections that stay open."""
        for number, seconds in ((signal.SIGTERM, 0.3), (signal.SIGINT, 5.0), (signal.SIGKILL, None)):
            process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
                break

    def _await_port(self) -> None:
        """Wait for the SuperLink of a coordinator that was killed: it notices, and leaves the port."""
        deadline = time.monotonic() + ORPHAN_SECONDS
        while _listens(self.port):
            if time.monotonic() > deadline:
                raise ServiceUnavailable(
                    f"Port {self.port} on {LOOPBACK} is taken by another program; stop it, or choose another "
                    f"port by removing {self.directory / 'port'}."
                )
            time.sleep(0.1)

    def _forget_run(self) -> None:
        if self._run is not None:
            self._run.close()
        self._run = self._grid = None

    def _kept(self, name: str, fresh: bytes) -> bytes:
        path = self.directory / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_bytes(fresh)
        return path.read_bytes()

    def _environment(self) -> dict[str, str]:
        return {"FLWR_HOME": str(self.directory.absolute() / "flwr"), "FLWR_LOG_LEVEL": "WARNING"}

    def _command(self) -> list[str]:
        home = self.directory.absolute()
        tls = home / "tls"
        return [
            *(sys.executable, "-m", "flock.training.flower.superlink", str(os.getpid()), str(home)),
            *("--enable-supernode-auth", "--ssl-ca-certfile", str(tls / AUTHORITY)),
            *("--ssl-certfile", str(tls / CERTIFICATE), "--ssl-keyfile", str(tls / KEY)),
            *("--isolation", "process", "--disable-runtime-dependency-installation"),
            *("--host", LOOPBACK, "--port", str(self.port)),
            *("--database", f"sqlite:///{DATABASE}"),
            *("--superexec-auth-secret-file", str(home / "secret")),
        ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((LOOPBACK, port)) == 0
