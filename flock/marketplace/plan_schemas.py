"""What the endpoints of the Marketplace's plans take. Amounts are in the smallest unit of their token."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from flock.economy.api.plan_schemas import PlanRequest
from flock.marketplace import examples
from flock.protocol.core.units import BPS
from flock.web.fields import EXAMPLE_ACCOUNT, EXAMPLE_DIGEST, LARGEST_INTEGER, Account, TaskId

VersionId = Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]
Units = Annotated[int, Field(ge=0, lt=2**96, description="a number, or decimal text")]
BasisPoints = Annotated[int, Field(ge=0, le=BPS, description="basis points")]
Bytes32 = Annotated[str, Field(pattern="^0x[0-9a-f]{64}$", description="0x and 64 digits")]


def _shown(example: examples.Example) -> ConfigDict:
    return ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"account": EXAMPLE_ACCOUNT, **example}]}
    )


class VersionRequest(PlanRequest):
    """A version."""

    model_config = _shown({"version": 7})

    version: VersionId


class PriceRequest(VersionRequest):
    """Its price in a token; all 0: it is not sold for that."""

    model_config = _shown(
        {"version": 7, "token": examples.CONTRACT, "per_call": "1000000000000000", "per_period": "0"}
    )

    token: Account
    per_call: Units = 0
    per_period: Units = 0
    per_input: Units = 0
    per_output: Units = 0


class SubscribeRequest(VersionRequest):
    """``periods`` of 30 days of it, at a host."""

    model_config = _shown({"version": 7, "host": EXAMPLE_ACCOUNT, "token": examples.CONTRACT, "periods": 1})

    host: Account
    token: Account
    periods: Annotated[int, Field(ge=1, le=12)] = 1


class SubscriptionRequest(PlanRequest):
    """A subscription."""

    model_config = _shown({"subscription": 4})

    subscription: Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]


class ParentPart(BaseModel):
    """What an earlier version gets of what fee and host leave."""

    model_config = ConfigDict(extra="forbid")

    version: VersionId
    bps: BasisPoints


class SharePart(BaseModel):
    """What an account gets of what fee and host leave."""

    model_config = ConfigDict(extra="forbid")

    account: Account
    bps: BasisPoints


class ResultRequest(PlanRequest):
    """What a task has made, as a version of ``model``, 0 for a new one; ``metadata`` is its document's digest."""

    model_config = _shown({"task": 1, "metadata": EXAMPLE_DIGEST, "host_bps": 2000, "royalty_bps": 1000})

    task: TaskId
    metadata: Bytes32
    host_bps: BasisPoints
    royalty_bps: BasisPoints
    model: Annotated[int, Field(ge=0, le=LARGEST_INTEGER)] = 0
    parents: Annotated[list[ParentPart], Field(max_length=4)] = Field(default_factory=list)
    shares: Annotated[list[SharePart], Field(max_length=8)] = Field(default_factory=list)
