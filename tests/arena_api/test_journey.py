"""FLock.io's public clients, as their scripts go about it, against a real service on a real chain."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from flock.arena.scoring.scorer import Job, Scorer
from flock.protocol.arena.stages import WindowPhase
from flock.protocol.core.cid import digest_of
from tests import patience
from tests.arena.field import SEATS, SET_A, weights
from tests.arena_api.conftest import ApiWallet, Door

MODEL = weights(1)
BASE = "qwen1.5"


def train(door: Door, trainer: ApiWallet, folder: Path) -> None:
    """A training node's script: look for a task, push a model, submit it; three times, as the line is bad."""
    task = door.arena.task
    listed = door.ask("/api/v1/tasks/list?status=submission_phase").json()
    assert [each["id"] for each in listed] == [task]
    shown = door.ask(f"/api/v1/tasks/get?task_id={task}").json()
    assert shown["status"] == "submission_phase"
    assert shown["data"]["max_params"] == door.arena.document.scoring.bounds.parameters
    (folder / "model").mkdir()
    (folder / "model" / "model.safetensors").write_bytes(MODEL)
    (folder / "model" / "training_args.bin").write_bytes(b"\x80\x02}.")
    repository, revision = trainer.hub(folder, "push", "mine", folder / "model")
    data = {
        "hg_repo_id": repository,
        "base_model": BASE,
        "gpu_type": "Error: no NVIDIA driver found",
        "revision": revision,
    }
    sent = [trainer.post("/tasks/submit-result", {"task_id": str(task), "data": data}) for _ in range(3)]
    assert [answer.status_code for answer in sent] == [200] * 3, sent[0].text
    assert {answer.json()["id"] for answer in sent} == {1}


def download(door: Door, judge: ApiWallet, assignment: dict[str, Any], folder: Path) -> bytes:
    """A validator's script up to its evaluation: the set by its link, the model from the hub."""
    merged = {**assignment["task_submission"]["data"], **assignment["data"]}
    assert merged["base_model"] == BASE
    assert patience.get(merged["validation_set_url"]).content == SET_A
    repository, revision = merged["hg_repo_id"], merged["revision"]
    (found,) = judge.hub(folder, "pull", repository, revision, "model.safetensors", folder / "found")
    # Nobody else can read it before the close, whatever it is asked for.
    path = f"/{repository}/resolve/{revision}/model.safetensors"
    assert door.ask(path).status_code == 401
    key = {"Authorization": f"Bearer {door.stranger().key}"}
    assert patience.get(door.url + path, headers=key).status_code == 404
    return Path(found).read_bytes()


def report(judge: ApiWallet, number: int, score: float) -> None:
    """What validators' scripts report, and what some report by mistake."""
    ended = f"/tasks/update-validation-assignment/{number}"
    for wrong in (True, "0.5", -1, 1e308, None):
        refused = judge.post(ended, {"status": "completed", "data": {"loss": wrong}})
        assert (refused.status_code, list(refused.json())) == (422, ["detail"])
    completed = {"status": "completed", "data": {"loss": score, "gpu_type": "cpu"}}
    assert judge.post(ended, completed).status_code == 200
    for late in (completed, *({"status": "failed"} for _ in range(3))):
        said = judge.post(ended, late).json()
        assert said == {"detail": "Validation assignment is not in validating status"}


@pytest.mark.parametrize("hold_seconds", [patience.SECONDS])
def test_a_trainer_and_a_validator_come_from_flock_io_with_nothing_but_a_url_and_a_key(
    door: Door, scorer: Scorer, tmp_path: Path
) -> None:
    arena = door.arena
    board, panels = arena.contracts.arena_board, arena.contracts.arena_panels
    trainer, judge = door.wallet(), door.wallet()
    trained, judged = trainer.account.address, judge.account.address
    arena.add_validators(SEATS - 1)
    request = f"/tasks/request-validation-assignment/{arena.task}"
    with ThreadPoolExecutor(1) as beside:
        # It asks before the task has begun: it is enrolled, and held. Nothing but a block can end this wait.
        held = beside.submit(judge.post, request)
        patience.until(lambda: board.member_of(arena.task, judged).is_active)
        arena.keep()
        arena.catch_up()
        train(door, trainer, tmp_path)
        assert board.arena_view(arena.task).submissions == 1
        assert arena.submission(1).trainer == trained
        assert not held.done()
        arena.push_to(WindowPhase.COMMIT)
        assignment = held.result().json()
    assert assignment["status"] == "validating", assignment
    assert assignment["task_submission"]["task_id"] == arena.task
    assert judge.post(request).json()["id"] == assignment["id"]
    artifact = download(door, judge, assignment, tmp_path)
    assert artifact == MODEL
    score = scorer.score(Job(artifact, SET_A, digest_of(SET_A))).reveal / 1e6
    report(judge, assignment["id"], score)

    for validator in arena.validators:
        validator.work()
    patience.until(lambda: panels.validator_of(arena.task, judged).committed_window == 1)
    arena.push_to(WindowPhase.REVEAL)
    for validator in arena.validators:
        validator.reveal()
    patience.until(lambda: panels.validator_of(arena.task, judged).has_revealed)
    arena.push_to(WindowPhase.REST)
    arena.catch_up()

    ranking = door.ask(f"/api/v1/stats/models?task_id={arena.task}&page=1&size=50").json()
    assert [(row["address"], row["score"]) for row in ranking["items"]] == [(trained, score)]
    mine = trainer.get("/tasks/wallet-submissions", task_id=arena.task).json()["items"]
    assert [each["submission_phase_score"] for each in mine] == [score]
    reveals = door.ask(f"/arena/tasks/{arena.task}/submissions/1").json()["reveals"]
    assert len(reveals) == SEATS
    assert judged in {reveal["account"] for reveal in reveals}

    # At the close the door discloses for the trainer, whose script knows of no such thing.
    arena.pass_until(arena.parameters.ends_at + 86_400)
    arena.keep()
    patience.until(lambda: arena.submission(1).is_disclosed)
