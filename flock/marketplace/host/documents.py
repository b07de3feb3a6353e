"""What a version's metadata says of a model that this host computes itself, and what may be asked of such a model."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from flock.arena.scoring.specifications import (
    ByteTransformer,
    Conv,
    Linear,
    Mlp,
    parse_classifier,
    parse_text_model,
)
from flock.errors import BadConfig
from flock.marketplace.host.fields import bad_fields
from flock.web.errors import BadFields

Name = Annotated[str, Field(min_length=1, max_length=100)]
Text = Annotated[str, Field(min_length=1, max_length=65_536)]
MOST_ROWS = 256
LARGEST = float(np.finfo(np.float32).max)
Specification = Linear | Mlp | Conv | ByteTransformer


class ModelDocument(BaseModel):
    """The part of a version's metadata that a host reads; there may be more in it.

    ``model`` is an architecture as tasks declare it. ``features`` name the inputs of a row, in order; ``classes`` the
    outputs. ``task`` is regression where the output is the answer itself.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    model: dict[str, Any]
    task: Literal["classification", "regression"] = "classification"
    features: tuple[Name, ...] | None = None
    classes: tuple[Name, ...] | None = None


@dataclass(frozen=True)
class Described:
    """A document that holds."""

    document: ModelDocument
    specification: Specification

    @property
    def width(self) -> int:
        """Numbers in a row."""
        found = self.specification
        if isinstance(found, ByteTransformer):
            return 0
        return prod(found.image) if isinstance(found, Conv) else found.inputs

    @property
    def input_schema(self) -> Mapping[str, Any]:
        """JSON Schema of what POST …/predict takes."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "inputs": {"type": "array", "minItems": 1, "maxItems": MOST_ROWS, "items": self._item}
            },
            "required": ["inputs"],
            "additionalProperties": False,
        }

    @property
    def _item(self) -> Mapping[str, Any]:
        if isinstance(self.specification, ByteTransformer):
            return {"type": "string", "minLength": 1, "maxLength": 65_536}
        row = {"type": "array", "items": {"type": "number"}, "minItems": self.width, "maxItems": self.width}
        names = self.document.features
        if names is None:
            return row
        fields = {name: {"type": "number"} for name in names}
        named = {
            "type": "object",
            "properties": fields,
            "required": list(names),
            "additionalProperties": False,
        }
        return {"anyOf": [row, named]}

    def rows(self, inputs: Sequence[object]) -> NDArray[np.float32]:
        """(n, width). Raises BadFields, naming the row and the field at fault."""
        return np.array(
            [self._row(each, f"inputs.{number}") for number, each in enumerate(inputs)], np.float32
        )

    def texts(self, inputs: Sequence[object]) -> list[bytes]:
        """Raises BadFields."""
        try:
            return [each.encode() for each in TypeAdapter(list[Text]).validate_python(inputs, strict=True)]
        except ValidationError as error:
            raise BadFields({f"inputs.{k}": v for k, v in bad_fields(error).fields.items()}) from None

    def _row(self, given: object, place: str) -> list[float]:
        if isinstance(given, dict) and self.document.features is not None:
            given = self._ordered(given, self.document.features, place)
        if not isinstance(given, list):
            raise BadFields({place: f"it must be a list of {self.width} numbers."})
        if len(given) != self.width:
            raise BadFields({place: f"it has {len(given)} numbers, and must have {self.width}."})
        for number, value in enumerate(given):
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not abs(value) <= LARGEST:
                raise BadFields({f"{place}.{self._name(number)}": "it must be a finite number."})
        return given

    def _ordered(self, given: dict[str, object], names: Sequence[str], place: str) -> list[object]:
        missing = [name for name in names if name not in given]
        if missing:
            raise BadFields({f"{place}.{missing[0]}": "it is missing."})
        unknown = [name for name in given if name not in names]
        if unknown:
            raise BadFields({f"{place}.{unknown[0][:100]}": "the model has no such feature."})
        return [given[name] for name in names]

    def _name(self, number: int) -> str | int:
        return self.document.features[number] if self.document.features else number


def describe(document: bytes) -> Described:
    """Raises BadConfig if it describes no model that a host computes."""
    try:
        found = ModelDocument.model_validate(json.loads(document))
    except (ValueError, RecursionError):
        raise BadConfig(
            "The metadata describes no model that a host computes: it needs `model`, an architecture of tasks."
        ) from None
    is_text = found.model.get("architecture") in ("byte-transformer", "lora")
    specification = parse_text_model(found.model) if is_text else parse_classifier(found.model)
    if not isinstance(specification, Specification):
        raise BadConfig(
            'A host computes no adapters: publish the merged model, or serve it with kind = "openai".'
        )
    described = Described(found, specification)
    _require_length(found.features, described.width, "features", "inputs")
    if not isinstance(specification, ByteTransformer):
        _require_length(found.classes, specification.outputs, "classes", "outputs")
    return described


def inputs_in(document: object) -> list[object]:
    """What POST …/predict carries. Raises BadFields."""
    if not isinstance(document, dict):
        raise BadFields({"body": 'it must be an object, {"inputs": […]}.'})
    unknown = [name for name in document if name != "inputs"]
    if unknown:
        raise BadFields({unknown[0][:100]: "there is no such field; send `inputs`."})
    inputs = document.get("inputs")
    if not isinstance(inputs, list) or not 1 <= len(inputs) <= MOST_ROWS:
        raise BadFields({"inputs": f"it must be a list of 1 to {MOST_ROWS} inputs."})
    return inputs


def _require_length(names: Sequence[str] | None, wanted: int, field: str, what: str) -> None:
    if names is not None and (len(names) != wanted or len(set(names)) != wanted):
        raise BadConfig(
            f"The metadata's `{field}` must be {wanted} different names, one for each of the {what}."
        )
