"""One program a home folder: the second is refused with a sentence, and a killed one leaves no lock behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from flock.errors import BadConfig
from flock.programs.alone import alone_in
from flock.programs.running import run_coordinator, run_node
from flock.programs.settings import CoordinatorSettings, NodeSettings, load

HOLDER = """
import sys
from pathlib import Path
from flock.programs.alone import alone_in
with alone_in(Path(sys.argv[1]), "node"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_a_second_node_is_refused(home: Path) -> None:
    settings = load(NodeSettings, home=home, key="hospital", task=1, app="hospital.client:app")
    with alone_in(home, "node"), pytest.raises(BadConfig, match=f"Another node works in {home}"):
        run_node(settings)


def test_a_second_coordinator_is_refused(home: Path) -> None:
    settings = load(CoordinatorSettings, home=home, key="keeper", task=1)
    with alone_in(home, "coordinator"), pytest.raises(BadConfig, match="Another coordinator works in"):
        run_coordinator(settings)


def test_a_node_and_a_coordinator_may_share_a_home(home: Path) -> None:
    with alone_in(home, "node"), alone_in(home, "coordinator"):
        assert home.is_dir()


def test_a_killed_process_leaves_no_lock_behind(home: Path) -> None:
    words = [sys.executable, "-c", HOLDER, str(home)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BadConfig, match="Another node"), alone_in(home, "node"):
            pass
        holder.kill()
        holder.wait()
        with alone_in(home, "node"):
            assert home.is_dir()


def test_a_home_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadConfig, match="cannot be written"), alone_in(tmp_path / "file" / "home", "node"):
        pass
