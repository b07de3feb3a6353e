"""``flock demo --keep``: what it prints lets a newcomer join, word for word."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests import patience
from tests.journeys.test_demo import demo, processes_in


def test_a_newcomer_who_pastes_what_is_printed_takes_part(tmp_path: Path) -> None:
    words = ("--task", "digits", "--members", "3", "--rounds", "1", "--attack", "none", "--keep")
    network = demo(tmp_path / "net", *words)
    assert network.stdout
    lines: list[str] = []
    for line in network.stdout:
        lines.append(line)
        if line.startswith("flock node start"):
            break
    printed = "".join(lines[next(n for n, line in enumerate(lines) if line.startswith("export ")) :])
    log = newcomer(tmp_path, printed)
    network.send_signal(signal.SIGINT)
    network.communicate(timeout=patience.SECONDS)
    assert '"event": "joined"' in log
    assert '"event": "claimed"' in log
    assert processes_in(tmp_path) == []


def newcomer(folder: Path, printed: str) -> str:
    """What the commands say until the first pay arrives; the password, asked for otherwise, is in a file."""
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text("a password\n")
    script = printed.replace("key new hospital", f"key new hospital --password-file {password}")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "FLOCK_KEYS": str(folder / "keys"),
        "FLOCK_HOME": str(folder / "home"),
        "FLOCK_PASSWORD_FILE": str(password),
        "FLOCK_CLAIM_ABOVE": "0",
    }
    said = folder / "said"
    with said.open("w") as log:
        shell = subprocess.Popen(
            ["bash", "-ec", script],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    patience.until(lambda: '"event": "claimed"' in said.read_text() or shell.poll() is not None)
    if shell.poll() is None:
        os.killpg(shell.pid, signal.SIGTERM)
        shell.wait(patience.SECONDS)
    return said.read_text()
