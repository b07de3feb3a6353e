"""Upload the current model again if the service has lost it: without it the task cannot continue."""

from dataclasses import dataclass

from flock.log import logger
from flock.node.context import NodeContext
from flock.protocol.core.cid import cid_of


@dataclass
class ServeModel:
    """Checks once a round: a service restored from a backup may lack the model accepted last."""

    context: NodeContext
    name: str = "serve_model"
    _looked_in: int = -1

    def __call__(self) -> bool:
        context, view = self.context, self.context.watch.view()
        if view.number == self._looked_in or not any(view.model):
            return False
        cid = cid_of(view.model)
        is_lost = context.local.has(cid) and not context.shared.has(cid)
        if is_lost:
            context.shared.put(context.local.view(cid, context.max_model_bytes))
            logger().warning("model_served_again", task=context.task, round=view.number, cid=cid)
        self._looked_in = view.number
        return is_lost
