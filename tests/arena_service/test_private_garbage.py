"""What the service keeps to itself of an Arena, and for how long."""

from pathlib import Path

import pytest

from flock.arena.blob_needs import PrivateBlobs
from flock.arena.models import BroughtRow, PrivateBlob
from flock.protocol.arena.stages import Role
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.blobs import DiskBlobs
from flock.store.database import Database
from flock.tasks.garbage import Collector, Retention
from tests.arena_service.event_script import CREATOR, SET_A, ArenaScript, trainer

WINNER, LOSER, STRAY = b"artifact", b"another artifact", b"of a task that is not there"
AT_ONCE = Retention(grace=0, after_end=0, drafts=0)


@pytest.fixture
def blobs(tmp_path: Path) -> DiskBlobs:
    return DiskBlobs(tmp_path / "private")


@pytest.fixture
def script(database: Database, blobs: DiskBlobs) -> ArenaScript:
    """A running Arena whose set and two artifacts are here."""
    made = ArenaScript(database)
    made.create()
    made.begin()
    for number, data in enumerate((WINNER, LOSER)):
        account = trainer(number).address
        made.enrol(account, Role.TRAINER)
        made.submit(account, data)
        bring(database, blobs, data, account)
    bring(database, blobs, SET_A, CREATOR.address)
    bring(database, blobs, STRAY, CREATOR.address, task=77)
    return made


def bring(database: Database, blobs: DiskBlobs, data: bytes, account: str, task: int = 1) -> None:
    cid = blobs.put(data)
    with database.writing() as session:
        session.add(PrivateBlob(cid=cid, task=task, account=account, size=len(data)))
        session.add(BroughtRow(task=task, account=account, cid=cid))


def left_after_collecting(script: ArenaScript, blobs: DiskBlobs) -> set[bytes]:
    Collector(script.database, blobs, AT_ONCE, [PrivateBlobs()], lambda: True, PrivateBlob).collect()
    return {data for data in (WINNER, LOSER, SET_A, STRAY) if blobs.has(cid_of(digest_of(data)))}


def test_until_a_task_ends_all_that_was_brought_for_it_stays(script: ArenaScript, blobs: DiskBlobs) -> None:
    assert left_after_collecting(script, blobs) == {WINNER, LOSER, SET_A}


def test_then_its_set_and_the_model_it_made_stay(script: ArenaScript, blobs: DiskBlobs) -> None:
    script.close()
    script.disclose(1, WINNER)
    script.begin_finals([])
    script.finish(1, is_on_b=False)
    assert left_after_collecting(script, blobs) == {WINNER, SET_A}
