"""What no task needs goes, after a while; what a voter may still need never does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flock.alliance.blob_needs import AllianceBlobs
from flock.alliance.models import PublicationRow, RoundRow, SeatRow, TaskRow, TaskStatus
from flock.errors import ServiceUnavailable
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.blobs import DiskBlobs
from flock.store.database import Database
from flock.tasks.garbage import CollectGarbage, Collector, Retention
from flock.web.models import DRAFT, StoredBlob

ACCOUNT = "0x000000000000000000000000000000000000dEaD"
AT_ONCE = Retention(rounds=1, grace=0, after_end=0, drafts=0)


@pytest.fixture
def database(either_database: Database) -> Database:
    return either_database


@pytest.fixture
def blobs(tmp_path: Path) -> DiskBlobs:
    return DiskBlobs(tmp_path / "blobs")


def cid(name: str) -> str:
    return cid_of(digest_of(name.encode()))


class Story:
    """Tasks whose blobs are called by names."""

    def __init__(self, database: Database, blobs: DiskBlobs) -> None:
        self.database = database
        self.blobs = blobs

    def store(self, *names: str, task: int = 1) -> None:
        with self.database.writing() as session:
            for name in names:
                self.blobs.put(name.encode())
                session.merge(StoredBlob(cid=cid(name), task=task, account=ACCOUNT, size=len(name)))

    def task(self, number: int = 1, model: str = "initial", state: TaskStatus = TaskStatus.RUNNING) -> None:
        with self.database.writing() as session:
            session.merge(
                TaskRow(
                    id=number,
                    creator=ACCOUNT,
                    state=state,
                    metadata_digest=digest_of(b"metadata"),
                    parameters={"initial_model": "0x" + digest_of(b"initial").hex()},
                    bounty=0,
                    pool=0,
                    model=digest_of(model.encode()),
                    opened=0,
                    decided=0,
                    members=0,
                )
            )

    def round(self, number: int, outcome: Outcome | None = Outcome.ACCEPTED, task: int = 1) -> None:
        """A round with one proposal, ``update N``, and one candidate, ``model N``, which may have won."""
        candidate = digest_of(f"model {number}".encode())
        with self.database.writing() as session:
            session.add(
                RoundRow(
                    task=task,
                    number=number,
                    seed=bytes(32),
                    drawn_block=number,
                    propose_ends_at=0,
                    keeper=ACCOUNT,
                    drawn_transaction="",
                    outcome=outcome,
                    candidate=candidate if outcome else None,
                )
            )
            session.add(
                SeatRow(
                    task=task,
                    round=number,
                    seat=1,
                    is_proposer=False,
                    member=1,
                    account=ACCOUNT,
                    weight=1,
                    candidate=candidate,
                    transactions={},
                )
            )
            update = f"update {number}"
            session.add(
                PublicationRow(
                    commitment=digest_of(f"{task}/{number}".encode()),
                    task=task,
                    round=number,
                    seat=0,
                    cid=cid(update),
                )
            )
            row = session.get_one(TaskRow, task)
            row.opened = number
            if outcome is Outcome.ACCEPTED:
                row.model = candidate
        self.store(f"model {number}", update, task=task)

    def collector(
        self, retention: Retention = AT_ONCE, is_current: Callable[[], bool] = lambda: True
    ) -> Collector:
        return Collector(self.database, self.blobs, retention, [AllianceBlobs()], is_current)

    def kept(self, *names: str) -> list[str]:
        return [name for name in names if self.blobs.has(cid(name))]


@pytest.fixture
def story(database: Database, blobs: DiskBlobs) -> Story:
    told = Story(database, blobs)
    told.store("metadata", "initial")
    return told


EVERYTHING = ("metadata", "initial", *(f"{what} {n}" for n in range(1, 5) for what in ("model", "update")))


class TestNeed:
    def test_a_running_task_keeps_the_open_round_and_the_last_ones(self, story: Story) -> None:
        story.task()
        for number in range(1, 4):
            story.round(number)
        story.round(4, outcome=None)
        story.collector().collect()
        assert set(EVERYTHING) - set(story.kept(*EVERYTHING)) == {"model 1", "update 1", "update 2"}

    def test_every_accepted_model_stays_where_that_is_wished(self, story: Story) -> None:
        story.task()
        for number, outcome in enumerate((Outcome.ACCEPTED, Outcome.REJECTED, Outcome.ACCEPTED), 1):
            story.round(number, outcome)
        story.round(4, outcome=None)
        story.collector(Retention(rounds=0, models=True, grace=0)).collect()
        models = story.kept(*(f"model {number}" for number in range(1, 5)))
        assert models == ["model 1", "model 3", "model 4"]

    def test_an_ended_task_keeps_its_metadata_and_its_final_model(self, story: Story) -> None:
        story.task()
        story.round(1)
        story.task(model="model 1", state=TaskStatus.CLOSED)
        story.collector().collect()
        assert story.kept(*EVERYTHING) == ["metadata", "model 1"]

    def test_what_another_task_needs_stays_whoever_brought_it(self, story: Story) -> None:
        story.task(1)
        story.round(1)
        story.task(1, model="final", state=TaskStatus.CLOSED)
        story.task(2, model="model 1")
        story.collector().collect()
        assert "model 1" in story.kept(*EVERYTHING)

    def test_a_draft_belongs_to_the_task_that_names_it(self, story: Story) -> None:
        story.store("drawn up", "given up", task=DRAFT)
        story.task(7, model="drawn up")
        story.collector().collect()
        assert story.kept("drawn up", "given up") == ["drawn up"]
        with story.database.reading() as session:
            assert session.get_one(StoredBlob, cid("drawn up")).task == 7


class TestPatience:
    @pytest.mark.parametrize(
        ("waiting", "state", "task"),
        [
            ({"grace": 9999}, TaskStatus.RUNNING, 1),
            ({"after_end": 9999}, TaskStatus.CLOSED, 1),
            ({"drafts": 9999}, TaskStatus.RUNNING, DRAFT),
            ({"drafts": 9999}, TaskStatus.RUNNING, 404),
        ],
    )
    def test_what_is_not_needed_stays_for_its_time(
        self, story: Story, waiting: dict[str, int], state: TaskStatus, task: int
    ) -> None:
        story.task(state=state)
        story.store("old", task=task)
        kept = Retention(**{"grace": 0, "after_end": 0, "drafts": 0, **waiting})
        found = story.collector(kept).collect()
        assert cid("old") in {waste.cid for waste in found.waiting}
        assert story.kept("old") == ["old"]
        assert cid("old") in {waste.cid for waste in story.collector().collect().removed}
        assert story.kept("old") == []

    def test_what_is_needed_again_begins_anew(self, story: Story) -> None:
        story.task()
        story.store("forked")
        story.collector(Retention()).collect()
        story.task(model="forked")
        story.collector(Retention()).collect()
        with story.database.reading() as session:
            assert session.get_one(StoredBlob, cid("forked")).unneeded_since is None

    def test_rows_behind_the_chain_remove_nothing(self, story: Story) -> None:
        collector = story.collector(is_current=lambda: False)
        with pytest.raises(ServiceUnavailable, match="behind the chain"):
            collector.collect()
        assert not CollectGarbage(collector, 60)()
        assert story.kept("metadata", "initial") == ["metadata", "initial"]


class TestWork:
    def test_a_preview_changes_nothing_and_says_what_would_go(self, story: Story) -> None:
        story.task()
        story.store("old")
        seen = story.collector().preview()
        assert [(waste.cid, waste.size) for waste in seen.removed] == [(cid("old"), 3)]
        assert story.kept("old") == ["old"]
        with story.database.reading() as session:
            assert session.get_one(StoredBlob, cid("old")).unneeded_since is None
        assert [waste.cid for waste in story.collector().collect().removed] == [cid("old")]

    def test_the_step_collects_once_an_interval(self, story: Story) -> None:
        story.task()
        story.store("old")
        step = CollectGarbage(story.collector(), 60)
        assert step()
        story.store("older")
        assert not step()
        assert story.kept("old", "older") == ["older"]

    def test_killed_between_bytes_and_row_it_finishes_at_the_next_run(self, story: Story) -> None:
        story.task()
        story.store("old")
        story.blobs.remove(cid("old"))
        story.collector().collect()
        with story.database.reading() as session:
            assert session.get(StoredBlob, cid("old")) is None

    def test_a_store_that_fails_in_between_loses_no_row(
        self, story: Story, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_: str) -> bool:
            raise ServiceUnavailable("The bucket does not answer: try again later.")

        story.task()
        story.store("old")
        monkeypatch.setattr(story.blobs, "remove", fail)
        with pytest.raises(ServiceUnavailable):
            story.collector().collect()
        monkeypatch.undo()
        assert [waste.cid for waste in story.collector().collect().removed] == [cid("old")]
