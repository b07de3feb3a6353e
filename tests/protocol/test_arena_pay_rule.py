"""What an Arena's events are worth: who enrolled as what, who stands where, how far off each reveal was."""

from collections.abc import Mapping
from typing import Any

import pytest

from flock.errors import RpcUnavailable
from flock.protocol.arena.commitments import packed
from flock.protocol.arena.pay_rule import ArenaPay
from flock.protocol.arena.rewards import FARTHEST, MICRO
from flock.protocol.arena.scores import SCORE_BITS, Failure, in_word
from flock.protocol.arena.sharing import ArenaWork, Began, Joined, Judged, KeyLost, Ranked, Side
from flock.protocol.arena.stages import Role, SubmissionState
from flock.protocol.core.units import Wei

TASK, SEATS, PLACES, T = 7, 3, 2, 1_000
TERMS = {"tolerance": T, "panel_seats": SEATS, "finalists": PLACES}


class Story:
    """Events of one task, one after the other."""

    def __init__(self) -> None:
        self.rule = ArenaPay()
        assert self.tell("ArenaOpened", terms=TERMS) is None

    def tell(self, name: str, **arguments: Any) -> ArenaWork | None:
        assert name in self.rule.events
        given: Mapping[str, Any] = {"task_id": TASK, **arguments}
        return self.rule.read(name, given)

    def submit(self, *trainers: str) -> None:
        for number, trainer in enumerate(trainers, start=1):
            self.tell("Submitted", submission=number, account=trainer)

    def open_window(self, *submissions: int) -> None:
        self.tell("WindowOpened", submissions=list(submissions))

    def reveal(self, account: str, codes: Mapping[int, int]) -> None:
        """``codes`` by slot, as in a revealed word."""
        slots = sorted(codes)
        self.tell(
            "ScoresRevealed",
            account=account,
            seats=packed(slots, 16),
            scores=packed([codes[slot] for slot in slots], SCORE_BITS),
            artifacts=[bytes(32)] * len(slots),
        )

    def judge(
        self, submission: int, median: int = 0, mad: int = 0, state: SubmissionState = SubmissionState.SCORED
    ) -> ArenaWork | None:
        return self.tell("Judged", submission=submission, state=int(state), median=median, mad=mad)

    def place(self, submission: int, place: int, *, is_on_b: bool = False) -> ArenaWork | None:
        return self.tell("Placed", submission=submission, place=place, is_on_b=is_on_b)


def score(millionths: int) -> int:
    return in_word({0: millionths})


def failure(reason: Failure) -> int:
    return in_word({0: reason})


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_task_begins_with_the_bounty_that_its_members_can_earn(story: Story) -> None:
    assert story.tell("ArenaBegan", bounty=900, keepers_reserve=100, day_count=31) == Began(Wei(900))


def test_members_work_on_the_side_that_they_enrolled_on(story: Story) -> None:
    assert story.tell("Enrolled", account="ann", role=int(Role.TRAINER)) == Joined("ann", Side.TRAINER)
    assert story.tell("Enrolled", account="val", role=int(Role.VALIDATOR)) == Joined("val", Side.VALIDATOR)


