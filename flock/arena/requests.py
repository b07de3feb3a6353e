"""What an Arena's creator asks for. Amounts are wei or gm as decimal text, as in every answer."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from flock.arena import examples
from flock.arena.offers import ArenaWishes
from flock.protocol.core.units import Wei
from flock.tasks.documents import LONGEST_ALLOW_LIST, object_of
from flock.web.fields import LARGEST_INTEGER, Account, Units, seconds_of

Number = Annotated[int, Field(ge=0, le=LARGEST_INTEGER, strict=True)]
Hash = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{64}$", description="0x and 64 digits")]


Moment = Annotated[
    Number | AwareDatetime,
    AfterValidator(seconds_of),
    Field(description="Unix seconds, or a date with time and zone (ISO 8601)"),
]


class ArenaTermsRequest(BaseModel):
    """Terms by name; what is left out has a default, but for ``set_a``, ``baseline`` and ``tolerance``.

    Their bounds: docs/protocol.md, Arena. Scores are in millionths of the metric's unit.
    """

    model_config = ConfigDict(extra="forbid")

    set_a: Hash
    baseline: Number
    tolerance: Number
    set_b: Hash | None = None
    cipher_b: Hash | None = None
    key_hash_b: Hash | None = None
    allow_list_root: Hash | None = None
    higher_is_better: bool | None = Field(default=None, strict=True)
    starts_at: Moment | None = None
    start_by: Moment | None = None
    ends_at: Moment | None = None
    minimum_stake: Units | None = None
    makers_bps: Number | None = None
    panel_seats: Number | None = None
    finalists: Number | None = None
    minimum_validators: Number | None = None
    max_validators: Number | None = None
    window_seconds: Number | None = None
    commit_seconds: Number | None = None
    replace_seconds: Number | None = None
    reveal_seconds: Number | None = None
    rest_seconds: Number | None = None
    queue_seconds: Number | None = None
    disclose_seconds: Number | None = None
    key_seconds: Number | None = None
    final_seconds: Number | None = None
    quota_a_day: Number | None = None
    evaluation_fee: Units | None = None
    keeper_fee: Units | None = None
    creator_bond: Units | None = None
    strike_window: Number | None = None
    strike_limit: Number | None = None
    slash_bps: Number | None = None
    miss_tolerances: Number | None = None
    miss_bps: Number | None = None
    absence_bps: Number | None = None
    absence_limit: Number | None = None

    def given(self) -> Mapping[str, int | bool | bytes]:
        """The terms that were not left out, as the chain has them."""
        return {name: _plain(value) for name, value in self.model_dump(exclude_none=True).items()}


class ArenaRequest(BaseModel):
    """An Arena to be made."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.CREATION_REQUEST]})

    bounty: Units
    metadata: Annotated[dict[str, Any], BeforeValidator(object_of)] = Field(
        description="a JSON object with `kind`, `metric`, `model` and `limits`, which submissions are scored by"
    )
    parameters: ArenaTermsRequest
    allow_list: Annotated[list[Account], Field(max_length=LONGEST_ALLOW_LIST)] = Field(
        default_factory=list, description="who may enrol; everyone if empty. Kept in the metadata"
    )


def wishes_of(request: ArenaRequest) -> ArenaWishes:
    """What ``request`` asks for."""
    return ArenaWishes(
        bounty=Wei(int(request.bounty)),
        metadata=request.metadata,
        terms=request.parameters.given(),
        allow_list=request.allow_list,
    )


def _plain(value: int | bool | str) -> int | bool | bytes:
    if not isinstance(value, str):
        return value
    return bytes.fromhex(value.removeprefix("0x")) if value.startswith("0x") else int(value)
