"""What a task asks of submissions, as its creator writes it and everybody checks it."""

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from flock.errors import BadConfig

MEBIBYTE = 1 << 20
Kind = TypeVar("Kind")


class Document(BaseModel):
    """A JSON object of a stranger: nothing is converted, nothing unknown is passed over."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Bounds(Document):
    """What a submission may take: bytes of its file, parameters, seconds of evaluation and bytes of memory.

    They hold for whoever evaluates it, so that all validators come to the same end.
    """

    artifact_bytes: Annotated[int, Field(ge=1, le=1 << 40)] = 256 * MEBIBYTE
    parameters: Annotated[int, Field(ge=1, le=10**12)] = 100_000_000
    seconds: Annotated[int, Field(ge=1, le=86_400)] = 600
    memory_bytes: Annotated[int, Field(ge=MEBIBYTE, le=1 << 44)] = 8192 * MEBIBYTE


class ScoringTask(Document):
    """One task: the ``kind`` names its evaluator, ``metric`` one of that evaluator's.

    ``model`` is read by the evaluator: for the built-in ones a document of ``flock.arena.scoring.specifications``.
    """

    kind: Annotated[str, Field(min_length=1, max_length=64)]
    model: dict[str, Any]
    metric: Annotated[str, Field(min_length=1, max_length=64)]
    bounds: Bounds = Bounds()


@dataclass(frozen=True)
class Metric:
    """A score's direction, and whether it counts examples, so that the least change of it is one of them."""

    higher_is_better: bool
    counts: bool = False


def parse_task(document: object) -> ScoringTask:
    """The task that ``document`` describes. Raises BadConfig, saying what is wrong with it."""
    return parsed(TypeAdapter(ScoringTask), document, "The task's scoring")


def parsed(kind: TypeAdapter[Kind], document: object, name: str) -> Kind:
    """``document`` as one of ``kind``. Raises BadConfig, which calls it ``name``."""
    try:
        return kind.validate_python(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    raise BadConfig(f"{name} is not as it should be: {place + ': ' if place else ''}{first['msg']}.")
