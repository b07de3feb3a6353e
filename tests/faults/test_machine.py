"""What a machine does to the process on it: a wrong clock, a full disk, files that are lost or of an older day."""

import itertools
import resource
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from sqlalchemy import delete

from flock import daemon
from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender, open_sender
from flock.errors import BadConfig, BlobUnavailable, DatabaseUnavailable, Refused
from flock.node.duties import MemberDuties
from flock.node.memory import NodeMemory
from flock.node.models import fetch
from flock.node.steps.publish import Publish
from flock.node.steps.reveal_vote import RevealVote
from flock.node.steps.serve_model import ServeModel
from flock.node.steps.train import Train
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.blobs import DiskBlobs
from flock.store.key_value import KeyValueStore
from flock.web.models import StoredBlob
from tests.conftest import fresh_database
from tests.node.arena import PROPOSERS, VOTERS, Arena, Member

HOURS = 3600
ROOM = 1 << 20


class TestClock:
    def test_no_duty_is_decided_by_a_machine_s_clock(
        self, arena: Arena, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Every look at the clock is hours from the one before: no two machines of the task agree."""
        true, skews = time.time, itertools.cycle([-30 * HOURS, 0, 7 * HOURS, 90 * HOURS])
        monkeypatch.setattr(time, "time", lambda: true() + next(skews))
        arena.open_round()
        arena.propose(range(PROPOSERS))
        arena.publish(range(PROPOSERS))
        arena.attest()
        arena.vote()
        finished = arena.finish()
        assert (finished.outcome, finished.struck) == (Outcome.ACCEPTED, 0)
        assert finished.judged.bit_count() == PROPOSERS + VOTERS

    def test_an_upload_signed_on_a_chain_whose_time_is_ahead_is_taken(self, arena: Arena) -> None:
        arena.pass_time(50 * HOURS)
        shared = next(iter(arena.members.values())).context.shared
        assert shared.has(shared.put(b"some bytes"))


@contextmanager
def small_disk(folder: Path) -> Iterator[Callable[[], None]]:
    """A folder with little room; what is yielded makes more. A real one, or files that may not grow."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode == 0:
        try:
            yield lambda: grown(folder)
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def grown(folder: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,size={64 * ROOM}", str(folder)], check=True)


def fill_up(folder: Path) -> None:
    """Take what room there is."""
    with suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            with suppress(OSError):
                while file.write(b"x" * size):
                    pass


class TestFullDisk:
    def test_a_blob_is_there_whole_or_not_at_all(self, tmp_path: Path) -> None:
        data = b"b" * 2 * ROOM
        with small_disk(tmp_path / "disk") as make_room:
            blobs = DiskBlobs(tmp_path / "disk" / "blobs")
            with pytest.raises(OSError, match=r"No space left|too large"):
                blobs.put(data)
            assert not blobs.has(cid_of(digest_of(data)))
            assert [path for path in (tmp_path / "disk").rglob("*") if path.is_file()] == []
            make_room()
            assert blobs.get(blobs.put(data), len(data)) == data

    def test_nothing_is_sent_that_cannot_be_written_down(
        self, client: Client, contracts: Contracts, rich: Callable[[], LocalAccount], tmp_path: Path
    ) -> None:
        account, receiver = rich(), Account.create().address
        with small_disk(tmp_path / "disk") as make_room:
            database = fresh_database(tmp_path / "disk" / "flock.db")
            sender = open_sender(client, account, database)
            fill_up(tmp_path / "disk")
            with pytest.raises(DatabaseUnavailable, match="its disk has free space"):
                give(sender, receiver)
            assert client.balance(receiver) == 0
            (tmp_path / "disk" / "filler").unlink()
            make_room()
            give(sender, receiver)
            assert client.balance(receiver) == 1
            database.close()

    def test_a_daemon_goes_on_and_does_its_duty_once_there_is_room(self, tmp_path: Path) -> None:
        data, stop = b"b" * 2 * ROOM, threading.Event()
        with small_disk(tmp_path / "disk") as make_room:
            blobs = DiskBlobs(tmp_path / "disk")
            tries: list[int] = []

            class Store:
                name = "store"

                def __call__(self) -> bool:
                    tries.append(1)
                    if len(tries) == 3:
                        make_room()
                    blobs.put(data)
                    stop.set()
                    return True

            daemon.run([Store()], stop, interval=0.001)
            assert len(tries) == 3
            assert blobs.has(cid_of(digest_of(data)))


def give(sender: Sender, receiver: str) -> None:
    sender.send("give:1", receiver, b"", 1)


class TestLostFiles:
    """A node that was restored from an older backup, or lost a file: a sentence, no second vote, at most a strike."""

    def test_a_proposer_that_lost_its_bytes_after_its_promise_is_struck_alone(self, arena: Arena) -> None:
        arena.open_round()
        arena.propose(range(PROPOSERS))
        careless = arena.at(0)
        shutil.rmtree(arena.folder / careless.account)
        (arena.folder / careless.account / "incoming").mkdir(parents=True)
        assert not Train(careless.context, careless.duties)()
        with pytest.raises(BlobUnavailable, match="is not in"):
            Publish(careless.context)()
        arena.publish([1, 2])
        arena.pass_time(400)
        arena.attest()
        arena.vote()
        finished = arena.finish()
        assert (finished.outcome, finished.struck) == (Outcome.ACCEPTED, 0b001)

    def test_a_proposer_without_its_memory_promises_nothing_twice(self, arena: Arena, tmp_path: Path) -> None:
        arena.open_round()
        arena.propose(range(PROPOSERS))
        restored = of_an_older_day(arena.at(0), tmp_path)
        before = arena.contracts.client.block_number()
        assert restored.duties.propose_unprompted(arena.view.number) == {}
        with pytest.raises(Refused, match="was proposed by another installation: restore its memory"):
            Publish(restored.context)()
        assert arena.contracts.client.block_number() == before

    def test_a_voter_without_its_memory_votes_once_and_opens_what_it_sealed(
        self, arena: Arena, tmp_path: Path
    ) -> None:
        arena.open_round()
        arena.propose(range(PROPOSERS))
        arena.publish(range(PROPOSERS))
        arena.attest()
        number = arena.view.number
        for voter in arena.voters:
            voter.duties.vote_unprompted(number)
        restored = of_an_older_day(arena.voters[0], tmp_path)
        before = arena.contracts.client.block_number()
        with suppress(Refused):
            restored.duties.vote_unprompted(number)
        assert arena.contracts.client.block_number() == before
        arena.mine(2)  # votes are opened after the block whose hash goes into the next seed
        assert RevealVote(restored.context)()
        for voter in arena.voters[1:]:
            assert RevealVote(voter.context)()
        assert arena.finish().struck == 0

    def test_a_model_that_the_service_lost_is_served_again_by_a_member(self, arena: Arena) -> None:
        """The service was restored from a backup of before the round: its files lack the newest model."""
        arena.open_round()
        arena.propose(range(PROPOSERS))
        arena.publish(range(PROPOSERS))
        arena.attest()
        arena.vote()
        model = cid_of(arena.finish().candidate)
        voter = next(member for member in arena.members.values() if member.context.local.has(model))
        for path in (arena.folder / "blobs").rglob(model):
            path.unlink()
        with arena.rows.writing() as session:
            session.execute(delete(StoredBlob).where(StoredBlob.cid == model))
        assert not voter.context.shared.has(model)
        step = ServeModel(voter.context)
        assert step()
        assert not step()
        assert voter.context.shared.has(model)

    def test_a_damaged_blob_is_fetched_again(self, arena: Arena) -> None:
        context = arena.node(Account.create()).context
        cid = cid_of(arena.contracts.task_manager.parameters_of(arena.task).initial_model)
        good = bytes(fetch(context, cid, ROOM))
        path = context.local.path_of(cid)
        path.chmod(0o600)
        path.write_bytes(b"rotten")
        with pytest.raises(BlobUnavailable, match="was damaged and is removed"):
            fetch(context, cid, ROOM)
        assert bytes(fetch(context, cid, ROOM)) == good

    def test_a_database_that_is_none_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "flock.db").write_bytes(b"this is no database, but long enough to look like a file" * 100)
        with pytest.raises((BadConfig, DatabaseUnavailable), match=r"flock\.db"):
            fresh_database(tmp_path / "flock.db")


def of_an_older_day(member: Member, folder: Path) -> Member:
    """The member with a database that knows nothing of the open round."""
    database = fresh_database(folder / "older.db")
    context = member.context
    memory = NodeMemory(KeyValueStore(database, "older"), context.task)
    sender = open_sender(context.sender.client, context.wallet.operator, database)
    older = replace(context, memory=memory, sender=sender)
    return Member(older, MemberDuties(older))
