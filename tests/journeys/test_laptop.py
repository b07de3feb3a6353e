"""``docs/laptop.md``: its blocks, pasted one after the other into a shell, play the whole economy."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from flock.protocol.core.units import WAD
from tests import patience
from tests.journeys.test_demo import processes_in

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "laptop.md"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_commands_of_the_page_play_the_whole_economy(tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    chain, service, front = free_port(), free_port(), free_port()
    script = (
        "\n".join(blocks[:-1])
        + '\nflock rewards show clinic --json > rewards.json\ncp final.safetensors "$OUT/"\ncp rewards.json "$OUT/"\n'
    )
    script = (
        script.replace("flock chain up", f"flock chain up --port {chain}")
        .replace("flock alliance start", f"flock alliance start --port {service}")
        .replace("flock coordinator start", f"flock coordinator start --front-port {front}")
    )
    environment = {
        **os.environ,
        "OUT": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "FLOCK_RPC": f"http://127.0.0.1:{chain}",
        "FLOCK_ALLIANCE": f"http://127.0.0.1:{service}",
        "FLOCK_COORDINATOR": f"127.0.0.1:{front}",
    }
    log = tmp_path / "said"
    with log.open("w") as said:
        shell = subprocess.run(
            ["bash", "-ec", f"trap 'kill $(jobs -p); wait' EXIT\n{script}"],
            cwd=tmp_path,
            env=environment,
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=2 * patience.SECONDS,
        )
    assert shell.returncode == 0, log.read_text()[-4_000:]
    told = log.read_text()
    assert "not to be had" not in told  # the service and a node have one home
    for words in ("Would be posted", "Posted root 1", "Root 1 is right", "The pending root is served."):
        assert words in told
    assert int(re.search(r'"claimed": "(\d+)"', (tmp_path / "rewards.json").read_text())[1]) > WAD
    assert (tmp_path / "final.safetensors").stat().st_size > 0
    assert processes_in(tmp_path) == []
