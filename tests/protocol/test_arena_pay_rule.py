"""What an Arena's events are worth: who enrolled as what, who stands where, how far off each reveal was."""

from collections.abc import Mapping
from typing import Any

import pytest

from flock.errors import RpcUnavailable
from flock.protocol.arena.commitments import packed
from flock.protocol.arena.pay_rule import ArenaPay
from flock.protocol.arena.rewards import FARTHEST, MICRO
from flock.protocol.arena.scores import SCORE_BITS, Failure, in_word
from flock.protocol.arena.sharing import ArenaWork, Joined, Judged, KeyLost, Ranked, Side
from flock.protocol.arena.stages import Role, SubmissionState

TASK, SEATS, PLACES, T = 7, 3, 2, 1_000
OTHER = {1: 2, 2: 1, 4: 2}
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

    def reveal(self, account: str, codes: Mapping[int, int], copies: Mapping[int, int] | None = None) -> None:
        """``codes`` by slot, as in a revealed word; ``copies`` by slot what it is said to be a copy of."""
        slots, named = sorted(codes), copies or {}
        self.tell(
            "ScoresRevealed",
            account=account,
            seats=packed(slots, 16),
            scores=packed([codes[slot] for slot in slots], SCORE_BITS),
            duplicates=packed([named.get(slot, 0) for slot in slots], SCORE_BITS),
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


def finals(story: Story, *accused_by: str) -> ArenaWork | None:
    """Bob's submission, scored on set B behind Ann's, with three on its panel; some call it a copy of hers."""
    story.submit("ann", "bob")
    story.tell("FinalsBegan", finalists=[1, 2])
    story.open_window(1, 2)
    for seat, validator in enumerate(("val", "vic", "una")):
        accused = {SEATS + seat: 1} if validator in accused_by else {}
        story.reveal(validator, {seat: score(5_000), SEATS + seat: score(5_100)}, accused)
    for place, submission in enumerate((1, 2)):
        story.judge(submission, median=5_000)
        story.place(submission, place, is_on_b=True)
    return story.tell("ArenaFinished", is_on_b=True)


def test_what_most_of_its_panel_call_a_copy_has_no_part_in_the_final_pay(story: Story) -> None:
    assert finals(story, "val", "vic") == Ranked(("ann",), is_final=True)


def test_what_fewer_call_a_copy_keeps_its_place(story: Story) -> None:
    """Else one validator on a panel could accuse whom it likes."""
    assert finals(story, "val") == Ranked(("ann", "bob"), is_final=True)


def accused(story: Story, suspect: int, original: int, finalists: Mapping[int, int]) -> ArenaWork | None:
    """All on the panel of ``suspect`` name ``original``; ``finalists`` have their places on set B."""
    story.submit("ann", "bob", "ann", "eve")
    story.tell("FinalsBegan", finalists=list(finalists))
    story.open_window(suspect)
    for seat, validator in enumerate(("val", "vic", "una")):
        story.reveal(validator, {seat: score(5_000)}, {seat: original})
    story.judge(suspect, median=5_000)
    for submission, place in finalists.items():
        story.place(submission, place, is_on_b=True)
    return story.tell("ArenaFinished", is_on_b=True)


def test_a_copy_that_came_first_on_set_b_is_no_better_off(story: Story) -> None:
    """Whoever takes a model and improves it by more than the tolerance has it from another all the same."""
    assert accused(story, suspect=2, original=1, finalists={2: 0, 1: 1}) == Ranked(("ann",), is_final=True)


@pytest.mark.parametrize(
    ("suspect", "original"),
    [
        pytest.param(1, 2, id="a later one: an original is no copy of its copy"),
        pytest.param(2, 2, id="itself"),
        pytest.param(4, 3, id="one that is not in the finals, with which nobody can compare it"),
        pytest.param(4, 9, id="one that was never sent"),
    ],
)
def test_a_panel_of_sybils_cannot_name_what_nobody_can_have_copied(
    story: Story, suspect: int, original: int
) -> None:
    ranking = accused(story, suspect, original, finalists={suspect: 0, OTHER[suspect]: 1})
    assert isinstance(ranking, Ranked)
    assert ranking.trainers[0] == {1: "ann", 2: "bob", 4: "eve"}[suspect]


def test_an_accusation_before_the_finals_counts_for_nothing(story: Story) -> None:
    """On set A nobody can compare: the finals have the last word."""
    story.submit("ann", "bob")
    story.open_window(2)
    for seat, validator in enumerate(("val", "vic", "una")):
        story.reveal(validator, {seat: score(5_100)}, {seat: 1})
    story.judge(2, median=5_100)
    assert finals(story) == Ranked(("ann", "bob"), is_final=True)


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
