"""Submissions are scored in a process of their own: whatever one does to it, the next finds another."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from flock.arena.scoring.evaluator import kinds
from flock.arena.scoring.results import Failed, Scored
from flock.arena.scoring.run import Run
from flock.arena.scoring.scorer import Job, Scorer
from flock.arena.scoring.task import ScoringTask
from flock.errors import BadArrays, BadBlob, BadConfig, Transient, WorkerStopped
from flock.protocol.arena.losses import is_opened
from flock.protocol.arena.scores import Failure, Outcome, judge
from flock.protocol.core.cid import digest_of
from tests import patience
from tests.arena.conftest import MLP, table_of, task_of

EXAMPLES = table_of(40).encoded()
ROGUE = {"machine": "sound"}


def job(artifact: bytes) -> Job:
    return Job(artifact, EXAMPLES, digest_of(EXAMPLES))


def rogue(do: str, **how: object) -> Job:
    metadata = {"do": do, **{key: str(value) for key, value in how.items()}}
    return job(save({"w": np.ones(1, np.float32)}, metadata))


def honest() -> bytes:
    rng = np.random.default_rng(3)
    shapes = {
        "layers.0.weight": (16, 12),
        "layers.0.bias": (16,),
        "layers.1.weight": (4, 16),
        "layers.1.bias": (4,),
    }
    return save({name: rng.standard_normal(shape, np.float32) / 4 for name, shape in shapes.items()})


@pytest.fixture(scope="module", autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The package of ``rogue``, as pip would leave it."""
    site = tmp_path_factory.mktemp("site")
    record = site / "rogue-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: rogue\nVersion: 1.0\n")
    (record / "entry_points.txt").write_text(
        "[flock.arena.evaluators]\n"
        "rogue = tests.arena.rogue:Rogue\n"
        "tabular = tests.arena.rogue:Rogue\n"
        "no-evaluator = tests.arena.rogue:MIB\n"
        "not-there = tests.arena.rogues:Rogue\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site)
        yield


def rogue_task(**bounds: int) -> ScoringTask:
    return task_of("rogue", ROGUE, "loss", **bounds)


@pytest.fixture(scope="module")
def scorer(installed: None) -> Iterator[Scorer]:
    """A warm one, for whatever leaves its process alive."""
    with Scorer(rogue_task(), Run(device="cpu")) as shared:
        yield shared


class TestAScore:
    def test_is_in_millionths_with_the_losses_it_is_made_of(self) -> None:
        with Scorer(task_of("tabular", MLP, "loss"), Run(device="cpu")) as scorer:
            result, again = (scorer.score(job(honest())) for _ in range(2))
        assert isinstance(result, Scored)
        assert result == again
        assert len(result.losses) == 40
        assert abs(sum(result.losses) / 40 - result.score) <= 1
        [opened] = result.tree.opened([7])
        assert is_opened(result.tree.root, opened, 40)

    def test_an_evaluation_has_no_network(self, scorer: Scorer) -> None:
        result = scorer.score(rogue("connect"))
        assert isinstance(result, Failed)
        assert "PermissionError" in result.reason or "Operation not permitted" in result.reason

    @pytest.mark.parametrize("value", ["nan", "inf", "999.0"])
    def test_that_is_not_finite_is_a_failure(self, scorer: Scorer, value: str) -> None:
        result = scorer.score(rogue("nothing", score=value))
        assert result.reveal is Failure.NOT_FINITE

    def test_that_is_hopeless_is_the_largest_there_is(self, scorer: Scorer) -> None:
        result = scorer.score(rogue("nothing", loss=1e30))
        assert isinstance(result, Scored)
        assert judge({0: result.reveal}, 1, 1_000).outcome is Outcome.SCORED


class TestBadSubmissions:
    def test_are_rejected_by_their_header_and_start_no_process(self) -> None:
        with Scorer(task_of("tabular", MLP, "loss")) as scorer:
            for artifact, failure in (
                (b"PK\x03\x04 and so on", Failure.MALFORMED),
                (save({"w": np.ones(2, np.float32)}), Failure.MALFORMED),
                (save({"layers.0.weight": np.ones((20_000, 12), np.float32)}), Failure.MALFORMED),
            ):
                result = scorer.score(job(artifact))
                assert isinstance(result, Failed)
                assert result.failure is failure
            assert scorer.pid is None

    def test_with_too_many_parameters_are_too_large(self) -> None:
        with Scorer(task_of("tabular", MLP, "loss", parameters=100)) as scorer:
            assert scorer.score(job(honest())).reveal is Failure.TOO_LARGE

    def test_with_weights_that_are_not_finite_are_found_in_the_process(self, scorer: Scorer) -> None:
        artifact = save({"w": np.array([np.inf], np.float32)}, {"do": "nothing"})
        result = scorer.score(job(artifact))
        assert result == Failed(Failure.NOT_FINITE, "Tensor 'w' holds NaN or infinity.")


class TestTheValidatorsOwnTrouble:
    def test_a_stale_set_is_refused_and_nobody_judged(self, scorer: Scorer) -> None:
        with pytest.raises(BadBlob, match="stale or foreign"):
            scorer.score(Job(honest(), EXAMPLES, digest_of(b"another")))

    def test_a_set_that_is_none_is_the_tasks_fault(self, scorer: Scorer) -> None:
        with pytest.raises(BadArrays, match=r"^The examples are no table\.$"):
            scorer.score(rogue("refuse the set"))

    def test_an_evaluator_that_gives_less_than_nothing_is_at_fault_itself(self, scorer: Scorer) -> None:
        with pytest.raises(BadConfig, match="below zero"):
            scorer.score(rogue("nothing", score=-1.0))

    def test_a_machine_that_can_evaluate_nothing_reports_nothing(self) -> None:
        """A GPU that is gone ends every process that asks for it."""
        broken = task_of("rogue", {"machine": "broken"}, "loss")
        nothing_reported = pytest.raises(Transient, match="cannot evaluate now, so nothing is reported")
        with Scorer(broken) as scorer, nothing_reported:
            scorer.score(rogue("abort"))


class TestAProcessThatEnds:
    @pytest.mark.parametrize(
        ("do", "words"),
        [
            ("abort", "crashed (SIGABRT)"),
            ("divide", "ZeroDivisionError: a fault of the evaluator"),
        ],
    )
    def test_fails_the_submission_and_not_the_next(self, scorer: Scorer, do: str, words: str) -> None:
        result = scorer.score(rogue(do))
        assert isinstance(result, Failed)
        assert result.failure is Failure.CRASHED
        assert words in result.reason
        assert scorer.score(rogue("nothing")).reveal == 250_000

    def test_once_is_forgiven(self, scorer: Scorer, tmp_path: Path) -> None:
        assert scorer.score(rogue("crash once", marker=tmp_path / "crashed")).reveal == 250_000

    def test_between_two_jobs_is_not_noticed(self, scorer: Scorer) -> None:
        scorer.start()
        assert scorer.pid is not None
        os.kill(scorer.pid, signal.SIGKILL)
        assert scorer.score(rogue("nothing")).reveal == 250_000

    def test_on_one_machine_does_not_fail_the_submission(self) -> None:
        """Unless most of the panel see it: a validator whose process crashed is absent."""
        verdict = judge({0: Failure.CRASHED, **dict.fromkeys(range(1, 9), 250_000)}, 9, 1_000)
        assert verdict.outcome is Outcome.SCORED


class TestLimits:
    def test_who_takes_too_long_is_out_of_time(self) -> None:
        with Scorer(rogue_task(seconds=1), Run(device="cpu")) as scorer:
            scorer.start()
            result = scorer.score(rogue("hang"))
            assert result.reveal is Failure.OUT_OF_TIME
            assert scorer.score(rogue("nothing")).reveal == 250_000

    def test_who_takes_too_much_memory_is_too_large_and_the_process_lives(self) -> None:
        with Scorer(rogue_task(memory_bytes=512 << 20), Run(device="cpu")) as scorer:
            scorer.start()
            before = scorer.pid
            assert scorer.score(rogue("exhaust")).reveal is Failure.TOO_LARGE
            assert scorer.score(rogue("nothing")).reveal == 250_000
            assert scorer.pid == before

    def test_a_job_ends_with_its_scorer(self) -> None:
        scorer = Scorer(rogue_task(), Run(device="cpu"))
        scorer.start()
        raised: list[BaseException] = []

        def score() -> None:
            try:
                scorer.score(rogue("hang"))
            except WorkerStopped as error:
                raised.append(error)

        scoring = threading.Thread(target=score)
        scoring.start()
        patience.until(scoring.is_alive)
        scorer.close()
        scoring.join()
        assert len(raised) == 1
        assert scorer.pid is None


class TestEvaluatorsOfPackages:
    def test_are_kinds_like_the_built_in_ones_and_replace_none(self) -> None:
        assert kinds()[-3:] == ("rogue", "no-evaluator", "not-there")
        assert kinds().count("tabular") == 1
        with pytest.raises(BadConfig, match="no metric 'accurracy'; choose accuracy, loss, mse"):
            Scorer(task_of("tabular", MLP, "accurracy"))

    @pytest.mark.parametrize(
        ("kind", "sentence"),
        [
            ("chess", "no evaluator for tasks of kind 'chess'"),
            ("no-evaluator", "is no Evaluator"),
            ("not-there", "cannot be loaded: ModuleNotFoundError"),
        ],
    )
    def test_that_are_none_are_refused_before_anything_is_scored(self, kind: str, sentence: str) -> None:
        with pytest.raises(BadConfig, match=sentence):
            Scorer(task_of(kind, ROGUE, "loss"))
