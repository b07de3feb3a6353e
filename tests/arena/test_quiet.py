"""A validator that scores for several tasks: they take turns, and it asks nobody anything while nothing is due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from flock.arena.validator.copying import copies_among
from flock.arena.validator.duties import Turns
from flock.errors import Refused
from flock.protocol.arena.copies import Examined
from flock.protocol.arena.leaderboard import Contest, Entry
from flock.protocol.arena.panels import panel, slots_of


@dataclass
class Scoring:
    """A task's scoring with some submissions left."""

    name: str
    left: int
    done: list[str] = field(default_factory=list)
    is_broken: bool = False

    def __call__(self) -> bool:
        if self.is_broken:
            raise Refused(f"{self.name} cannot be scored.")
        if not self.left:
            return False
        self.left -= 1
        self.done.append(self.name)
        return True


class TestTurns:
    def test_tasks_take_turns_whatever_their_load(self) -> None:
        order: list[str] = []
        turns = Turns([Scoring("long", 5, order), Scoring("short", 2, order), Scoring("idle", 0, order)])
        while turns():
            pass
        assert order == ["long", "short", "long", "short", "long", "long", "long"]

    def test_a_task_that_fails_keeps_nobody_else_from_being_scored(self) -> None:
        order: list[str] = []
        turns = Turns([Scoring("broken", 1, order, is_broken=True), Scoring("sound", 2, order)])
        assert turns()
        assert turns()
        assert order == ["sound", "sound"]
        with pytest.raises(Refused, match="broken"):
            turns()


class TestSlots:
    @pytest.mark.parametrize(("validators", "count"), [(3, 1), (7, 4), (21, 20), (64, 9)])
    def test_a_validator_finds_its_own_without_a_search(self, validators: int, count: int) -> None:
        seed, seats = b"\x07" * 32, 3
        drawn = [panel(seed, order, seats, validators) for order in range(count)]
        for position in range(validators):
            wanted = tuple(
                order * seats + members.index(position)
                for order, members in enumerate(drawn)
                if position in members
            )
            assert slots_of(seed, position, count * seats, validators) == wanted


class TestCopies:
    BASELINE = tuple(range(40))
    CONTEST = Contest(tolerance=1, baseline=10**6)

    def noise(self, seed: int) -> tuple[int, ...]:
        return tuple((example * 7_919 + seed * 104_729) % 1_009 for example in range(40))

    def test_the_first_of_a_pair_is_the_original(self) -> None:
        original = self.noise(3)
        slightly_off = tuple(value * 1_000 + place % 2 for place, value in enumerate(original))
        losses = {7: slightly_off, 2: tuple(value * 1_000 for value in original), 5: self.noise(11)}
        assert self.copies(losses) == {7: 2}

    def test_a_copy_of_a_copy_is_one_of_the_original(self) -> None:
        assert self.copies({2: self.noise(3), 5: self.noise(3), 7: self.noise(3)}) == {5: 2, 7: 2}

    def test_without_a_baseline_nobody_is_accused(self) -> None:
        finalists = [self.examined(1, self.noise(1)), self.examined(2, self.noise(1))]
        assert copies_among(finalists, (), self.CONTEST) == {}

    def test_what_failed_has_no_losses_and_is_no_copy(self) -> None:
        assert self.copies({1: (), 2: ()}) == {}

    def copies(self, losses: Mapping[int, Sequence[int]]) -> Mapping[int, int]:
        finalists = [self.examined(number, each) for number, each in losses.items()]
        return copies_among(finalists, self.BASELINE, self.CONTEST)

    def examined(self, number: int, losses: Sequence[int]) -> Examined:
        return Examined(Entry(number, f"trainer {number}", number), losses)
