"""What the caller's shell sets does not reach the tests."""

import os
import subprocess
import sys

from flock.programs.settings import ChainSettings, load


def test_no_setting_comes_from_outside() -> None:
    assert [name for name in os.environ if name.startswith("FLOCK_")] == []
    assert load(ChainSettings).chain_id == 31337


def test_a_shell_that_sets_some_changes_nothing_for_tests_and_their_processes() -> None:
    this = f"{__file__}::{test_no_setting_comes_from_outside.__name__}"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", this],
        env={**os.environ, "FLOCK_CHAIN_ID": "8453", "FLOCK_RPC": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
