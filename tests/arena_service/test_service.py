"""What anybody can ask of an Arena: tasks, ranking, submissions with their states, windows, members."""

import pytest

from flock.protocol.arena.scores import Failure
from flock.protocol.arena.stages import SubmissionState
from flock.protocol.core.cid import cid_of, digest_of
from tests.arena_service.conftest import METADATA, TRAINERS, VALIDATORS, Served
from tests.arena_service.event_script import CREATOR

TASK = "/arena/tasks/1"


def seated(served: Served) -> list[str]:
    return [account.address for account in VALIDATORS if served.script.slots_of(account.address)]


def test_a_task_says_its_terms_and_how_far_it_is(served: Served) -> None:
    served.script.submit(TRAINERS[0].address)
    answer = served.get(TASK)
    assert (answer["creator"], answer["stage"], answer["submissions"]) == (CREATOR.address, "running", 1)
    assert (answer["trainers"], answer["validators"]) == (3, 6)
    assert answer["stage_ends_at"] == answer["parameters"]["ends_at"] == served.script.terms.ends_at
    assert answer["parameters"]["set_a"] == "0x" + served.script.terms.set_a.hex()
    assert answer["metadata"] == cid_of(digest_of(METADATA))
    assert [each["id"] for each in served.get("/arena/tasks", stage="running")] == [1]
    assert served.get("/arena/tasks", stage="finished") == []
    assert served.get("/arena/tasks", creator=TRAINERS[0].address) == []


def test_a_submission_is_followed_from_its_queue_to_its_median(served: Served) -> None:
    script = served.script
    for account in TRAINERS:
        script.submit(account.address)
    page = served.get(f"{TASK}/submissions/3")
    assert (page["state"], page["queue_place"]) == ("waiting", 2)
    assert page["until"] == script.now + script.terms.queue_seconds
    script.open_window([1, 2])
    assert served.get(f"{TASK}/submissions/3")["queue_place"] == 0
    assert served.get(f"{TASK}/submissions/1")["state"] == "drawing"
    script.draw()
    drawn_at = script.now
    assert served.get(f"{TASK}/submissions/1")["until"] == drawn_at + script.terms.commit_seconds
    for account in seated(served):
        script.commit(account)
    script.wait(script.terms.commit_seconds)
    assert served.get(f"{TASK}/submissions/1")["state"] == "replacing"
    script.wait(script.terms.replace_seconds)
    assert served.get(f"{TASK}/submissions/1")["state"] == "revealing"
    for account in seated(served):
        script.reveal(account, 500_000)
    assert served.get(f"{TASK}/submissions/1")["reveals"] == []
    script.wait(script.terms.reveal_seconds)
    page = served.get(f"{TASK}/submissions/1")
    assert page["state"] == "judging"
    assert [reveal["score"] for reveal in page["reveals"]] == [500_000] * 3
    assert [reveal["seat"] for reveal in page["reveals"]] == [0, 1, 2]
    script.judge(1, SubmissionState.SCORED, 500_000, place=0)
    page = served.get(f"{TASK}/submissions/1")
    assert (page["state"], page["median"], page["ended_by"]) == (
        "scored",
        500_000,
        "anybody, by beginning the finals",
    )
    assert [change["what"] for change in page["changes"]] == [
        "submitted",
        "taken",
        "drawn",
        "scored",
        "placed",
    ]
    assert all(change["transaction"].startswith("0x") for change in page["changes"])


def test_a_failure_is_told_by_its_name(served: Served) -> None:
    script = served.script
    script.submit(TRAINERS[0].address)
    script.open_window([1])
    script.draw()
    for account in seated(served):
        script.commit(account)
    script.wait(script.terms.commit_seconds + script.terms.replace_seconds)
    for account in seated(served):
        script.reveal(account, (1 << 28) - 2 - Failure.NOT_FINITE)
    script.wait(script.terms.reveal_seconds)
    reveals = served.get(f"{TASK}/submissions/1")["reveals"]
    assert {(reveal["score"], reveal["failure"]) for reveal in reveals} == {(None, "not_finite")}


