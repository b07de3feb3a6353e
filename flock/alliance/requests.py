"""What a task's creator asks for. Amounts are wei or gm as decimal text, as in every answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.terms import completed
from flock.protocol.core.units import WAD, Wei
from flock.web.errors import BadFields
from flock.web.fields import EXAMPLE_ACCOUNT, EXAMPLE_CID, LARGEST_INTEGER, Account

LONGEST_ALLOW_LIST = 10_000
LEAST_BOUNTY = WAD

Units = Annotated[str, Field(pattern=r"^[0-9]{1,30}$", description="decimal text, in units of 1e-18")]
Number = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]


def _seconds(moment: int | datetime) -> int:
    return moment if isinstance(moment, int) else int(moment.timestamp())


Moment = Annotated[
    Number | AwareDatetime,
    AfterValidator(_seconds),
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
    metadata: dict[str, Any] = Field(description="any JSON; its `train` object is handed to every app")
    parameters: TermsRequest = Field(
        default_factory=TermsRequest,
        description="name fewer seats for a small task: by default it begins with two members for each of 30 seats",
    )
    initial_model: str = Field(max_length=100, description="CID of canonical bytes, stored here as a draft")
    allow_list: Annotated[list[Account], Field(max_length=LONGEST_ALLOW_LIST)] = Field(
        default_factory=list, description="who may join; everyone if empty. Kept in the metadata"
    )
    send: bool = Field(default=False, description="let the service make the task with its own key")


def parameters_of(
    request: TaskRequest, now: int, *, initial_model: bytes, allow_list_root: bytes
) -> AllianceParameters:
    """The parameters of the task, with a default for each that was left out; ``now`` in Unix seconds.

    Raises BadFields naming every one that is out of its bounds.
    """
    bounty, given = Wei(int(request.bounty)), request.parameters.given()
    if bounty < LEAST_BOUNTY:
        raise BadFields({"bounty": f"it is {bounty} wei, less than one FLOCK; write wei: 1 FLOCK is 10^18."})
    chosen = completed(given, now, bounty, is_open=not any(allow_list_root))
    parameters = AllianceParameters(**chosen, initial_model=initial_model, allow_list_root=allow_list_root)
    found = [problem.split(" ", 1) for problem in parameters.problems(now, bounty)]
    if found:
        raise BadFields({f"parameters.{name}": f"{name} {what}" for name, what in found})
    return parameters
