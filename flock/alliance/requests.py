"""What a task's creator asks for. Amounts are wei or gm as decimal text, as in every answer."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from flock.alliance.offers import Wishes
from flock.protocol.core.units import Wei
from flock.tasks.documents import LONGEST_ALLOW_LIST, object_of
from flock.web.fields import EXAMPLE_ACCOUNT, EXAMPLE_CID, LARGEST_INTEGER, Account, Units, seconds_of

NO_ROOT = "0x" + "00" * 32

Number = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]


Moment = Annotated[
    Number | AwareDatetime,
    AfterValidator(seconds_of),
    Field(description="Unix seconds, or a date with time and zone (ISO 8601)"),
]


class TermsRequest(BaseModel):
    """Terms by name; what is left out has a default. Their bounds: docs/protocol.md, Parameters."""

    model_config = ConfigDict(extra="forbid")

    planned_rounds: Number | None = None
    proposer_seats: Number | None = None
    voter_seats: Number | None = None
    minimum_members: Number | None = None
    max_members: Number | None = None
    propose_seconds: Number | None = None
    attest_seconds: Number | None = None
    commit_seconds: Number | None = None
    reveal_seconds: Number | None = None
    starts_at: Moment | None = None
    start_by: Moment | None = None
    ends_at: Moment | None = None
    minimum_stake: Units | None = None
    keeper_fee: Units | None = None
    norm_clip: Units | None = None
    rule: Number | None = None
    byzantine_bps: Number | None = None
    vote_tolerance_bps: Number | None = None
    strike_window: Number | None = None
    strike_limit: Number | None = None
    slash_bps: Number | None = None
    makers_bps: Number | None = None

    def given(self) -> Mapping[str, int]:
        """The terms that were not left out, as the chain has them."""
        named = self.model_dump(exclude_none=True)
        return {name: int(value) for name, value in named.items()}


EXAMPLE_TASK: dict[str, Any] = {
    "bounty": "2400000000000000000000",
    "metadata": {"title": "Wine, by nine vineyards", "train": {"local-epochs": 2, "lr": 0.1}},
    "parameters": {"planned_rounds": 20, "proposer_seats": 4, "voter_seats": 5},
    "initial_model": EXAMPLE_CID,
    "allow_list": [EXAMPLE_ACCOUNT],
}


class TaskRequest(BaseModel):
    """A task to be made. ``send`` asks the service to make it with its own key, if it does so for you."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE_TASK]})

    bounty: Units
    metadata: Annotated[dict[str, Any], BeforeValidator(object_of)] = Field(
        description="any JSON object; its `train` object is handed to every app"
    )
    parameters: TermsRequest = Field(
        default_factory=TermsRequest,
        description="name fewer seats for a small task: by default it begins with two members for each of 30 seats",
    )
    initial_model: str = Field(max_length=100, description="CID of canonical bytes, stored here as a draft")
    allow_list: Annotated[list[Account], Field(max_length=LONGEST_ALLOW_LIST)] = Field(
        default_factory=list, description="who may join; everyone if empty. Kept in the metadata"
    )
    allow_list_root: str = Field(
        default=NO_ROOT,
        pattern="^0x[0-9a-fA-F]{64}$",
        description="for a list that is kept private: its Merkle root in place of its accounts",
    )
    send: bool = Field(default=False, description="let the service make the task with its own key")


def wishes_of(request: TaskRequest, initial_model: bytes) -> Wishes:
    """What ``request`` asks for; ``initial_model`` is the digest of its model."""
    return Wishes(
        bounty=Wei(int(request.bounty)),
        metadata=request.metadata,
        terms=request.parameters.given(),
        initial_model=initial_model,
        allow_list=request.allow_list,
        allow_list_root=bytes.fromhex(request.allow_list_root.removeprefix("0x")),
    )
