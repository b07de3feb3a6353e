"""An Alliance that can be made. Whichever road a creator comes, the same wishes are the same task, to the byte."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flock.amounts import tokens
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.terms import completed
from flock.protocol.core.cid import digest_of
from flock.protocol.core.hashing import ZERO
from flock.protocol.core.merkle import allow_list_root
from flock.protocol.core.units import WAD, Wei
from flock.tasks.documents import ALLOW_LIST, canonical_allow_list, canonical_metadata
from flock.web.errors import BadFields

LEAST_BOUNTY = Wei(WAD)


@dataclass(frozen=True)
class Wishes:
    """What a creator asks for: ``terms`` by name as the chain has them, any left out; ``metadata`` is JSON.

    ``allow_list`` is published in the metadata; a creator who keeps it private gives only ``allow_list_root``.
    """

    bounty: Wei
    metadata: Mapping[str, Any]
    terms: Mapping[str, int]
    initial_model: bytes
    allow_list: Sequence[str] = ()
    allow_list_root: bytes = ZERO


@dataclass(frozen=True)
class Offer:
    """A task that can be made; ``metadata`` is the canonical document, ``bounty`` in wei."""

    parameters: AllianceParameters
    metadata: bytes
    bounty: Wei

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the metadata."""
        return digest_of(self.metadata)


def offer_of(wishes: Wishes, now: int) -> Offer:
    """The task that ``wishes`` describe, with a default for each term that they leave out.

    ``now`` is the chain's time in Unix seconds. Raises BadFields naming everything that does not hold.
    """
    metadata = canonical_metadata(wishes.metadata, wishes.allow_list)
    return Offer(_parameters(wishes, now), metadata, wishes.bounty)


def _parameters(wishes: Wishes, now: int) -> AllianceParameters:
    bounty, root = wishes.bounty, _root(wishes)
    if bounty < LEAST_BOUNTY:
        raise BadFields({"bounty": f"it is {tokens(bounty)} FLOCK; put in at least {tokens(LEAST_BOUNTY)}."})
    chosen = completed(wishes.terms, now, bounty, is_open=not any(root))
    parameters = AllianceParameters(**chosen, initial_model=wishes.initial_model, allow_list_root=root)
    found = [problem.split(" ", 1) for problem in parameters.problems(now, bounty)]
    if found:
        raise BadFields({f"parameters.{name}": f"{name} {what}" for name, what in found})
    return parameters


def _root(wishes: Wishes) -> bytes:
    if wishes.allow_list and any(wishes.allow_list_root):
        raise BadFields({ALLOW_LIST: "give the addresses or their root, not both."})
    if wishes.allow_list:
        return allow_list_root(canonical_allow_list(wishes.allow_list))
    return wishes.allow_list_root
