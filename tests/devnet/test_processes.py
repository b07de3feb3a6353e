"""The processes of a demo: nothing of them is left, and no Ctrl-C gets lost."""

import gc
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from flock.devnet import processes
from flock.devnet.processes import Processes
from tests import patience

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(3600)
"""


def start_python_in_place_of_flock(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    script = folder / "python"
    script.write_text(f'#!/bin/sh\nshift 2\nexec {sys.executable} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setattr(processes.sys, "executable", str(script))


class Dropped:
    """What its finaliser raises, Python drops."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(100):  # the signal's handler runs in here
            pass


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_that_python_drops_in_a_finaliser_ends_the_next_wait(tmp_path: Path) -> None:
    with Processes(tmp_path) as running:
        thing = Dropped()
        del thing
        gc.collect()
        with pytest.raises(KeyboardInterrupt):
            running.wait_until(lambda: False, "What never comes", patience.SECONDS)


def test_leaving_the_block_gives_the_signals_back(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with Processes(tmp_path):
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_process_that_will_not_end_goes_with_the_child_that_left_its_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.0)
    log = tmp_path / "stubborn.log"
    start_python_in_place_of_flock(monkeypatch, tmp_path)
    with Processes(tmp_path) as running:
        running.start("stubborn", "-c", STUBBORN)
        patience.until(lambda: log.read_text().endswith("\n"))
        child = psutil.Process(int(log.read_text()))
    patience.until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
