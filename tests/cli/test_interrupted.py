"""Ctrl-C while a transaction waits to be mined: the command says what it sent, and repeated it carries on."""

import os
import re
import signal
import subprocess
import sys

import pytest

from flock.protocol.core.units import WAD
from tests import patience
from tests.cli.network import Site

LOCK = ("stake", "lock", "100", "--days", "30", "--key", "hospital")


@pytest.fixture
def account(site: Site) -> str:
    return site.key("hospital")


@pytest.fixture
def _nothing_is_mined(site: Site, account: str):
    rpc = site.contracts.client.rpc
    rpc.request("evm_setAutomine", False)
    yield
    rpc.request("evm_setAutomine", True)
    rpc.request("anvil_mine", "0x1")


def interrupted(site: Site, account: str) -> subprocess.CompletedProcess[str]:
    """The command, stopped once its first transaction is sent."""
    running = subprocess.Popen(
        [sys.executable, "-m", "flock", *LOCK],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
        start_new_session=True,
        # A shell that runs the tests in the background has Ctrl-C ignored, for children as well.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    patience.until(lambda: sent_by(site, account) or running.poll() is not None)
    running.send_signal(signal.SIGINT)
    said, wrong = running.communicate(timeout=patience.SECONDS)
    return subprocess.CompletedProcess(LOCK, running.returncode, said, wrong)


def sent_by(site: Site, account: str) -> int:
    """How many transactions of the account are sent, mined or not."""
    return int(site.contracts.client.rpc.request("eth_getTransactionCount", account, "pending"), 16)


@pytest.mark.usefixtures("_nothing_is_mined")
def test_it_says_what_it_sent_and_repeated_it_carries_on(site: Site, account: str) -> None:
    shown = interrupted(site, account)
    assert shown.returncode == 130, shown.stderr
    assert re.search(r"not known to be mined: 0x[0-9a-f]{64} \(approve, nonce 0\)", shown.stderr)
    assert "run the same command again next" in shown.stderr
    assert "Traceback" not in shown.stderr
    site.contracts.client.rpc.request("evm_setAutomine", True)
    site.contracts.client.rpc.request("anvil_mine", "0x1")
    assert site.flock(*LOCK).exit_code == 0
    assert sent_by(site, account) == 2  # the approval that was cut off, and the lock
    assert site.contracts.staking.position_of(account).gm > 0
    assert site.contracts.token.balance_of(account) == 9_900 * WAD