def test_the_leaderboard_has_the_places_on_chain_first_then_all_others_by_score(served: Served) -> None:
    script = served.script
    scores = {1: 500_000, 2: 495_000, 3: 700_000}
    for account in TRAINERS:
        script.submit(account.address)
    script.score(scores)
    script.tell("Placed", submission=1, place=0, is_on_b=False)
    script.tell("Placed", submission=2, place=1, is_on_b=False)
    board = served.get(f"{TASK}/leaderboard")
    # The second is better, but not by more than the tolerance.
    assert [(rank["rank"], rank["submission"], rank["score"]) for rank in board] == [
        (1, 1, 500_000),
        (2, 2, 495_000),
        (3, 3, 700_000),
    ]
    assert [rank["is_placed"] for rank in board] == [True, True, False]
    for after in range(4):
        for limit in (1, 2):
            page = served.get(f"{TASK}/leaderboard", after=after, limit=limit)
            assert page == board[after : after + limit]
    assert served.get(f"{TASK}/leaderboard", set="b") == []


def test_a_ranking_on_set_b_counts_once_it_is_final(served: Served) -> None:
    script = served.script
    for account in TRAINERS[:2]:
        script.submit(account.address)
    script.score({1: 500_000, 2: 400_000})
    script.close()
    script.disclose(1)
    script.disclose(2, first=1)
    script.begin_finals([1, 2])
    script.tell("Placed", submission=1, place=0, is_on_b=True)
    script.finish(1)
    [rank] = served.get(f"{TASK}/leaderboard")
    assert (rank["submission"], rank["is_placed"]) == (1, True)
    assert served.get(f"{TASK}/submissions/2")["copy_of"] == 1
    assert served.get(f"{TASK}/submissions/1")["copy_of"] is None


def test_submissions_are_listed_by_trainer_and_page(served: Served) -> None:
    for _ in range(2):
        for account in TRAINERS:
            served.script.submit(account.address)
    assert [each["id"] for each in served.get(f"{TASK}/submissions", after=1, limit=3)] == [2, 3, 4]
    mine = served.get(f"{TASK}/submissions", account=TRAINERS[1].address)
    assert [each["id"] for each in mine] == [2, 5]


def test_a_window_shows_who_scores_what_and_who_has_committed(served: Served) -> None:
    script = served.script
    script.submit(TRAINERS[0].address)
    script.open_window([1])
    assert served.get(f"{TASK}/windows/1")["seats"] == []
    script.draw()
    first = served.get(f"{TASK}/windows/1")["seats"][0]["account"]
    script.commit(first)
    window = served.get(f"{TASK}/windows/1")
    assert (window["phase"], window["queue"], window["submissions"]) == ("scoring", "open", [1])
    assert {seat["account"]: seat["has_committed"] for seat in window["seats"]} == {
        account: account == first for account in seated(served)
    }
    assert [each["number"] for each in served.get(f"{TASK}/windows")] == [1]


def test_members_are_listed_by_role(served: Served) -> None:
    trainers = served.get(f"{TASK}/members", role="trainer")
    assert [each["account"] for each in trainers] == [account.address for account in TRAINERS]
    assert [each["position"] for each in served.get(f"{TASK}/members", role="validator")] == list(range(6))


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/arena/tasks/99", 404, "There is no Arena 99"),
        ("/arena/tasks/99/leaderboard", 404, "There is no Arena 99"),
        ("/arena/tasks/99/submissions/1/artifact", 404, "There is no Arena 99"),
        (f"{TASK}/submissions/9", 404, "has no submission 9"),
        (f"{TASK}/windows/9", 404, "has not opened window 9"),
        ("/arena/tasks/0", 422, "greater than or equal to 1"),
        ("/arena/tasks/99999999999999999999", 422, "less than or equal to"),
        (f"{TASK}/submissions?limit=1001", 422, "limit"),
        (f"{TASK}/submissions?account=0x12", 422, "account"),
        (f"{TASK}/leaderboard?set=c", 422, "set"),
        (f"{TASK}/sets/c", 405, "GET"),
    ],
)
def test_bad_questions_are_answered_with_a_sentence(
    served: Served, path: str, status: int, says: str
) -> None:
    answer = served.ask(path)
    assert answer.status_code == status
    assert says in answer.json()["detail"]
