"""An artifact whose upload breaks off is continued by its trainer alone, and is one submission, however it comes."""

from pathlib import Path

import pytest
from eth_account.signers.local import LocalAccount

from flock.protocol.core.cid import cid_of, digest_of
from flock.store.uploads import Uploader
from tests.arena_service.conftest import SALT, TRAINERS, Served, artifact
from tests.web.hanging_up import Announced

TASK = "/arena/tasks/1"
MINE = artifact(1)
HALF = len(MINE) - 20
"""All of the header, and some of the numbers."""


def announced(served: Served, who: LocalAccount, data: bytes = MINE) -> Announced:
    domain = served.contracts.deployment_domain
    signer = Uploader(domain, 1, who.address, who, clock=served.contracts.client.now)
    url = f"{served.url}{TASK}/artifacts/{cid_of(digest_of(data))}"
    return Announced(url, {"account": who.address}, signer.headers(digest_of(data), len(data)), len(data))


def break_off(served: Served, folder: Path, who: LocalAccount) -> Announced:
    upload = announced(served, who)

    def has_arrived() -> bool:
        return [file.stat().st_size for file in (folder / "private/parts").glob("*/*")] == [HALF]

    upload.hang_up_after(MINE[:HALF], has_arrived)
    return upload


def submitted(served: Served, who: LocalAccount) -> str:
    number = served.script.submit(who.address, MINE, SALT)
    assert served.open(number, who, MINE).status_code == 204
    return f"{TASK}/submissions/{number}/artifact"


def test_a_dropped_body_resumes_to_the_same_submission(served: Served, tmp_path: Path) -> None:
    place = submitted(served, TRAINERS[0])
    upload = break_off(served, tmp_path, TRAINERS[0])
    assert served.ask(place, TRAINERS[0]).status_code == 404
    assert upload.put(MINE[HALF:], HALF).status_code == 201
    assert [upload.put(MINE, 0).status_code for _ in range(2)] == [200, 200]
    assert served.ask(place, TRAINERS[0]).content == MINE
    assert len(served.get(f"{TASK}/submissions")) == 1


def test_another_trainer_has_no_use_of_what_one_has_sent(served: Served, tmp_path: Path) -> None:
    """Who knows a digest must not be taken for who has the bytes, be they on their way or here."""
    mine, thief = break_off(served, tmp_path, TRAINERS[0]), announced(served, TRAINERS[1])
    assert thief.put(MINE[HALF:], HALF).status_code == 409
    assert mine.put(MINE[HALF:], HALF).status_code == 201
    assert thief.put(MINE[HALF:], HALF).status_code == 409
    assert thief.put(b"", len(MINE)).status_code == 409
    assert served.ask(submitted(served, TRAINERS[1]), TRAINERS[1]).status_code == 404


def test_who_has_begun_is_believed_for_the_whole_though_another_was_first(
    served: Served, tmp_path: Path
) -> None:
    mine = break_off(served, tmp_path, TRAINERS[0])
    assert served.bring_artifact(TRAINERS[1], MINE).status_code == 201
    assert mine.put(bytes(len(MINE) - HALF), HALF).status_code == 422
    assert mine.put(MINE[HALF:], HALF).status_code == 200
    assert served.ask(submitted(served, TRAINERS[0]), TRAINERS[0]).content == MINE


@pytest.mark.parametrize("began", [b"PK\x03\x04 a zip archive", MINE[:20]])
def test_the_header_is_checked_in_what_came_before(served: Served, tmp_path: Path, began: bytes) -> None:
    """However it came to lie there."""
    upload = break_off(served, tmp_path, TRAINERS[0])
    [file] = (tmp_path / "private/parts").glob("*/*")
    file.write_bytes(began)
    assert upload.put(MINE[len(began) :], len(began)).status_code == 422
    assert upload.held() == 0
