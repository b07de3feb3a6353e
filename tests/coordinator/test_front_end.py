"""How the front ends while nodes wait for an answer: they are told to come back, and nobody reads a stack trace."""

import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flock.coordinator.front import Front, FrontDoor
from flock.training.certificates import AUTHORITY, make_certificate
from flock.training.flower.endpoint import Endpoint
from flock.training.flower.fleet import FLEET_PATH
from tests import patience

NODES = 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # uvloop, of what was cut off
def test_calls_that_wait_are_told_that_it_ends(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make_certificate(tmp_path, ["127.0.0.1"], 1)
    with socket.create_server(("127.0.0.1", 0)) as mute, ThreadPoolExecutor(NODES) as nodes:
        address = f"127.0.0.1:{mute.getsockname()[1]}"
        superlink = Endpoint(address, ca=(tmp_path / AUTHORITY).read_bytes())
        with caplog.at_level(logging.INFO), Front(FrontDoor("127.0.0.1", 0), superlink) as front:
            url = f"http://{front.address}{FLEET_PATH}send-node-heartbeat"
            calls = [nodes.submit(patience.post, url, content=b"") for _ in range(NODES)]
            waiting = [mute.accept()[0] for _ in range(NODES)]
        assert [call.result().status_code for call in calls] == [503] * NODES
        for connection in waiting:
            connection.close()
    assert [record.exc_info for record in caplog.records if record.exc_info] == []
