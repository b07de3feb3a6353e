"""The torch of models that a host computes itself; nothing else of the Marketplace imports torch."""

from collections.abc import Sequence
from typing import Any

import torch

from flock.arena.scoring.artifact import read_weights
from flock.arena.scoring.compute.losses import text_losses
from flock.arena.scoring.compute.machine import Machine, settled
from flock.arena.scoring.compute.models import outputs
from flock.arena.scoring.compute.windows import Text
from flock.arena.scoring.evaluator import require_shapes
from flock.arena.scoring.rejection import Rejected
from flock.arena.scoring.run import Run
from flock.arena.scoring.specifications import ByteTransformer
from flock.arena.scoring.task import Bounds
from flock.errors import BadConfig
from flock.marketplace.host.documents import Described

Row = dict[str, Any]


class LoadedModel:
    """Weights in memory, and answers from them, many at once."""

    def __init__(self, described: Described, artifact: bytes, run: Run) -> None:
        """Raises BadConfig if the bytes are not the weights that the metadata describes."""
        try:
            header, weights = read_weights(artifact, Bounds(artifact_bytes=max(1, len(artifact))))
            require_shapes(header, described.specification.shapes)
        except Rejected as problem:
            raise BadConfig(f"The artifact is not the model that its metadata describes: {problem}") from None
        self._described = described
        self._machine = Machine(settled(run))
        self._weights = self._machine.weights(weights)

    def predict(self, inputs: Sequence[Any]) -> list[Row]:
        """One answer for each input, as ``Described.rows`` or ``texts`` gives them."""
        specification = self._described.specification
        if isinstance(specification, ByteTransformer):
            nats = text_losses(specification, self._weights, [Text(each) for each in inputs], self._machine)
            return [
                {"nats": float(each), "bytes": len(text)} for each, text in zip(nats, inputs, strict=True)
            ]
        with torch.inference_mode():
            stacked = torch.stack([torch.from_numpy(each) for each in inputs]).to(self._machine.run.device)
            given = outputs(specification, self._weights, stacked.to(self._machine.dtype)).float()
            if self._described.document.task == "regression":
                return [{"outputs": row} for row in given.tolist()]
            shares = torch.softmax(given, dim=1)
            best = shares.argmax(dim=1).tolist()
        names = self._described.document.classes
        return [
            {"label": names[which] if names else which, "probabilities": row}
            for which, row in zip(best, shares.tolist(), strict=True)
        ]
