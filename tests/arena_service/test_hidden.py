"""What an Arena hides stays hidden: artifacts, openings, sets; from whoever is not to see them, until it is time."""

import json
from collections.abc import AsyncIterator

import anyio
import pytest
from eth_account.signers.local import LocalAccount

from flock.arena.artifacts import _with_checked_header
from flock.arena.scoring.rejection import Rejected
from flock.arena.task_document import parse_document
from flock.protocol.arena.params import ArenaParameters
from flock.protocol.core.cid import cid_of, digest_of
from tests import patience
from tests.arena_service.conftest import METADATA, SALT, TRAINERS, VALIDATORS, Served, artifact
from tests.arena_service.event_script import CIPHER_B, CREATOR, SET_A, SET_B, ArenaScript

TASK = "/arena/tasks/1"
MINE, OTHERS = artifact(1), artifact(2)


def submit(served: Served, who: LocalAccount, data: bytes, *, is_sealed: bool = False) -> int:
    """Commit, bring the bytes, tell the opening."""
    number = served.script.submit(who.address, data, SALT, is_sealed=is_sealed)
    assert served.bring_artifact(who, data).is_success
    assert served.open(number, who, data).status_code == 204
    return number


def panel_of(served: Served, submission: int) -> tuple[list[LocalAccount], list[LocalAccount]]:
    """Who is on the panel of the last window, and who is off it."""
    page = served.get(f"{TASK}/windows/{served.script.windows}")
    seats = {seat["account"] for seat in page["seats"] if seat["submission"] == submission}
    return (
        [each for each in VALIDATORS if each.address in seats],
        [each for each in VALIDATORS if each.address not in seats],
    )


def test_only_the_trainer_and_the_panel_can_read_a_submission(served: Served) -> None:
    number = submit(served, TRAINERS[0], MINE)
    paths = [f"{TASK}/submissions/{number}/{what}" for what in ("artifact", "opening")]
    for path in paths:
        assert served.ask(path).status_code == 401
        for stranger in (*VALIDATORS, *TRAINERS[1:], CREATOR):
            assert served.ask(path, stranger).status_code == 403
        assert served.ask(path, TRAINERS[0]).status_code == 200
    served.script.open_window([number])
    served.script.draw()
    on_panel, off_panel = panel_of(served, number)
    for validator in on_panel:
        assert served.ask(paths[0], validator).content == MINE
        opening = served.ask(paths[1], validator).json()
        assert opening == {"digest": "0x" + digest_of(MINE).hex(), "salt": "0x" + SALT.hex()}
    for validator in off_panel:
        assert [served.ask(path, validator).status_code for path in paths] == [403, 403]


def test_a_range_of_an_artifact_can_be_asked_for(served: Served) -> None:
    number = submit(served, TRAINERS[0], MINE)
    path = f"{TASK}/submissions/{number}/artifact"
    headers = {**served.headers_of(TRAINERS[0]), "Range": "bytes=8-15"}
    answer = patience.get(served.url + path, headers=headers)
    assert (answer.status_code, answer.content) == (206, MINE[8:16])
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_substitute_can_read_what_it_may_stand_in_for(served: Served) -> None:
    number = submit(served, TRAINERS[0], MINE)
    served.script.open_window([number])
    served.script.draw()
    served.script.wait(served.script.terms.commit_seconds)
    served.script.draw_substitutes()
    page = served.get(f"{TASK}/windows/1")
    named = {seat["substitute"] for seat in page["seats"]} - {None}
    substitutes = [each for each in VALIDATORS if each.address in named]
    assert all(
        served.ask(f"{TASK}/submissions/{number}/artifact", each).content == MINE for each in substitutes
    )


def test_an_artifact_is_anybodys_once_it_is_disclosed_and_the_task_finished(served: Served) -> None:
    disclosed, kept = submit(served, TRAINERS[0], MINE), submit(served, TRAINERS[1], OTHERS)
    script, path = served.script, f"{TASK}/submissions/{disclosed}/artifact"
    script.close()
    script.disclose(disclosed, MINE)
    assert served.ask(path).status_code == 401
    script.begin_finals([])
    script.finish(0, is_on_b=False)
    assert served.ask(path).content == MINE
    assert served.ask(f"{TASK}/submissions/{kept}/artifact").status_code == 401


