"""A local chain: the pinned Anvil as a child process, and functions that only a local chain has."""

import gzip
import os
import platform
import random
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO

from flock.chain.client import LOCAL_CHAIN_ID, Client, call_object
from flock.chain.rpc import Rpc
from flock.errors import BadConfig, Misconfigured, RpcUnavailable
from flock.store.hosts import without_secrets
from flock.store.http_clients import straight_to_loopback

# The first account of Anvil's well-known mnemonic: rich on every local chain, and known to everybody.
DEVELOPMENT_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"

PLENTY_OF_GAS = 10_000_000
GAS_MONEY = 10**18  # wei: who acts without a key must still pay for gas
START_SECONDS = 120.0  # one that ends is noticed at once; this is for one that hangs
STOP_SECONDS = 5.0
UNASSIGNED_PORTS = (12_000, 32_000)
KEEP_SECONDS = 1.0
KEEP_SHARE = 20.0  # writing a long chain takes long: spend at most a twentieth of the time on it
NODE_MODULES = Path(__file__).parents[3] / "anvil" / "node_modules" / "@foundry-rs"


@dataclass(frozen=True)
class AnvilOptions:
    """How to start it. ``port`` 0 picks a free one.

    Without ``block_time`` (seconds) each transaction is a block; ``mixed_mining`` does both, so that
    transactions do not have to wait and yet the chain's time never stands still.
    ``state`` is a file that is read at start and written by ``Anvil.keep`` and at the end;
    ``slots_in_an_epoch`` moves finality; ``base_fee`` is the first block's, in wei per gas.
    """

    port: int = 8545
    chain_id: int | None = None
    block_time: float | None = None
    mixed_mining: bool = False
    fork_url: str | None = None
    state: Path | None = None
    slots_in_an_epoch: int | None = None
    log: Path | None = None
    base_fee: int | None = None

    def arguments(self, port: int) -> list[str]:
        given = {
            "--chain-id": self.chain_id if self.chain_id or self.fork_url else LOCAL_CHAIN_ID,
            "--block-time": self.block_time,
            "--fork-url": self.fork_url,
            "--load-state": self.state if self.state and self.state.exists() else None,
            "--slots-in-an-epoch": self.slots_in_an_epoch,
            "--block-base-fee-per-gas": self.base_fee,
        }
        options = [word for name, value in given.items() if value is not None for word in (name, str(value))]
        if self.mixed_mining and self.block_time:
            options.append("--mixed-mining")
        return ["--host", "127.0.0.1", "--port", str(port), *options]


