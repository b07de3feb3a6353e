"""An Arena's daemons in the foreground, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

from flock import daemon, log
from flock.programs.running import until_told_to_stop

if TYPE_CHECKING:
    from flock.arena.actor import Actor
    from flock.programs.settings import ArenaSettings, TrainerSettings, ValidatorSettings


def run_validator(settings: ValidatorSettings) -> None:
    """Enrol, score, commit, stand in, reveal for each of its tasks until told to stop.

    Raises BadConfig if another validator works in its home, or one of the tasks cannot be judged here.
    """
    from flock.programs.alone import alone_in

    log.configure(settings.log_level)
    with alone_in(settings.home, "validator"):
        _run_validator(settings)
    log.logger().info("validator_stopped", tasks=list(settings.tasks))


def run_trainer(settings: TrainerSettings) -> None:
    """Enrol, train or take what is given, submit, disclose and collect, until told to stop.

    Raises BadConfig if another trainer works in its home.
    """
    from flock.programs.alone import alone_in

    log.configure(settings.log_level)
    with alone_in(settings.home, "trainer"):
        _run_trainer(settings)
    log.logger().info("trainer_stopped", task=settings.task)


def _run_validator(settings: ValidatorSettings) -> None:
    from flock.arena.actor import CollectFromArena
    from flock.arena.validator.duties import Commit, Reveal, Score, Turns
    from flock.arena.validator.tidying import ForgetLosses
    from flock.chain.sending.reorg_watcher import ReorgWatcher
    from flock.chain.sending.sender import open_sender
    from flock.programs import arena_wiring as wiring
    from flock.programs.wiring import contracts_of, database_of, key_of
    from flock.protocol.arena.stages import Role

    with until_told_to_stop() as stop, ExitStack() as opened:
        contracts, key = contracts_of(settings), key_of(settings, settings.key)
        database = database_of(settings)
        opened.callback(database.close)
        sender = open_sender(contracts.client, key, database)
        steps: list[daemon.Step] = [ReorgWatcher(sender)]
        cache, scoring = wiring.cache_of(settings), []
        evaluations = opened.enter_context(ExitStack())
        for task in settings.tasks:
            actor = wiring.actor_of(settings, contracts, sender, key, task, opened)
            validating = wiring.validating_of(settings, actor, database, cache, evaluations)
            scoring.append(Score(validating, name=f"score-{task}"))
            steps += [
                wiring.enrol_step(settings, actor, Role.VALIDATOR),
                Reveal(validating, name=f"reveal-{task}"),
                Commit(validating, name=f"commit-{task}"),
                *_keeping(settings, actor),
                CollectFromArena(actor, settings.claim_above, name=f"collect-{task}"),
                ForgetLosses(actor, validating.examiner.local, name=f"forget-{task}"),
            ]
        threading.Thread(target=_close_after, args=(stop, evaluations), daemon=True).start()
        with daemon.beside([Turns(scoring)], stop, settings.poll_seconds):
            log.logger().info("validator_started", tasks=list(settings.tasks), account=actor.account)
            daemon.run(steps, stop, settings.poll_seconds)


def _run_trainer(settings: TrainerSettings) -> None:
    from flock.arena.actor import CollectFromArena
    from flock.arena.task_document import document_of
    from flock.arena.trainer.artifacts import FromFile, FromRecipe
    from flock.arena.trainer.submitting import DiscloseAll, SubmitArtifacts
    from flock.chain.sending.reorg_watcher import ReorgWatcher
    from flock.chain.sending.sender import open_sender
    from flock.programs import arena_wiring as wiring
    from flock.programs.wiring import contracts_of, database_of, key_of
    from flock.protocol.arena.stages import Role

    with until_told_to_stop() as stop, ExitStack() as opened:
        contracts, key = contracts_of(settings), key_of(settings, settings.key)
        database = database_of(settings)
        opened.callback(database.close)
        sender = open_sender(contracts.client, key, database)
        actor = wiring.actor_of(settings, contracts, sender, key, settings.task, opened)
        submitting = wiring.submitting_of(settings, actor, database)
        document = document_of(contracts, actor.service, settings.task)
        source = (
            FromFile(settings.artifact, document.scoring)
            if settings.artifact
            else FromRecipe(actor, document, wiring.cache_of(settings), settings.steps, settings.seed)
        )
        steps: list[daemon.Step] = [
            ReorgWatcher(sender),
            wiring.enrol_step(settings, actor, Role.TRAINER),
            DiscloseAll(submitting),
            *_keeping(settings, actor),
            CollectFromArena(actor, settings.claim_above),
        ]
        slow = [SubmitArtifacts(submitting, source, settings.sealed)]
        with daemon.beside(slow, stop, settings.poll_seconds):
            log.logger().info("trainer_started", task=settings.task, account=actor.account)
            daemon.run(steps, stop, settings.poll_seconds)


def _keeping(settings: ArenaSettings, actor: Actor) -> list[daemon.Step]:
    from flock.arena.keeper.step import KeepArena

    if not settings.keep:
        return []
    return [KeepArena(actor.contracts, actor.sender, actor.task, actor.parameters, name=f"keep-{actor.task}")]


def _close_after(stop: threading.Event, evaluations: ExitStack) -> None:
    """End evaluations with the program: who waits for one then goes on."""
    stop.wait()
    evaluations.close()