def test_in_the_finals_a_panel_compares_all_finalists_that_are_disclosed(served: Served) -> None:
    script = served.script
    for trainer, data in ((TRAINERS[0], MINE), (TRAINERS[1], OTHERS), (TRAINERS[2], artifact(3))):
        submit(served, trainer, data)
    script.close()
    script.disclose(1, MINE)
    script.disclose(2, OTHERS)
    script.begin_finals([1, 2])
    script.open_key()
    script.open_window([1], queue=2)  # type: ignore[arg-type] - as the event has it
    script.draw()
    on_panel, off_panel = panel_of(served, 1)
    assert served.ask(f"{TASK}/submissions/2/artifact", on_panel[0]).content == OTHERS
    assert served.ask(f"{TASK}/submissions/3/artifact", on_panel[0]).status_code == 403
    assert served.ask(f"{TASK}/submissions/2/artifact", off_panel[0]).status_code == 403


def test_to_name_anothers_digest_is_not_to_have_its_bytes(served: Served) -> None:
    """Reveals publish digests. Whoever commits to another's must not be handed the bytes as its own."""
    submit(served, TRAINERS[0], MINE)
    thief = TRAINERS[1]
    stolen = served.script.submit(thief.address, MINE, SALT)
    assert served.open(stolen, thief, MINE).status_code == 204
    answer = served.ask(f"{TASK}/submissions/{stolen}/artifact", thief)
    assert answer.status_code == 404
    assert "has not brought its bytes" in answer.json()["detail"]
    cid = cid_of(digest_of(MINE))
    other_bytes = served.bring(f"{TASK}/artifacts/{cid}", thief, artifact(9), named=MINE)
    assert other_bytes.status_code == 422
    assert served.ask(f"{TASK}/submissions/{stolen}/artifact", thief).status_code == 404
    # Who has the bytes indeed may bring them a second time.
    assert served.bring_artifact(thief, MINE).status_code == 200
    assert served.ask(f"{TASK}/submissions/{stolen}/artifact", thief).content == MINE


def test_blobs_of_an_arena_are_not_among_the_public_ones(served: Served) -> None:
    submit(served, TRAINERS[0], MINE)
    assert served.bring(f"{TASK}/sets/a", CREATOR, SET_A).status_code == 201
    for data in (MINE, SET_A):
        assert served.ask(f"/blobs/{cid_of(digest_of(data))}").status_code == 404


def test_an_opening_must_match_the_commitment_and_be_its_trainers(served: Served) -> None:
    number = served.script.submit(TRAINERS[0].address, MINE, SALT)
    assert served.open(number, TRAINERS[1], MINE).status_code == 403
    answer = served.open(number, TRAINERS[0], OTHERS)
    assert answer.status_code == 422
    assert "not what" in answer.json()["detail"]
    assert served.open(99, TRAINERS[0], MINE).status_code == 404
    path = f"{TASK}/submissions/{number}/opening"
    for wrong in ({"digest": "12", "salt": "34"}, {"digest": SALT.hex()}, {"digest": 7, "salt": None}, []):
        assert served.put(path, TRAINERS[0], wrong).status_code == 422
    assert served.ask(path, TRAINERS[0]).status_code == 404  # nothing of that was kept
    for _ in range(3):
        assert served.open(number, TRAINERS[0], MINE).status_code == 204
    assert served.ask(path, TRAINERS[0]).status_code == 200


