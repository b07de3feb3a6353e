"""The Marketplace's service as commands see it. It is trusted with nothing: what is published is held by digest."""

from collections.abc import Mapping, Sequence
from typing import Any

from flock.protocol.core.cid import cid_of
from flock.store.signed_service import SignedService


class MarketClient(SignedService):
    """``base_url`` of a service with the Marketplace. With an ``identity`` it signs in where it has to.

    Every call raises ServiceUnavailable if the service does not answer, and Refused with its words if it refuses.
    """

    title = "market"

    def models(self, **wanted: object) -> Sequence[Mapping[str, Any]]:
        """Models; ``wanted`` are the fields of ``schemas.ModelFilter``, None for any."""
        return self.listed("/market/models", **wanted)

    def version(self, version: int) -> Mapping[str, Any]:
        """The card of a version."""
        return self.ask_object("GET", f"/market/versions/{version}")

    def listed(self, path: str, **wanted: object) -> Sequence[Mapping[str, Any]]:
        """A list; what is None is not asked for."""
        params = {name: value for name, value in wanted.items() if value is not None}
        answer = self.ask("GET", path, params=params)
        if not isinstance(answer, list) or not all(isinstance(each, dict) for each in answer):
            raise self.silent(f"its answer to GET {path} is no list")
        return answer

    def bring_document(self, document: Mapping[str, Any]) -> None:
        """Leave a version's document there, as a draft."""
        self.signed_in("POST", "/market/drafts", json=document)

    def bring_model(self, digest: bytes, data: bytes) -> None:
        """Leave the bytes of an open model there, as a draft."""
        self.signed_in("PUT", f"/drafts/{cid_of(digest)}", content=data)
