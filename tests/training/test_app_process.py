"""An app has a process of its own: it does there what it likes, and the node computes, logs and goes on as before."""

import logging
import os
import signal
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from flock.errors import BadConfig, Refused, WorkerEnded
from flock.training.app import AppRunner
from flock.training.app_process import AppProcess, patience
from flock.training.arithmetic import require_ieee_754
from flock.training.evaluation import Evaluation
from flock.training.loading import load_app
from tests.patience import SECONDS, until

REFERENCE = "misbehaving_app:app"
RUN = {"lr": 0.5}
LEAST = np.float32(2.0**-126)
MODEL = {
    "w": np.float32([[1, 2], [3, LEAST]]),
    "h": np.float16([1, 2]),
    "b": np.array([1, 2], ml_dtypes.bfloat16),
    "large": np.random.default_rng(0).standard_normal(1 << 20, np.float32),
}
SMALL = {"w": MODEL["w"]}


@pytest.fixture
def start(monkeypatch):
    """A maker of runners of the misbehaving app, in a process of its own, which ends after the test."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    processes = []

    def start(reference=REFERENCE, seconds=SECONDS, memory_mib=None):
        processes.append(AppProcess(reference, seconds, memory_mib))
        return AppRunner(processes[-1], {}, RUN, reference, Evaluation(personalised=True))

    yield start
    for process in processes:
        process.close()


class TestACall:
    def test_gives_the_same_bits_as_one_in_this_process(self, start):
        here = AppRunner(load_app("tests.training.misbehaving_app:app"), {}, RUN).train(MODEL, {})
        there = start().train(MODEL, {})
        assert {name: array.tobytes() for name, array in there.arrays.items()} == {
            name: array.tobytes() for name, array in here.arrays.items()
        }
        assert (there.examples, there.metrics) == (here.examples, here.metrics)
        assert there.arrays["w"][1, 1] == LEAST / 2 != 0

    def test_keeps_the_apps_state_from_call_to_call(self, start):
        runner = start()
        assert [runner.evaluate(SMALL, {}).metrics["calls"] for _ in range(3)] == [1, 2, 3]
        assert runner.apart().evaluate(SMALL, {}).metrics["calls"] == 1

    def test_keeps_it_when_the_process_has_ended(self, start):
        runner = start()
        first = runner.evaluate(SMALL, {}).metrics
        os.kill(int(first["pid"]), signal.SIGKILL)
        until(lambda: runner.call.pid is None)
        second = runner.evaluate(SMALL, {}).metrics
        assert second["calls"] == 2
        assert second["pid"] != first["pid"]

    def test_that_fails_leaves_it_as_it_was(self, start):
        runner = start()
        runner.evaluate(SMALL, {})
        with pytest.raises(Refused):
            runner.evaluate(SMALL, {"does": "raise"})
        assert runner.evaluate(SMALL, {}).metrics["calls"] == 2

    def test_names_a_setting_that_is_missing_with_where_it_belongs(self, start):
        bare = AppRunner(start().call, {}, {}, REFERENCE)
        with pytest.raises(
            Refused, match=r"there is no 'lr' in context.run_config; it belongs in the `train`"
        ):
            bare.train(SMALL, {})

    def test_that_returns_no_message_is_refused(self, start):
        with pytest.raises(Refused, match="misbehaving_app:silent returned a NoneType from train"):
            start(reference="misbehaving_app:silent").train(SMALL, {})


class TestWhatAnAppDoesToItsProcess:
    @pytest.mark.parametrize("kind", ["train", "evaluate"])
    @pytest.mark.parametrize(
        ("does", "sentence"),
        [
            ("exit", r"failed to {kind}: the app ended the program \(SystemExit: the scanner's export"),
            ("raise", r"failed to {kind}: KeyError\('age'\)"),
            ("end", r"The process of misbehaving_app:app ended by itself, with exit code 3"),
            ("kill", r"The process of misbehaving_app:app was killed \(SIGKILL\)"),
        ],
    )
    def test_to_end_it_is_a_sentence_and_the_next_call_works(self, start, kind, does, sentence):
        runner = start()
        with pytest.raises(Refused, match=sentence.format(kind=kind)):
            getattr(runner, kind)(SMALL, {"does": does})
        assert runner.evaluate(SMALL, {}).loss == 0.5

    def test_a_call_without_end_is_ended(self, start):
        runner = start(seconds=0.5)
        runner.call.start()
        with pytest.raises(WorkerEnded, match=r"did not answer within 0\.5 s"):
            runner.train(SMALL, {"does": "hang"})

    def test_memory_beyond_its_limit_is_refused_to_it_alone(self, start):
        runner = start(memory_mib=4096)
        with pytest.raises(Refused, match=r"failed to train: .*MemoryError"):
            runner.train(SMALL, {"does": "memory"})
        assert runner.evaluate(SMALL, {}).loss == 0.5

    @pytest.mark.parametrize("does", ["folder", "signals", "loggers", "numpy", "flush", "print", "close"])
    def test_nothing_of_it_reaches_the_node(self, start, does, capfd):
        def state():
            loggers = [logging.getLogger(name).disabled for name in sorted(logging.root.manager.loggerDict)]
            return (
                Path.cwd(),
                signal.getsignal(signal.SIGTERM),
                loggers,
                np.geterr(),
            )

        before, runner = state(), start()
        assert runner.train(SMALL, {"does": does}).examples == 7
        assert runner.evaluate(SMALL, {"does": does}).loss == 0.5
        assert state() == before
        assert capfd.readouterr().out == ""
        require_ieee_754()


class TestLoading:
    @pytest.mark.parametrize(
        ("module", "sentence"),
        [
            ("import sys; sys.exit(2)", r"the app ended the program \(SystemExit: 2\)"),
            (
                "import no_such_module_anywhere",
                "it needs the module 'no_such_module_anywhere', which is not installed",
            ),
            ("app = 7", "is a int, not a flwr.clientapp.ClientApp"),
            ("other = 7", "has no attribute 'app'"),
        ],
    )
    def test_what_is_no_app_is_the_operators_to_mend(self, start, tmp_path, monkeypatch, module, sentence):
        tmp_path.joinpath("hospital.py").write_text(module)
        monkeypatch.syspath_prepend(tmp_path)
        with pytest.raises(BadConfig, match=sentence):
            start(reference="hospital:app").call.start()

    def test_a_module_that_ends_the_process_is_a_sentence(self, start, tmp_path, monkeypatch):
        tmp_path.joinpath("hospital.py").write_text("import os; os._exit(5)")
        monkeypatch.syspath_prepend(tmp_path)
        with pytest.raises(
            WorkerEnded, match="The process of hospital:app ended by itself, with exit code 5"
        ):
            start(reference="hospital:app").call.start()

    def test_a_module_that_reads_its_command_line_finds_an_empty_one(self, start, tmp_path, monkeypatch):
        tmp_path.joinpath("hospital.py").write_text(
            "import argparse\nargparse.ArgumentParser().parse_args()\nfrom misbehaving_app import app\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        assert start(reference="hospital:app").evaluate(SMALL, {}).loss == 0.5


@pytest.mark.parametrize(
    ("chosen", "phases", "seconds"), [(None, (60, 90), 600), (None, (7200, 900), 7200), (5.0, (60, 90), 5)]
)
def test_a_call_may_take_as_long_as_its_phase_unless_the_operator_says_otherwise(chosen, phases, seconds):
    assert patience(chosen, *phases) == seconds
