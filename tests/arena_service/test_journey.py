"""An Arena on a real chain, played by trainers' and validators' programs: the service says what the chain says."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select

from flock.arena.models import PROJECTED
from flock.arena.product import ArenaProduct
from flock.protocol.arena.stages import SubmissionState, WindowPhase
from flock.store.database import Database, open_database
from flock.tasks.product import projector_of
from tests import patience
from tests.arena.field import DAY, KEY_B, PHASE_SECONDS, SEATS, Field, bare_arena, scorer, weights
from tests.conftest import fresh_database

__all__ = ["bare_arena", "scorer"]

STATES = {
    "waiting": SubmissionState.QUEUED,
    "drawing": SubmissionState.QUEUED,
    "scoring": SubmissionState.QUEUED,
    "replacing": SubmissionState.QUEUED,
    "revealing": SubmissionState.QUEUED,
    "judging": SubmissionState.QUEUED,
    "sealed": SubmissionState.HIDDEN,
    "disclosing": SubmissionState.HIDDEN,
    "undisclosed": SubmissionState.HIDDEN,
    "scored": SubmissionState.SCORED,
    "finalist": SubmissionState.SCORED,
    "ranked": SubmissionState.SCORED,
    "failed": SubmissionState.FAILED,
    "void": SubmissionState.VOID,
    "cancelled": SubmissionState.CANCELLED,
}


@pytest.fixture
def arena(bare_arena: Field) -> Field:
    bare_arena.add_validators(SEATS + 1)
    bare_arena.keep()
    return bare_arena


def asked(arena: Field, path: str = "", **params: object) -> Any:
    arena.catch_up()
    answer = patience.get(f"{arena.service}/arena/tasks/{arena.task}{path}", params=params or None)
    assert answer.is_success, answer.text
    return answer.json()


def assert_it_says_what_the_chain_says(arena: Field) -> None:
    board, panels = arena.contracts.arena_board, arena.contracts.arena_panels
    said, view, progress = asked(arena), board.arena_view(arena.task), panels.progress_of(arena.task)
    assert said["stage"] == view.stage.name.lower()
    assert (said["submissions"], said["windows"]) == (view.submissions, progress.window)
    assert said["validators"] == progress.validators
    for on_b, name in ((False, "a"), (True, "b")):
        places = [(place.submission, place.score) for place in board.places_of(arena.task, on_b=on_b)]
        ranks = [rank for rank in asked(arena, "/leaderboard", set=name) if rank["is_placed"]]
        assert [rank["submission"] for rank in ranks] == [submission for submission, _ in places]
        if not on_b:
            assert [rank["score"] for rank in ranks] == [score for _, score in places]
    for each in asked(arena, "/submissions"):
        on_chain = board.submission_of(arena.task, each["id"])
        assert STATES[each["state"]] is on_chain.state
        assert (each["account"], each["submitted_at"]) == (on_chain.trainer, on_chain.submitted_at)
        assert (each["median"] or 0, each["mad"] or 0) == (on_chain.median, on_chain.mad)
        assert (each["final_median"] or 0) == on_chain.final_median
        if each["state"] == "waiting":
            # Sealed ones wait for the last window as well, of which the chain says nothing.
            slack = 3 * PHASE_SECONDS if each["is_sealed"] else 0
            assert each["until"] == on_chain.deadline + slack
    for member in asked(arena, "/members", role="validator"):
        standing = panels.validator_of(arena.task, member["account"])
        assert (member["position"] is not None) == standing.is_listed
        assert member["position"] in (None, standing.position)


def assert_seats_are_the_chains(arena: Field) -> None:
    """While a window is open, whose list of validators cannot change."""
    number = arena.contracts.arena_panels.progress_of(arena.task).window
    seats = asked(arena, f"/windows/{number}")["seats"]
    for validator in arena.validators:
        mine = tuple(seat["slot"] for seat in seats if seat["account"] == validator.account)
        assert mine == arena.contracts.arena_panels.seats_of(arena.task, number, validator.account)


def dump(rows: Database) -> list[list[tuple[object, ...]]]:
    with rows.reading() as session:
        return [
            [
                tuple(row)
                for row in session.execute(select(table.__table__).order_by(*inspect(table).primary_key))
            ]
            for table in PROJECTED
        ]


def rows_from(arena: Field, folder: Path) -> Database:
    """The rows as a service that starts now makes them of the whole chain."""
    rows = fresh_database(folder / "anew.db")
    product = ArenaProduct(arena.contracts, rows, folder / "anew")
    projector = projector_of(product, arena.contracts, rows)
    while projector.advance():
        pass
    return rows


def test_from_enrolment_to_the_winner_the_service_says_what_the_chain_says(
    arena: Field, tmp_path: Path
) -> None:
    first, one = arena.submit(weights(1))
    second, other = arena.submit(weights(2))
    assert_it_says_what_the_chain_says(arena)
    assert [each["state"] for each in asked(arena, "/submissions")] == ["waiting", "waiting"]
    arena.push_to(WindowPhase.COMMIT)
    assert_seats_are_the_chains(arena)
    absent, *present = arena.validators
    for validator in present:
        validator.work()
    assert asked(arena, f"/submissions/{one}")["state"] == "scoring"
    arena.push_to(WindowPhase.REVEAL)
    for validator in present:
        validator.reveal()
    assert asked(arena, f"/submissions/{one}")["reveals"] == []
    arena.push_to(WindowPhase.REST)
    assert_it_says_what_the_chain_says(arena)
    page = asked(arena, f"/submissions/{one}")
    assert page["state"] == "scored"
    assert {reveal["score"] for reveal in page["reveals"]} == {page["median"]}
    board = asked(arena, "/leaderboard")
    assert {rank["submission"] for rank in board} == {one, other}
    assert board[0]["score"] <= board[1]["score"]
    assert absent.account not in {reveal["account"] for reveal in page["reveals"]}

    hidden, kept = arena.submit(weights(3), is_sealed=True)
    assert asked(arena, f"/submissions/{kept}")["state"] == "sealed"
    arena.pass_until(arena.parameters.ends_at + DAY)
    arena.keep()
    assert asked(arena, f"/submissions/{kept}")["state"] == "disclosing"
    arena.disclose([first, second, hidden])
    assert asked(arena, f"/submissions/{kept}")["state"] == "waiting"
    assert_it_says_what_the_chain_says(arena)
    arena.pass_until(arena.contracts.arena_board.arena_view(arena.task).stage_ends_at)
    arena.keep()
    play(arena)
    arena.keep()
    assert_it_says_what_the_chain_says(arena)
    assert asked(arena)["stage"] == "finals"
    arena.contracts.arena_board.open_key(arena.keeper, arena.task, KEY_B)
    assert asked(arena)["key"] == "0x" + KEY_B.hex()
    arena.keep()
    play(arena)
    arena.keep()
    assert_it_says_what_the_chain_says(arena)
    end = asked(arena)
    assert (end["stage"], end["is_on_b"]) == ("finished", True)
    assert end["winner"] == asked(arena, "/leaderboard")[0]["submission"]
    winner = f"{arena.service}/arena/tasks/{arena.task}/submissions/{end['winner']}/artifact"
    assert patience.get(winner).content in [weights(seed) for seed in (1, 2, 3)]

    told = patience.get(f"{arena.service}/arena/tasks/{arena.task}/events").text
    names = [line.removeprefix("event: ") for line in told.splitlines() if line.startswith("event: ")]
    assert names[0] == "created"
    assert names.count("submitted") == names.count("disclosed") == 3
    assert [name for name in names if name in ("begun", "closing", "finals", "key_opened", "finished")] == [
        *("begun", "closing", "finals", "key_opened", "finished")
    ]
    assert names.count("judged") == 3 + 3  # each on set A, and the finalists on set B
    assert '"scores"' not in told

    anew = rows_from(arena, tmp_path)
    again = rows_from_service(arena)
    assert dump(anew) == dump(again)
    anew.close()
    again.close()


def play(arena: Field) -> None:
    """The next window, from its opening to its verdicts, by honest validators."""
    arena.push_to(WindowPhase.COMMIT)
    assert_seats_are_the_chains(arena)
    for validator in arena.validators:
        validator.work()
    arena.push_to(WindowPhase.REVEAL)
    for validator in arena.validators:
        validator.reveal()
    arena.push_to(WindowPhase.REST)


def rows_from_service(arena: Field) -> Database:
    """The rows of the service itself, which followed the chain as it grew."""
    arena.catch_up()
    return open_database(str(arena.folder / "rows.db"))


def test_a_reorganisation_takes_back_all_that_it_undid(arena: Field, tmp_path: Path) -> None:
    """A submission, its window, its reveals and its verdict: what the chain no longer has, no row has."""
    _, kept = arena.submit(weights(1))
    arena.catch_up()
    client = arena.contracts.client
    fork = client.rpc.request("evm_snapshot")
    _, undone = arena.submit(weights(2))
    play(arena)
    assert asked(arena, f"/submissions/{undone}")["state"] == "scored"
    head = client.block_number()
    client.rpc.request("evm_revert", fork)
    arena.mine(head - client.block_number() + 1)
    assert [each["id"] for each in asked(arena, "/submissions")] == [kept]
    assert asked(arena, f"/submissions/{kept}")["state"] == "waiting"
    assert asked(arena, "/windows") == []
    assert asked(arena, "/leaderboard") == []
    assert_it_says_what_the_chain_says(arena)
    anew, again = rows_from(arena, tmp_path), rows_from_service(arena)
    assert dump(anew) == dump(again)
    anew.close()
    again.close()