def test_set_a_is_for_active_validators_and_its_creator(served: Served) -> None:
    path = f"{TASK}/sets/a"
    assert served.ask(path, VALIDATORS[0]).status_code == 404
    assert served.bring(path, TRAINERS[0], SET_A).status_code == 403
    assert served.bring(path, CREATOR, SET_B, named=SET_B).status_code in (401, 422)
    assert served.bring(path, CREATOR, SET_A).status_code == 201
    assert served.bring(path, CREATOR, SET_A).status_code == 200
    for who in (VALIDATORS[0], CREATOR):
        assert served.ask(path, who).content == SET_A
    assert served.ask(path).status_code == 401
    assert served.ask(path, TRAINERS[0]).status_code == 403
    served.script.tell("Suspended", account=VALIDATORS[0].address)
    assert served.ask(path, VALIDATORS[0]).status_code == 403


def test_a_task_that_names_anothers_set_does_not_get_it(served: Served) -> None:
    """The digest of a set is in its terms, for all to see: who names it in a task of its own has not its bytes."""
    assert served.bring(f"{TASK}/sets/a", CREATOR, SET_A).status_code == 201
    spy = ThiefScript(
        served.script.database,
        task=2,
        terms=served.script.terms,
        now=served.script.now,
        board=served.script.board,
    )
    spy.block = served.script.block + 1_000
    spy.create(METADATA)
    assert served.ask("/arena/tasks/2/sets/a", TRAINERS[2]).status_code == 404


class ThiefScript(ArenaScript):
    """An Arena that a trainer of the other has made."""

    def tell_together(self, events: object) -> None:
        told = [
            (name, {**given, "creator": TRAINERS[2].address} if name == "TaskCreated" else given)
            for name, given in events  # type: ignore[attr-defined]
        ]
        super().tell_together(told)


def test_the_ciphertext_of_set_b_is_anybodys(served: Served) -> None:
    path = f"{TASK}/sets/b"
    assert served.ask(path).status_code == 404
    assert served.bring(path, CREATOR, CIPHER_B).status_code == 201
    assert served.ask(path).content == CIPHER_B


# --- Hostile artifacts ---


def header(document: object, claimed: int | None = None) -> bytes:
    text = json.dumps(document).encode()
    return (len(text) if claimed is None else claimed).to_bytes(8, "little") + text


