"""A coordinator on one host, a member on another, a TLS front between them: a real round."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.machines.hosts import Hosts, can_make_namespaces, loopback, namespaces

NEAR = Path(__file__).with_name("near_host.py")
TESTS = Path(__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS / "node")])}
HOSTS = namespaces if can_make_namespaces() else loopback


@pytest.mark.parametrize("hosts", [HOSTS], ids=[HOSTS.__name__])
def test_a_member_on_another_host_takes_part_and_sees_the_front_alone(
    hosts: Callable[[], AbstractContextManager[Hosts]], tmp_path: Path
) -> None:
    with hosts() as pair:
        words = [*pair.on_near, sys.executable, str(NEAR), str(tmp_path), pair.near, *pair.on_far]
        told = subprocess.run(words, check=False, capture_output=True, text=True, env=ENVIRONMENT)
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert {"joined", "node_key_attested", "node_connected"} <= set(found["did"])
    assert {"proposed", "vote_sealed"} & set(found["did"])
    assert found["fleet"] == 401
    assert (found["control"], found["superlink_is_open"]) == (404, False)
