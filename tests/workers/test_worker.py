"""A worker may end in any way: its caller gets a sentence, the next call an answer, and nothing is left behind."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from flock import log
from flock.errors import BadArrays, BadConfig, Refused, WorkerEnded, WorkerOverdue, WorkerStopped
from flock.workers.frames import SHARED_FROM, Frame
from flock.workers.limits import Limits
from flock.workers.worker import Worker
from tests import patience

FOLDER = Path(__file__).parent
MIB = 1 << 20

Start = Callable[..., Worker]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """A maker of workers, which are stopped after the test."""
    monkeypatch.syspath_prepend(FOLDER)
    workers: list[Worker] = []

    def start(limits: Limits | None = None, **arguments: Any) -> Worker:
        workers.append(Worker("the worker", "misbehaving:open_worker", arguments, limits))
        return workers[-1]

    yield start
    for worker in workers:
        worker.close()


@pytest.fixture
def worker(start: Start) -> Worker:
    return start()


def ask(worker: Worker, do: str, seconds: float = patience.SECONDS, **how: Any) -> dict[str, Any]:
    return dict(worker.call(Frame({"do": do, **how}), seconds).head)


def is_gone(pid: int) -> bool:
    """Whether the process has ended, whether or not somebody has asked how."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


@pytest.fixture
def logged() -> Callable[[], list[dict[str, Any]]]:
    """What the log says so far."""
    stream = io.StringIO()
    log.configure("info", json=True, stream=stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


class TestACall:
    @pytest.mark.parametrize("sizes", [[], [0, 5], [SHARED_FROM - 1], [SHARED_FROM], [0, 3 * MIB, 7]])
    def test_brings_every_byte_there_and_back(self, worker: Worker, sizes: list[int]) -> None:
        parts = [os.urandom(size) for size in sizes]
        answer = worker.call(Frame({"do": "echo"}, parts))
        assert list(answer.parts) == parts

    def test_finds_the_process_warm(self, worker: Worker) -> None:
        assert len({ask(worker, "look")["pid"] for _ in range(3)} | {worker.pid}) == 1

    def test_that_raises_is_refused_in_the_words_of_the_exception_and_ends_nothing(
        self, worker: Worker
    ) -> None:
        before = ask(worker, "look")["pid"]
        with pytest.raises(Refused, match="ValueError: the column 'age' is missing"):
            ask(worker, "raises")
        with pytest.raises(Refused, match="SystemExit: no data is mounted"):
            ask(worker, "leave")
        assert ask(worker, "look")["pid"] == before

    def test_that_raises_an_error_of_flock_raises_that(self, worker: Worker) -> None:
        with pytest.raises(BadArrays, match=r"^Array 'w' is of another shape\.$"):
            ask(worker, "refuse")

    def test_that_leaves_a_copy_of_the_process_behind_is_answered_once(self, worker: Worker) -> None:
        ask(worker, "fork")
        assert "pid" in ask(worker, "look")


class TestAProcessThatEnds:
    @pytest.mark.parametrize(
        ("do", "how", "sentence"),
        [
            ("end", {"code": 0}, "The process of the worker ended by itself, with exit code 0."),
            ("end", {"code": 3}, "ended by itself, with exit code 3. It last said: about to end"),
            ("crash", {}, "crashed (SIGSEGV), as compiled code does"),
            ("signal_itself", {"number": signal.SIGABRT}, "crashed (SIGABRT)"),
            ("signal_itself", {"number": signal.SIGKILL}, "was killed (SIGKILL), which the system does when"),
            ("signal_itself", {"number": signal.SIGTERM}, "was ended by SIGTERM"),
            ("signal_itself", {"number": signal.SIGRTMIN + 2}, "was ended by signal"),
        ],
    )
    def test_is_a_sentence_and_the_next_call_is_answered_by_another(
        self, worker: Worker, do: str, how: dict[str, Any], sentence: str
    ) -> None:
        before = ask(worker, "look")["pid"]
        with pytest.raises(WorkerEnded) as ended:
            ask(worker, do, **how)
        assert sentence in str(ended.value)
        assert ask(worker, "look")["pid"] != before
        assert is_gone(before)

    def test_between_two_calls_is_a_line_in_the_log(
        self, worker: Worker, logged: Callable[[], list[dict[str, Any]]]
    ) -> None:
        before = ask(worker, "look")["pid"]
        os.kill(before, signal.SIGKILL)
        patience.until(lambda: worker.pid is None)
        assert ask(worker, "look")["pid"] != before
        [line] = logged()
        assert line["event"] == "worker_ended_between_calls"
        assert "was killed (SIGKILL)" in line["reason"]

    @pytest.mark.parametrize("program", ["start_program", "start_daemon"])
    def test_takes_with_it_what_it_started(self, worker: Worker, program: str) -> None:
        pid = ask(worker, program)["pid"]
        assert not is_gone(pid)
        with pytest.raises(WorkerEnded):
            ask(worker, "end", code=0)
        assert is_gone(pid)

    def test_ends_with_its_warden(self, worker: Worker) -> None:
        """The system may kill that one too when memory is short."""
        pids = [ask(worker, "start_program")["pid"], ask(worker, "look")["pid"]]
        with pytest.raises(WorkerEnded, match="was killed"):
            ask(worker, "end_its_warden")
        patience.until(lambda: all(is_gone(pid) for pid in pids))

    def test_while_it_is_opened_is_a_sentence_too(self, start: Start) -> None:
        with pytest.raises(WorkerEnded, match="with exit code 4"):
            start(exit=4).start()

    def test_and_one_that_cannot_be_started_leave_no_descriptor_behind(
        self, start: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = psutil.Process().num_fds()
        worker = start()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "executable", "/nowhere/python")
            with pytest.raises(WorkerEnded, match=r"cannot be started: .*No such file"):
                worker.start()
        with pytest.raises(WorkerEnded):
            ask(worker, "end", code=0)
        worker.close()
        patience.until(lambda: psutil.Process().num_fds() == before)

    def test_after_its_opening_has_failed(self, start: Start) -> None:
        worker = start(refuse="There is no such app.")
        with pytest.raises(BadConfig, match=r"^There is no such app\.$"):
            worker.start()
        assert worker.pid is None


class TestAProcessThatHangs:
    def test_is_ended_at_its_deadline_and_started_again(self, worker: Worker) -> None:
        before = ask(worker, "look")["pid"]
        with pytest.raises(WorkerOverdue, match=r"the worker did not answer within 0\.3 s and was ended\."):
            ask(worker, "hang", seconds=0.3)
        assert is_gone(before)
        assert "pid" in ask(worker, "look")

    def test_is_stopped_with_the_program_that_waits_for_it(self, worker: Worker) -> None:
        worker.start()
        raised: list[BaseException] = []

        def wait() -> None:
            try:
                ask(worker, "hang")
            except WorkerStopped as error:
                raised.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        worker.close()
        waiting.join()
        assert str(raised[0]) == "the worker was stopped."
        with pytest.raises(WorkerStopped):
            ask(worker, "look")
        assert worker.pid is None

    @pytest.mark.parametrize("do", ["hang", "hang_holding_the_interpreter"])
    def test_is_gone_with_all_it_started_once_its_supervisor_is_killed(self, do: str) -> None:
        supervisor = subprocess.Popen(
            [sys.executable, str(FOLDER / "supervisor.py"), do],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        with supervisor:
            assert supervisor.stdout is not None
            pids = [int(word) for word in supervisor.stdout.readline().split()]
            assert not any(is_gone(pid) for pid in pids)
            supervisor.kill()
        patience.until(lambda: all(is_gone(pid) for pid in pids))


class TestLimits:
    def test_memory_beyond_its_own_is_refused_to_the_process_which_lives(self, start: Start) -> None:
        worker = start(Limits(memory=512 * MIB))
        assert ask(worker, "allocate", size=64 * MIB) == {"held": 64}
        with pytest.raises(Refused, match="MemoryError"):
            ask(worker, "allocate", size=1024 * MIB)
        assert ask(worker, "allocate", size=64 * MIB) == {"held": 64}

    def test_so_are_files(self, start: Start) -> None:
        worker = start(Limits(open_files=64))
        with pytest.raises(Refused, match="Too many open files"):
            ask(worker, "open_files", number=64)

    def test_so_is_a_file_that_grows_beyond_the_largest(self, start: Start, tmp_path: Path) -> None:
        worker = start(Limits(largest_file=MIB))
        ask(worker, "write_file", path=str(tmp_path / "small"), size=MIB)
        with pytest.raises(Refused, match="File too large"):
            ask(worker, "write_file", path=str(tmp_path / "large"), size=MIB + 1)
        assert (tmp_path / "large").stat().st_size <= MIB

    @pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6, socket.AF_UNIX])
    def test_so_is_every_socket_without_the_network(self, start: Start, family: int) -> None:
        with pytest.raises(Refused, match="Operation not permitted"):
            ask(start(Limits(network=False)), "open_socket", family=int(family))
        ask(start(), "open_socket", family=int(family))

    def test_what_it_starts_has_no_network_either_and_large_answers_still_arrive(self, start: Start) -> None:
        worker = start(Limits(network=False, largest_file=4 * MIB))
        assert ask(worker, "have_a_program_open_a_socket")["exit_code"] != 0
        assert len(worker.call(Frame({"do": "echo"}, [bytes(3 * MIB)])).parts[0]) == 3 * MIB

    def test_it_has_no_part_in_the_terminal_of_its_supervisor_and_finds_no_arguments(
        self, worker: Worker
    ) -> None:
        found = ask(worker, "look")
        assert found["session"] != os.getsid(0)
        assert found["arguments"] == []