HOSTILE = {
    "zip": (b"PK\x03\x04" + b"\x00" * 100, "zip archive"),
    "pickle": (b"\x80\x04" + b"\xff" * 100, "pickle"),
    "header bomb": (header({}, claimed=1 << 40) + b"{" * 50, "claims a header"),
    "deep header": (header(None, claimed=2_000) + b"[" * 2_000, "ends within|not JSON"),
    "huge tensor": (
        header({"weight": {"dtype": "F32", "shape": [1 << 30, 1 << 30], "data_offsets": [0, 1 << 62]}}),
        "parameters|follow the header",
    ),
    "wrong dtype": (
        header({"weight": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]}}) + b"\x00" * 8,
        "weights are",
    ),
    "other shape": (artifact(inputs=5), "shape"),
    "too many parameters": (artifact(inputs=500), "the task allows 100"),
    "cut off": (MINE[:-4], "follow the header"),
    "empty": (b"", "fewer than"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_submission_is_refused_by_its_header_and_not_kept(served: Served, name: str) -> None:
    data, says = HOSTILE[name]
    answer = served.bring_artifact(TRAINERS[0], data)
    assert answer.status_code == 422
    assert any(part in answer.json()["detail"] for part in says.split("|")), answer.text
    number = served.script.submit(TRAINERS[0].address, data, SALT)
    served.open(number, TRAINERS[0], data)
    assert served.ask(f"{TASK}/submissions/{number}/artifact", TRAINERS[0]).status_code == 404


def test_nothing_after_a_bad_header_is_taken() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield HOSTILE["header bomb"][0]
        raise AssertionError("the body was read on")

    async def read() -> None:
        async for _ in _with_checked_header(body(), 1 << 30, parse_document(json.loads(METADATA))):
            pass

    with pytest.raises(Rejected):
        anyio.run(read)


def test_a_header_that_comes_byte_by_byte_is_read(served: Served) -> None:
    async def body() -> AsyncIterator[bytes]:
        for place in range(len(MINE)):
            yield MINE[place : place + 1]

    async def read() -> bytes:
        document = parse_document(json.loads(METADATA))
        return b"".join([piece async for piece in _with_checked_header(body(), len(MINE), document)])

    assert anyio.run(read) == MINE


def test_artifacts_are_for_enrolled_trainers_and_signed(served: Served) -> None:
    assert served.bring_artifact(VALIDATORS[0], MINE).status_code == 403
    assert served.bring_artifact(CREATOR, MINE).status_code == 403
    path = f"{TASK}/artifacts/{cid_of(digest_of(MINE))}"
    assert served.bring(path, TRAINERS[0], MINE, task=2).status_code == 401
    assert served.bring(path, TRAINERS[0], MINE).status_code == 201
    assert served.bring(path, TRAINERS[0], MINE).status_code == 200
    assert served.bring("/arena/tasks/1/artifacts/nonsense", TRAINERS[0], MINE).status_code == 422
    assert served.bring(
        f"/arena/tasks/9/artifacts/{cid_of(digest_of(MINE))}", TRAINERS[0], MINE
    ).status_code in (
        401,
        404,
    )


# --- The crawl ---


def secrets_of(terms: ArenaParameters) -> dict[str, bytes]:
    """What nobody but the panel may learn while a submission is scored."""
    del terms
    return {
        "the artifact": MINE,
        "its digest": digest_of(MINE),
        "the salt": SALT,
        "set A": SET_A,
        "set B": SET_B,
        "another's artifact": OTHERS,
        "another's digest": digest_of(OTHERS),
    }


def holds(body: bytes, secret: bytes) -> bool:
    """Whether the answer has the bytes, as they are, in hex, or as a content address."""
    shown = [secret, secret.hex().encode()]
    if len(secret) == 32:
        shown.append(cid_of(secret).encode())
    return any(each in body for each in shown)


def test_a_crawl_of_every_endpoint_finds_nothing_that_is_hidden(served: Served) -> None:
    """As a stranger, as the other trainer, as a validator off the panel: before, while and after it is scored."""
    script = served.script
    submit(served, TRAINERS[0], MINE)
    submit(served, TRAINERS[1], OTHERS, is_sealed=True)
    assert served.bring(f"{TASK}/sets/a", CREATOR, SET_A).is_success
    assert served.bring(f"{TASK}/sets/b", CREATOR, CIPHER_B).is_success
    crawl(served, [*VALIDATORS[:1], TRAINERS[2], None])
    script.open_window([1])
    script.draw()
    _, off_panel = panel_of(served, 1)
    for account in script.positions:
        if script.slots_of(account):
            script.commit(account)
    crawl(served, [off_panel[0], TRAINERS[2], None])
    script.wait(script.terms.commit_seconds + script.terms.replace_seconds)
    for account in script.positions:
        if script.slots_of(account):
            script.reveal(account, 500_000, MINE)
    crawl(served, [off_panel[0], TRAINERS[2], None])


def crawl(served: Served, crawlers: list[LocalAccount | None]) -> None:
    fill = {"task": "1", "submission": "1", "number": "1", "name": "a", "account": TRAINERS[0].address}
    paths = [path for path, item in served.get("/openapi.json")["paths"].items() if "get" in item]
    places = {path.format_map(_Filled(fill)) for path in paths if "/events" not in path}
    places |= {place.replace("submissions/1", "submissions/2") for place in places}
    for who in crawlers:
        is_validator = who in VALIDATORS
        for secret in (MINE, OTHERS, SET_A, SET_B):
            assert served.ask(f"/blobs/{cid_of(digest_of(secret))}", who).status_code == 404
        for place in places:
            answer = served.ask(place, who)
            for name, secret in secrets_of(served.script.terms).items():
                if is_validator and name == "set A" and place == f"{TASK}/sets/a":
                    continue  # what validators are there for
                assert not holds(answer.content, secret), f"{place} tells {who and who.address} {name}"
            assert b'"losses"' not in answer.content


class _Filled(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "1"
