"""The app and its data: it loads, trains from the task's model, and evaluates it to a finite loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flock.diagnostics.doctor.report import Finding, failed, passed, warning
from flock.errors import Refused

if TYPE_CHECKING:
    from flock.diagnostics.doctor.node_under_test import NodeUnderTest

FEW_EXAMPLES = 100


def data_set(node: NodeUnderTest) -> Finding:
    """Trains and evaluates as in a round. Runs the operator's own code, and takes as long."""
    from flock.programs.task_config import task_training
    from flock.programs.wiring import app_process
    from flock.store.http_blobs import HttpBlobs
    from flock.training.app import AppRunner
    from flock.training.rehearsal import Phases, rehearse, rehearsed_round
    from flock.training.schedules import at_round

    settings = node.settings
    terms, number = node.standing().terms, rehearsed_round(node.standing().view.number)
    phases = Phases(terms.propose_seconds, terms.commit_seconds)
    try:
        with app_process(settings, terms) as process:
            process.start()
            arrays, _ = node.model()
            with HttpBlobs(settings.alliance) as blobs:
                train, evaluation, ties = task_training(node.contracts(), settings.task, blobs)
            config = at_round(train, number)
            app = AppRunner(process, settings.app_config, config, settings.app, evaluation, ties)
            found = rehearse(app, arrays, {**config, "server-round": number}, phases)
    except Refused as problem:
        return failed(str(problem), "Mend the app; try it offline on the task's model.", node.at_risk())
    examples = found.evaluated.examples
    value = evaluation.value_of(found.evaluated.loss)
    says = (
        f"{settings.app}: {evaluation.word} {value:.4g} on {examples:,} held-out examples, "
        f"{found.evaluate_seconds:.1f} s; trained on {found.trained.examples:,} examples, {found.train_seconds:.1f} s"
    )
    if found.slowness:
        return warning(
            f"{says}. {found.slowness}",
            "Use fewer examples or epochs, or a faster machine.",
            node.at_risk(),
        )
    if examples < FEW_EXAMPLES:
        return warning(
            f"{says}. That is few to judge a model by.",
            "Hold out more: a verdict against two thirds of the votes is a strike.",
        )
    return passed(says)
