"""What a submission of a text model consists of: a whole model, or adapters on a base that the task allows."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flock.arena.scoring.artifact import Header
from flock.arena.scoring.evaluator import Submission, require_shapes
from flock.arena.scoring.evaluators.on_torch import TorchEvaluator
from flock.arena.scoring.rejection import Rejected
from flock.arena.scoring.run import Run
from flock.arena.scoring.specifications import ByteTransformer, Lora, Shapes, parse_text_model
from flock.arena.scoring.task import ScoringTask
from flock.errors import BadConfig
from flock.protocol.arena.scores import Failure

if TYPE_CHECKING:
    from flock.arena.scoring.compute.losses import Floats
    from flock.arena.scoring.compute.windows import Text

BASE = "base_model"
"""The metadata of an artifact that names its base, by SHA-256 in hex."""

ADAPTER = re.compile(r"base_model\.model\.(?P<matrix>.+)\.lora_(?P<half>[AB])\.weight")


class TextEvaluator(TorchEvaluator):
    """What the kinds of text tasks share: the tokens are bytes, so no tokenizer comes with a submission."""

    def __init__(self, task: ScoringTask) -> None:
        super().__init__(task)
        self.model = parse_text_model(task.model)

    def require(self, header: Header) -> None:
        if isinstance(self.model, Lora):
            _require_adapters(header, self.model, self.model.bases[self._base(header, self.model)])
        else:
            require_shapes(header, self.model.shapes)

    def base_of(self, header: Header) -> str | None:
        return self._base(header, self.model) if isinstance(self.model, Lora) else None

    def shapes_of_base(self, digest: str) -> Shapes:
        if isinstance(self.model, Lora) and digest in self.model.bases:
            return self.model.bases[digest].shapes
        return super().shapes_of_base(digest)

    def nats(self, submission: Submission, texts: "Sequence[Text]", run: Run) -> "Floats":
        """What is to be predicted of each text costs the submission so many nats."""
        from flock.arena.scoring.compute.losses import text_losses
        from flock.arena.scoring.compute.machine import Machine
        from flock.arena.scoring.compute.models import with_adapters

        machine = Machine(run)
        weights = machine.weights(submission.weights)
        if not isinstance(self.model, Lora):
            return text_losses(self.model, weights, texts, machine)
        digest = self._base(submission.header, self.model)
        base = machine.weights(submission.bases[digest])
        merged = with_adapters(self.model, base, weights)
        return text_losses(self.model.bases[digest], merged, texts, machine)

    def _base(self, header: Header, model: Lora) -> str:
        """That which the metadata names, or the task's only one."""
        if BASE not in header.metadata and len(model.bases) == 1:
            return next(iter(model.bases))
        named = header.metadata.get(BASE, "")
        if named not in model.bases:
            raise Rejected(
                Failure.WRONG_BASE,
                f"The adapters' metadata name {named[:80]!r} as their {BASE}; the task allows "
                f"{', '.join(model.bases)}.",
            )
        return named


def require_text_model(task: ScoringTask, architecture: type[ByteTransformer] | type[Lora]) -> None:
    """Raises BadConfig unless the task's model is of this architecture."""
    if not isinstance(parse_text_model(task.model), architecture):
        raise BadConfig(
            f"The model of a task of kind {task.kind!r} cannot be {task.model['architecture']!r}."
        )


def _require_adapters(header: Header, model: Lora, base: ByteTransformer) -> None:
    """Pairs of A (rank, in) and B (out, rank) for matrices that may be adapted, all of one rank."""
    allowed = model.adapted(base)
    ranks = set()
    for name, shape in header.shapes.items():
        found = ADAPTER.fullmatch(name)
        matrix = found["matrix"] + ".weight" if found else ""
        if found is None or matrix not in allowed:
            raise _malformed(
                f"Tensor {name!r} adapts nothing that the task lets be adapted ({', '.join(model.targets)})."
            )
        if _twin(name) not in header.tensors:
            raise _malformed(f"Tensor {_twin(name)!r} is missing, which belongs to {name!r}.")
        ranks.add(_rank(name, shape, allowed[matrix]))
    if len(ranks) != 1 or not 1 <= min(ranks) <= model.largest_rank:
        raise _malformed(
            f"The adapters have the ranks {sorted(ranks)}; it must be one, of 1 to {model.largest_rank}."
        )


def _rank(name: str, shape: tuple[int, ...], matrix: tuple[int, ...]) -> int:
    """Of A (rank, in) or B (out, rank) of a ``matrix`` (out, in)."""
    is_first = ".lora_A." in name
    if len(shape) != 2 or shape[1 if is_first else 0] != matrix[1 if is_first else 0]:
        raise _malformed(f"Tensor {name!r} has the shape {shape}, which does not fit its matrix.")
    return shape[0 if is_first else 1]


def _twin(name: str) -> str:
    return (
        name.replace(".lora_A.", ".lora_B.") if ".lora_A." in name else name.replace(".lora_B.", ".lora_A.")
    )


def _malformed(sentence: str) -> Rejected:
    return Rejected(Failure.MALFORMED, sentence)
