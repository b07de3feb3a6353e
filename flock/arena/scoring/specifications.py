"""Architectures that a task may declare: our code builds the model from them, and takes only its weights.

Each says the names and shapes of its weights, so that an artifact is compared with it before a byte of its body is
read. ``flock.arena.scoring.compute.models`` computes with them.
"""

from collections.abc import Mapping
from itertools import pairwise
from math import prod
from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from flock.arena.scoring.task import Document, parsed

Shapes = Mapping[str, tuple[int, ...]]

BYTES = 256
START = 256
"""The token before the first byte of a text."""

Size = Annotated[int, Field(ge=1, le=1 << 20)]
Layers = Annotated[int, Field(ge=1, le=128)]
Channels = Annotated[tuple[Size, ...], Field(strict=False, min_length=1, max_length=16)]
Image = Annotated[tuple[Size, Size, Size], Field(strict=False)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Linear(Document):
    """Softmax regression, or a linear one: ``weight`` (outputs, inputs) and ``bias`` (outputs)."""

    architecture: Literal["linear"]
    inputs: Size
    outputs: Size

    @property
    def shapes(self) -> Shapes:
        return {"weight": (self.outputs, self.inputs), "bias": (self.outputs,)}


class Mlp(Document):
    """Layers of rectified units: ``layers.i.weight`` and ``layers.i.bias``, the last one gives the outputs."""

    architecture: Literal["mlp"]
    inputs: Size
    hidden: Channels
    outputs: Size

    @property
    def shapes(self) -> Shapes:
        shapes: dict[str, tuple[int, ...]] = {}
        for i, (before, after) in enumerate(pairwise((self.inputs, *self.hidden, self.outputs))):
            shapes |= {f"layers.{i}.weight": (after, before), f"layers.{i}.bias": (after,)}
        return shapes


class Conv(Document):
    """Convolutions of 3 × 3, each rectified and halved by taking maxima, then one linear layer.

    ``image`` is channels, height, width. Weights are ``convolutions.i`` and ``output``.
    """

    architecture: Literal["conv"]
    image: Image
    channels: Channels
    outputs: Size

    @property
    def shapes(self) -> Shapes:
        shapes: dict[str, tuple[int, ...]] = {}
        for i, (before, after) in enumerate(pairwise((self.image[0], *self.channels))):
            shapes |= {
                f"convolutions.{i}.weight": (after, before, 3, 3),
                f"convolutions.{i}.bias": (after,),
            }
        return {**shapes, "output.weight": (self.outputs, self._flat), "output.bias": (self.outputs,)}

    @property
    def _flat(self) -> int:
        height, width = (max(1, side >> len(self.channels)) for side in self.image[1:])
        return self.channels[-1] * height * width


class ByteTransformer(Document):
    """A decoder over bytes, with norms before each part and no other biases; its output is tied to its embedding.

    The tokens are the 256 bytes and one that stands before a text: no tokenizer comes with a submission.
    """

    architecture: Literal["byte-transformer"]
    context: Annotated[int, Field(ge=2, le=1 << 16)]
    width: Annotated[int, Field(ge=1, le=1 << 14)]
    heads: Annotated[int, Field(ge=1, le=256)]
    layers: Layers

    @model_validator(mode="after")
    def _require_whole_heads(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"{self.heads} heads cannot share a width of {self.width}")
        return self

    @property
    def shapes(self) -> Shapes:
        width = self.width
        shapes: dict[str, tuple[int, ...]] = {
            "embedding.weight": (BYTES + 1, width),
            "positions.weight": (self.context, width),
            "norm.weight": (width,),
            "norm.bias": (width,),
        }
        for i in range(self.layers):
            shapes |= {f"blocks.{i}.{name}": shape for name, shape in _block(width).items()}
        return shapes


class Lora(Document):
    """Adapters as peft writes them, on one of the ``bases`` (by SHA-256 of its file, in hex).

    ``targets`` name the matrices that may be adapted by the last word of their names; every matrix's adapter has the
    one rank, up to ``largest_rank``, and counts alpha / rank times (Hu et al. 2021, arXiv:2106.09685).
    """

    architecture: Literal["lora"]
    bases: Annotated[dict[Digest, ByteTransformer], Field(min_length=1, max_length=64)]
    targets: Annotated[tuple[str, ...], Field(strict=False, min_length=1, max_length=16)]
    largest_rank: Annotated[int, Field(ge=1, le=1024)]
    alpha: Annotated[float, Field(gt=0, le=4096, allow_inf_nan=False)]

    def adapted(self, base: ByteTransformer) -> Shapes:
        """The matrices of ``base`` that may be adapted."""
        return {
            name: shape
            for name, shape in base.shapes.items()
            if len(shape) == 2 and name.removesuffix(".weight").rpartition(".")[2] in self.targets
        }


def _block(width: int) -> Shapes:
    square = (width, width)
    return {
        **{f"attention.{name}.weight": square for name in ("query", "key", "value", "output")},
        "mlp.up.weight": (4 * width, width),
        "mlp.down.weight": (width, 4 * width),
        **{f"{norm}.{part}": (width,) for norm in ("norm1", "norm2") for part in ("weight", "bias")},
    }


Classifier = Annotated[Linear | Mlp | Conv, Field(discriminator="architecture")]
TextModel = Annotated[ByteTransformer | Lora, Field(discriminator="architecture")]
Architecture = Linear | Mlp | Conv | ByteTransformer


def parse_classifier(document: object) -> Linear | Mlp | Conv:
    """Of rows or images. Raises BadConfig."""
    return parsed(TypeAdapter(Classifier), document, "The task's model")


def parse_text_model(document: object) -> ByteTransformer | Lora:
    """Of text. Raises BadConfig."""
    return parsed(TypeAdapter(TextModel), document, "The task's model")


def parameters(shapes: Shapes) -> int:
    """Of all weights together."""
    return sum(map(prod, shapes.values()))
