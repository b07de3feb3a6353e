"""The models of a host by the names they are sold under, and what each can be asked."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from flock.marketplace.gate.orders import Answer, Order
from flock.marketplace.gate.quotes import Usage
from flock.marketplace.host.batches import Batches
from flock.marketplace.host.documents import Described, inputs_in
from flock.marketplace.host.fields import TextRequest
from flock.marketplace.host.openai import OpenAiUpstream
from flock.marketplace.host.shelf import Shelf
from flock.protocol.core.cid import digest_of
from flock.web.errors import NotFound

Read = Mapping[str, Any]


@dataclass(frozen=True)
class RelayedModel:
    """A model behind a server of OpenAI's API."""

    name: str
    version: int
    upstream: OpenAiUpstream

    def order(self, path: str, body: bytes, asked: TextRequest) -> Order:
        return Order(
            self.version,
            self.name,
            path,
            digest_of(body),
            self.upstream.most(asked),
            self.upstream.runtime,
            partial(self.upstream.run, path, asked),
        )

    def schema(self) -> Read:
        return {"id": self.name, "version": self.version, "kind": "openai"}


@dataclass(frozen=True)
class ComputedModel:
    """A model that this host computes itself."""

    name: str
    version: int
    digest: bytes
    artifact: Path
    described: Described
    shelf: Shelf
    executor: Executor
    batch: int
    queue: int

    @cached_property
    def batches(self) -> Batches:
        """What computes calls together."""
        return Batches(self.compute, self.executor, self.batch, self.queue)

    def order(self, path: str, body: bytes, document: object) -> Order:
        """Raises BadFields, naming the input at fault."""
        inputs = inputs_in(document)
        rows = (
            self.described.texts(inputs) if self.described.width == 0 else list(self.described.rows(inputs))
        )
        runtime = {"kind": "builtin", "architecture": self.described.specification.architecture}
        return Order(
            self.version, self.name, path, digest_of(body), Usage(), runtime, partial(self._run, rows)
        )

    def schema(self) -> Read:
        return {
            "id": self.name,
            "version": self.version,
            "kind": "builtin",
            "task": self.described.document.task,
            "classes": self.described.document.classes,
            "input_schema": self.described.input_schema,
        }

    def load(self) -> None:
        """Raises BadConfig if the file is not what was published."""
        self.shelf.get(self.artifact, self.digest, self.described)

    def compute(self, rows: Sequence[Any]) -> Sequence[Any]:
        """The answers to ``rows``; waits, and loads the model if it is not in memory."""
        return self.shelf.get(self.artifact, self.digest, self.described).predict(rows)

    async def _run(self, rows: Sequence[Any]) -> Answer:
        answers = await self.batches.run(rows)
        return Answer(json.dumps({"model": self.name, "predictions": list(answers)}).encode())


Served = RelayedModel | ComputedModel


class Catalogue:
    """All of a host's models."""

    def __init__(self, models: Sequence[Served]) -> None:
        self._models = {model.name: model for model in models}

    def __iter__(self) -> Iterator[Served]:
        return iter(self._models.values())

    def relayed(self, name: str) -> RelayedModel:
        """Raises NotFound for what is not sold here, or not at this path."""
        model = self._get(name)
        if not isinstance(model, RelayedModel):
            raise NotFound(f"The model {name[:100]!r} is asked at POST /v1/models/{name[:100]}/predict.")
        return model

    def computed(self, name: str) -> ComputedModel:
        """Raises NotFound."""
        model = self._get(name)
        if not isinstance(model, ComputedModel):
            raise NotFound(f"The model {name[:100]!r} is asked at POST /v1/chat/completions.")
        return model

    def any(self, name: str) -> Served:
        """Raises NotFound."""
        return self._get(name)

    def _get(self, name: str) -> Served:
        if name not in self._models:
            raise NotFound(f"This host sells no model {name[:100]!r}: see GET /v1/models.")
        return self._models[name]
