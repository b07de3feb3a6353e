"""``flock task model``: the model that the chain names, in a file; and what ``task show`` tells of its rounds."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from flock.node.memory import CastVote, NodeMemory
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.blobs import DiskBlobs
from flock.store.database import Database, open_database
from flock.store.key_value import KeyValueStore
from flock.training.arrays import decode_model
from tests.cli.network import Site, sentence
from tests.cli.season import Season, open_season
from tests.node.member_app import START


@pytest.fixture
def season(site: Site, database: Database) -> Season:
    return open_season(site, database)


def accepted(season: Season, number: int) -> bytes:
    """What the driver of rounds lets its voters accept."""
    return f"candidate of round {number} of task {season.task}".encode()


def serve(site: Site, model: bytes) -> None:
    DiskBlobs(site.home.folder / "blobs").put(model)


class TestTheFile:
    def test_before_the_first_round_it_is_the_initial_model(self, site: Site, tmp_path: Path) -> None:
        site.key("founder")
        task, file = site.create_task(), tmp_path / "first.safetensors"
        shown = site.flock("task", "model", task, "-o", file)
        assert shown.exit_code == 0, shown.stderr
        assert decode_model(file.read_bytes())["w"].tolist() == START["w"].tolist()
        assert f"the initial model of task {task}" in shown.stdout

    def test_later_it_is_the_newest_that_was_accepted(
        self, site: Site, season: Season, tmp_path: Path
    ) -> None:
        season.play_round()
        season.play_round()
        serve(site, accepted(season, 2))
        file = tmp_path / "new folder" / "final.safetensors"
        said = json.loads(site.flock("task", "model", season.task, "-o", file, "--json").stdout)
        assert file.read_bytes() == accepted(season, 2)
        assert said == {
            "task": season.task,
            "file": str(file),
            "model": cid_of(digest_of(accepted(season, 2))),
            "bytes": len(accepted(season, 2)),
        }

    def test_that_of_an_earlier_round_can_be_named(self, site: Site, season: Season, tmp_path: Path) -> None:
        season.play_round()
        season.play_round()
        serve(site, accepted(season, 1))
        file = tmp_path / "old.safetensors"
        assert site.flock("task", "model", season.task, "--round", 1, "-o", file).exit_code == 0
        assert file.read_bytes() == accepted(season, 1)


class TestRefusals:
    """They leave the file that was there, and nothing beside it."""

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        folder = tmp_path / "models"
        folder.mkdir()
        (folder / "kept.safetensors").write_bytes(b"mine")
        return folder / "kept.safetensors"

    @pytest.fixture(autouse=True)
    def _the_file_is_kept(self, file: Path):
        yield
        assert [each.read_bytes() for each in file.parent.iterdir()] == [b"mine"]

    def test_a_service_that_does_not_have_it(self, site: Site, season: Season, file: Path) -> None:
        season.play_round()
        shown = site.flock("task", "model", season.task, "-o", file)
        assert shown.exit_code == 75
        assert "does not have the blob" in sentence(shown)

    def test_a_service_that_serves_other_bytes(self, site: Site, season: Season, file: Path) -> None:
        season.play_round()
        serve(site, accepted(season, 1))
        [blob] = [each for each in (site.home.folder / "blobs").rglob("*") if each.is_file()]
        blob.write_bytes(b"forged".ljust(len(accepted(season, 1))))
        shown = site.flock("task", "model", season.task, "-o", file)
        assert shown.exit_code in (1, 75)
        assert "Traceback" not in shown.stderr

    def test_a_round_that_is_not_over(self, site: Site, season: Season, file: Path) -> None:
        shown = site.flock("task", "model", season.task, "--round", 7, "-o", file)
        assert shown.exit_code == 1
        assert f"has no round 7 that is over; `flock task show {season.task}`" in sentence(shown)

    def test_a_model_larger_than_wanted(self, site: Site, season: Season, file: Path) -> None:
        season.play_round()
        serve(site, accepted(season, 1))
        shown = site.flock("task", "model", season.task, "--max-mib", 0, "-o", file)
        assert shown.exit_code == 2

    def test_a_place_that_cannot_be_written(self, site: Site, season: Season, file: Path) -> None:
        season.play_round()
        serve(site, accepted(season, 1))
        shown = site.flock("task", "model", season.task, "-o", file / "inside.safetensors")
        assert shown.exit_code == 78
        assert "cannot be written" in sentence(shown)


class TestRounds:
    def test_each_is_shown_with_its_outcome_and_the_loss_that_the_node_here_measured(
        self, site: Site, season: Season
    ) -> None:
        season.play_round()
        season.play_round()
        models = [digest_of(accepted(season, number)) for number in (1, 2)]
        with closing(open_database(str(site.home.folder / "home" / "flock.db"))) as database:
            kept = KeyValueStore(database, f"node-{season.contracts.client.identity}")
            memory = NodeMemory(kept, season.task)
            memory.keep_vote(1, CastVote(models[0].hex(), 0, 1, True, 0.6931))
            memory.keep_vote(2, CastVote("ab" * 32, 0, 1, True, 9.9))  # it voted for another
        said = json.loads(site.flock("task", "show", season.task, "--json").stdout)
        assert said["rounds"] == [
            {"round": 1, "outcome": "accepted", "model": cid_of(models[0]), "loss": 0.6931},
            {"round": 2, "outcome": "accepted", "model": cid_of(models[1]), "loss": None},
        ]
        lines = site.flock("task", "show", season.task).stdout.splitlines()
        table = [line.split() for line in lines[lines.index("Rounds") + 1 :]]
        assert table == [
            ["round", "outcome", "loss", "here"],
            ["1", "accepted", "0.6931"],
            ["2", "accepted", "–"],
        ]

    def test_a_task_without_rounds_has_no_table(self, site: Site, season: Season) -> None:
        shown = site.flock("task", "show", season.task)
        assert (shown.exit_code, "Rounds" in shown.stdout) == (0, False)