class Anvil:
    """A running Anvil; leaving the block ends it. ``url`` is its RPC.

    Raises:
        BadConfig: there is no Anvil on this machine.
        Misconfigured: it did not come up; the sentence carries its last words.
    """

    def __init__(self, options: AnvilOptions | None = None) -> None:
        self.options = options or AnvilOptions()
        self.port = self.options.port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._states: TemporaryDirectory[str] | None = None
        self._rpc: Rpc | None = None
        self._kept: str | None = None
        self._keep_again_at = 0.0

    def start(self) -> "Anvil":
        _require_free(self.port)
        program = find_anvil()
        # Anvil writes its older states to disk, up to a gigabyte, and leaves them there when it ends.
        self._states = TemporaryDirectory(prefix="flock-anvil-")
        try:
            self._process = self._spawn([str(program), *self.options.arguments(self.port)], self._states.name)
            self._wait_until_up(self._process)
            self._carry_time_on()
        except BaseException:
            self.stop()
            raise
        return self

    def keep(self) -> None:
        """Write the chain to its file if it has grown: whole or not at all, at most once a second.

        A kill during one of Anvil's own dumps truncates it. After a kill the chain continues from the last state
        kept; everyone else sees a reorganisation.
        """
        if self.options.state is None or self._process is None or time.monotonic() < self._keep_again_at:
            return
        begun = time.monotonic()
        rpc = self._connection()
        head = rpc.request("eth_getBlockByNumber", "latest", False)["hash"]
        if head != self._kept:
            dump = gzip.decompress(bytes.fromhex(rpc.request("anvil_dumpState")[2:]))
            _write_whole(self.options.state, dump)
            self._kept = head
        now = time.monotonic()
        self._keep_again_at = now + max(KEEP_SECONDS, KEEP_SHARE * (now - begun))

    def stop(self) -> None:
        """End it; its chain is written to its file first, if it has one."""
        if self._process is not None:
            with suppress(RpcUnavailable, OSError):
                self._keep_again_at = 0.0
                self.keep()
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """Kill it without letting it write anything, like a power cut."""
        self._disconnect()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._states is not None:
            self._states.cleanup()
            self._states = None

    def require_alive(self) -> None:
        """Raises Misconfigured if it has ended by itself."""
        if self._process is None or self._process.poll() is not None:
            raise Misconfigured(f"Anvil at {self.url} has ended{self._last_words()}. Start it again.")

    def __enter__(self) -> "Anvil":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _spawn(self, command: list[str], states: str) -> subprocess.Popen[bytes]:
        with self._open_log() as log:
            return subprocess.Popen(
                [*command, "--cache-path", states],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **straight_to_loopback()},
                start_new_session=True,
            )

    def _connection(self) -> Rpc:
        self._rpc = self._rpc or Rpc(self.url)
        return self._rpc

    def _disconnect(self) -> None:
        if self._rpc is not None:
            self._rpc.close()
            self._rpc = None

    def _carry_time_on(self) -> None:
        """A chain whose time was moved ahead keeps it: Anvil itself would go back to the machine's."""
        if self.options.state is not None and self.options.state.exists():
            head = self._connection().request("eth_getBlockByNumber", "latest", False)
            ahead = int(head["timestamp"], 16) - int(time.time())
            if ahead > 0:
                self._connection().request("evm_increaseTime", ahead)

    def _open_log(self) -> IO[bytes]:
        if self.options.log is None:
            return Path(os.devnull).open("wb")
        self.options.log.parent.mkdir(parents=True, exist_ok=True)
        return self.options.log.open("wb")

    def _wait_until_up(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not _listens(self.port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Misconfigured(
                    f"Anvil did not come up at {self.url}{self._last_words()}. "
                    "Check its options, and that the address it forks from answers."
                )
            time.sleep(0.01)

    def _last_words(self) -> str:
        if self.options.log is None:
            return ""
        lines = self.options.log.read_text(errors="replace").strip().splitlines()
        return f": {without_secrets(lines[-1]).rstrip('.')}" if lines else ""


def find_anvil() -> Path:
    """The Anvil that FLOCK_ANVIL names, else that of the checkout, else that of the search path."""
    chosen = os.environ.get("FLOCK_ANVIL")
    if chosen:
        if not os.access(chosen, os.X_OK):
            raise BadConfig(f"FLOCK_ANVIL names {chosen}, which is not a program. Correct or unset it.")
        return Path(chosen)
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    pinned = NODE_MODULES / f"anvil-{platform.system().lower()}-{machine}" / "bin" / "anvil"
    found = pinned if pinned.exists() else shutil.which("anvil")
    if found is None:
        raise BadConfig(
            "There is no Anvil on this machine. Run `npm ci` in anvil/ of a checkout, or install Foundry, "
            "or name the program with FLOCK_ANVIL."
        )
    return Path(found)


def set_balance(client: Client, account: str, wei: int) -> None:
    """Create ETH for ``account``. Raises Misconfigured on a chain that is not local."""
    require_local(client)
    client.rpc.request("anvil_setBalance", account, hex(wei))


def send_as(client: Client, account: str, to: str, data: bytes) -> None:
    """Impersonate ``account``, whose key is not known here; the transaction is mined at once.

    Raises Misconfigured on a chain that is not local, ContractRefused if it would revert.
    """
    require_local(client)
    client.call(to, data, sender=account)
    set_balance(client, account, max(client.balance(account), GAS_MONEY))
    client.rpc.request("anvil_impersonateAccount", account)
    try:
        # An estimate would be of this second: one later, the same act may have checkpoints to write.
        request = {**call_object(to, data, account, 0), "gas": hex(PLENTY_OF_GAS)}
        client.rpc.request("eth_sendTransaction", request)
        client.rpc.request("evm_mine")
    finally:
        client.rpc.request("anvil_stopImpersonatingAccount", account)


def require_local(client: Client) -> None:
    """Raises Misconfigured unless the chain is local."""
    if not client.is_local:
        raise Misconfigured(
            f"Chain {client.chain_id} is not a local chain, so ETH cannot be created there. "
            "Send ETH and FLOCK from an account that has some."
        )


def let_time_run(client: Client, seconds: int) -> None:
    """Move the time of a local chain ahead, and mine a block in which it shows.

    Raises Misconfigured unless the chain is local.
    """
    if not client.is_local:
        raise Misconfigured(
            f"Chain {client.chain_id} is not a local chain: nobody can move its time. Wait, or try it on a chain "
            "of `flock chain up`."
        )
    client.rpc.request("evm_increaseTime", seconds)
    client.rpc.request("anvil_mine", "0x1")


def _write_whole(place: Path, data: bytes) -> None:
    """Write to ``place`` atomically: a kill leaves the previous content."""
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(place.name + ".new")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(place)


def _require_free(port: int) -> None:
    if _listens(port):
        raise Misconfigured(f"Port {port} is in use already. Choose another with --port.")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A free port, below the range for outgoing connections."""
    while True:
        port = random.randrange(*UNASSIGNED_PORTS)  # noqa: S311 (no secret)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
