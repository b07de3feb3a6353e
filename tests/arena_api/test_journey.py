"""FLock.io's public clients, as their scripts go about it, against a real service on a real chain."""

from pathlib import Path

from flock.arena.scoring.scorer import Job, Scorer
from flock.protocol.arena.stages import WindowPhase
from flock.protocol.core.cid import digest_of
from tests import patience
from tests.arena.field import SEATS, SET_A, weights
from tests.arena_api.conftest import Door


def score_of(scorer: Scorer, artifact: bytes) -> float:
    """What a validator that looks finds."""
    return scorer.score(Job(artifact, SET_A, digest_of(SET_A))).reveal / 1e6


def test_a_trainer_and_a_validator_come_from_flock_io_with_nothing_but_a_url_and_a_key(
    door: Door, scorer: Scorer, tmp_path: Path
) -> None:
    arena = door.arena
    trainer, judge = door.wallet(), door.wallet()
    arena.add_validators(SEATS - 1)
    # A validator asks before the task begins: it is enrolled, and there is nothing to do for it.
    nothing = judge.post(f"/tasks/request-validation-assignment/{arena.task}")
    assert nothing.json() == {"detail": "No task submissions available to validate"}
    arena.keep()
    arena.catch_up()

    listed = door.ask("/api/v1/tasks/list?status=submission_phase").json()
    assert [task["id"] for task in listed] == [arena.task]
    task = door.ask(f"/api/v1/tasks/get?task_id={arena.task}").json()
    assert task["status"] == "submission_phase"
    assert task["data"]["max_params"] == arena.document.scoring.bounds.parameters

    folder, model = tmp_path / "model", weights(1)
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(model)
    (folder / "training_args.bin").write_bytes(b"\x80\x02}.")
    repository, revision = trainer.hub(tmp_path, "push", "mine", folder)
    data = {
        "hg_repo_id": repository,
        "base_model": "qwen1.5",
        "gpu_type": "Error: no NVIDIA driver found",
        "revision": revision,
    }
    given = {"task_id": str(arena.task), "data": data}
    sent = [trainer.post("/tasks/submit-result", given) for _ in range(3)]
    assert [answer.status_code for answer in sent] == [200] * 3, sent[0].text
    assert {answer.json()["id"] for answer in sent} == {1}
    assert arena.contracts.arena_board.arena_view(arena.task).submissions == 1
    assert arena.submission(1).trainer == trainer.account.address

    arena.push_to(WindowPhase.COMMIT)
    assigned = judge.post(f"/tasks/request-validation-assignment/{arena.task}")
    assert assigned.status_code == 200, assigned.text
    assignment = assigned.json()
    assert assignment["status"] == "validating"
    submission = assignment["task_submission"]
    assert (submission["id"], submission["task_id"]) == (1, arena.task)
    merged = {**submission["data"], **assignment["data"]}
    assert merged["base_model"] == "qwen1.5"
    assert patience.get(merged["validation_set_url"]).content == SET_A
    again = judge.post(f"/tasks/request-validation-assignment/{arena.task}").json()
    assert again["id"] == assignment["id"]
    found = judge.hub(
        tmp_path, "pull", merged["hg_repo_id"], merged["revision"], "model.safetensors", tmp_path / "found"
    )
    artifact = Path(found[0]).read_bytes()
    assert artifact == model
    # Nobody else can read it before the close, whatever it is asked for.
    path = f"/{merged['hg_repo_id']}/resolve/{merged['revision']}/model.safetensors"
    assert door.ask(path).status_code == 401
    key = {"Authorization": f"Bearer {door.stranger().key}"}
    assert patience.get(door.url + path, headers=key).status_code == 404

    score = score_of(scorer, artifact)
    ended = f"/tasks/update-validation-assignment/{assignment['id']}"
    for wrong in (True, "0.5", -1, 1e308, None):
        refused = judge.post(ended, {"status": "completed", "data": {"loss": wrong}})
        assert (refused.status_code, list(refused.json())) == (422, ["detail"])
    report = {"status": "completed", "data": {"loss": score, "gpu_type": "cpu"}}
    assert judge.post(ended, report).status_code == 200
    refused = judge.post(ended, report)
    assert refused.json() == {"detail": "Validation assignment is not in validating status"}
    for _ in range(3):
        late = judge.post(ended, {"status": "failed"})
        assert late.json() == {"detail": "Validation assignment is not in validating status"}

    for validator in arena.validators:
        validator.work()
    panels, number = arena.contracts.arena_panels, 1
    patience.until(
        lambda: panels.validator_of(arena.task, judge.account.address).committed_window == number
    )
    arena.push_to(WindowPhase.REVEAL)
    for validator in arena.validators:
        validator.reveal()
    patience.until(lambda: panels.validator_of(arena.task, judge.account.address).has_revealed)
    arena.push_to(WindowPhase.REST)
    arena.catch_up()

    ranking = door.ask(f"/api/v1/stats/models?task_id={arena.task}&page=1&size=50").json()
    assert [(row["address"], row["score"]) for row in ranking["items"]] == [(trainer.account.address, score)]
    mine = trainer.get("/tasks/wallet-submissions", task_id=arena.task).json()["items"]
    assert [each["submission_phase_score"] for each in mine] == [score]
    reveals = door.ask(f"/arena/tasks/{arena.task}/submissions/1").json()["reveals"]
    assert judge.account.address in {reveal["account"] for reveal in reveals}
    assert len(reveals) == SEATS

    # At the close the door discloses for the trainer, whose script knows of no such thing.
    arena.pass_until(arena.parameters.ends_at + 86_400)
    arena.keep()
    patience.until(lambda: arena.submission(1).is_disclosed)
