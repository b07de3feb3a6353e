"""The files that a creator makes a task of, and what is said of one that will not do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flock.errors import BadConfig

if TYPE_CHECKING:
    from flock.alliance.offers import Offer
    from flock.protocol.core.units import Wei


@dataclass(frozen=True)
class TaskFiles:
    """Where they are: the first model, the metadata, a Flower App Bundle to pin, the terms, and the Flower app.

    Without a file of metadata they are what the app's pyproject.toml says.
    """

    model: Path
    metadata: Path | None
    fab: Path | None = None
    terms: Path | None = None
    app: Path | None = None

    def read_model(self) -> bytes:
        """The first model in canonical bytes. Raises BadArrays or BadConfig, naming the file."""
        from flock.tasks.documents import require_model
        from flock.training.importing import canonical_model

        name = f"The model file {self.model}"
        data = canonical_model(_read(self.model), name)
        with self.named():
            require_model(data, name)
        return data

    def read_metadata(self) -> dict[str, Any]:
        """The metadata document, which names the bundle if there is one. Raises BadConfig, naming the file."""
        from flock.cli.flower_app import read_flower_app
        from flock.tasks.documents import BUNDLE, bundle_of, read_metadata

        data = _read(self.metadata) if self.metadata else b"{}"
        with self.named():
            document = read_metadata(data)
            named = bundle_of(document)
        if self.app is not None:
            document = read_flower_app(self.app).within(document)
        if self.fab is None:
            return document
        return {**document, BUNDLE: self._bundle(self.fab, named)}

    def read_offer(self, bounty: Wei, model: bytes, now: int) -> Offer:
        """The task that the files describe; ``now`` in Unix seconds. Raises BadConfig, naming the file at fault."""
        from flock.alliance.offers import Wishes, offer_of
        from flock.cli.task_terms import read_terms
        from flock.protocol.core.cid import digest_of
        from flock.tasks.documents import require_fitting

        terms = read_terms(self.terms, now)
        document = self.read_metadata()
        wishes = Wishes(
            bounty, document, terms.given, digest_of(model), terms.allow_list, terms.allow_list_root
        )
        with self.named():
            offer = offer_of(wishes, now)
            require_fitting(document, model)
        return offer

    def read_documents(self, now: int) -> tuple[bytes, bytes]:
        """The model and the metadata, both canonical, as the task that was made of these files has them."""
        from flock.cli.task_terms import read_terms
        from flock.tasks.documents import canonical_metadata

        terms = read_terms(self.terms, now)
        with self.named():
            return self.read_model(), canonical_metadata(self.read_metadata(), terms.allow_list)

    @contextmanager
    def named(self) -> Iterator[None]:
        """Turns BadFields into BadConfig, which says in which file each of the fields is."""
        from flock.web.errors import BadFields

        try:
            yield
        except BadFields as problem:
            raise BadConfig(_sentences(problem.fields, self._places())) from None

    def _places(self) -> Mapping[str, str]:
        where = f" in {self.terms}" if self.terms else ""
        return {
            "bounty": "--bounty",
            "metadata": f"The metadata file {self.metadata}" if self.metadata else f"The app {self.app}",
            "parameters": f"The terms{where} do not hold",
            "allow_list": f"The allow_list{where}",
        }

    def _bundle(self, fab: Path, named: str | None) -> str:
        from flock.training.flower.bundles import bundle_hash

        actual = bundle_hash(_read(fab))
        if named not in (None, actual):
            raise BadConfig(
                f"The metadata file {self.metadata} names bundle {named}, but {fab} is {actual}; leave one of "
                "them out."
            )
        return actual


def _sentences(fields: Mapping[str, str], places: Mapping[str, str]) -> str:
    """The detail of ``parameters.rule`` names it; where ``metadata.train.lr`` is, the sentence has to say."""
    said: dict[str, list[str]] = {}
    for field, detail in fields.items():
        head, _, inner = field.partition(".")
        is_inside = inner and head != "parameters"
        said.setdefault(places.get(head, head), []).append(f"{inner}: {detail}" if is_inside else detail)
    return " ".join(f"{place}: {' '.join(details)}" for place, details in said.items())


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise BadConfig(f"The file {file} cannot be read ({problem.strerror}).") from None
