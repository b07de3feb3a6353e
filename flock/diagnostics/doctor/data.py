"""The app and its data: it loads, and evaluates the task's model to a finite loss."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flock.diagnostics.doctor.report import Finding, failed, passed, warning
from flock.errors import Refused

if TYPE_CHECKING:
    from flock.diagnostics.doctor.node_under_test import NodeUnderTest
    from flock.training.app import AppRunner, Config, EvalResult
    from flock.training.arrays import Arrays

FEW_EXAMPLES = 100
SHARE_OF_PHASE = 0.4  # of the commit phase; a voter evaluates twice


def data_set(node: NodeUnderTest) -> Finding:
    """Evaluates the task's model as a voter would. Runs the operator's own code, and takes as long."""
    from flock.programs.task_config import task_config
    from flock.store.http_blobs import HttpBlobs
    from flock.training.app import AppRunner, load_app

    settings = node.settings
    app = AppRunner(load_app(settings.app), settings.app_config, name=settings.app)
    arrays, _ = node.model()
    with HttpBlobs(settings.alliance) as blobs:
        config = task_config(node.contracts(), settings.task, blobs)
    phase = node.standing().terms.commit_seconds
    try:
        result, seconds = _evaluated(app, arrays, config)
        if _is_slow(seconds, phase):  # the first time, much of it is reading the data
            result, seconds = _evaluated(app, arrays, config)
    except Refused as problem:
        return failed(str(problem), "Mend the app; try it offline on the task's model.", node.at_risk())
    says = f"{settings.app}: loss {result.loss:.4g} on {result.examples:,} held-out examples, {seconds:.1f} s"
    if _is_slow(seconds, phase):
        return warning(
            f"{says}. A vote takes two of these, and the phase for it is {phase} s.",
            "Evaluate on fewer examples, or on a faster machine.",
            node.at_risk(),
        )
    if result.examples < FEW_EXAMPLES:
        return warning(
            f"{says}. That is few to judge a model by.",
            "Hold out more: a verdict against two thirds of the votes is a strike.",
        )
    return passed(says)


def _evaluated(app: AppRunner, arrays: Arrays, config: Config) -> tuple[EvalResult, float]:
    begun = time.monotonic()
    result = app.evaluate(arrays, {**config, "server-round": 0})
    return result, time.monotonic() - begun


def _is_slow(seconds: float, phase: int) -> bool:
    return 2 * seconds > SHARE_OF_PHASE * phase
