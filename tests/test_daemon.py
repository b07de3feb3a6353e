"""The loop: transient errors are retried, refused acts dropped, misconfiguration ends it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from flock import daemon
from flock.errors import BadConfig, BlobUnavailable, ContractRefused
from tests import patience


@dataclass
class Scripted:
    """A step that does what its script says, call by call, and stops the loop at the script's end."""

    script: list[Callable[[], bool]]
    stop: threading.Event
    name: str = "scripted"
    calls: int = field(default=0)

    def __call__(self) -> bool:
        act = self.script[self.calls]
        self.calls += 1
        if self.calls == len(self.script):
            self.stop.set()
        return act()


ENDLESSLY: list[Callable[[], bool]] = [lambda: False] * 1_000_000


def raising(error: Exception) -> Callable[[], bool]:
    def act() -> bool:
        raise error

    return act


def run(*script: Callable[[], bool]) -> Scripted:
    stop = threading.Event()
    step = Scripted(list(script), stop)
    daemon.run([step], stop, interval=0.001)
    return step


def test_a_step_is_called_until_the_daemon_is_stopped() -> None:
    assert run(lambda: True, lambda: False, lambda: True).calls == 3


def test_a_transient_error_is_tried_again() -> None:
    assert run(raising(BlobUnavailable("The blob is not here yet.")), lambda: True).calls == 2


def test_a_refused_act_is_dropped_and_the_daemon_goes_on() -> None:
    assert run(raising(ContractRefused("The round is over.", "RoundIsOver")), lambda: True).calls == 2


def test_the_same_refusal_is_logged_once_until_the_step_succeeds(capfd: pytest.CaptureFixture[str]) -> None:
    over, gone = raising(ContractRefused("The round is over.")), raising(ContractRefused("It is gone."))
    run(over, over, over, gone, gone, lambda: False, gone, lambda: True)
    told = capfd.readouterr()
    lines = [line for line in (told.out + told.err).splitlines() if "step_refused" in line]
    assert [("over" in line, "gone" in line) for line in lines] == [
        (True, False),
        (False, True),
        (False, True),
    ]


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), ValueError("a defect")])
def test_a_full_disk_or_a_defect_in_one_duty_does_not_end_the_others(failure: Exception) -> None:
    assert run(raising(failure), lambda: True).calls == 2


def test_what_only_the_operator_can_mend_ends_the_daemon() -> None:
    with pytest.raises(BadConfig, match="no task"):
        run(raising(BadConfig("There is no task.")), lambda: True)


def test_a_failing_step_does_not_keep_the_others_from_their_turn() -> None:
    stop = threading.Event()
    failing = Scripted([raising(BlobUnavailable("Not yet."))] * 3, threading.Event(), "failing")
    working = Scripted([lambda: True, lambda: True], stop, "working")
    daemon.run([failing, working], stop, interval=0.001)
    assert working.calls == 2


def test_nothing_runs_once_the_daemon_is_told_to_stop() -> None:
    stop = threading.Event()
    first = Scripted([lambda: True], stop, "first")
    second = Scripted([lambda: True], threading.Event(), "second")
    daemon.run([first, second], stop, interval=0.001)
    assert (first.calls, second.calls) == (1, 0)


class TestStepsBesideOthers:
    """A slow duty has a thread of its own."""

    def test_they_delay_no_others(self) -> None:
        stop, begun, done = threading.Event(), threading.Event(), threading.Event()
        waited: list[bool] = []

        def train() -> bool:
            begun.set()
            waited.append(done.wait(patience.SECONDS))
            return True

        def reveal() -> bool:
            assert begun.wait(patience.SECONDS)
            done.set()
            return True

        slow = Scripted([train, *ENDLESSLY], threading.Event(), "slow")
        with daemon.beside([slow], stop, interval=0.001):
            daemon.run([Scripted([reveal], stop, "others")], stop, interval=0.001)
        assert waited == [True]

    def test_they_end_with_the_others(self) -> None:
        stop = threading.Event()
        beside = Scripted(ENDLESSLY, threading.Event(), "beside")
        with daemon.beside([beside], stop, interval=0.001):
            daemon.run([Scripted([lambda: True], stop, "others")], stop, interval=0.001)
        assert stop.is_set()
        assert not any(thread.name == "steps-beside" for thread in threading.enumerate())

    def test_what_only_the_operator_can_mend_ends_both(self) -> None:
        stop = threading.Event()
        ending = Scripted([raising(BadConfig("There is no task."))], threading.Event(), "ending")
        with pytest.raises(BadConfig, match="no task"), daemon.beside([ending], stop, interval=0.001):
            daemon.run([Scripted(ENDLESSLY, threading.Event())], stop, interval=0.001)
