"""Daemons in the foreground, until Ctrl-C or SIGTERM; they stop everything they started."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from flock import daemon, log

if TYPE_CHECKING:
    from flock.programs.settings import CoordinatorSettings, NodeSettings
    from flock.training.app_process import AppProcess


@contextmanager
def until_told_to_stop() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set."""
    stop = threading.Event()
    previous = {
        number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        stop.set()
        for number, handler in previous.items():
            signal.signal(number, handler)


def run_node(settings: NodeSettings) -> None:
    """Perform a member's duties until told to stop, or until it has left as its operator wished.

    Raises BadConfig if another node works in its home.
    """
    from flock.programs.alone import alone_in

    log.configure(settings.log_level)
    with alone_in(settings.home, "node"):
        _run_node(settings)
    log.logger().info("node_stopped", task=settings.task)


def _run_node(settings: NodeSettings) -> None:
    from flock.programs.wiring import contracts_of
    from flock.protocol.alliance.rounds import Phase

    view = contracts_of(settings).alliance_rounds.round_view(settings.task)
    run = _end_membership if view.phase is Phase.ENDED else _be_member
    with until_told_to_stop() as stop:
        run(settings, stop)


def _end_membership(settings: NodeSettings, stop: threading.Event) -> None:
    """Be paid and leave, which an app that can no longer be loaded must not prevent."""
    from flock.node.steps import steps_after_the_task
    from flock.node.steps.depart import Depart
    from flock.programs.wiring import context_without_app

    context = context_without_app(settings)
    log.logger().info("node_started", task=settings.task, account=context.wallet.owner)
    steps: list[daemon.Step] = [Depart(context, stop.set), *steps_after_the_task(context)]
    daemon.run(steps, stop, settings.poll_seconds)


def _be_member(settings: NodeSettings, stop: threading.Event) -> None:
    from flock.node.duties import MemberDuties
    from flock.node.steps import steps_beside_the_app, steps_with_the_app
    from flock.node.steps.depart import Depart
    from flock.programs.flower_link import Link
    from flock.programs.wiring import enrol_step, node_context

    link = Link(settings)
    with ExitStack() as opened:
        process = _loaded_app(settings, stop, opened)
        context = node_context(settings, link.is_awaited, process)
        duties = MemberDuties(context)
        enrol = enrol_step(settings, context)
        steps = steps_beside_the_app(context, enrol, settings.claim_above)
        slow = steps_with_the_app(context, duties)
        threading.Thread(target=_close_after, args=(stop, opened), name="app-closer", daemon=True).start()
        with (
            link.open(context, duties, stop) as introduction,
            daemon.beside(slow, stop, settings.poll_seconds),
        ):
            log.logger().info("node_started", task=settings.task, account=context.wallet.owner)
            daemon.run([Depart(context, stop.set), *steps, *introduction], stop, settings.poll_seconds)


def _loaded_app(settings: NodeSettings, stop: threading.Event, opened: ExitStack) -> AppProcess:
    """The member's app, in a process that ends when ``opened`` is closed.

    Raises BadConfig, as ``load_app`` does, and WorkerEnded, once the member owes nothing for which it needs no app.
    """
    from flock.errors import BadConfig, WorkerEnded
    from flock.programs.wiring import loaded_app

    try:
        return loaded_app(settings, opened)
    except (BadConfig, WorkerEnded) as problem:
        log.logger().error("app_not_loaded", task=settings.task, reason=str(problem))
        _do_what_is_owed(settings, stop)
        raise


def _do_what_is_owed(settings: NodeSettings, stop: threading.Event) -> None:
    from flock.node.steps import steps_owed
    from flock.node.steps.end_once_free import EndOnceFree
    from flock.programs.wiring import context_without_app

    context = context_without_app(settings)
    daemon.run([*steps_owed(context), EndOnceFree(context, stop.set)], stop, settings.poll_seconds)


def _close_after(stop: threading.Event, opened: ExitStack) -> None:
    """End the app with the node: who waits for what it is doing then goes on."""
    stop.wait()
    opened.close()


def run_coordinator(settings: CoordinatorSettings) -> None:
    """Open rounds, call members through Flower, finalise, until told to stop.

    Raises BadConfig if another coordinator works in its home.
    """
    from flock.programs.alone import alone_in

    log.configure(settings.log_level)
    with alone_in(settings.home, "coordinator"):
        _run_coordinator(settings)
    log.logger().info("coordinator_stopped", task=settings.task)


def _run_coordinator(settings: CoordinatorSettings) -> None:
    from flwr.serverapp.strategy import FedAvg

    from flock.chain.sending.reorg_watcher import ReorgWatcher
    from flock.coordinator.front import Front, FrontDoor
    from flock.coordinator.roster import Roster
    from flock.coordinator.round_source import ChainRoundSource
    from flock.coordinator.steps.call import CallMembers
    from flock.coordinator.steps.claim import ClaimKeeperFees
    from flock.coordinator.steps.greet import Greet
    from flock.coordinator.steps.push import KeepRoundsGoing
    from flock.programs.task_config import task_bundle
    from flock.programs.wiring import coordinator_context
    from flock.training.server import FlowerServer
    from flock.training.strategy import ChainCoordinated

    door = FrontDoor(settings.front_host, settings.front_port, settings.tls_certificate, settings.tls_key)
    door.tls()  # fail fast on bad TLS settings
    with until_told_to_stop() as stop:
        context = coordinator_context(settings, stop.is_set)
        floor = ChainRoundSource(context)
        server = FlowerServer(settings.home / "flower", bundle=task_bundle(settings, context))
        with Front(door, server.endpoint) as front, server:
            log.logger().info("coordinator_started", task=settings.task, front=front.address)
            roster = Roster(
                context.contracts,
                settings.task,
                lambda: context.service.node_keys(settings.task),
                lambda: server.register,
            )
            strategy = ChainCoordinated(
                FedAvg(min_train_nodes=1, min_evaluate_nodes=1, min_available_nodes=1), floor
            )
            call = CallMembers(context, floor, strategy, roster, server.coordinated_grid)
            greet = Greet(roster, server.coordinated_grid)
            steps: list[daemon.Step] = [
                ReorgWatcher(context.sender),
                KeepRoundsGoing(context),
                greet,
                call,
                ClaimKeeperFees(context),
            ]
            daemon.run(steps, stop, settings.poll_seconds)