def test_each_reveal_is_compared_with_the_median_of_its_submission(story: Story) -> None:
    """Slots 0 to 2 are of the first submission of the window, 3 to 5 of the second."""
    story.submit("ann", "bob")
    story.open_window(2, 1)
    story.reveal("val", {0: score(5_000), 3: score(900_000)})
    story.reveal("vic", {2: score(6_500), 4: score(900_000 + 20 * T)})
    assert story.judge(2, median=5_000) == Judged((("val", 0), ("vic", MICRO // 2)))
    assert story.judge(1, median=900_000) == Judged((("val", 0), ("vic", FARTHEST)))


def test_a_spread_panel_tolerates_more(story: Story) -> None:
    story.submit("ann")
    story.open_window(1)
    story.reveal("val", {0: score(5_000 + 3 * T)})
    assert story.judge(1, median=5_000, mad=T) == Judged((("val", 0),))


def test_seats_without_a_score_earn_nothing(story: Story) -> None:
    story.submit("ann")
    story.open_window(1)
    story.reveal("val", {0: 0, 1: score(5_000)})
    story.reveal("vic", {2: failure(Failure.CRASHED)})
    assert story.judge(1, median=5_000) == Judged((("val", 0),))


@pytest.mark.parametrize("state", [SubmissionState.VOID, SubmissionState.FAILED])
def test_a_panel_without_a_median_earns_nothing(story: Story, state: SubmissionState) -> None:
    story.submit("ann")
    story.open_window(1)
    story.reveal("val", {0: score(5_000)})
    assert story.judge(1, state=state) is None


def test_what_one_window_revealed_does_not_count_in_the_next(story: Story) -> None:
    """A finalist is scored again, on set B."""
    story.submit("ann")
    story.open_window(1)
    story.reveal("val", {0: score(5_000)})
    story.open_window(1)
    assert story.judge(1, median=5_000) is None


def test_a_trainer_has_one_place_and_moves_to_its_better_submission(story: Story) -> None:
    story.submit("ann", "bob", "ann")
    assert story.place(1, 0) == Ranked(("ann",))
    assert story.place(2, 0) == Ranked(("bob", "ann"))
    assert story.place(3, 0) == Ranked(("ann", "bob"))


def test_the_last_falls_off_a_full_list(story: Story) -> None:
    story.submit("ann", "bob", "eve")
    story.place(1, 0)
    story.place(2, 1)
    assert story.place(3, 0) == Ranked(("eve", "ann"))


def test_the_final_ranking_is_that_on_set_b(story: Story) -> None:
    story.submit("ann", "bob")
    story.place(1, 0)
    story.place(2, 1)
    story.tell("FinalsBegan", finalists=[1, 2])
    assert story.place(2, 0, is_on_b=True) is None
    assert story.place(1, 1, is_on_b=True) is None
    assert story.tell("ArenaFinished", is_on_b=True) == Ranked(("bob", "ann"), is_final=True)


def finals(story: Story, *copies: int) -> None:
    """Ann's, Bob's and Eve's submissions, scored on set B; those in ``copies`` are found to be copies of Ann's."""
    story.submit("ann", "bob", "eve")
    story.tell("FinalsBegan", finalists=[2, 1, 3])
    for copy in copies:
        story.tell("FoundToBeCopy", submission=copy, original=1)


def test_what_its_panel_finds_to_be_a_copy_has_no_part_in_the_final_pay(story: Story) -> None:
    """The chain gives it no place on set B."""
    finals(story, 2)
    story.place(1, 0, is_on_b=True)
    story.place(3, 1, is_on_b=True)
    assert story.tell("ArenaFinished", is_on_b=True) == Ranked(("ann", "eve"), is_final=True)


def test_what_is_known_for_a_copy_is_not_paid_by_its_place_on_set_a_either(story: Story) -> None:
    """Nobody has a place on set B: all are behind the baseline there."""
    finals(story, 2)
    assert story.tell("ArenaFinished", is_on_b=False) == Ranked(("ann", "eve"), is_final=True)


def test_without_set_b_it_is_that_of_the_finalists_on_set_a(story: Story) -> None:
    """The first one did not disclose what it had committed to."""
    story.submit("ann", "bob")
    story.place(1, 0)
    story.place(2, 1)
    story.tell("FinalsBegan", finalists=[2])
    assert story.tell("KeyLost", key=bytes(32)) == KeyLost()
    assert story.tell("ArenaFinished", is_on_b=False) == Ranked(("bob",), is_final=True)


def test_tasks_are_told_apart() -> None:
    story = Story()
    story.rule.read("ArenaOpened", {"task_id": 8, "terms": TERMS})
    story.rule.read("Submitted", {"task_id": 8, "submission": 1, "account": "other"})
    story.submit("ann")
    assert story.place(1, 0) == Ranked(("ann",))


def test_a_task_whose_opening_is_missing_is_refused() -> None:
    with pytest.raises(RpcUnavailable, match="events of task 9, but not its opening"):
        ArenaPay().read("Placed", {"task_id": 9, "submission": 1, "place": 0, "is_on_b": False})
