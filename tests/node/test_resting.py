"""An app that failed is tried again after 15 s, then 30, 60 … and at once in another round."""

from typing import Any

import pytest

from flock.errors import BadArrays, Refused
from flock.node.duties import MemberDuties
from flock.node.resting import LONGEST_SECONDS, AppRest
from flock.training.app import Config, TrainResult
from flock.training.arrays import Arrays
from tests.node.arena import Arena


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rest(clock: Clock) -> AppRest:
    return AppRest(clock)


def failing(*_: Any) -> Any:
    raise BadArrays("hospital:app returned other arrays.")


def fails(rest: AppRest, number: int = 1) -> None:
    rest.require_rested("train", number)
    rest.watched("train", number, failing)({}, {})


def tries(rest: AppRest, clock: Clock, seconds: int) -> list[int]:
    """The seconds at which a node that ticks each second lets the app try."""
    tried = []

    def act(*_: Any) -> None:
        tried.append(int(clock.now))
        failing()

    def tick() -> None:
        rest.require_rested("train", 1)
        rest.watched("train", 1, act)({}, {})

    for second in range(seconds):
        clock.now = second
        with pytest.raises(Refused, match=r"hospital:app returned other arrays\."):
            tick()
    return tried


def test_the_pause_doubles_up_to_a_longest(rest: AppRest, clock: Clock) -> None:
    assert tries(rest, clock, 1000) == [0, 15, 45, 105, 225, 465, 705, 945]
    assert LONGEST_SECONDS == 240


def test_another_round_and_another_duty_are_tried_at_once(rest: AppRest) -> None:
    with pytest.raises(BadArrays):
        fails(rest)
    rest.require_rested("evaluate", 1)
    rest.require_rested("train", 2)
    with pytest.raises(Refused):
        rest.require_rested("train", 1)


def test_what_works_again_is_forgotten(rest: AppRest, clock: Clock) -> None:
    with pytest.raises(BadArrays):
        fails(rest)
    clock.now = 15
    assert rest.watched("train", 1, lambda *_: "trained")({}, {}) == "trained"
    rest.require_rested("train", 1)


def test_a_member_does_not_train_at_every_tick(arena: Arena, clock: Clock) -> None:
    arena.open_round()
    member = arena.at(0)
    duties = MemberDuties(member.context, clock)
    calls: list[float] = []

    def train(_: Arrays, __: Config) -> TrainResult:
        calls.append(clock.now)
        raise BadArrays("hospital:app returned other arrays.")

    number = arena.view.number
    for second in range(40):
        clock.now = second
        with pytest.raises(Refused, match="hospital:app returned other arrays"):
            duties.propose(arena.task, number, train)
    assert calls == [0, 15]
    clock.now = 60
    assert duties.propose_unprompted(number) == {}
    assert arena.view.proposed == 0b1
