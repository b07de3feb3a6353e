"""An Arena that can be made. Whichever road a creator comes, the same wishes are the same task, to the byte."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flock.amounts import tokens
from flock.arena.scoring.evaluator import evaluator_of
from flock.arena.task_document import parse_document
from flock.errors import BadConfig
from flock.protocol.arena.params import ArenaParameters
from flock.protocol.core.cid import digest_of
from flock.protocol.core.hashing import ZERO
from flock.protocol.core.merkle import allow_list_root
from flock.protocol.core.units import DAY, WAD, Wei
from flock.tasks.documents import ALLOW_LIST, METADATA, canonical_allow_list, canonical_metadata
from flock.web.errors import BadFields

LEAST_BOUNTY = Wei(WAD)
DEFAULT_TIMES: Mapping[str, int] = {"starts_at": DAY, "start_by": 8 * DAY, "ends_at": 37 * DAY}
"""In seconds from the task's making."""
DEFAULT_STAKE = 100 * WAD
NEEDED = ("set_a", "baseline", "tolerance")


@dataclass(frozen=True)
class ArenaWishes:
    """What a creator asks for: ``terms`` by name as the chain has them, but for ``NEEDED`` any left out.

    ``allow_list`` is published in the metadata; a creator who keeps it private gives its root among the terms.
    """

    bounty: Wei
    metadata: Mapping[str, Any]
    terms: Mapping[str, Any]
    allow_list: Sequence[str] = ()


@dataclass(frozen=True)
class ArenaOffer:
    """An Arena that can be made; ``metadata`` is the canonical document, ``bounty`` in wei."""

    parameters: ArenaParameters
    metadata: bytes
    bounty: Wei

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the metadata."""
        return digest_of(self.metadata)


def offer_of(wishes: ArenaWishes, now: int) -> ArenaOffer:
    """The Arena that ``wishes`` describe, with a default for each term that they leave out.

    ``now`` is the chain's time in Unix seconds. Raises BadFields naming everything that does not hold.
    """
    metadata = canonical_metadata(wishes.metadata, wishes.allow_list)
    parameters = _parameters(wishes, now)
    _require_scorable(wishes.metadata, higher_is_better=parameters.higher_is_better)
    return ArenaOffer(parameters, metadata, wishes.bounty)


def _parameters(wishes: ArenaWishes, now: int) -> ArenaParameters:
    missing = [name for name in NEEDED if name not in wishes.terms]
    if missing:
        raise BadFields({f"parameters.{name}": "it has no default; give it." for name in missing})
    if wishes.bounty < LEAST_BOUNTY:
        raise BadFields(
            {"bounty": f"it is {tokens(wishes.bounty)} FLOCK; put in at least {tokens(LEAST_BOUNTY)}."}
        )
    times = {name: now + seconds for name, seconds in DEFAULT_TIMES.items()}
    chosen = {**times, "minimum_stake": DEFAULT_STAKE, **wishes.terms, "allow_list_root": _root(wishes)}
    parameters = ArenaParameters(**chosen)
    found = [problem.split(" ", 1) for problem in parameters.problems(now, wishes.bounty)]
    if found:
        raise BadFields({f"parameters.{name.rstrip(',')}": f"{name} {what}" for name, what in found})
    return parameters


def _require_scorable(metadata: Mapping[str, Any], *, higher_is_better: bool) -> None:
    """Raises BadFields for a task that no validator could judge, or whose ranking would be upside down."""
    try:
        scoring = parse_document(dict(metadata)).scoring
        metric = evaluator_of(scoring).metric
    except BadConfig as problem:
        raise BadFields({METADATA: str(problem)}) from None
    if metric.higher_is_better != higher_is_better:
        better = "higher" if metric.higher_is_better else "lower"
        raise BadFields(
            {
                "parameters.higher_is_better": f"of {scoring.metric} the {better} is the better; write "
                f"{str(metric.higher_is_better).lower()}."
            }
        )


def _root(wishes: ArenaWishes) -> bytes:
    root: bytes = wishes.terms.get("allow_list_root", ZERO)
    if wishes.allow_list and any(root):
        raise BadFields({ALLOW_LIST: "give the addresses or their root, not both."})
    return allow_list_root(canonical_allow_list(wishes.allow_list)) if wishes.allow_list else root
