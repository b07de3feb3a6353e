"""A node that is told to stop does not wait for its app, and leaves nothing of it behind, however it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests import patience
from tests.cli.network import Site

HANGS = """
import os, signal, sys, time
from pathlib import Path
from flwr.clientapp import ClientApp

signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("loading data")
app = ClientApp()

@app.evaluate()
def evaluate(message, context):
    Path(__file__).with_name("pid").write_text(str(os.getpid()) + "\\n")
    time.sleep(3600)

app.train()(evaluate)
"""


@pytest.fixture
def config(site: Site) -> Path:
    site.key("founder")
    site.key("hospital")
    site.file("hangs.py", HANGS)
    return site.node_toml(site.create_task(), "hospital", app="hangs:app")


@pytest.fixture
def node(config: Path) -> Iterator[subprocess.Popen[str]]:
    """A node whose app is at work, and will be for ever."""
    words = [sys.executable, "-m", "flock", "node", "start", "--config", str(config)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        patience.until(lambda: process.poll() is not None or app_of(config))
        yield process
        process.kill()


def app_of(config: Path) -> int | None:
    """The id of the app's process once it is at work."""
    with suppress(FileNotFoundError):
        said = config.with_name("pid").read_text()
        return int(said) if said.endswith("\n") else None
    return None


def is_running(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def test_at_once_when_it_is_told_to(node: subprocess.Popen[str], config: Path) -> None:
    app = app_of(config)
    assert app is not None
    assert is_running(app)
    node.send_signal(signal.SIGTERM)
    printed, logged = node.communicate(timeout=patience.SECONDS)
    assert node.returncode == 0
    assert not is_running(app)
    assert printed == ""
    assert "loading data" in logged


def test_with_all_that_is_its_own_when_it_is_killed(node: subprocess.Popen[str], config: Path) -> None:
    app = app_of(config)
    assert app is not None
    assert os.getsid(app) != os.getsid(node.pid)
    node.kill()
    patience.until(lambda: not is_running(app))