class TestOutput:
    def test_the_stack_of_what_it_raises_is_there_for_who_asks_for_it(self, worker: Worker) -> None:
        quiet, verbose = io.StringIO(), io.StringIO()
        for level, stream in (("info", quiet), ("debug", verbose)):
            log.configure(level, json=True, stream=stream)
            with pytest.raises(Refused):
                ask(worker, "raises")
        assert quiet.getvalue() == ""
        assert "in raises" in json.loads(verbose.getvalue())["trace"]

    def test_goes_to_the_log_and_nowhere_else(
        self, worker: Worker, logged: Callable[[], list[dict[str, Any]]], capfd: pytest.CaptureFixture[str]
    ) -> None:
        ask(worker, "say", lines=3)
        patience.until(lambda: len(logged()) == 3)
        assert [line["text"] for line in logged()] == ["line 0", "line 1", "line 2"]
        assert {line["worker"] for line in logged()} == {"the worker"}
        assert capfd.readouterr() == ("", "")

    def test_without_end_is_cut_and_counted_and_delays_nobody(
        self, worker: Worker, logged: Callable[[], list[dict[str, Any]]]
    ) -> None:
        ask(worker, "say", lines=40_000)
        with pytest.raises(WorkerEnded, match=r"It last said: .*line 39999 / about to end"):
            ask(worker, "end", code=1)
        patience.until(lambda: any(line["event"] == "worker_output_dropped" for line in logged()))
        said = [line for line in logged() if line["event"] == "worker_says"]
        dropped = sum(line["lines"] for line in logged() if line["event"] == "worker_output_dropped")
        assert len(said) <= 401
        assert len(said) + dropped == 40_001
