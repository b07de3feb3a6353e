"""What FLock.io's clients send that others would not, and what they compare whole: row by row."""

import re
from pathlib import Path

import pytest

from flock.arena.flock_api.spending import SpendingLimit
from flock.protocol.arena.stages import WindowPhase
from tests import patience
from tests.alliance.signed_in import signed_in
from tests.arena.field import SEATS, weights
from tests.arena_api.conftest import ApiWallet, Door

NAIVE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")
NOTHING = {"detail": "No task submissions available to validate"}
NOT_VALIDATING = {"detail": "Validation assignment is not in validating status"}

# What is asked without a key, and with which status it is answered.
READ = (
    ("/api/v1/health", 200),
    ("//api/v1//tasks/list", 200),
    ("/api/v1//tasks/get?task_id=1", 200),
    ("/api/v1/tasks/list?status=finalized", 200),
    ("/api/v1/tasks/get?task_id=999", 404),
    ("/api/v1/tasks/get?task_id=one", 422),
    ("/api/v1/tasks/get", 422),
    ("/api/v1/stats/emissions?type=validation", 200),
    ("/api/v1/stats/models?task_id=1&page=1&size=50", 200),
    ("/api/v1/stats/validators?task_id=1&page=1&size=50", 200),
    ("/api/v1/stats/submissions/{address}&page=1&size=50", 200),
    ("/api/v1/stats/submissions/{address}&page=&size=-7&x", 200),
    ("/api/v1/stats/submissions/{address}?page=1&size=50", 200),
    ("/api/v1/stats/submissions/nobody&page=1", 422),
    ("/api/v1/stats/achievements/{address}?role=node", 200),
    ("/api/v1/stats/enrolled-tasks/{address}", 200),
    ("/api/v1/auth/signable-message?address={address}", 200),
    ("/api/v1/tasks/wallet-submissions?task_id=1", 401),
    ("/api/v1/nowhere", 404),
    ("/api/v1/sets/1/a?until=99999999999&signature=00", 403),
    ("/api/v1/sets/1/c?until=1&signature=00", 422),
)

MODEL = {"hg_repo_id": "{me}/mine", "base_model": "b", "gpu_type": "g", "revision": "main"}
# What is wrong with a submission, the status, and what the sentence names.
REFUSED = (
    ({"hg_repo_id": "{me}/other"}, 404, "no such repository"),
    ({"hg_repo_id": "no-slash"}, 404, "no such repository"),
    ({"revision": "0" * 40}, 404, "no revision"),
    ({"model_filename": "../model.safetensors"}, 422, "safetensors"),
    ({"hg_repo_id": 7}, 422, "hg_repo_id"),
    ({"hg_repo_id": None}, 422, "hg_repo_id"),
)


def one_submission(door: Door, trainer: ApiWallet, folder: Path) -> dict[str, str]:
    """Pushes a model; what a script submits it by."""
    (folder / "model").mkdir(exist_ok=True)
    (folder / "model" / "model.safetensors").write_bytes(weights(1))
    repository, revision = trainer.hub(folder, "push", "mine", folder / "model")
    return {**MODEL, "hg_repo_id": repository, "revision": revision}


def test_what_their_clients_ask_and_compare(door: Door, tmp_path: Path) -> None:
    arena = door.arena
    trainer, judge, stranger = door.wallet(), door.wallet(), door.stranger()
    arena.add_validators(SEATS - 1)
    request = f"/tasks/request-validation-assignment/{arena.task}"
    assert judge.post(request).json() == NOTHING
    arena.keep()
    arena.catch_up()

    for path, status in READ:
        answer = door.ask(path.format(address=trainer.account.address))
        assert answer.status_code == status, (path, answer.text)
        assert answer.headers["content-type"] == "application/json"
        assert answer.is_success or list(answer.json()) == ["detail"], (path, answer.text)
    task = door.ask("/api/v1/tasks/list").json()[0]
    assert isinstance(task["id"], int)
    for name in ("initialized_at", "submission_phase_ends_at", "final_validation_ends_at"):
        assert NAIVE.fullmatch(task[name])

    data = one_submission(door, trainer, tmp_path)
    for wrong, status, named in REFUSED:
        changed = {**data, **wrong}
        if isinstance(changed["hg_repo_id"], str):
            changed["hg_repo_id"] = changed["hg_repo_id"].format(me=trainer.account.address)
        answer = trainer.post("/tasks/submit-result", {"task_id": arena.task, "data": changed})
        assert (answer.status_code, list(answer.json())) == (status, ["detail"]), (wrong, answer.text)
        assert named in answer.json()["detail"]
    # Who has not named the operator, and who names another's repository.
    answer = stranger.post("/tasks/submit-result", {"task_id": arena.task, "data": data})
    assert answer.status_code == 403
    assert "flock stake operator" in answer.json()["detail"]
    for body in (b"{", b"[]", b'{"task_id": 1}', b'{"status": "completed", "data": {"loss": NaN}}'):
        answer = patience.post(
            f"{door.url}/api/v1/tasks/submit-result", content=body, headers={"flock-api-key": trainer.key}
        )
        assert (answer.status_code, list(answer.json())) == (422, ["detail"])
    assert trainer.post("/tasks/submit-result", {"task_id": arena.task, "data": data}).is_success
    # A trainer's wallet is a trainer's for good.
    assert trainer.post(request).status_code == 403

    arena.push_to(WindowPhase.COMMIT)
    assigned = judge.post(request)
    number = assigned.json()["id"]
    assert isinstance(number, int)
    assert NAIVE.fullmatch(assigned.json()["assigned_at"])
    ended = f"/tasks/update-validation-assignment/{number}"
    assert door.stranger().post(ended, {"status": "failed"}).status_code == 403
    assert judge.post("/tasks/update-validation-assignment/999", {"status": "failed"}).status_code == 404
    # A completed that is refused, then failed, three times: as their script does when it runs into trouble.
    assert judge.post(ended, {"status": "completed", "data": {}}).status_code == 422
    assert [judge.post(ended, {"status": "failed"}).status_code for _ in range(3)] == [200] * 3
    late = judge.post(ended, {"status": "completed", "data": {"loss": 0.5}})
    assert late.json() == NOT_VALIDATING


@pytest.mark.parametrize("limit", [SpendingLimit(gas=1)])
def test_a_wallet_cannot_spend_more_of_the_operators_gas_than_its_limit(door: Door, tmp_path: Path) -> None:
    """A wallet that would drain the operator: its enrolment passes the limit, and nothing more is sent that day."""
    trainer = door.wallet()
    door.arena.catch_up()
    client = door.arena.contracts.client
    data = one_submission(door, trainer, tmp_path)
    given = {"task_id": door.arena.task, "data": data}
    first = trainer.post("/tasks/submit-result", given)
    assert first.status_code == 403
    assert "limits" in first.json()["detail"]
    held = client.balance(door.operator.address)
    assert trainer.post("/tasks/submit-result", given).status_code == 403
    assert client.balance(door.operator.address) == held


def test_a_key_that_is_revoked_opens_nothing(door: Door) -> None:
    wallet = door.stranger()
    door.arena.catch_up()
    assert wallet.get("/tasks/wallet-submissions", task_id=door.arena.task).status_code == 200
    with signed_in(door.url, wallet.account) as client:
        (key,) = client.get("/api-keys").json()
        assert wallet.key not in str(key)
        assert client.delete(f"/api-keys/{key['id']}").status_code == 204
    answer = wallet.get("/tasks/wallet-submissions", task_id=door.arena.task)
    assert (answer.status_code, list(answer.json())) == (401, ["detail"])
