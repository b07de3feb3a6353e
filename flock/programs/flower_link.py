"""Other triggers of a node's training: the connection to its coordinator, or a stock SuperNode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

from flock.errors import BadConfig, Transient

if TYPE_CHECKING:
    from flock.daemon import Step
    from flock.node.context import NodeContext
    from flock.node.duties import MemberDuties
    from flock.programs.settings import NodeSettings
    from flock.training.flower.keys import NodeIdentity
    from flock.training.supernode import WarmNode


class Link:
    """One node's connection, if configured. Raises BadConfig if the settings contradict each other."""

    def __init__(self, settings: NodeSettings) -> None:
        self._settings = settings
        self._node: WarmNode | None = None
        self._context: NodeContext | None = None
        if settings.supernode and settings.coordinator:
            raise BadConfig(
                "supernode = true leaves the connection to the coordinator to flower-supernode, which uses "
                'this node\'s key; set coordinator = "".'
            )

    def is_awaited(self) -> bool:
        """Whether someone else may still call for this phase's duty, or is performing it."""
        if self._context is not None and self._settings.supernode:
            from flock.node.detached import has_result

            return not has_result(self._context)
        return self._node is not None and self._node.connected.is_set()

    @contextmanager
    def open(self, context: NodeContext, duties: MemberDuties, stop: Event) -> Iterator[Sequence[Step]]:
        """Serve Flower's messages until the block ends; the steps by which the member's key becomes known."""
        from flock.node.steps.introduce import Introduce
        from flock.training.flower.keys import NodeIdentity

        self._context = context
        settings = self._settings
        if not settings.coordinator and not settings.supernode:
            yield []
            return
        identity = NodeIdentity(settings.home / "flower")
        introduction = [Introduce(context, identity.keys[0])]
        if settings.supernode:
            yield introduction
            return
        self._node = self._warm_node(context, duties, identity)
        thread = Thread(target=self._node.run, args=(stop,), name="flower-node", daemon=True)
        thread.start()
        try:
            yield introduction
        finally:
            stop.set()
            thread.join(timeout=10)

    def _warm_node(self, context: NodeContext, duties: MemberDuties, identity: NodeIdentity) -> WarmNode:
        from flock.node.seat import awaits_call
        from flock.programs.task_config import bundle_of_task
        from flock.training.flower.endpoint import coordinator_endpoint
        from flock.training.mods import runner_mod
        from flock.training.supernode import WarmNode

        settings = self._settings

        def expects() -> bool:
            with suppress(Transient):
                return awaits_call(context.watch.view(), context.wallet.owner)
            return False

        return WarmNode(
            coordinator_endpoint(settings.coordinator or "", settings.coordinator_ca),
            identity,
            context.app.call,
            [runner_mod(duties, context.app)],
            settings.app_config,
            context.app_config(0),
            bundle=bundle_of_task(context.contracts, context.task, context.shared),
            expects=expects,
        )
