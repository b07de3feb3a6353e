"""``flock node start --role validator`` and ``--role trainer``: programs that enrol, work, and leave when told to."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flock.protocol.arena.stages import Role
from tests import patience
from tests.arena.field import weights
from tests.cli.network import Site
from tests.cli.test_arena import create, running

__all__ = ["running"]


@pytest.fixture(autouse=True)
def founder(site: Site) -> str:
    return site.key("founder")


@contextmanager
def started(site: Site, role: str, text: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program that is told to stop at the end of the block, and ends well."""
    config = site.file(f"{role}.toml", text)
    words = [sys.executable, "-m", "flock", "node", "start", "--role", role, "--config", str(config)]
    environment = {**os.environ, "FLOCK_HOME": str(site.home.folder / role), "PYTHONPATH": str(Path.cwd())}
    with Path(site.home.folder, f"{role}.log").open("wb") as log:
        program = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        try:
            yield program
        finally:
            program.send_signal(signal.SIGTERM)
            assert program.wait(patience.SECONDS) == 0, Path(site.home.folder, f"{role}.log").read_text()


def test_a_validator_enrols_for_each_of_its_tasks(site: Site) -> None:
    tasks = [create(site), create(site, bounty="2500")]
    account, board = site.key("judge"), site.contracts.arena_board
    with started(site, "validator", f'key = "judge"\ntasks = {json.dumps(tasks)}\n') as program:

        def has_enrolled() -> bool:
            assert program.poll() is None, Path(site.home.folder, "validator.log").read_text()
            return all(board.member_of(task, account).is_active for task in tasks)

        patience.until(has_enrolled)
    assert {board.member_of(task, account).role for task in tasks} == {Role.VALIDATOR}


def test_a_trainer_submits_what_is_put_into_its_file(site: Site, running: int) -> None:
    account, board = site.key("alice"), site.contracts.arena_board
    artifact = site.home.folder / "model.safetensors"
    text = f'key = "alice"\ntask = {running}\nartifact = {json.dumps(str(artifact))}\nkeep = false\n'
    with started(site, "trainer", text) as program:

        def has_submitted(count: int) -> bool:
            assert program.poll() is None, Path(site.home.folder, "trainer.log").read_text()
            return board.arena_view(running).submissions == count

        for number in (1, 2):
            draft = artifact.with_suffix(".draft")
            draft.write_bytes(weights(number))
            draft.replace(artifact)
            patience.until(lambda number=number: has_submitted(number))  # type: ignore[misc]
    assert board.submission_of(running, 2).trainer == account
