"""Daemons in the foreground: until Ctrl-C or SIGTERM, with all they started ended behind them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flock import daemon, log

if TYPE_CHECKING:
    from flock.node.duties import MemberDuties
    from flock.settings import CoordinatorSettings, NodeSettings
    from flock.training.supernode import WarmNode


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
    """Do a member's duties until told to stop."""
    from flock.cli.wiring import enrol_step, node_context
    from flock.node.duties import MemberDuties
    from flock.node.steps import member_steps
    from flock.protocol.units import WAD

    log.configure(settings.log_level)
    link = _Link()
    context = node_context(settings, link.is_up)
    duties = MemberDuties(context)
    steps = member_steps(context, duties, enrol_step(settings, context), int(settings.claim_above * WAD))
    with until_told_to_stop() as stop, link.open(settings, duties, stop):
        log.logger().info("node_started", task=settings.task, account=context.wallet.owner)
        daemon.run(steps, stop, settings.poll_seconds)
    log.logger().info("node_stopped", task=settings.task)


def run_coordinator(settings: CoordinatorSettings) -> None:
    """Open rounds, call members through Flower, finalise, until told to stop."""
    from flwr.serverapp.strategy import FedAvg

    from flock.cli.wiring import coordinator_context
    from flock.coordinator.floor import ChainFloor
    from flock.coordinator.roster import Roster
    from flock.coordinator.steps.call import Call
    from flock.coordinator.steps.claim import Claim
    from flock.coordinator.steps.greet import Greet
    from flock.coordinator.steps.push import PushOn
    from flock.training.server import FlowerServer
    from flock.training.strategy import ChainCoordinated

    log.configure(settings.log_level)
    with until_told_to_stop() as stop:
        context = coordinator_context(settings, stop.is_set)
        floor = ChainFloor(context)
        with FlowerServer(settings.home / "flower", settings.fleet_port) as server:
            log.logger().info("coordinator_started", task=settings.task, fleet=server.address)
            roster = Roster(context.contracts)
            strategy = ChainCoordinated(
                FedAvg(min_train_nodes=1, min_evaluate_nodes=1, min_available_nodes=1), floor
            )
            call = Call(context, floor, strategy, roster, server.coordinated_grid)
            greet = Greet(roster, server.coordinated_grid)
            daemon.run([PushOn(context), greet, call, Claim(context)], stop, settings.poll_seconds)
    log.logger().info("coordinator_stopped", task=settings.task)


class _Link:
    """The node's line to the coordinator's Flower fleet, if there is one."""

    def __init__(self) -> None:
        self._node: WarmNode | None = None

    def is_up(self) -> bool:
        return self._node is not None and self._node.connected.is_set()

    @contextmanager
    def open(self, settings: NodeSettings, duties: MemberDuties, stop: threading.Event) -> Iterator[None]:
        """Serve Flower's messages on a thread of its own until the block ends."""
        if not settings.coordinator:
            yield
            return
        from flock.training.app import load_app
        from flock.training.mods import duty_mod
        from flock.training.supernode import WarmNode

        mod = duty_mod(duties, settings.app)
        self._node = WarmNode(settings.coordinator, load_app(settings.app), [mod], settings.app_config)
        thread = threading.Thread(target=self._node.run, args=(stop,), name="flower-node", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=10)
